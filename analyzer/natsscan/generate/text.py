"""Templates whose values cannot break out: what comes from scanned code is escaped for the format it goes into."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from natsscan.catalog.escape import printable
from natsscan.catalog.markdown import Safe, cell, code, prose
from natsscan.catalog.rulefiles import bundled
from natsscan.nats.artifacts.document import duration

_META = re.compile(r"[.+*?()|\[\]{}^\\]")
_HOLE = re.compile(r"(\{[^{}]*\})")


def environment(suffix: str) -> Environment:
    """Return the environment of templates for files of one kind; every value that is not Safe is escaped."""
    escape = _ESCAPES[suffix]

    def finalize(value: object) -> str:
        return value if isinstance(value, Safe) else escape(str(value))

    found = Environment(
        loader=FileSystemLoader(bundled("templates") / "generate"),
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  # none of these is HTML; `finalize` escapes
    )
    found.filters |= {"code": code, "cell": cell, "sh": shell, "md": Safe, "regex": regex, "go": go, "span": duration}
    return found


def shell(text: object) -> Safe:
    """Return text as one word of a POSIX shell."""
    return Safe(shlex.quote(printable(str(text))))


def quoted(text: object) -> str:
    """Return text as a string of JSON, which YAML and PromQL take too."""
    return json.dumps(printable(str(text)), ensure_ascii=False)


def regex(name: str) -> str:
    """Return the regular expression, of RE2 and of POSIX, for a name; a hole takes anything.

    `$` stands in brackets, as Grafana would take a word behind it for a variable.
    """
    parts = _HOLE.split(name)
    return "".join(".+" if part.startswith("{") and part.endswith("}") else _literal(part) for part in parts)


def go(text: object) -> str:
    """Return text such that templates of Go, as annotations of alerts are, show it as it is."""
    return str(text).replace("{{", '{{ "{{" }}')


def has_hole(name: str) -> bool:
    """Tell whether a name has a hole, so that there is one of it for each value."""
    return _HOLE.search(name) is not None


def _literal(text: str) -> str:
    return _META.sub(r"\\\g<0>", text).replace("$", "[$]")


_ESCAPES: dict[str, Callable[[str], str]] = {".sh": shell, ".yaml": quoted, ".md": prose}
