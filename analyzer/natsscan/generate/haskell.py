"""A NATS client for Haskell: the same modules for every code base, as it has none of its own to begin with."""

from __future__ import annotations

from natsscan.catalog.catalog import bundled

CLIENT = "haskell-client"
# What the modules need beside `base`, as a cabal file names it.
PACKAGES = (
    "aeson", "async", "attoparsec", "bytestring", "containers", "cryptonite", "memory", "network", "stm", "text",
    "time", "tls", "x509", "x509-store", "x509-system", "x509-validation",
)  # fmt: skip

# Packages that have the same modules where these have been replaced.
REPLACEMENTS = {"cryptonite": "crypton"} | {
    name: f"crypton-{name}" for name in ("x509", "x509-store", "x509-system", "x509-validation")
}


def client_modules() -> dict[str, str]:
    """Return the text of each module by its path below a source folder; all of them have `marks.GENERATED` in them."""
    folder = bundled("templates") / "haskell"
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.hs"))
    }


def module_names(paths: list[str]) -> list[str]:
    """Return the names of modules by their paths: `Network/NATS/Client.hs` is Network.NATS.Client."""
    return sorted(path.removesuffix(".hs").replace("/", ".") for path in paths)
