from __future__ import annotations

import fnmatch
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from natsscan.catalog.escape import visible
from natsscan.cli.opened import Opened, open_paths
from natsscan.cli.options import Given, need_subjects, scan_options, server_version_option, subjects_option
from natsscan.cli.stopping import told_if_stopped
from natsscan.model.errors import InputError
from natsscan.model.patch import Applicability, Patch, Stage

if TYPE_CHECKING:
    from natsscan.cli.mapping import Mapped
    from natsscan.patches.engine import Selection
    from natsscan.patches.moving import Layer

CHANGES = 1
COMPAT = "compat"
NATIVE = "native"


@click.command("patch")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option(
    "--stage",
    "stage_name",
    type=click.Choice([stage.value for stage in Stage]),
    help="The stage whose patches are wanted.  [default: the first one with something to do]",
)
@click.option("--unsafe", is_flag=True, help="Also patches that are right as a rule but want a look.")
@click.option(
    "--only", multiple=True, metavar="WHAT", help="A rule, service, path or id of a patch (with * and ?); repeatable."
)
@click.option("--write", is_flag=True, help="Make the changes in the files.")
@click.option("-i", "--interactive", is_flag=True, help="Ask for each patch, with its diff shown.")
@click.option("--check", is_flag=True, help="Print nothing but the count; exit with 1 if something would change.")
@click.option(
    "--format", "form", type=click.Choice(["diff", "json"]), default="diff", help="json has all stages, for programs."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="DIR", help="Write a series of patch files.")
@click.option(
    "--route",
    type=click.Choice([COMPAT, NATIVE]),
    help="How programs move. compat: onto a package with the API of their AMQP library, with all else as it is. "
    "native: by hand, with a NATS client and a module for each service put beside.  [default: by hand]",
)
@subjects_option
@server_version_option
@scan_options
def patch_command(
    paths: tuple[Path, ...],
    stage_name: str | None,
    unsafe: bool,
    only: tuple[str, ...],
    write: bool,
    interactive: bool,
    check: bool,
    form: str,
    output: Path | None,
    route: str | None,
    subjects: Path | None,
    server_version: str | None,
    given: Given,
) -> int:
    """Print changes that put NATS beside RabbitMQ, or what a later stage needs, as a diff.

    The diff is one that `git apply` takes. Nothing is changed without --write or --interactive. What natsscan does not
    rewrite is listed with what to do by hand.
    """
    if sum((write, interactive, check, output is not None, form == "json")) > 1:
        raise click.UsageError(
            "--write, --interactive, --check, --output and --format json exclude each other",
            ctx=click.get_current_context(),
        )
    need_subjects(subjects)
    if write or interactive:
        _put_back(paths)
    opened = open_paths(paths, given)
    tree, patches = _patches(opened, server_version, subjects, route)
    patches = tuple(patch for patch in patches if not only or _is_wanted(patch, only))
    if form == "json":
        from natsscan.reports.json_patches import render

        sys.stdout.write(render(p for p in patches if stage_name in (None, p.stage)))
        return 0
    wanted = {Applicability.SAFE, Applicability.UNSAFE} if unsafe else {Applicability.SAFE}
    if output is not None:
        return _write_series(tree, patches, Stage(stage_name) if stage_name else None, wanted, output)
    stage = Stage(stage_name) if stage_name else _first_stage(patches, wanted)
    return _run(tree, patches, stage, wanted, write=write, interactive=interactive, check=check)


@dataclass(frozen=True, slots=True)
class _Tree:
    """The files of a project as they were read."""

    root: Path
    read: Callable[[str], bytes | None]
    leftovers: tuple[str, ...]

    def files(self, patches: Iterable[Patch]) -> dict[str, bytes | None]:
        return {path: self.read(path) for patch in patches for path in patch.paths}

    def is_executable(self, path: str) -> bool:
        return os.access(self.root / path, os.X_OK)


def _patches(
    opened: Opened, server_version: str | None, subjects: Path | None, route: str | None
) -> tuple[_Tree, tuple[Patch, ...]]:
    from natsscan.cli.layer import python_layer_of
    from natsscan.cli.mapping import map_opened
    from natsscan.cli.native import native_of
    from natsscan.patches.plan import make_patches
    from natsscan.pipeline.outcome import reading
    from natsscan.source.discover import UNFINISHED
    from natsscan.source.helm import renderer

    found, project = map_opened(opened, server_version, subjects, is_moving=route is not None), opened.project
    read, listed = reading(project.tree), project.tree.list(opened.options.exclude)
    every = listed.paths
    layer = _layer(opened, found, server_version, subjects) if route == COMPAT else None
    python = python_layer_of(opened, server_version, subjects, found) if route == COMPAT else None
    native = native_of(opened, found, server_version, subjects) if route == NATIVE else None
    patches = make_patches(found.report, found.mapping, found.catalog, read, every, renderer(), layer, native, python)
    leftovers = tuple(path for path, why in listed.excluded.items() if why == UNFINISHED)
    return _Tree(project.root, read, leftovers), patches


def _layer(opened: Opened, found: Mapped, server_version: str | None, subjects: Path | None) -> Layer:
    """Return the layer that programs move to, written for all of the project."""
    from natsscan.cli.layer import layer_of, layer_rules
    from natsscan.haskell.library_uses import LibraryUses
    from natsscan.patches.moving import Layer

    rules = layer_rules(opened)
    if not any(finding.usage.library == rules.library for finding in found.report.findings):
        return Layer(rules, {}, LibraryUses({}, {}, frozenset()), {})
    made = layer_of(opened, server_version, subjects, found)
    refused = {refusal.function: " ".join(refusal.says) for refusal in made.refused}
    return Layer(rules, made.files, made.uses, refused)


def _is_wanted(patch: Patch, only: tuple[str, ...]) -> bool:
    names = [patch.id, patch.service, *patch.rules, *patch.paths, *(span.path for span in patch.at)]
    return any(
        fnmatch.fnmatchcase(name, each) or name.startswith(each.rstrip("/") + "/") for each in only for name in names
    )


def _first_stage(patches: Iterable[Patch], wanted: set[Applicability]) -> Stage:
    return next((patch.stage for patch in patches if patch.applicability in wanted), Stage.PREPARE)


def _select(patches: tuple[Patch, ...], stage: Stage, wanted: set[Applicability]) -> Selection:
    """Return the patches of a stage that can be made now: what earlier ones still have to do in a file comes first."""
    from natsscan.patches.engine import Selection, select

    earlier = {
        path: patch
        for patch in patches
        if patch.stage.rank < stage.rank and patch.applicability in wanted
        for path in (patch.area, *patch.paths)
    }
    due = [patch for patch in patches if patch.stage is stage and patch.applicability in wanted]
    early = {p.id: earlier[path] for p in due for path in (p.area, *p.paths, *p.follows) if path in earlier}
    found = select(patch for patch in due if patch.id not in early)
    waiting = tuple((p, f"'{early[p.id].title}' comes first, in {early[p.id].stage}") for p in due if p.id in early)
    return Selection(found.kept, (*found.held, *waiting))


def _run(
    tree: _Tree,
    patches: tuple[Patch, ...],
    stage: Stage,
    wanted: set[Applicability],
    *,
    write: bool,
    interactive: bool,
    check: bool,
) -> int:
    from natsscan.cli.logs import unheeded
    from natsscan.reports.patches import by_hand, patch_diff, summary, titled, visible_lines
    from natsscan.reports.words import number

    found = _select(patches, stage, wanted)
    others = [patch for patch in patches if patch.stage is stage and patch.applicability not in wanted]
    told = summary(found.kept, found.held, others, stage)
    if check:
        sys.stdout.write(told)
        return CHANGES if found.kept else 0
    chosen = _ask(tree, found.kept) if interactive else found.kept
    if write or interactive:
        written = _write(tree, chosen)
        with told_if_stopped(f"{number(written, 'file is', 'files are')} written"):
            sys.stdout.write(told if write else f"{len(chosen)} of {told}")
            sys.stdout.flush()
        return 0
    files = tree.files(found.kept)
    out, on_terminal = sys.stdout.buffer, sys.stdout.isatty()
    with unheeded(out):
        for patch in found.kept:
            diff = titled(patch) + patch_diff(patch, files, tree.is_executable) + b"\n"
            out.write(visible_lines(diff).encode() if on_terminal else diff)
        hand = [patch for patch in others if patch.applicability is Applicability.MANUAL]
        if hand:
            out.write(f"# By hand in {stage}:\n{by_hand(hand)}".encode())
    out.flush()
    sys.stderr.write(told)
    return 0


def _put_back(paths: tuple[Path, ...]) -> None:
    """Let the tree be as it was before a run that was killed while it wrote: half of a patch is no sound beginning."""
    from natsscan.reports.words import number
    from natsscan.source.project import open_project
    from natsscan.source.unfinished import put_back_unfinished

    count = put_back_unfinished(open_project(paths).root)
    if count:
        sys.stderr.write(f"natsscan: a run was killed while it wrote; {number(count, 'file')} of it put back first\n")


def _write(tree: _Tree, patches: tuple[Patch, ...]) -> int:
    """Make patches in the files, as they are now, and return in how many.

    One that has changed since it was read is refused. What a run that was killed has left is removed.
    """
    from natsscan.patches.engine import apply
    from natsscan.source.read import read_file
    from natsscan.source.write import remove_leftovers, write_files

    now: dict[str, bytes | None] = {}
    for path, before in tree.files(patches).items():
        data = read_file(tree.root, path)
        now[path] = data if isinstance(data, bytes) else None
        if now[path] != before:
            raise InputError(f"{path}: has changed since it was read; nothing was written, run again")
    remove_leftovers(tree.root, tree.leftovers)
    changed = apply(now, patches)
    write_files(tree.root, changed, recorded=True)
    return len(changed)


def _write_series(
    tree: _Tree, patches: tuple[Patch, ...], stage: Stage | None, wanted: set[Applicability], folder: Path
) -> int:
    from natsscan.patches.engine import select
    from natsscan.reports.patches import series
    from natsscan.source.write import write_files

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"-o {folder}: is there already; give a new or empty folder")
    found = select(p for p in patches if p.applicability in wanted and stage in (None, p.stage))
    files = series(found.kept, tree.files(found.kept), tree.is_executable)
    write_files(folder, dict(files))
    for patch, reason in found.held:
        sys.stderr.write(visible(f"held back: {patch.title}: {reason}") + "\n")
    told = f"{folder}: {len(files)} patches; apply them with git am --keep-cr {shlex.quote(str(folder))}/*.patch"
    sys.stdout.write(visible(told) + "\n")
    return 0


def _ask(tree: _Tree, patches: tuple[Patch, ...]) -> tuple[Patch, ...]:
    """Show each patch and ask, after the manner of `git add -p`; return those that are wanted."""
    from natsscan.reports.patches import patch_diff, titled, visible_lines

    chosen: list[Patch] = []
    files = tree.files(patches)
    for at, patch in enumerate(patches):
        diff = patch_diff(patch, files, tree.is_executable)
        click.echo(visible_lines(titled(patch) + diff), nl=False)
        answer = click.prompt(
            f"({at + 1}/{len(patches)}) make this change [y,n,a,q,e,?]", default="n", show_default=False
        )
        while answer not in ("y", "n", "a", "q", "e"):
            click.echo("y make it; n do not; a make it and all that follow; q make none of the rest; e edit the diff")
            answer = click.prompt("[y,n,a,q,e]", default="n", show_default=False)
        if answer == "e":
            _edit(tree, diff)
        elif answer in ("y", "a"):
            chosen.append(patch)
        if answer == "a":
            return (*chosen, *patches[at + 1 :])
        if answer == "q":
            break
    return tuple(chosen)


def _edit(tree: _Tree, diff: bytes) -> None:
    """Let the user edit a diff and make what is left of it."""
    text = click.edit(diff.decode(errors="surrogateescape"), extension=".diff")
    if text is None:
        click.echo("left as it was; nothing of this patch is made")
        return
    try:
        done = subprocess.run(
            ["git", "apply", "--recount", "-"],  # noqa: S607  # the user's own git
            cwd=tree.root,
            input=text.encode(errors="surrogateescape"),
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise InputError("an edited diff is made by git, and git is not on PATH; answer y, n, a or q") from error
    if done.returncode:
        said = visible(done.stderr.decode(errors="replace").strip())
        click.echo(f"git does not take this: {said}; nothing of it is made")
