# Made by natsscan generate python-amqp; written anew when it runs again.
"""What goes wrong, before it is said in the words of the library that code was written for."""

from __future__ import annotations

CONTENT_TOO_LARGE = 311
NO_ROUTE = 312
CONNECTION_FORCED = 320
ACCESS_REFUSED = 403
NOT_FOUND = 404
RESOURCE_LOCKED = 405
PRECONDITION_FAILED = 406
NOT_ALLOWED = 530
NOT_IMPLEMENTED = 540
INTERNAL_ERROR = 541

_NAMES = {
    CONTENT_TOO_LARGE: "CONTENT_TOO_LARGE",
    ACCESS_REFUSED: "ACCESS_REFUSED",
    NOT_FOUND: "NOT_FOUND",
    RESOURCE_LOCKED: "RESOURCE_LOCKED",
    PRECONDITION_FAILED: "PRECONDITION_FAILED",
    NOT_ALLOWED: "NOT_ALLOWED",
    NOT_IMPLEMENTED: "NOT_IMPLEMENTED",
    INTERNAL_ERROR: "INTERNAL_ERROR",
}


class CoreError(Exception):
    """Something that cannot be done."""


class ConnectionFailure(CoreError):
    """There is no connection, or none any more."""


class LoginFailure(ConnectionFailure):
    """The server does not let this program in."""


class BlockedTooLong(ConnectionFailure):
    """The server had no room for a message for longer than this program waits."""


class ChannelFailure(CoreError):
    """What ends a channel, with the code that AMQP has for it."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{_NAMES.get(code, 'FAILED')} - {text}")
        self.code = code
        self.text = str(self)


class RefusedFailure(CoreError):
    """A stream does not take a message, as it has as many as it may."""


class ClosedFailure(CoreError):
    """A channel or connection that this program has closed is used."""


class ApiError(CoreError):
    """An answer of JetStream's API that says what is wrong."""

    def __init__(self, subject: str, error: dict[str, object]) -> None:
        super().__init__(f"{subject}: {error.get('description')}")
        self.code = error.get("err_code")
        self.status = error.get("code")


class NoStreamError(CoreError):
    """No stream takes what is published to a subject."""


def planless(what: str, name: str) -> ChannelFailure:
    """Return the failure for an exchange or a queue that the plan does not have."""
    return ChannelFailure(
        NOT_FOUND,
        f"no {what} '{name}' in the plan of this package; run 'natsscan generate python-amqp' to have it planned",
    )
