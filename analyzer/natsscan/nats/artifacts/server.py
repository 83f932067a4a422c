"""A fragment of the server's configuration: JetStream, and an account for each virtual host."""

from __future__ import annotations

import re

from natsscan.catalog.escape import printable
from natsscan.model.mapping import Mapping

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_]+")


def render(mapping: Mapping, vhosts: tuple[str, ...]) -> str:
    """Return the fragment. Passwords come from environment variables that the server resolves when it starts."""
    reserved = sum(size for s in mapping.streams if isinstance(size := s.config.get("max_bytes"), int) and size > 0)
    replicas = max((n for s in mapping.streams if isinstance(n := s.config.get("num_replicas"), int)), default=1)
    gib = -(-reserved // 2**30)
    lines = [
        "# Include this in the configuration of the server: include ./nats-server.conf",
        f"# Streams reserve {gib} GiB of files on each server that holds a replica; the most replicas are {replicas}.",
        "jetstream {",
        f"  max_file_store: {max(2 * gib, 10)}G",
        "}",
        "",
        "# An account keeps streams and subjects apart as a virtual host keeps exchanges and queues.",
        "# Streams are made in each account that uses them.",
        "accounts {",
    ]
    for name, vhost in _accounts(vhosts).items():
        variable = f"NATS_{name}_PASSWORD"
        lines += [
            f"  {name} {{  # virtual host {printable(vhost)}",
            "    jetstream: enabled",
            f"    users: [ {{ user: {name.lower()}, password: ${variable} }} ]",
            "  }",
        ]
    lines += ["  SYS { users: [ { user: sys, password: $NATS_SYS_PASSWORD } ] }", "}", "system_account: SYS"]
    return "\n".join(lines) + "\n"


def _accounts(vhosts: tuple[str, ...]) -> dict[str, str]:
    """Return the virtual host of each account, by the account's name."""
    found: dict[str, str] = {}
    for vhost in sorted({*vhosts} or {"/"}):
        name = _NOT_IN_NAMES.sub("_", vhost).strip("_").upper() or "DEFAULT"
        while name in found or name == "SYS":
            name += "_"
        found[name] = vhost
    return found
