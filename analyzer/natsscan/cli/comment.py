from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from natsscan.cli.opened import open_here
from natsscan.cli.options import Given, paths_option, scan_options, tasks_option
from natsscan.model.errors import InputError

if TYPE_CHECKING:
    from natsscan.forges.forge import Change, Forge
    from natsscan.model.outcome import Outcome
    from natsscan.model.remark import Remark
    from natsscan.pipeline.compare import Ends
    from natsscan.source.project import Project

_FORGES = ("github", "gitlab")
_GITHUB_API, _GITLAB_API = "https://api.github.com", "https://gitlab.com/api/v4"


@dataclass(frozen=True, slots=True)
class _Said:
    """What a request is to be told; `remarks` is None where the lines of its diff are not known."""

    summary: str
    remarks: tuple[Remark, ...] | None


@click.command("comment")
@click.argument("forge_name", type=click.Choice(_FORGES), metavar="github|gitlab")
@click.option(
    "--pr", "number", type=click.IntRange(min=1), metavar="N", required=True, help="The pull or merge request."
)
@click.option("--base", metavar="REV", help="What to compare with.  [default: the branch it would be merged into]")
@click.option("--head", metavar="REV", help="What to compare.  [default: the request's newest commit]")
@click.option("--repo", metavar="NAME", help="The repository.  [default: $GITHUB_REPOSITORY, $CI_PROJECT_ID]")
@click.option("--api-url", metavar="URL", help="The forge's API.  [default: $GITHUB_API_URL, $CI_API_V4_URL]")
@click.option("--dry-run", is_flag=True, help="Print what would be said, and post nothing.")
@paths_option
@tasks_option
@scan_options
def comment_command(
    forge_name: str,
    number: int,
    base: str | None,
    head: str | None,
    repo: str | None,
    api_url: str | None,
    dry_run: bool,
    paths: tuple[Path, ...],
    checklist: Path | None,
    given: Given,
) -> int:
    """Tell a pull or merge request what it does to messaging: one summary, and remarks on its lines.

    The summary is edited in place, and goes when there is nothing to say any more. Remarks are posted once, as one
    review, and deleted when they no longer hold, unless somebody has answered. The token is read from GITHUB_TOKEN, or
    GITLAB_TOKEN; if it may not write, the run's own log and summary are used instead.
    """
    from natsscan.cli.diff import compare_ends
    from natsscan.forges.forge import MovedOnError, ReadOnlyError

    forge = _connect(forge_name, repo, api_url, number)
    change = forge.change()
    opened = open_here(paths, given)
    ends = _ends(opened.project, change, base, head)
    found = compare_ends(opened, ends, checklist, given.rules)
    said = _said(found, ends, change, forge.longest)
    if dry_run:
        _print(said)
        return 0
    try:
        done = _publish(forge, said, change.head)
    except ReadOnlyError as error:
        _fall_back(forge_name, found, ends, change, error)
    except MovedOnError as error:
        sys.stdout.write(f"{error}; remarks are left to the run for that\n")
    else:
        sys.stdout.write(f"{change.name}: {done}\n")
    return 0


def _connect(name: str, repo: str | None, url: str | None, number: int) -> Forge:
    """Return the forge for one request. Raises InputError if it is not said which one, or there is no token."""
    try:
        from natsscan.forges.api import Api, Waiting
    except ModuleNotFoundError as error:
        raise InputError("comment needs a package more: pip install 'natsscan[bot]'") from error
    from natsscan.forges.github import HEADERS, GitHub
    from natsscan.forges.gitlab import GitLab

    environment, own = os.environ, click.get_current_context().with_resource
    if name == "github":
        url = url or environment.get("GITHUB_API_URL") or _GITHUB_API
        repo = repo or environment.get("GITHUB_REPOSITORY")
        if not repo or repo.count("/") != 1:
            raise InputError("the repository is not known; give it with --repo OWNER/NAME")
        api = own(Api(url, _token("GITHUB_TOKEN"), "GITHUB_TOKEN", HEADERS, Waiting()))
        return GitHub(api, repo, number, environment.get("GITHUB_GRAPHQL_URL") or _graphql(url))
    url = url or environment.get("CI_API_V4_URL") or _GITLAB_API
    repo = repo or environment.get("CI_PROJECT_ID")
    if not repo:
        raise InputError("the project is not known; give it with --repo GROUP/NAME, or its number")
    return GitLab(own(Api(url, _token("GITLAB_TOKEN"), "GITLAB_TOKEN", {}, Waiting())), repo, number)


def _token(name: str) -> str:
    found = os.environ.get(name, "").strip()
    if not found:
        raise InputError(f"{name} is not set; it is the token that comments are posted with")
    return found


def _graphql(url: str) -> str:
    """Return where GraphQL is asked: /graphql on github.com, /api/graphql where REST is /api/v3."""
    return f"{url.rstrip('/').removesuffix('/v3')}/graphql"


def _ends(project: Project, change: Change, base: str | None, head: str | None) -> Ends:
    """Return the commits to compare: from where the request left its branch, as the forge has it, to its newest one.

    Raises InputError, with what to do about it, if the clone lacks one of them.
    """
    from natsscan.pipeline.compare import Ends
    from natsscan.source.git import commit_of

    tip = head or change.head
    try:
        head_commit = commit_of(project.root, tip)
        base_commit = commit_of(project.root, f"{base or change.base}...{head_commit}")
    except InputError as error:
        raise InputError(
            f"{error}; {change.name} is compared in this clone: check it out with all its history "
            "(fetch-depth: 0 on GitHub, GIT_DEPTH: 0 on GitLab)"
        ) from error
    return Ends(base or change.target, head or change.head[:10], base_commit, head_commit)


def _said(found: Outcome, ends: Ends, change: Change, longest: int) -> _Said:
    from natsscan.reports.remarks import remarks

    is_head = ends.head_commit == change.head  # the lines of another commit are not those that the forge shows
    return _Said(_summary(found, ends, change, longest), remarks(found) if is_head else None)


def _summary(found: Outcome, ends: Ends, change: Change, longest: int) -> str:
    from natsscan.forges.review import SUMMARY_MARK
    from natsscan.reports.summary import Links, render

    assert found.comparison is not None
    links = Links(f"{change.files}/{ends.base_commit}", f"{change.files}/{ends.head_commit}", _run_url())
    return render(found.comparison, links, longest, SUMMARY_MARK)


def _run_url() -> str:
    """Return the page of the run that this is, empty if it is none."""
    environment = os.environ
    server, repository, run = (environment.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    if server and repository and run:
        return f"{server}/{repository}/actions/runs/{run}"
    return environment.get("CI_JOB_URL", "")


def _publish(forge: Forge, said: _Said, head: str) -> str:
    from natsscan.forges.publish import Done, publish_remarks, publish_summary

    done = publish_summary(forge, said.summary)
    if said.remarks is None:
        return f"{Done(done)}; no remarks, since what was compared is not its newest commit"
    return str(replace(publish_remarks(forge, said.remarks, head), summary=done))


def _print(said: _Said) -> None:
    from natsscan.catalog.escape import visible

    sys.stdout.write(said.summary or "no summary: there is nothing to say\n")
    for remark in said.remarks or ():
        side = " before the change" if remark.is_deleted else ""
        sys.stdout.write(f"\n--- {visible(remark.path)}:{remark.first}-{remark.last}{side}\n{remark.text}\n")


def _fall_back(name: str, found: Outcome, ends: Ends, change: Change, error: InputError) -> None:
    """Tell the run's own log and summary what may not be posted."""
    from natsscan.reports.diff import answer
    from natsscan.reports.formats import Look, render
    from natsscan.reports.summary import STEP_SUMMARY

    sys.stderr.write(f"natsscan: the token may not write to {change.name}, so it is told here ({error})\n")
    summary = _summary(found, ends, change, STEP_SUMMARY)
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if name == "github" and file:
        with Path(file).open("a", encoding="utf-8") as out:
            out.write(summary)
    else:
        sys.stdout.write(summary)
    if name == "github":
        assert found.comparison is not None
        sys.stdout.write(f"::warning title=natsscan::{answer(found.comparison)}\n" if summary else "")
        sys.stdout.write(render("github", found, Look()))
