from __future__ import annotations

import re

from natsscan.haskell.module import Definition, Module

_WORD = re.compile(rb"[A-Za-z_\x80-\xff][\w'\x80-\xff]*")


def words_in(module: Module, definition: Definition) -> frozenset[bytes]:
    """Return the words in a definition, its signature and comments included: what it may name."""
    return frozenset(_WORD.findall(module.data, definition.start, definition.end))
