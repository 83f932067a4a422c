"""The Haskell module of a service: its export list, what it imports, and its functions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from natsscan.generate.haskell_layout import bullet, code, comment, escaped
from natsscan.generate.haskell_names import SERVICE
from natsscan.generate.service import Service
from natsscan.generate.service_text import Writer
from natsscan.model.mapping import Mapping
from natsscan.model.marks import GENERATED

# What a module may import, each name if it is there.
_IMPORTS = (
    ("Data.Aeson qualified as Aeson", r"\bAeson\."),
    ("Data.Aeson.KeyMap qualified as KeyMap", r"\bKeyMap\."),
    ("Data.ByteString (ByteString)", r"\bByteString\b"),
    ("Data.Foldable (traverse_)", r"\btraverse_"),
    ("Data.Functor (void)", r"\bvoid\b"),
    ("Data.Text (Text)", r"\bText\b(?!\.)"),
    ("Data.Text qualified as Text", r"\bText\.\w"),
    ("Data.Text.Encoding (encodeUtf8)", r"\bencodeUtf8\b"),
    ("Data.Time (UTCTime (..), fromGregorian)", r"\bfromGregorian\b"),
)
_SUBJECT = ("keySubject", "keyTokens", "token")


def module_name(prefix: str) -> str:
    """Return the name of the module of a service, by what it begins with."""
    return f"{prefix}.Nats"


def module_path(prefix: str) -> str:
    """Return where that module is below a source folder."""
    return f"{prefix}/Nats.hs"


def render(service: Service, prefix: str, mapping: Mapping) -> str:
    """Return the text of a service's module."""
    writer = Writer(mapping)
    sections = {
        "Streams": [writer.streams(service)],
        "Queues": [text for queue in service.queues for text in writer.queue(queue)],
        "Publishing": [writer.sending(sending) for sending in service.sendings],
        "Dead letters": [writer.dead_letter(q, q.dead) for q in service.queues if q.dead is not None],
    }
    body = "\n".join(text for texts in sections.values() for text in texts)
    exports = [(title, re.findall(r"^([a-z][\w']*) ::", "\n".join(texts), re.M)) for title, texts in sections.items()]
    return "\n".join(
        [
            f"-- {GENERATED} {SERVICE}; written anew when it runs again.",
            "-- Whoever edits it takes the first line away, and natsscan leaves it alone.",
            "{-# LANGUAGE ImportQualifiedPost #-}",
            "{-# LANGUAGE OverloadedStrings #-}",
            "",
            *_head(service),
            f"module {module_name(prefix)}",
            "  ( " + "\n\n    ".join(_exported(title, names) for title, names in exports if names),
            "  )",
            "where",
            "",
            *_imports(body),
            "",
            body,
        ]
    )


def _exported(title: str, names: Iterable[str]) -> str:
    return "\n    ".join([f"-- * {title}", *(f"{name}," for name in names)])


def _imports(body: str) -> list[str]:
    code = re.sub(r'^--.*|"(\\.|[^"\\])*"', "", body, flags=re.MULTILINE)
    found = [name for name, use in _IMPORTS if re.search(use, code)]
    found.append("Network.NATS.JetStream")
    names = [name for name in _SUBJECT if re.search(rf"\b{name}\b(?!')", code)]
    found += [f"Network.NATS.Subject ({', '.join(names)})"] if names else []
    return [f"import {each}" for each in (*sorted(found), "Prelude")]


def _head(service: Service) -> list[str]:
    then = "; then queues, before anything is published for them" if service.queues else ""
    text = comment(f"What {code(service.name)} has on NATS itself. 'ensureStreams' comes first{then}.")
    if service.absent:
        why = "Not here, as its name is not known before the program runs, or no stream keeps it:"
        text += ["--", f"-- {why}", "--", *(line for each in service.absent for line in bullet(escaped(each)))]
    return text
