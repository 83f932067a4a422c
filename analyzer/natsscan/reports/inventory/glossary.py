from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import msgspec

from natsscan.catalog.yamlfile import YamlFile


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A term of one of the two systems: what it means, and other forms of it by which it is found in a text."""

    term: str
    of: Literal["AMQP", "NATS", "both"]
    means: str
    forms: tuple[str, ...] = ()

    def is_in(self, text: str) -> bool:
        """Tell whether a text has the term, as a word or words of its own, in singular or plural."""
        words = "|".join(re.escape(form) for form in (self.term, *self.forms))
        return re.search(rf"(?<!\w)(?:{words})(?:e?s)?(?!\w)", text, re.IGNORECASE) is not None


class Glossary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All terms, sorted."""

    terms: tuple[Term, ...]


def load_glossary(file: Path) -> tuple[Term, ...]:
    """Return the terms of a file, sorted. Raises InputError, with the line, for a broken one."""
    terms = YamlFile(file).convert(Glossary).terms
    return tuple(sorted(terms, key=lambda each: each.term.lower()))


def used_in(terms: tuple[Term, ...], text: str) -> tuple[Term, ...]:
    """Return the terms that a document uses."""
    return tuple(term for term in terms if term.is_in(text))
