"""Damage to files as accidents and attackers do it."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

ODD = (
    b"\0", b"\r\n", b"\r", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xff\xfe", b"\xe2\x80\xa8", b"\xcc\x81", b"\t", b"'", b'"', b"`",
    b"{{", b"}}", b"{-", b"-}", b"[", b"{", b"(", b"- ", b"&a ", b"*a", b"<<EOF\n", b"#if X\n", b"#endif\n", b"\\\n", b"$(", b"${",
    b"[" * 500, b"{" * 500, b"(" * 500, b"- " * 500, b" " * 5000, b"\n" * 500, b"a" * 5000, b'"' * 501, b"{{" * 300, b"#if X\n" * 200,
)  # fmt: skip


def mutated(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Return a file cut off, with bytes flipped, taken out, doubled or put in, or joined with another file."""
    for _ in range(random.randint(1, 3)):
        start, end = sorted((random.randint(0, len(data)), random.randint(0, len(data))))
        near = min(len(data), start + random.randint(1, 40))
        other = random.choice(others)
        at = random.randint(0, len(other))
        lines = data.splitlines(keepends=True)
        random.shuffle(lines)
        flipped = bytes(byte ^ 1 << random.randrange(8) for byte in data[start:near])
        data = random.choice(
            (
                data[:start],
                data[:start] + other[at:],
                data[:start] + data[near:],
                data[:start] + data[end:],
                data[:end] + data[start:],
                data[:start] + flipped + data[near:],
                data[:start] + random.choice(ODD) + data[start:],
                data[:start] + random.choice(ODD) + data[near:],
                data.replace(b"\n", b"\r\n"),
                b"".join(lines),
            )
        )
    return data[:200_000]
