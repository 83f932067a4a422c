"""GitHub, and GitHub Enterprise Server: https://docs.github.com/en/rest/pulls."""

from __future__ import annotations

from functools import cached_property

import msgspec

from natsscan.forges.api import Api, Json
from natsscan.forges.forge import Change, ForgeError, MissingError, MovedOnError, Note, Posted, RefusedError
from natsscan.forges.review import SUMMARY_MARK, Review, hunk_of, remark_key, review_id, told_keys
from natsscan.model.remark import Remark
from natsscan.source.hunks import DiffHunk, diff_hunks

HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
# GitHub asks for a second between requests that make something, if there are many.
_PAUSE = 1.0


class _Repository(msgspec.Struct, frozen=True):
    full_name: str
    html_url: str


class _Base(msgspec.Struct, frozen=True):
    sha: str
    ref: str
    repo: _Repository


class _Head(msgspec.Struct, frozen=True):
    sha: str


class _PullRequest(msgspec.Struct, frozen=True):
    base: _Base
    head: _Head


class _User(msgspec.Struct, frozen=True):
    login: str


class _Comment(msgspec.Struct, frozen=True):
    id: int
    user: _User | None
    body: str | None = ""
    in_reply_to_id: int | None = None


class _File(msgspec.Struct, frozen=True):
    filename: str
    patch: str = ""


class _Viewing(msgspec.Struct, frozen=True):
    viewer: _User


class _Viewer(msgspec.Struct, frozen=True):
    data: _Viewing


class GitHub:
    """One pull request on GitHub; `repository` is `owner/name`."""

    longest = 65_536

    def __init__(self, api: Api, repository: str, number: int, graphql: str) -> None:
        self._api = api
        self._number = number
        self._graphql = graphql
        self._repository = repository

    def change(self) -> Change:
        """Ask for the pull request."""
        name = f"{self._repository}#{self._number}"
        try:
            found = self._api.get(self._pull, _PullRequest)
        except MissingError as error:
            raise ForgeError(f"{name}: no such pull request, or none that the token may see ({error})") from None
        self._repository = found.base.repo.full_name  # what has moved since is not written to by its old name
        return Change(name, found.base.ref, found.base.sha, found.head.sha, f"{found.base.repo.html_url}/blob")

    def notes(self) -> list[Note]:
        """List the summaries, the oldest first."""
        found = self._api.pages(f"{self._issue}/{self._number}/comments", _Comment)
        return [
            Note(str(c.id), c.body or "") for c in found if (c.body or "").startswith(SUMMARY_MARK) and self._owns(c)
        ]

    def add_note(self, text: str) -> None:
        """Post a summary."""
        self._api.post(f"{self._issue}/{self._number}/comments", {"body": text}, lambda: bool(self.notes()))

    def edit_note(self, note: Note, text: str) -> None:
        """Give a summary another text."""
        self._api.patch(f"{self._issue}/comments/{note.id}", {"body": text})

    def delete_note(self, note: Note) -> None:
        """Delete a summary."""
        self._api.delete(f"{self._issue}/comments/{note.id}")

    def posted(self) -> list[Posted]:
        """List the remarks on lines."""
        comments = list(self._api.pages(f"{self._pull}/comments", _Comment))
        answered = {comment.in_reply_to_id for comment in comments}
        return [
            Posted(str(comment.id), key, comment.id in answered)
            for comment in comments
            if (key := remark_key(comment.body or "")) and self._owns(comment)
        ]

    def told(self) -> frozenset[str]:
        """Return the keys of remarks that bodies of reviews tell."""
        return told_keys(review.body or "" for review in self._reviews())

    def delete_remark(self, posted: Posted) -> None:
        """Delete a remark."""
        self._api.delete(f"/repos/{self._repository}/pulls/comments/{posted.id}")

    def post_review(self, review: Review, head: str) -> tuple[Remark, ...]:
        """Post one review. If GitHub refuses it, what lies beside its own diff is told in the body instead.

        If it refuses the rest as well, each remark is posted by itself, and the body tells those that cannot be.
        """
        try:
            self._post(review, review.remarks, (), head)
        except RefusedError:
            return self._post_what_fits(review, head)
        return ()

    def _post_what_fits(self, review: Review, head: str) -> tuple[Remark, ...]:
        now = self.change().head
        if now != head:
            raise MovedOnError(f"{self._repository}#{self._number}: has moved on from {head[:10]} to {now[:10]}")
        hunks = self._hunks()
        fit = [remark for remark in review.remarks if hunk_of(hunks.get(remark.path, []), remark)]
        unplaced = tuple(remark for remark in review.remarks if remark not in fit)
        if unplaced:
            try:
                self._post(review, tuple(fit), unplaced, head)
            except RefusedError:
                pass
            else:
                return unplaced
        unplaced = tuple(remark for remark in review.remarks if remark not in fit or not self._post_one(remark, head))
        if unplaced or review.more:
            self._post(review, (), unplaced, head)
        return unplaced

    def _post(self, review: Review, remarks: tuple[Remark, ...], unplaced: tuple[Remark, ...], head: str) -> None:
        body: Json = {
            "commit_id": head,
            "event": "COMMENT",
            "body": review.body(unplaced, self.longest),
            "comments": [_comment(remark) for remark in remarks],
        }
        self._api.post(f"{self._pull}/reviews", body, lambda: self._is_posted(review))

    def _post_one(self, remark: Remark, head: str) -> bool:
        """Post one remark; tell whether GitHub took it."""
        self._api.waiting.wait(_PAUSE)
        try:
            self._api.post(
                f"{self._pull}/comments",
                {"commit_id": head, **_comment(remark)},
                lambda: any(posted.key == remark.key for posted in self.posted()),
            )
        except RefusedError:
            return False
        return True

    def _is_posted(self, review: Review) -> bool:
        return any(review_id(each.body or "") == review.id for each in self._reviews())

    def _reviews(self) -> list[_Comment]:
        found = self._api.pages(f"{self._pull}/reviews", _Comment)
        return [review for review in found if review_id(review.body or "") and self._owns(review)]

    def _hunks(self) -> dict[str, list[DiffHunk]]:
        return {file.filename: diff_hunks(file.patch) for file in self._api.pages(f"{self._pull}/files", _File)}

    def _owns(self, comment: _Comment) -> bool:
        return comment.user is not None and comment.user.login == self._login

    @cached_property
    def _login(self) -> str:
        """Whose the token is; REST does not tell an app's own name, and GraphQL does."""
        return self._api.ask(self._graphql, {"query": "{ viewer { login } }"}, _Viewer).data.viewer.login

    @property
    def _pull(self) -> str:
        return f"/repos/{self._repository}/pulls/{self._number}"

    @property
    def _issue(self) -> str:
        return f"/repos/{self._repository}/issues"


def _comment(remark: Remark) -> Json:
    """Return a remark as a comment of a review: without `start_line` where it is about one line."""
    side = "LEFT" if remark.is_deleted else "RIGHT"
    lines: Json = {"line": remark.last, "side": side}
    if remark.first < remark.last:
        lines |= {"start_line": remark.first, "start_side": side}
    return {"path": remark.path, "body": remark.text, **lines}
