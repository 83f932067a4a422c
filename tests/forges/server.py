"""A local HTTP server that plays a forge: its state is in memory, its rules are those that the forge documents."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "token-that-nobody-may-see"  # what tests look for in all that is printed


@dataclass
class Reply:
    """An answer: its status, what it says, and headers."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """A question, as the forge sees it."""

    method: str
    path: str
    query: dict[str, str]
    body: Any


@dataclass
class Fault:
    """Something that goes wrong with the next request that fits, before it is done or after."""

    method: str
    path: str
    reply: Reply
    is_done: bool = False
    is_cut: bool = False


class FakeForge:
    """What both forges have in common: a token, pages, faults, and a log of what was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.log: list[Request] = []
        self.faults: list[Fault] = []
        self.is_read_only = False
        self.last_id = 0

    def answer(self, request: Request) -> Reply:
        raise NotImplementedError

    def writes(self) -> list[Request]:
        return [r for r in self.log if r.method != "GET" and not r.path.endswith("/graphql")]

    def new_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def serve(self, request: Request, token: str) -> Reply | None:
        """Answer a request; None if the connection is to be cut instead."""
        self.log.append(request)
        if token != f"Bearer {TOKEN}":
            return Reply(401, {"message": "Bad credentials"})
        for fault in self.faults:
            if fault.method == request.method and re.search(fault.path, request.path):
                self.faults.remove(fault)
                if fault.is_done:
                    self.answer(request)
                return None if fault.is_cut else fault.reply
        return self.answer(request)

    def page(self, request: Request, items: list[Any]) -> Reply:
        """Return one page of a list, and where the next one is."""
        size, number = min(100, int(request.query.get("per_page", "30"))), int(request.query.get("page", "1"))
        headers = {}
        if number * size < len(items):
            rest = "&".join(f"{key}={value}" for key, value in request.query.items() if key != "page")
            headers["Link"] = f'<{self.url}{request.path}?{rest}&page={number + 1}>; rel="next"'
        return Reply(200, items[(number - 1) * size : number * size], headers)


Numbers = tuple[int | None, int | None]


def commentable(patch: str) -> list[list[Numbers]]:
    """Return the lines that each hunk of a file's diff shows, as their numbers before and after the change."""
    hunks: list[list[Numbers]] = []
    old = new = 0
    for line in patch.splitlines():
        if line.startswith("@@"):
            ends = line.split(" ")
            old, new = int(ends[1][1:].split(",")[0]), int(ends[2][1:].split(",")[0])
            hunks.append([])
        elif line.startswith("+"):
            hunks[-1].append((None, new))
            new += 1
        elif line.startswith("-"):
            hunks[-1].append((old, None))
            old += 1
        elif not line.startswith("\\"):
            hunks[-1].append((old, new))
            old, new = old + 1, new + 1
    return hunks


@contextmanager
def serving(forge: FakeForge) -> Iterator[None]:
    """Let a forge be asked on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *arguments: object) -> None: ...

        def _do(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            request = Request(self.command, parts.path, dict(parse_qsl(parts.query)), body)
            reply = forge.serve(request, self.headers.get("Authorization", ""))
            if reply is None:
                self.close_connection = True
                self.connection.close()
                return
            data = b"" if reply.status == 204 else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _do  # noqa: N815

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None: ...

    server = Server(("127.0.0.1", 0), Handler)
    forge.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


Route = tuple[str, str, Callable[..., Reply]]


def routed(routes: list[Route], request: Request) -> Reply:
    for method, pattern, answer in routes:
        found = re.fullmatch(pattern, request.path)
        if method == request.method and found:
            return answer(request, *found.groups())
    return Reply(404, {"message": "Not Found"})
