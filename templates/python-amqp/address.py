# Made by natsscan generate python-amqp; written anew when it runs again.
"""Where servers are, and who this program is to them."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

_PORT = 4222
_PORTS_OF_AMQP = (5671, 5672)
_SCHEMES = ("nats", "tls")


@dataclass(frozen=True)
class Address:
    """Servers of one cluster, and credentials: a user with a password, a token, or a file."""

    servers: tuple[str, ...]
    user: str | None = None
    password: str | None = None
    token: str | None = None
    credentials_file: str | None = None
    tls: ssl.SSLContext | None = None
    tls_hostname: str | None = None
    name: str | None = None


def from_url(url: str, tls: ssl.SSLContext | None = None, name: str | None = None) -> Address:
    """Read `nats://user:password@host:4222`, or `tls://`; several servers have commas between.

    A user without a password is a token. `?creds=FILE` names a file with credentials, `?ca=FILE` the certificates to
    trust, `?cert=FILE&key=FILE` a certificate of this program's own. Raise ValueError for an address of RabbitMQ.
    """
    first, *others = url.split("?", 1)[0].split(",")
    split = urlsplit(first)
    if split.scheme not in _SCHEMES:
        raise ValueError(_not_nats(url, split.scheme))
    credentials, at, host = split.netloc.rpartition("@")
    user, colon, password = credentials.partition(":")
    hosts = [
        host,
        *(urlsplit(each if "://" in each else f"nats://{each}").netloc.rpartition("@")[2] for each in others),
    ]
    options = dict(parse_qsl(url.partition("?")[2]))
    return Address(
        servers=tuple(f"{split.scheme}://{_with_port(each)}" for each in hosts),
        user=unquote(user) if colon else None,
        password=unquote(password) if colon else None,
        token=unquote(user) if at and not colon else None,
        credentials_file=options.get("creds"),
        tls=tls or _context(split.scheme == "tls", options),
        name=name,
    )


def from_parts(
    host: str,
    port: int | None,
    login: tuple[str, str] | None,
    tls: ssl.SSLContext | None = None,
    tls_hostname: str | None = None,
    name: str | None = None,
) -> Address:
    """Return the address of one host; a URL in place of it says all by itself."""
    if "://" in host:
        return from_url(host, tls, name)
    if port in _PORTS_OF_AMQP:
        raise ValueError(
            f"{port} is a port of RabbitMQ, and this program speaks to NATS now: change the setting that it is from; "
            f"NATS listens on {_PORT}"
        )
    user, password = login or (None, None)
    scheme = "tls" if tls else "nats"
    return Address(
        servers=(f"{scheme}://{_bracketed(host)}:{port or _PORT}",),
        user=user,
        password=password,
        tls=tls,
        tls_hostname=tls_hostname,
        name=name,
    )


def _with_port(host: str) -> str:
    bare = host.rstrip(":")
    return bare if bare.rpartition(":")[2].isdecimal() and not bare.endswith("]") else f"{bare}:{_PORT}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _context(is_asked: bool, options: dict[str, str]) -> ssl.SSLContext | None:
    if not is_asked and "ca" not in options and "cert" not in options:
        return None
    context = ssl.create_default_context(cafile=options.get("ca"))
    if "cert" in options:
        context.load_cert_chain(options["cert"], options.get("key"))
    return context


def _not_nats(url: str, scheme: str) -> str:
    """Say which setting an address is from, without the password that may be in it."""
    shown = url.rpartition("@")[2].partition("?")[0] if "@" in url else url.partition("://")[2].partition("?")[0]
    named = [name for name, value in os.environ.items() if value and value.rstrip("/") == url.rstrip("/")]
    where = f"the environment variable {' or '.join(sorted(named))}" if named else "the setting that it is from"
    if scheme in ("amqp", "amqps"):
        said = f"{scheme}://{shown} is an address of RabbitMQ, and this program speaks to NATS now"
    else:
        said = f"'{shown}' is no address of NATS"
    return f"{said}: change {where} to a URL such as nats://host:{_PORT}"
