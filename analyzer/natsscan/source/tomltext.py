from __future__ import annotations

import re
import tomllib

# `tomllib` takes time and memory that grow with the square of a key's parts.
_LONG_KEY = re.compile(r"(?<![\w.\"'-])(?:(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')[ \t]*+\.[ \t]*+){100}")


def load_toml(text: str) -> dict[str, object]:
    """Return the content of a TOML document. Raises TOMLDecodeError for whatever cannot be read of it."""
    if long := _LONG_KEY.search(text):
        line = text.count("\n", 0, long.start()) + 1
        raise tomllib.TOMLDecodeError(f"A key of too many parts (at line {line}, column 1)")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise tomllib.TOMLDecodeError("Nested too deeply") from error
    except tomllib.TOMLDecodeError:
        raise
    except ValueError as error:  # numbers of thousands of digits, days that no month has
        raise tomllib.TOMLDecodeError("A number or time that is none") from error
