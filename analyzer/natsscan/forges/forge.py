"""What a forge can do for a review, whichever it is, and what can go wrong there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from natsscan.forges.review import Review
from natsscan.model.errors import InputError
from natsscan.model.remark import Remark


class ForgeError(InputError):
    """The forge does not do what it was asked. The text is one line, and never has the token in it."""


class MissingError(ForgeError):
    """What was asked for is not there, or not for this token to see."""


class ReadOnlyError(ForgeError):
    """The token may read and not write, as that of a run for a fork's pull request."""


class RefusedError(ForgeError):
    """The forge takes a request for well-formed, and its content for wrong."""


class MovedOnError(ForgeError):
    """New commits were pushed while a run looked at older ones; the run for those has the say."""


@dataclass(frozen=True, slots=True)
class Change:
    """A pull or merge request.

    `base` and `head` are commits: what it would be merged into, and its newest one. `target` is the branch it would be
    merged into, `name` what people call the request, `files` the URL below which the forge shows files by commit.
    """

    name: str
    target: str
    base: str
    head: str
    files: str


@dataclass(frozen=True, slots=True)
class Note:
    """A comment of natsscan's own on a request as a whole."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Posted:
    """A remark of natsscan's own on lines of a request; `key` is the remark's."""

    id: str
    key: str
    has_replies: bool


class Forge(Protocol):
    """A forge, as one request on it sees it. Each method raises ForgeError if the forge does not do it.

    Only what the token's own user or app has written is listed, edited or deleted. `longest` is how many characters a
    comment may have.
    """

    longest: int

    def change(self) -> Change:
        """Ask for the request."""
        ...

    def notes(self) -> list[Note]:
        """List the summaries, the oldest first."""
        ...

    def add_note(self, text: str) -> None:
        """Post a summary. Raises ReadOnlyError."""
        ...

    def edit_note(self, note: Note, text: str) -> None:
        """Give a summary another text. Raises ReadOnlyError."""
        ...

    def delete_note(self, note: Note) -> None:
        """Delete a summary. Raises ReadOnlyError."""
        ...

    def posted(self) -> list[Posted]:
        """List the remarks on lines."""
        ...

    def told(self) -> frozenset[str]:
        """Return the keys of remarks that were told beside the lines, since the forge did not take them there."""
        ...

    def post_review(self, review: Review, head: str) -> tuple[Remark, ...]:
        """Post remarks on the lines of a commit; what the forge does not take there is told in the review's body.

        Returns the remarks that it did not take. Raises ReadOnlyError, MovedOnError.
        """
        ...

    def delete_remark(self, posted: Posted) -> None:
        """Delete a remark. Raises ReadOnlyError."""
        ...
