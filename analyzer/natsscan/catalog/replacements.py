"""What rule files say of text about one broker that is to be about another one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from msgspec import field, structs

from natsscan.catalog.addresses import Addresses, AddressesRule, compile_addresses
from natsscan.catalog.strict import Strict
from natsscan.catalog.yamlfile import YamlFile
from natsscan.model.errors import InputError
from natsscan.model.usage import Usage

# A character of a URL's host or path, or a template's action in one.
_PART = r"(?:\{\{[^{}]*\}\}|[^\s\"'<>`/])"


class ServiceRule(Strict, frozen=True):
    """A compose service that runs the broker: the keys it keeps, and those it gets, as text."""

    keeps: tuple[str, ...]
    sets: str


class RepositoryRule(Strict, frozen=True):
    """A repository of charts."""

    name: str
    url: str


class ReleaseRule(Strict, frozen=True):
    """A release in a helmfile that brings the target: the keys it keeps of the old one, its chart, and its values.

    `tls_values` are those for old values in which a key like `tls_key` names a secret, `{secret}` in them.
    """

    keeps: tuple[str, ...]
    repository: RepositoryRule
    chart: str
    version: str
    values: str
    tls_key: str
    tls_values: str


class VersionRule(Strict, frozen=True):
    """Versions of a package: the lowest that will do, the first that will not, and the one to pin."""

    lowest: str
    below: str
    pinned: str


class ReplacementsFile(Strict, frozen=True, tag_field="kind", tag="replacements"):
    """What takes the place of a broker's names, ports, URLs, images and packages; nothing does of what is `dropped`.

    `versions` are those of the packages that take a place, by ecosystem.
    `commands` say what stands for a call of the old one's tools or management API, by what the call does.
    `chart` are the files, by name, of a chart that brings the target; `{name}` in them is what it is called.
    `configured` matches the keys of the old broker's configuration that ask for a configuration of the new one.
    `addresses` tell what leads programs to it that go on reading what they read.
    """

    id: str
    title: str
    links: tuple[str, ...]
    source: str
    target: str
    words: dict[str, str]
    ports: dict[int, int]
    url_schemes: dict[str, str]
    images: dict[str, str]
    packages: dict[str, dict[str, str]]
    dropped: str
    commands: dict[str, str]
    service: ServiceRule
    chart: dict[str, str]
    release: ReleaseRule
    configured: str
    addresses: AddressesRule = AddressesRule()
    versions: dict[str, dict[str, VersionRule]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Replacements:
    """The same, ready to be used."""

    rules: ReplacementsFile
    dropped: re.Pattern[str]
    tls_key: re.Pattern[str]
    configured: re.Pattern[str]
    addresses: Addresses
    _images: tuple[tuple[re.Pattern[bytes], bytes], ...]
    _urls: re.Pattern[bytes]
    _rest: re.Pattern[bytes]
    _new: dict[bytes, bytes]

    def text(self, data: bytes) -> bytes:
        """Return text about the old broker as text about the new one; what is about neither stays."""
        for pattern, image in self._images:
            data = pattern.sub(image, data)
        data = self._urls.sub(rb"\1", data)  # the path of a URL is a virtual host, and an account is in no URL
        return self._rest.sub(lambda found: self._new[found[0]], data)

    def with_packages(self, ecosystem: str, packages: Mapping[str, str]) -> Replacements:
        """Return the replacements with other packages of one ecosystem."""
        known = self.rules.packages | {ecosystem: dict(packages)}
        return replace(self, rules=structs.replace(self.rules, packages=known))

    @property
    def whole_addresses(self) -> Addresses:
        """Addresses as those of the new broker as a whole, for programs that take no others."""
        return replace(self.addresses, is_whole=True)

    def with_whole_addresses(self) -> Replacements:
        """Return the replacements with whole addresses."""
        return replace(self, addresses=self.whole_addresses)

    def command(self, usage: Usage) -> str:
        """Return what stands for a call of the old broker's tools or management API; empty if no rule knows it."""
        told = {argument.name: argument.text for argument in usage.arguments}
        path = told.get("path", "")
        paths = [key for key in self.rules.commands if key.startswith("/") and f"{path}/".startswith(f"{key}/")]
        keys = [told.get("subcommand", ""), max(paths, key=len, default=""), usage.operation]
        return next((self.rules.commands[key] for key in keys if key in self.rules.commands), "")


def compile_replacements(files: Iterable[tuple[YamlFile, ReplacementsFile]]) -> Replacements:
    """Return the replacements of the last file. Raises InputError, with file and line, for a broken pattern."""
    last = None
    for file, rules in files:
        for name in rules.images:
            file.pattern(("images", name), name)
        file.pattern(("dropped",), rules.dropped)
        file.pattern(("release", "tls_key"), rules.release.tls_key)
        file.pattern(("configured",), rules.configured)
        file.pattern(("addresses", "keys"), rules.addresses.keys)
        file.pattern(("addresses", "management"), rules.addresses.management)
        last = rules
    if last is None:
        raise InputError("no rule file of kind `replacements`; the bundled one is rules/targets/nats.yaml")
    new = {f"{old}://": f"{now}://" for old, now in last.url_schemes.items()} | last.words
    ports = {str(old): str(now) for old, now in last.ports.items()}
    words = "|".join(re.escape(word) for word in sorted(new, key=len, reverse=True))
    schemes = "|".join(map(re.escape, last.url_schemes))
    numbers = "|".join(sorted(ports))
    return Replacements(
        last,
        re.compile(last.dropped),
        re.compile(last.release.tls_key),
        re.compile(last.configured),
        compile_addresses(last.addresses, last.words, last.ports, last.url_schemes),
        tuple((re.compile(old.encode()), now.encode()) for old, now in sorted(last.images.items())),
        re.compile(rf"((?:{schemes})://{_PART}*)/{_PART}*".encode()),
        re.compile(rf"{words}|(?<![\d.])(?:{numbers})(?!\d)".encode()),
        {old.encode(): now.encode() for old, now in (new | ports).items()},
    )
