from __future__ import annotations

import struct
from itertools import accumulate

_WINDOW = 100
_BASE = 37
_WORD = (1 << 64) - 1
_AWAY = pow(_BASE, _WINDOW, _WORD + 1)
_END_OF_FILE = 65_535
_LINE_END = 10


def line_hashes(data: bytes) -> list[str]:
    """Return for each line of a file what GitHub tells alerts apart by, `primaryLocationLineHash`.

    It is a hash of the 100 characters from the beginning of the line on, blanks left out, and the number of the line
    among those that have the same hash. Characters are UTF-16 code units, CR and CRLF are LF, the end of the file is
    one more character with zeros behind it (github/codeql-action, src/fingerprints.ts). A lone CR ends a line there.
    """
    text = data.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    encoded = text.translate({ord(" "): None, ord("\t"): None}).encode("utf-16-le", errors="surrogatepass")
    units = struct.unpack(f"<{len(encoded) // 2}H", encoded)
    padded = (*units, _END_OF_FILE, *[0] * _WINDOW)
    sums = list(accumulate(padded, lambda total, unit: (total * _BASE + unit) & _WORD, initial=0))
    seen: dict[str, int] = {}
    found: list[str] = []
    for start in (0, *(at + 1 for at, unit in enumerate(units) if unit == _LINE_END)):
        value = f"{(sums[start + _WINDOW] - sums[start] * _AWAY) & _WORD:x}"
        seen[value] = seen.get(value, 0) + 1
        found.append(f"{value}:{seen[value]}")
    return found
