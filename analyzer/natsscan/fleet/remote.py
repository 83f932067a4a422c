"""Repositories on other machines: fetched with the newest commit only, or asked which one that is."""

from __future__ import annotations

import os
import re
from pathlib import Path

from natsscan.model.errors import InputError
from natsscan.model.fleet import Repository
from natsscan.source.git import NO_GIT, git, git_remote

# What was fetched last; a clone has no other name for it, and nothing in it tells where it came from.
SCANNED = "refs/natsscan/scanned"
_TIMEOUT = 600.0
_LONGEST = 200
_WHOLE_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHORT_ID = re.compile(r"[0-9a-f]{4,39}")
_USER = re.compile(r"(?<=://)[^/\s'\"]*@")
_QUERY = re.compile(r"\?[^\s'\"]*")
_LEAD = re.compile(r"^(?:fatal|error|remote|ERROR|warning): *", re.IGNORECASE)
# What git says, and what to do about it. Where the other side may be at fault, the clone is not.
_REMEDIES = tuple(
    (re.compile(said, re.IGNORECASE), remedy)
    for said, remedy in (
        (r"could not read (username|password)|authentication failed|permission denied|access denied(?! or)"
         r"|error: 40[13]",
         "no access, or no such repository; log in with git, so that git ls-remote works on it without asking"),
        (r"host key verification failed", "ssh does not know the host's key; connect once with ssh, and check the key"),
        (r"could(n't| not) resolve|service not known|name resolution|nodename nor servname|no address associated",
         "host not found; check the address, and the network"),
        (r"does not appear to be a git repository|repository .*not found|is this a git repository|error: 404"
         r"|no such project|does not exist|not exported",
         "not a repository, or one that you may not see; check the address, and log in with git"),
        (r"dubious ownership", "belongs to another user; git config --global --add safe.directory allows it"),
        (r"mismatched algorithms", "has ids of SHA-256, which are read where a clone is; list the path of one"),
        (r"transport .* not allowed", "git's own transports are used only; write https:// or ssh://"),
        (r"no space left|disk quota", "no space left for the clone; make room, or set XDG_CACHE_HOME to another disk"),
        (r"unable to access|connect to|connection (refused|reset|closed|timed out)|unreachable|no route to host"
         r"|timed out|early eof|hung up|rpc failed|error: (429|5\d\d)",
         "cannot be reached; check the address and the network, and run again"),
    )
)  # fmt: skip
_NO_REVISION = re.compile(r"remote ref|not our ref|unadvertised|invalid refspec", re.IGNORECASE)


class MaybeBrokenError(InputError):
    """What failed may lie in the clone, which is worth to be made anew."""


def make_clone(clone: Path) -> None:
    """Make an empty bare repository, without the hooks of the user's template. Raises InputError if that fails."""
    try:
        git(clone.parent, ["init", "--bare", "--quiet", "--template=", str(clone)], need=True)
    except OSError as error:
        raise InputError.at(clone.parent, None, f"no clone can be made here: {_telling(str(error))}") from error


def fetch(repository: Repository, clone: Path) -> None:
    """Fetch one commit into a bare clone, where it is SCANNED from then on.

    Raises InputError with the remedy for what lies with the address or the other side, MaybeBrokenError for the rest.
    """
    options = ["--depth", "1", "--no-tags", "--quiet", "--force", "--no-write-fetch-head", "--no-recurse-submodules"]
    what = f"{repository.revision or 'HEAD'}:{SCANNED}"
    _asked(repository, clone, ["fetch", *options, "--", repository.source, what])


def newest(repository: Repository) -> str:
    """Return the id of the commit that a fetch would bring now. Raises InputError, with the remedy, as `fetch` does."""
    revision = repository.revision or "HEAD"
    if _WHOLE_ID.fullmatch(revision):
        return revision
    # No repository of the place where natsscan runs has a say in this.
    nowhere = Path(os.devnull)
    said = _asked(repository, nowhere, ["ls-remote", "--quiet", "--", repository.source, revision, f"{revision}^{{}}"])
    ids = {name: commit for commit, _, name in (line.partition("\t") for line in said.splitlines())}
    # In git's order; of a tag with a message it is the commit that counts.
    for name in (revision, f"refs/{revision}", f"refs/tags/{revision}", f"refs/heads/{revision}"):
        for found in (f"{name}^{{}}", name):
            if found in ids:
                return ids[found]
    raise InputError(f"{repository.source}: {_no_revision(repository.revision)}")


def _asked(repository: Repository, git_dir: Path, arguments: list[str]) -> str:
    try:
        return git_remote(git_dir, arguments, _TIMEOUT)
    except TimeoutError as error:
        remedy = "gave no whole answer in 10 minutes; run again, or list a clone of it"
        raise InputError(f"{repository.source}: {remedy}") from error
    except OSError as error:
        said = str(error)
    if said == NO_GIT:
        raise InputError(f"{repository.source}: {NO_GIT}; install it, repositories are fetched by it")
    for line in said.splitlines():
        if _NO_REVISION.search(line):
            raise InputError(f"{repository.source}: {_no_revision(repository.revision)}")
    for pattern, remedy in _REMEDIES:
        for line in said.splitlines():
            if pattern.search(line):
                raise InputError(f"{repository.source}: {remedy} (git: {_cleaned(line)})")
    raise MaybeBrokenError(f"{repository.source}: git fails; git clone tells more (git: {_telling(said)})")


def _no_revision(revision: str) -> str:
    if not revision:
        return "has no commit yet; leave it out of the list until it has one"
    if _SHORT_ID.fullmatch(revision):
        return f"{revision}: no such branch or tag; a commit id must be whole, of 40 characters"
    return f"{revision}: no such branch, tag or commit; check the revision"


def _telling(said: str) -> str:
    """Return the line that says why, of all that git says."""
    lines = [line for line in said.splitlines() if line.strip()]
    fatal = [line for lead in ("fatal:", "error:") for line in lines if line.startswith(lead)]
    return _cleaned((fatal or lines or ["no reason given"])[0])


def _cleaned(line: str) -> str:
    """Return a line of git's without secrets in addresses and without what would act on a terminal."""
    shown = "".join(each if each.isprintable() else " " for each in line).strip()
    shown = _QUERY.sub("", _USER.sub("", _LEAD.sub("", shown)))
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
