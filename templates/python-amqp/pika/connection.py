# Made by natsscan generate python-amqp; written anew when it runs again.
"""Where and how to connect. What means something to AMQP only is kept and has no meaning."""

from __future__ import annotations

import ssl
from typing import Any

from .. import address
from .credentials import ExternalCredentials, PlainCredentials

__all__ = ["ConnectionParameters", "Parameters", "SSLOptions", "URLParameters"]

_GUEST = ("guest", "guest")


class SSLOptions:
    """How to encrypt."""

    def __init__(self, context: ssl.SSLContext, server_hostname: str | None = None) -> None:
        self.context = context
        self.server_hostname = server_hostname


class Parameters:
    """Where and how to connect."""

    DEFAULT_HOST = "localhost"
    DEFAULT_PORT = 4222
    DEFAULT_SSL_PORT = 4222
    DEFAULT_VIRTUAL_HOST = "/"
    DEFAULT_USERNAME = "guest"
    DEFAULT_PASSWORD = "guest"  # noqa: S105  # as the library has it; it stands for none
    DEFAULT_HEARTBEAT_TIMEOUT = None

    def __init__(self) -> None:
        self.host = self.DEFAULT_HOST
        self.port: int = self.DEFAULT_PORT
        self.virtual_host = self.DEFAULT_VIRTUAL_HOST
        self.credentials: PlainCredentials | ExternalCredentials = PlainCredentials(*_GUEST)
        self.channel_max = 65535
        self.frame_max = 131072
        self.heartbeat: Any = self.DEFAULT_HEARTBEAT_TIMEOUT
        self.ssl_options: SSLOptions | None = None
        self.connection_attempts = 1
        self.retry_delay: float = 2.0
        self.socket_timeout: float | None = 10.0
        self.stack_timeout: float | None = 15.0
        self.locale = "en_US"
        self.blocked_connection_timeout: float | None = None
        self.client_properties: dict[str, Any] | None = None
        self.tcp_options: dict[str, Any] | None = None

    def where(self) -> address.Address:
        """Return the address of the server."""
        login = None
        if isinstance(self.credentials, PlainCredentials):
            login = (self.credentials.username, self.credentials.password)
        return address.from_parts(
            self.host,
            int(self.port) if int(self.port) != self.DEFAULT_PORT else None,
            None if login == _GUEST else login,
            self.ssl_options.context if self.ssl_options else None,
            self.ssl_options.server_hostname if self.ssl_options else None,
            self.name,
        )

    @property
    def name(self) -> str | None:
        """What the connection is called."""
        return (self.client_properties or {}).get("connection_name")


class ConnectionParameters(Parameters):
    """Where and how to connect, each by its name."""

    def __init__(
        self,
        host: str | None = None,
        port: int | None = None,
        virtual_host: str | None = None,
        credentials: PlainCredentials | ExternalCredentials | None = None,
        channel_max: int | None = None,
        frame_max: int | None = None,
        heartbeat: Any = None,
        ssl_options: SSLOptions | None = None,
        connection_attempts: int | None = None,
        retry_delay: float | None = None,
        socket_timeout: float | None = None,
        stack_timeout: float | None = None,
        locale: str | None = None,
        blocked_connection_timeout: float | None = None,
        client_properties: dict[str, Any] | None = None,
        tcp_options: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        given = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        for name, value in given.items():
            if value is not None:
                setattr(self, name, value)


class URLParameters(Parameters):
    """Where to connect, from a URL such as nats://user:password@host:4222. Raise ValueError for one of RabbitMQ."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        found = address.from_url(url)
        host, _, port = found.servers[0].partition("://")[2].rpartition(":")
        self.host, self.port = host.strip("[]"), int(port)
        if found.user is not None and found.password is not None:
            self.credentials = PlainCredentials(found.user, found.password)
        self._read = (self.host, self.port, self.credentials)

    def where(self) -> address.Address:
        """Return the address of the server."""
        if (self.host, self.port, self.credentials) != self._read:  # changed after it was read
            return super().where()
        return address.from_url(self._url, self.ssl_options.context if self.ssl_options else None, self.name)
