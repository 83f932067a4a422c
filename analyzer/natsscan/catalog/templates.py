from __future__ import annotations

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from natsscan.catalog.rulefiles import bundled


def environment(*, html: bool = False, final_newline: bool = False) -> Environment:
    """Return what renders the bundled templates; with `html` all text is escaped.

    In other formats whoever uses it escapes what comes from scanned code. `final_newline` keeps the one that a template
    ends with.
    """
    return Environment(
        loader=FileSystemLoader(bundled("templates")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=final_newline,
        autoescape=html,  # noqa: S701
    )
