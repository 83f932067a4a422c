"""GitLab: https://docs.gitlab.com/api/discussions/#merge-requests."""

from __future__ import annotations

from functools import cached_property
from urllib.parse import quote

import msgspec

from natsscan.forges.api import Api, Json
from natsscan.forges.forge import Change, ForgeError, MissingError, MovedOnError, Note, Posted, RefusedError
from natsscan.forges.review import SUMMARY_MARK, Review, hunk_of, remark_key, review_id, tagged, told_keys
from natsscan.model.remark import Remark
from natsscan.source.hunks import DiffHunk, diff_hunks

# How many lines above its own a suggestion may replace.
_ABOVE = 100


class _Version(msgspec.Struct, frozen=True):
    base_commit_sha: str
    start_commit_sha: str
    head_commit_sha: str


class _MergeRequest(msgspec.Struct, frozen=True):
    web_url: str
    target_branch: str


class _User(msgspec.Struct, frozen=True):
    id: int


class _Note(msgspec.Struct, frozen=True):
    id: int
    author: _User
    body: str = ""
    system: bool = False


class _Discussion(msgspec.Struct, frozen=True):
    id: str
    notes: list[_Note]


class _Diff(msgspec.Struct, frozen=True):
    old_path: str
    new_path: str
    diff: str = ""


class GitLab:
    """One merge request on GitLab; `project` is its number or its whole path."""

    longest = 1_000_000

    def __init__(self, api: Api, project: str, number: int) -> None:
        self._api = api
        self._name = f"{project}!{number}"
        self._request = f"/projects/{quote(project, safe='')}/merge_requests/{number}"

    def change(self) -> Change:
        """Ask for the merge request."""
        try:
            found = self._api.get(self._request, _MergeRequest)
        except MissingError as error:
            raise ForgeError(f"{self._name}: no such merge request, or none that the token may see ({error})") from None
        version = self._newest()
        files = f"{found.web_url.partition('/-/')[0]}/-/blob"
        return Change(self._name, found.target_branch, version.base_commit_sha, version.head_commit_sha, files)

    def notes(self) -> list[Note]:
        """List the summaries, the oldest first."""
        own = [note for talk in self._discussions() for note in talk.notes[:1] if self._owns(note)]
        found = sorted((note for note in own if note.body.startswith(SUMMARY_MARK)), key=lambda note: note.id)
        return [Note(str(note.id), note.body) for note in found]

    def add_note(self, text: str) -> None:
        """Post a summary."""
        self._api.post(f"{self._request}/notes", {"body": text}, lambda: bool(self.notes()))

    def edit_note(self, note: Note, text: str) -> None:
        """Give a summary another text."""
        self._api.put(f"{self._request}/notes/{note.id}", {"body": text})

    def delete_note(self, note: Note) -> None:
        """Delete a summary."""
        self._api.delete(f"{self._request}/notes/{note.id}")

    def posted(self) -> list[Posted]:
        """List the remarks on lines."""
        found = []
        for talk in self._discussions():
            said = [note for note in talk.notes if not note.system]
            key = remark_key(said[0].body) if said else None
            if key and self._owns(said[0]):
                found.append(Posted(f"{talk.id}/notes/{said[0].id}", key, len(said) > 1))
        return found

    def told(self) -> frozenset[str]:
        """Return the keys of remarks that notes tell."""
        return told_keys(note.body for talk in self._discussions() for note in talk.notes[:1] if self._owns(note))

    def delete_remark(self, posted: Posted) -> None:
        """Delete a remark."""
        self._api.delete(f"{self._request}/discussions/{posted.id}")

    def post_review(self, review: Review, head: str) -> tuple[Remark, ...]:
        """Post a thread for each remark, and a note with those that GitLab does not take on their lines."""
        version = self._newest()
        if version.head_commit_sha != head:
            raise MovedOnError(f"{self._name}: has moved on from {head[:10]} to {version.head_commit_sha[:10]}")
        unplaced = tuple(remark for remark in review.remarks if not self._post_one(remark, version))
        if unplaced or review.more:
            body: Json = {"body": review.body(unplaced, self.longest)}
            self._api.post(f"{self._request}/notes", body, lambda: self._is_posted(review))
        return unplaced

    def _post_one(self, remark: Remark, version: _Version) -> bool:
        """Post one remark; tell whether GitLab took it."""
        diff = self._diffs.get(remark.path)
        hunk = hunk_of(diff[1], remark) if diff else None
        if diff is None or hunk is None:
            return False
        position: Json = {
            "position_type": "text",
            "base_sha": version.base_commit_sha,
            "start_sha": version.start_commit_sha,
            "head_sha": version.head_commit_sha,
            "old_path": diff[0],
            "new_path": remark.path,
            **_lines(remark, hunk),
        }
        above = remark.last - remark.first
        text = tagged(remark.text, f"suggestion:-{above}+0" if above <= _ABOVE else "")
        try:
            self._api.post(
                f"{self._request}/discussions",
                {"body": text, "position": position},
                lambda: any(posted.key == remark.key for posted in self.posted()),
            )
        except RefusedError:
            return False
        return True

    def _is_posted(self, review: Review) -> bool:
        notes = (note for talk in self._discussions() for note in talk.notes[:1] if self._owns(note))
        return any(review_id(note.body) == review.id for note in notes)

    def _discussions(self) -> list[_Discussion]:
        return list(self._api.pages(f"{self._request}/discussions", _Discussion))

    def _newest(self) -> _Version:
        """Return what the positions of remarks refer to."""
        found = next(iter(self._api.pages(f"{self._request}/versions", _Version)), None)
        if found is None:
            raise ForgeError(f"{self._name}: has no commits yet")
        return found

    @cached_property
    def _diffs(self) -> dict[str, tuple[str, list[DiffHunk]]]:
        """The files that the request changes, by their paths after it: the path before, and the lines of its hunks."""
        found = self._api.pages(f"{self._request}/diffs", _Diff)
        return {diff.new_path: (diff.old_path, diff_hunks(diff.diff)) for diff in found}

    def _owns(self, note: _Note) -> bool:
        return note.author.id == self._user

    @cached_property
    def _user(self) -> int:
        return self._api.get("/user", _User).id


def _lines(remark: Remark, hunk: DiffHunk) -> Json:
    """Return the numbers that a remark's line is known by: before the change, after it, or of one that stays both."""
    if remark.is_deleted:
        return {"old_line": remark.last}
    before = hunk.after[remark.last]
    return {"new_line": remark.last} if before is None else {"new_line": remark.last, "old_line": before}
