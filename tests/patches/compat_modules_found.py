"""Haskell modules that were once read wrongly."""

from __future__ import annotations

_BARE = "import qualified Network.AMQP\n"
_MOVED = "import qualified Network.NATS.Amqp\n"


def _moves(path: str, code: str, pragma: str = "") -> tuple[str, str, str]:
    """A module with names of the library that are qualified by its own name: all in `code` move."""
    head = f"{pragma}module {path.removesuffix('.hs')} where\n"
    return path, f"{head}{_BARE}{code}", f"{head}{_MOVED}{code.replace('Network.AMQP.', 'Network.NATS.Amqp.')}"


FOUND_MOVED: dict[str, tuple[str, str, str]] = {
    "a range that begins with a number": _moves("E01.hs", "f m = [0..Network.AMQP.msgPriority m]\n"),
    "a control character in a text": _moves("E02.hs", 'f = "\\^\\" ++ show Network.AMQP.newMsg ++ "x"\n'),
    "an operator that begins like a comment": _moves(
        "E03.hs", "f a b = a --→ Network.AMQP.newMsg →-- Network.AMQP.msgBody b\n"
    ),
    "a sign that is no letter": _moves("E04.hs", "f n = n×Network.AMQP.newMsg÷Network.AMQP.newMsg\n"),
    "a subscript before a quote": _moves("E05.hs", "f g x₁' = g x₁' '\"' Network.AMQP.newMsg \"x\"\n"),
    "an annotation of the module": _moves("E06.hs", "{-# ANN module Network.AMQP.newMsg #-}\nf = ()\n"),
    "labels called like directives": _moves(
        "E07.hs",
        "f = g\n  #line Network.AMQP.newMsg\n  #error Network.AMQP.newMsg\n",
        "{-# LANGUAGE OverloadedLabels #-}\n",
    ),
    "names that are hidden and not there": (
        "E08.hs",
        "module E08 where\nimport Network.AMQP hiding (lookup, queueName)\nf = newMsg\n",
        "module E08 where\nimport Network.NATS.Amqp hiding (lookup, queueName)\nf = newMsg\n",
    ),
    "a comprehension, and a quotation behind it": _moves(
        "E09.hs", "f ys = [x|x<-ys, Network.AMQP.msgBody x]\ng = [i|text|]\n"
    ),
    "an exponent and a hexadecimal number": _moves("E10.hs", "f = [1e3,0xFF..Network.AMQP.msgPriority 2.5e-1]\n"),
}

# A file's path and text by what is tricky; nothing of it changes.
FOUND_KEPT: dict[str, tuple[str, str]] = {
    "a quotation with code in it": (
        "F01.hs",
        "module F01 where\nf = [text|\nimport Network.AMQP\nmain = do\n  c <- openConnection [1]\n|]\n",
    ),
    "a quotation with code and a bracket too many": (
        "F02.hs",
        "{-# LANGUAGE QuasiQuotes #-}\nmodule F02 where\nf = [text|\nimport Network.AMQP\nc <- g] x\n|]\n",
    ),
    "a quotation longer than all others": (
        "F03.hs",
        "module F03 where\nf = [i|" + "\nimport Network.AMQP" * 4000 + "|]\n",
    ),
    "a module whose name goes on in another script": (
        "F04.hs",
        "module F04 where\nimport Network.AMQP₂\nimport Network.AMQPℕ\n",
    ),
    "modules around it with capitals of other scripts": (
        "F05.hs",
        "module F05 where\nimport qualified Ärger.Network.AMQP\nimport qualified Network.AMQP.Ünicode\nf = Network.AMQP.Ünicode.x Ärger.Network.AMQP.x\n",
    ),
    "a pragma of another tool": ("F06.hs", "module F06 where\n{-# TOOL\nimport Network.AMQP\n#-}\nf = ()\n"),
}
