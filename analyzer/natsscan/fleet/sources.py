"""Addresses of repositories as git takes them: told from paths, kept free of secrets, and split into their parts."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, unquote, urlsplit

SCHEMES = ("https", "http", "ssh", "git", "file")
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.-]*::")
_WITH_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
# As git has it: what has a colon before the first slash is on another machine.
_SHORT = re.compile(r"(?P<host>(?:[^/:@\s]+@)?(?:\[[^\]/]+\]|[^/:\s]+)):(?P<path>.*)")
_NAME = re.compile(r"[^-+^:~?*\[\\\s][^:^~?*\[\\\s]*")
_LONGEST_USER = 20  # tokens are at least that long, names of users are not
_LOG_IN = "leave it out and let git's credential helper give it (git help credentials)"


def is_url(text: str) -> bool:
    """Tell whether git would take this for an address rather than a path."""
    return bool(_HELPER.match(text) or _WITH_SCHEME.match(text)) or ":" in text.partition("/")[0]


def fault_of_url(url: str) -> str:
    """Return why an address is not taken, with the remedy and without the address itself; nothing if it is."""
    schemes = ", ".join(f"{scheme}://" for scheme in SCHEMES)
    if _HELPER.match(url):
        return f"an address of a transport that runs commands; use one of {schemes} or user@host:path"
    if not url.isprintable():
        return "an address with control characters; write it anew"
    if not _WITH_SCHEME.match(url):
        return _fault_of_short(url)
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "this is no address: what follows the host's colon is no port; write a password nowhere in it"
    if parts.scheme not in SCHEMES:
        return f"git's own transports are used only; use one of {schemes} or user@host:path"
    return _fault_of_parts(parts)


def fault_of_revision(revision: str, of_url: bool) -> str:
    """Return why a revision is not taken, with the remedy; nothing if it is."""
    if revision.startswith("-") or not revision.isprintable():
        return "a revision does not begin with - and has no control characters; name a branch, a tag or a commit"
    if of_url and not _NAME.fullmatch(revision):
        return "of a URL a revision is a branch, a tag or a whole commit id; name one of these"
    return ""


def parts_of(source: str) -> tuple[str, ...]:
    """Return host and folders of an address, or the folders of a path; the last one is without `.git`."""
    short = None if _WITH_SCHEME.match(source) or not is_url(source) else _SHORT.fullmatch(source)
    if short:
        host, path = short["host"].rpartition("@")[2], short["path"]
    elif is_url(source):
        split = urlsplit(source)
        host, path = split.hostname or "", split.path
    else:
        host, path = "", source
    parts = [part for part in (host, *path.split("/")) if part and part != ".git"]
    return (*parts[:-1], parts[-1].removesuffix(".git")) if parts else ()


def _fault_of_short(url: str) -> str:
    matched = _SHORT.fullmatch(url)
    if not matched or not matched["path"] or url.startswith("-") or matched["host"] in SCHEMES:
        return "this is neither a path nor an address; write user@host:path, or ./ before a path with a colon"
    if "@" in matched["path"]:
        return f"an address with a password; {_LOG_IN}"
    return ""


def _fault_of_parts(parts: SplitResult) -> str:
    user = unquote(parts.netloc.rpartition("@")[0])
    if ":" in user or (parts.scheme.startswith("http") and len(user) >= _LONGEST_USER):
        return f"an address with a password or token; {_LOG_IN}"
    if parts.query or parts.fragment:
        return f"an address with a query or fragment, which may hold a token; {_LOG_IN}"
    if not parts.hostname and parts.scheme != "file":
        return "an address without a host; write it as git clone takes it"
    if (parts.hostname or "").startswith("-") or not parts.path.strip("/"):
        return "an address without a repository; write it as git clone takes it"
    return ""
