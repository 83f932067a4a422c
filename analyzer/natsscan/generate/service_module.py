"""The Haskell module of a service: its export list, what it imports, and what its functions have in common."""

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
    ("Data.ByteString qualified as B", r"\bB\."),
    ("Data.Foldable (traverse_)", r"\btraverse_"),
    ("Data.Functor (void)", r"\bvoid\b"),
    ("Data.Text (Text)", r"\bText\b(?!\.)"),
    ("Data.Text qualified as Text", r"\bText\.\w"),
    ("Data.Text.Encoding (encodeUtf8)", r"\bencodeUtf8\b"),
    ("Data.Time (UTCTime (..), fromGregorian)", r"\bfromGregorian\b"),
    ("Data.Time.Clock (NominalDiffTime)", r"\bNominalDiffTime\b"),
    ("Network.NATS.Client (Message (..), Subject)", r"\bmsgBody\b"),
)
_MAYBE = ("fromMaybe", "isNothing", "listToMaybe")
_SUBJECT = ("keySubject", "keyTokens", "token")

_REJECTED = """\
-- | Publish what a queue rejects, wait until a stream has it, and only then settle it. If that throws, the message is
-- not settled, and comes again. Its id is made of where it was, so that doing it twice leaves one copy.
rejected :: JetStream -> [(Subject, Text)] -> Text -> Subject -> Delivery -> IO ()
rejected js exchanges queue subject delivery = do
  _ <- publishWith js options subject (msgBody message)
  term delivery
  where
    message = deliveryMessage delivery
    info = deliveryInfo delivery
    number = Text.pack (show (diStreamSequence info))
    options =
      defaultPublishOptions
        { poHeaders = kept <> [header | header <- death, isNothing (lookup (fst header) kept)],
          poMessageId = MessageId (Text.intercalate "/" [diStream info, diConsumer info, number])
        }
    kept = filter (not . B.isPrefixOf "Nats-" . fst) (msgHeaders message)
    death =
      [ ("x-first-death-queue", encodeUtf8 queue),
        ("x-first-death-exchange", encodeUtf8 (maybe "" fst (origin exchanges delivery))),
        ("x-first-death-reason", "rejected")
      ]

-- | The exchange that a message came through, and its key as it ends the subject; nothing if its queue was named.
origin :: [(Subject, Text)] -> Delivery -> Maybe (Text, Subject)
origin exchanges delivery = listToMaybe (concatMap under exchanges)
  where
    under (root, exchange) = case Text.stripPrefix root (msgSubject (deliveryMessage delivery)) of
      Just key | Text.null key || "." `Text.isPrefixOf` key -> [(exchange, key)]
      _ -> []
"""
_KEPT = """\
-- | The key that a message came with, as it ends the subject: that of its exchange, or the name of the queue.
ownKey :: [(Subject, Text)] -> Subject -> Delivery -> Subject
ownKey exchanges queue = maybe queue snd . origin exchanges
"""
_HOLDING = """\
-- | Hold what is worked on for so long at most, unless the options say otherwise.
holding :: NominalDiffTime -> PullOptions -> PullOptions
holding limit options = options {pullHoldFor = Just (fromMaybe limit (pullHoldFor options))}
"""


def render(service: Service, mapping: Mapping) -> str:
    """Return the text of a service's module."""
    writer = Writer(mapping)
    sections = {
        "Streams": [writer.streams(service)],
        "Queues": [text for queue in service.queues for text in writer.queue(queue)],
        "Publishing": [writer.sending(sending) for sending in service.sendings],
        "Dead letters": [writer.dead_letter(q, q.dead) for q in service.queues if q.dead is not None],
    }
    body = "\n".join(text for texts in sections.values() for text in texts)
    helpers = [_REJECTED] if sections["Dead letters"] else []
    helpers += [_HOLDING] if re.search(r"\(holding \d", body) else []
    helpers += [_KEPT] if re.search(r"\bownKey \[", body) else []
    body = "\n".join([body, *helpers])
    exports = [(title, re.findall(r"^([a-z][\w']*) ::", "\n".join(texts), re.M)) for title, texts in sections.items()]
    return "\n".join(
        [
            f"-- {GENERATED} {SERVICE}; written anew when it runs again.",
            "-- Whoever edits it takes the first line away, and natsscan leaves it alone.",
            "{-# LANGUAGE ImportQualifiedPost #-}",
            "{-# LANGUAGE OverloadedStrings #-}",
            "",
            *_head(service),
            f"module {service.module}",
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
    found += [f"Data.Maybe ({', '.join(names)})"] if (names := _named(_MAYBE, code)) else []
    if "Network.NATS.Client (Message (..), Subject)" not in found and re.search(r"\bSubject\b", code):
        found.append("Network.NATS.Client (Subject)")
    found.append("Network.NATS.JetStream")
    found += [f"Network.NATS.Subject ({', '.join(names)})"] if (names := _named(_SUBJECT, code)) else []
    return [f"import {each}" for each in (*sorted(found), "Prelude")]


def _named(names: Iterable[str], code: str) -> list[str]:
    return [name for name in names if re.search(rf"\b{name}\b(?!')", code)]


def _head(service: Service) -> list[str]:
    then = "; then queues, before anything is published for them" if service.queues else ""
    text = comment(f"What {code(service.name)} has on NATS itself. 'ensureStreams' comes first{then}.")
    if service.absent:
        why = "Not here, as its name is not known before the program runs, or no stream keeps it:"
        text += ["--", f"-- {why}", "--", *(line for each in service.absent for line in bullet(escaped(each)))]
    return text
