"""Requests to a forge's REST API: paged, retried, and within what the forge allows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import httpx
import msgspec

from natsscan import __version__
from natsscan.catalog.escape import visible
from natsscan.forges.forge import ForgeError, MissingError, ReadOnlyError, RefusedError
from natsscan.model.errors import InputError

T = TypeVar("T")
Json = dict[str, object]

_ATTEMPTS = 5
_TIMEOUT = 30.0
_PER_PAGE = 100
# What GitHub asks for where it does not say how long: https://docs.github.com/en/rest/using-the-rest-api
_SECONDARY_LIMIT_WAIT = 60.0
_MESSAGE = 300


@dataclass
class Waiting:
    """How to wait, in seconds, and how long at most in all; a clock and a sleep of one's own make it testable."""

    left: float = 300.0
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time

    def wait(self, seconds: float) -> bool:
        """Wait, unless that would be longer than is left; tell whether it was done."""
        if seconds > self.left:
            return False
        self.left -= seconds
        self.sleep(seconds)
        return True


class Failure(msgspec.Struct, frozen=True):
    """What forges answer when something is wrong; `errors` says of what, as text or by field."""

    message: object = ""
    error: object = ""
    errors: object = ()


class Api:
    """A forge's API for one token. Each method raises ForgeError, never with the token in its text."""

    def __init__(self, url: str, token: str, token_name: str, headers: dict[str, str], waiting: Waiting) -> None:
        token = token.strip()
        if not (token.isascii() and token.isprintable() and " " not in token):
            raise InputError(f"{token_name}: has characters that no token has")
        try:
            base = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise InputError(f"{visible(url)}: not a URL") from error
        if base.scheme not in ("http", "https") or not base.host or base.userinfo:
            raise InputError(
                f"{visible(str(base.copy_with(userinfo=b'')))}: not the URL of an API, like https://host/api"
            )
        own = {"Authorization": f"Bearer {token}", "User-Agent": f"natsscan/{__version__}"}
        self.waiting = waiting
        self._token_name = token_name
        self._host = base.host
        self._client = httpx.Client(base_url=base, headers=own | headers, timeout=_TIMEOUT)

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, kind: type[T]) -> T:
        """Ask for one thing."""
        return self._decode(self._send("GET", path, follow=True), kind)

    def pages(self, path: str, kind: type[T]) -> Iterator[T]:
        """Ask for a list, page after page."""
        parameters = httpx.QueryParams(per_page=_PER_PAGE)
        while True:
            response = self._send("GET", path, parameters=parameters, follow=True)
            yield from self._decode(response, list[kind])  # type: ignore[valid-type]
            following = response.links.get("next", {}).get("url")
            if not following:
                return
            parameters = httpx.URL(following).params  # not the whole URL: the token goes to this host alone

    def post(self, path: str, body: Json, made: Callable[[], bool]) -> None:
        """Make something. `made` tells whether an attempt that seemed to fail has made it after all."""
        self._send("POST", path, body, made)

    def ask(self, path: str, body: Json, kind: type[T]) -> T:
        """Ask for something by a POST that makes nothing; `path` may be a whole URL of the same host."""
        return self._decode(self._send("POST", path, body, lambda: False), kind)

    def patch(self, path: str, body: Json) -> None:
        """Change something."""
        self._send("PATCH", path, body)

    def put(self, path: str, body: Json) -> None:
        """Replace something."""
        self._send("PUT", path, body)

    def delete(self, path: str) -> None:
        """Delete something; it is no error if it is gone already."""
        self._send("DELETE", path)

    def _send(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        made: Callable[[], bool] | None = None,
        parameters: httpx.QueryParams | None = None,
        follow: bool = False,
    ) -> httpx.Response:
        for attempt in range(1, _ATTEMPTS + 1):
            response: httpx.Response | None = None
            problem = ""
            try:
                response = self._client.request(method, path, json=body, params=parameters, follow_redirects=follow)
            except httpx.TransportError as error:
                problem = f"cannot be reached: {error}" if str(error) else f"does not answer ({type(error).__name__})"
            except httpx.HTTPError as error:
                raise ForgeError(f"{self._host}: {visible(str(error))}") from None
            delay = self._delay(response, attempt)
            if response is not None and delay is None:
                return self._checked(method, response)
            problem = problem or self._told(response)
            if attempt < _ATTEMPTS and not self.waiting.wait(delay or 0.0):
                raise ForgeError(
                    f"{self._host}: {visible(problem)}; it is to be asked again in {delay:,.0f} seconds, too long"
                )
            if attempt < _ATTEMPTS and made is not None and made():
                return httpx.Response(200)
        raise ForgeError(f"{self._host}: {visible(problem)}; asked {_ATTEMPTS} times")

    def _delay(self, response: httpx.Response | None, attempt: int) -> float | None:
        """Return after how many seconds to try again; None if the answer stands."""
        back_off = float(2 ** (attempt - 1))
        if response is None or response.status_code >= 500:
            return back_off
        if response.status_code not in (403, 429):
            return None
        headers = response.headers
        after = headers.get("retry-after", "")
        if after.isdecimal():
            return float(after)
        if (headers.get("x-ratelimit-remaining") or headers.get("ratelimit-remaining")) == "0":
            reset = headers.get("x-ratelimit-reset") or headers.get("ratelimit-reset") or ""
            if reset.isdecimal():
                return max(0.0, float(reset) - self.waiting.now()) + 1.0
        if response.status_code == 429 or "rate limit" in response.text.lower():
            return _SECONDARY_LIMIT_WAIT * back_off
        return None

    def _checked(self, method: str, response: httpx.Response) -> httpx.Response:
        """Return an answer that does what it was asked for; raise for others."""
        status, told = response.status_code, f"{self._host}: {self._told(response)}"
        if response.is_success or (method == "DELETE" and status in (404, 410)):
            return response
        if status == 401:
            raise ForgeError(f"{self._host}: does not take the token in {self._token_name}; it may have expired")
        if status in (403, 404, 410):
            raise MissingError(told) if method == "GET" else ReadOnlyError(told)
        if status in (400, 422):
            raise RefusedError(told)
        if response.is_redirect:
            raise ForgeError(f"{self._host}: has moved to elsewhere; give the URL and the name that hold now")
        raise ForgeError(told)

    def _told(self, response: httpx.Response | None) -> str:
        """Return what an answer says is wrong, in one line."""
        if response is None:
            return ""
        try:
            failure = msgspec.json.decode(response.content, type=Failure)
        except msgspec.MsgspecError:
            failure = Failure()
        said = [failure.message or failure.error, failure.errors]
        words = [each if isinstance(each, str) else msgspec.json.encode(each).decode() for each in said if each]
        text = " ".join(visible(" ".join([str(response.status_code), response.reason_phrase, *words])).split())
        return text if len(text) <= _MESSAGE else f"{text[:_MESSAGE]}…"

    def _decode(self, response: httpx.Response, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(response.content, type=kind)
        except msgspec.MsgspecError as error:
            raise ForgeError(f"{self._host}: does not answer as the API of the forge does: {error}") from None
