"""Values that lead to a broker: host names, ports and URLs, about the one that takes its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from natsscan.catalog.strict import Strict

_NEVER = "(?!)"
# What is put in when a template or a script runs: names in it are not those of servers.
_PUT_IN = re.compile(rb"\{\{.*?\}\}|\$\{\{.*?\}\}|\$\(?\w+|\$\{\w+", re.DOTALL)
_DEFAULT_NUMBER = re.compile(rb"\bdefault\s+\d+")
_DEFAULT = re.compile(rb"\bdefault\s+(?:\"[^\"]*\"|\d+)")
_AUTHORITY = rb"(?:\{\{.*?\}\}|[^\s\"'<>`/?#,])*"
_PATH = rb"(?:\{\{.*?\}\}|[^\s\"'<>`,])*"


class AddressesRule(Strict, frozen=True):
    """Which keys have addresses as their values, by a pattern, and on which of the old ports programs are served.

    What is called like `management` is an address of the management API.
    """

    keys: str = _NEVER
    ports: tuple[int, ...] = ()
    management: str = _NEVER


@dataclass(frozen=True, slots=True)
class Addresses:
    """The same, ready to be used."""

    management: re.Pattern[str]
    _keys: re.Pattern[str]
    _urls: re.Pattern[bytes]
    _pairs: re.Pattern[bytes]
    _parts: re.Pattern[bytes]
    _new: Mapping[bytes, bytes]
    _schemes: Mapping[bytes, bytes]
    is_whole: bool = False

    def value(self, key: str, text: bytes) -> bytes:
        """Return the value of a key that leads to the new broker, as it is if it leads to none.

        Schemes, credentials and paths of URLs stay, as programs go on reading them; where addresses are whole, only
        credentials do, as a path is a virtual host.
        """
        parts, at = [], 0
        for found in self._urls.finditer(text):
            scheme, separator, login = found[1].partition(b"://")
            start = self._schemes[scheme] + separator + login if self.is_whole else found[1]
            path = b"" if self.is_whole else found[3]
            parts += [self._plain(key, text[at : found.start()]), start, self._named(found[2]), path]
            at = found.end()
        return b"".join([*parts, self._plain(key, text[at:])])

    def is_in(self, text: bytes) -> bool:
        """Tell whether there is a URL of the old broker in a text."""
        return self._urls.search(text) is not None

    def is_key(self, key: str) -> bool:
        """Tell whether a key has addresses as its values."""
        return self._keys.fullmatch(key) is not None

    def has_port(self, text: bytes) -> bool:
        """Tell whether a number is one of the ports on which programs are served."""
        return text.isdigit() and text in self._new

    def _plain(self, key: str, text: bytes) -> bytes:
        """Return text outside of URLs: all of it is an address if its key says so, else what has a port behind it."""
        if self._keys.fullmatch(key):
            return self._named(text)
        text = self._pairs.sub(lambda found: self._named(found[0]), text)
        return _PUT_IN.sub(lambda found: _DEFAULT_NUMBER.sub(self._of_default, found[0]), text)

    def _named(self, text: bytes) -> bytes:
        """Return text with other names and ports; of what is put in, only what it is by default."""
        parts, at = [], 0
        for found in _PUT_IN.finditer(text):
            parts += [self._replaced(text[at : found.start()]), _DEFAULT.sub(self._of_default, found[0])]
            at = found.end()
        return b"".join([*parts, self._replaced(text[at:])])

    def _of_default(self, found: re.Match[bytes]) -> bytes:
        return self._replaced(found[0])

    def _replaced(self, text: bytes) -> bytes:
        return self._parts.sub(lambda found: self._new[found[0]], text)


def compile_addresses(
    rule: AddressesRule, words: Mapping[str, str], ports: Mapping[int, int], schemes: Mapping[str, str]
) -> Addresses:
    """Return addresses by the tables of words, ports and schemes of URLs. Raises re.error for a broken pattern."""
    served = {str(port).encode(): str(ports[port]).encode() for port in rule.ports if port in ports}
    new = {old.encode(): now.encode() for old, now in words.items()} | served
    names = b"|".join(re.escape(word.encode()) for word in sorted(words, key=len, reverse=True))
    numbers = b"|".join(sorted(served)) or b"(?!)"
    port = rb"(?<![\d.])(?:" + numbers + rb")(?![\d.]*\d)"
    url = b"|".join(re.escape(scheme.encode()) for scheme in schemes) or b"(?!)"
    return Addresses(
        re.compile(rule.management),
        re.compile(rule.keys),
        re.compile(rb"((?:" + url + rb")://(?:[^\s\"'<>`/?#]*@)?)(" + _AUTHORITY + rb")(" + _PATH + rb")", re.DOTALL),
        re.compile(rb"(?<![\w.-])[\w.-]+:" + port),
        re.compile(names + rb"|" + port if names else port),
        new,
        {old.encode(): now.encode() for old, now in schemes.items()},
    )
