"""Names for what is generated in Haskell, after names that may be anything."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from natsscan.generate.haskell import client_modules
from natsscan.generate.names import LONGEST, Style, distinct, words

if TYPE_CHECKING:
    from natsscan.generate.service import Queue, Service

SERVICE = "haskell-service"  # what modules for services are asked for by

# What the client's modules for JetStream define: at the left, and as fields.
_DEFINED = re.compile(r"^(?:  [{,] | {4})?([a-z]\w*) ::", re.MULTILINE)
# How functions of modules that are generated are called.
_FUNCTION = re.compile(r"(ensure|consume|publishTo|deadLetter)[A-Z].*|.*Consumer")
_KEYWORDS = (
    "case class data default deriving do else foreign if import in infix infixl infixr instance let mdo module newtype "
    "of proc rec then type where"
)
_PRELUDE = (
    "abs acos acosh all and any appendFile asTypeOf asin asinh atan atan2 atanh break ceiling compare concat concatMap "
    "const cos cosh curry cycle decodeFloat div divMod drop dropWhile either elem encodeFloat enumFrom enumFromThen "
    "enumFromThenTo enumFromTo error errorWithoutStackTrace even exp exponent fail filter flip floatDigits floatRadix "
    "floatRange floor fmap foldMap foldl foldl1 foldr foldr1 fromEnum fromInteger fromIntegral fromRational fst gcd "
    "getChar getContents getLine head id init interact ioError isDenormalized isIEEE isInfinite isNaN isNegativeZero "
    "iterate last lcm length lex lines log logBase lookup map mapM mapM_ mappend max maxBound maximum maybe mconcat "
    "mempty min minBound minimum mod negate not notElem null odd or otherwise pi pred print product properFraction "
    "pure putChar putStr putStrLn quot quotRem read readFile readIO readList readLn readParen reads readsPrec "
    "realToFrac recip rem repeat replicate return reverse round scaleFloat scanl scanl1 scanr scanr1 seq sequence "
    "sequenceA sequence_ show showChar showList showParen showString shows showsPrec significand signum sin sinh snd "
    "span splitAt sqrt subtract succ sum tail take takeWhile tan tanh toEnum toInteger toRational traverse traverse_ "
    "truncate uncurry undefined unlines until unwords unzip unzip3 userError words writeFile zip zip3 zipWith zipWith3"
)
# What else modules import, define, or call their own arguments.
_OWN = (
    "body callback config delivery due encodeUtf8 ensureStreams fromGregorian headers js keySubject keyTokens options "
    "stream streams through token void"
)


@cache
def reserved() -> frozenset[str]:
    """Return the names that would hide others, or be ambiguous."""
    texts = [text for path, text in client_modules().items() if "/JetStream" in path or path.endswith("NATS/Types.hs")]
    defined = {name for text in texts for name in _DEFINED.findall(text)}
    return frozenset({*defined, *f"{_KEYWORDS} {_PRELUDE} {_OWN}".split()})


def camel(parts: Iterable[str]) -> str:
    """Return words as one that begins with a capital: `user`, `notifications` is UserNotifications."""
    return "".join(part[0].upper() + part[1:] for part in parts)[:LONGEST]


def lower(name: str) -> str:
    """Return a name as that of a value: UserNotifications is userNotifications, and HTTPServer is httpServer."""
    capitals = re.match(r"[A-Z]+(?=[A-Z][a-z]|[0-9]|$)|[A-Z]", name)
    return name[: capitals.end()].lower() + name[capitals.end() :] if capitals else name


def consumer(queue: Queue) -> str:
    """Return what the consumer of a queue is called."""
    return f"{lower(queue.stem)}Consumer"


def prefixes(services: Iterable[Service]) -> dict[str, str]:
    """Return what the names of services' modules begin with, by service."""
    found: dict[str, str] = {}
    for service in services:
        stem = camel(words(service.name)) or "Service"
        found[service.name] = distinct(stem if stem[0].isalpha() else f"Service{stem}", found.values())
    return found


def haskell_style() -> Style:
    """Return how functions in modules of services are called."""
    return Style(
        join=lambda *groups: "".join(map(camel, groups)),
        queue_functions=lambda stem: frozenset(
            {f"{lower(stem)}Consumer", f"ensure{stem}", f"consume{stem}", f"deadLetter{stem}"}
        ),
        publisher=lambda *groups: "publishTo" + "".join(map(camel, groups)),
        reserved=reserved(),
    )


def parameters(holes: Iterable[str]) -> dict[str, str]:
    """Return for each hole, in order, the name of a parameter; none is taken twice or hides something."""
    found: dict[str, str] = {}
    for hole in dict.fromkeys(holes):
        name = lower(camel(words(hole))) or "value"
        name = name if name[0].isalpha() else f"value{name}"
        name = f"{name}'" if name in reserved() or _FUNCTION.fullmatch(name) else name
        found[hole] = distinct(name, found.values())
    return found
