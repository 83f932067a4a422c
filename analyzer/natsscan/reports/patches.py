"""Patches as text: a diff that `git apply` takes, with titles between, or a series of mails that `git am` takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from textwrap import fill

from natsscan.catalog.escape import visible
from natsscan.model.patch import Applicability, Check, Patch
from natsscan.patches.diff import edited_diff, whole_diff
from natsscan.patches.engine import Files, replacements, splice
from natsscan.reports.words import number

_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_WIDTH = 100
# What git takes for the end of what a mail says, and the beginning of a diff, or of another mail.
_ENDS_A_MESSAGE = re.compile(r"^(?=---|diff |Index: |From |>)", re.MULTILINE)


def patch_diff(
    patch: Patch, files: Files, is_executable: Callable[[str], bool], earlier: Iterable[Patch] = ()
) -> bytes:
    """Return the diff of one patch against files as they are; `earlier` patches have been made in them already."""
    return b"".join(file_diffs(patch, files, is_executable, earlier).values())


def file_diffs(
    patch: Patch, files: Files, is_executable: Callable[[str], bool], earlier: Iterable[Patch] = ()
) -> dict[str, bytes]:
    """Return the same diff file by file, sorted by path."""
    parts = {
        path: edited_diff(path, files.get(path) or b"", places) for path, places in replacements(patch, earlier).items()
    }
    parts |= {new.path: whole_diff(new.path, new.content, is_new=True) for new in patch.creates}
    for gone in patch.removes:
        executable = is_executable(gone.path)
        parts[gone.path] = whole_diff(gone.path, files.get(gone.path) or b"", is_new=False, is_executable=executable)
    return {path: parts[path] for path in sorted(parts)}


def titled(patch: Patch) -> bytes:
    """Return the lines that stand above a patch's diff: they are no part of it to git."""
    lines = [f"{patch.stage}, {patch.applicability}: {patch.title}", *fill(patch.reason, _WIDTH).splitlines()]
    return "".join(f"# {visible(line)}\n" for line in lines).encode()


def visible_lines(diff: bytes) -> str:
    """Return a diff such that a terminal only shows it; git would not take it so where that makes a difference."""
    return "\n".join(map(visible, diff.decode(errors="replace").split("\n")))


def by_hand(patches: Iterable[Patch]) -> str:
    """Return what people have to do, as lines that are no part of a diff."""
    lines = []
    for patch in patches:
        parts = (fill(visible(part), _WIDTH, break_on_hyphens=False) for part in patch.instructions.splitlines())
        first, *others = [line for part in parts for line in part.splitlines()]
        lines += [f"# - {first}", *(f"#   {line}" for line in others)]
    return "\n".join(lines) + "\n" if lines else ""


def series(patches: Iterable[Patch], files: Files, is_executable: Callable[[str], bool]) -> dict[str, bytes]:
    """Return a file for each patch, numbered, each on top of those before it."""
    done: list[Patch] = []
    found: dict[str, bytes] = {}
    now = dict(files)
    for position, patch in enumerate(patches, start=1):
        slug = _NOT_IN_NAMES.sub("-", f"{patch.stage} {patch.title}".lower()).strip("-")[:60].strip("-")
        found[f"{position:04}-{slug}.patch"] = _mail(patch) + patch_diff(patch, now, is_executable, done)
        now |= {path: splice(now[path] or b"", places) for path, places in replacements(patch, done).items()}
        done.append(patch)
    return found


def _mail(patch: Patch) -> bytes:
    """Return the head of a mail, dated as `git format-patch` dates what has no date."""
    passed = [name for name in ("applies", "parses", "idempotent", "rescan_clean", "renders") if _passed(patch, name)]
    reason = _ENDS_A_MESSAGE.sub(" ", fill(visible(patch.reason), 72))
    body = [reason, "", f"Stage: {patch.stage}", f"Applicability: {patch.applicability}"]
    body.append(f"Checks: {', '.join(name.replace('_', ' ') for name in passed)}")
    head = [
        "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001",
        "From: natsscan <natsscan@example.invalid>",
        "Date: Mon, 17 Sep 2001 00:00:00 +0000",
        f"Subject: [PATCH] {visible(patch.title)}",
        "",
    ]
    return ("\n".join([*head, *body, "", "---", ""])).encode()


def _passed(patch: Patch, name: str) -> bool:
    return getattr(patch.checks, name) is Check.PASSED


def summary(kept: Iterable[Patch], held: Iterable[tuple[Patch, str]], others: Iterable[Patch], stage: str) -> str:
    """Return what there is to do in a stage, in a few lines."""
    kept, held, others = tuple(kept), tuple(held), tuple(others)
    files = {path for patch in kept for path in patch.paths}
    hand = sum(patch.applicability is Applicability.MANUAL for patch in others)
    unsafe = sum(patch.applicability is Applicability.UNSAFE for patch in others)
    lines = [f"{stage}: {number(len(kept), 'patch', 'patches')} in {number(len(files), 'file')}"]
    if unsafe:
        lines[0] += f"; {unsafe} that want a look are left out, see --unsafe"
    if hand:
        lines[0] += f"; {hand} by hand"
    lines += [visible(f"  held back: {patch.title}: {reason}") for patch, reason in held]
    return "\n".join(lines) + "\n"
