"""A NATS client for Haskell: the same modules for every code base, as it has none of its own to begin with."""

from __future__ import annotations

import re
from collections.abc import Iterable

from natsscan.catalog.rulefiles import bundled
from natsscan.model.marks import GENERATED

CLIENT = "haskell-client"
# The layer with the API of the library that has this id.
COMPAT = "haskell-amqp"
# The command that looks at the first message of a queue.
CONSUMER_TOOL = "nats-consumer"
# The client as a package of its own, for projects without a place for its modules.
CLIENT_PACKAGE = "nats-jetstream"
# Where a package that is written has its modules.
SOURCES = "src"
# What the modules need beside `base`, as a cabal file names it.
PACKAGES = (
    "aeson", "async", "attoparsec", "bytestring", "containers", "cryptonite", "memory", "network", "stm", "text",
    "time", "tls", "x509", "x509-store", "x509-system", "x509-validation",
)  # fmt: skip

# Packages that have the same modules where these have been replaced.
REPLACEMENTS = {"cryptonite": "crypton"} | {
    name: f"crypton-{name}" for name in ("connection", "x509", "x509-store", "x509-system", "x509-validation")
}
_CRYPTO = re.compile(rb"(?<![\w-])(?:(crypton(?:-x509|-connection)?)|cryptonite)(?![\w])")


def client_modules() -> dict[str, str]:
    """Return the text of each module by its path below a source folder; all of them have `marks.GENERATED` in them."""
    return fixed_modules("haskell")


def client_package(*, crypton: bool = False) -> dict[str, str]:
    """Return the client as a cabal package: the text of each file by its path in the package's folder."""
    modules = client_modules()
    names = module_names(modules)
    exposed, others = [n for n in names if ".Internal." not in n], [n for n in names if ".Internal." in n]
    packages = with_crypton(PACKAGES) if crypton else list(PACKAGES)
    cabal = cabal_file(CLIENT_PACKAGE, CLIENT, "A client for NATS and JetStream", library(exposed, others), packages)
    return {f"{CLIENT_PACKAGE}.cabal": cabal} | {f"{SOURCES}/{path}": text for path, text in modules.items()}


def library(exposed: Iterable[str], others: Iterable[str]) -> list[str]:
    """Return how the component of a cabal file begins that is a library of some modules."""
    lines = ["library", f"  hs-source-dirs:   {SOURCES}", "  exposed-modules:", *(f"    {name}" for name in exposed)]
    return [*lines, "", "  other-modules:", *(f"    {name}" for name in others), ""]


def cabal_file(
    name: str, made_by: str, synopsis: str, component: Iterable[str], packages: Iterable[str], options: str = "-Wall"
) -> str:
    """Return the cabal file of a package with one component, whose beginning is given, and what it depends on.

    It is of version 2.0, since from 2.2 on none may begin with a comment, and the mark comes first.
    """
    lines = [
        f"-- {GENERATED} {made_by}; written anew when it runs again.",
        "cabal-version:      2.0",
        f"name:               {name}",
        "version:            1.0.0",
        f"synopsis:           {synopsis}",
        "build-type:         Simple",
        "",
        *component,
        "  build-depends:",
        "      base >=4.15 && <5",
        *(f"    , {package}" for package in packages),
        "",
        "  default-language: Haskell2010",
        f"  ghc-options:      {options}",
    ]
    return "\n".join(lines) + "\n"


def with_crypton(packages: Iterable[str]) -> list[str]:
    """Return packages for code bases that have replaced cryptonite and what belongs to it."""
    return sorted(REPLACEMENTS.get(name, name) for name in packages)


def fixed_modules(name: str) -> dict[str, str]:
    """Return the Haskell modules in a folder of templates, likewise."""
    folder = bundled("templates") / name
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.hs"))
    }


def module_names(paths: Iterable[str]) -> list[str]:
    """Return the names of modules by their paths: `Network/NATS/Client.hs` is Network.NATS.Client."""
    return sorted(path.removesuffix(".hs").replace("/", ".") for path in paths)


def module_path(name: str) -> str:
    """Return the path of a module by its name."""
    return name.replace(".", "/") + ".hs"


def has_crypton(packages: Iterable[bytes]) -> bool:
    """Tell whether a code base builds with crypton and not cryptonite, by the files that describe its packages.

    What natsscan wrote itself says nothing. If files name one and the other, more of them decide.
    """
    votes = 0
    for text in packages:
        if GENERATED.encode() not in text:
            named = {bool(match[1]) for match in _CRYPTO.finditer(text)}
            votes += sum(1 if crypton else -1 for crypton in named)
    return votes > 0


def literal(text: str) -> str:
    """Return text as a string of Haskell, whatever is in it."""
    return '"' + "".join(map(_character, text)) + '"'


def _character(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isascii() and character.isprintable() else f"\\{ord(character)}\\&"
