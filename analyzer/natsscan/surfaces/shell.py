"""Shell scripts, and the shell in other files: recipes of a Makefile, RUN lines of a Dockerfile, `.envrc`."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from natsscan.catalog.broker import Broker
from natsscan.model.usage import Operation
from natsscan.surfaces.mentions import mentions
from natsscan.surfaces.surface import Surface, SurfaceReading
from natsscan.surfaces.toolcalls import find_api_call, find_api_paths, is_call, tool_call
from natsscan.surfaces.variables import find_variables
from natsscan.surfaces.words import Hit, Place, byte_text, find_urls, find_words, usages

_BYTE_ORDER_MARK = "\xef\xbb\xbf"
_DEEPEST = 16

_CODE = re.compile(
    r"(?P<blank>(?:[ \t\r\f\v]|\\\r?\n|<<<)+)|(?P<newline>\n)|(?P<comment>\#)|(?P<here><<-?[ \t]*(?=[\w'\"\\]))"
    r"|(?P<word>[<>]&|&>|\$'(?:[^'\\]|\\.)*+'|'[^']*+'|\\.|[^\s'\"\\\#$();|&<>]+)"
    r"|(?P<double>\")|(?P<open>[$<>]?\()|(?P<close>\))|(?P<separator>[;|&]+)|(?P<other>.)",
    re.DOTALL,
)
_IN_DOUBLE = re.compile(r'"|\\|\$\(')
_DELIMITER = re.compile(r"'([^'\n]+)'|\"([^\"\n]+)\"|\\?([\w.-]+)")
_QUOTED = re.compile(r"'[^']*+'|\"(?:[^\"\\]|\\.)*+\"", re.DOTALL)
_SEVERAL = re.compile(r"\S\s+\S")
_COMMENT_LINE = re.compile(r"^[ \t]*#[^\n]*", re.MULTILINE)
_FUNCTION = re.compile(
    r"^([ \t]*)(?:function[ \t]+([\w:.-]+)[^\n]*|([\w:.-]+)[ \t]*\([ \t]*\)[^\n]*|\}[^\n]*)$", re.MULTILINE
)


@dataclass(slots=True)
class Script:
    """The pieces of shell code: simple commands as places of their words, comments, here-documents, open quotes."""

    commands: list[list[Place]] = field(default_factory=list)
    comments: list[Place] = field(default_factory=list)
    heredocs: list[Place] = field(default_factory=list)
    unclosed: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Frame:
    closer: str
    start: int
    words: list[Place] = field(default_factory=list)
    word: int = -1


def read(surface: Surface) -> SurfaceReading:
    """Return what a shell script, or a file of variables in its notation, does with the broker."""
    text = byte_text(surface)
    script = Script()
    lex(text, len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0, len(text), script)
    return reading(surface, text, script, _functions(without(text, script.comments)))


def reading(
    surface: Surface,
    text: str,
    script: Script,
    definition_at: Callable[[int], str | None],
    more: Iterable[Hit] = (),
) -> SurfaceReading:
    """Return the usages in a file whose shell code is `script`; a mention, if only its comments name the broker.

    `definition_at` gives the function or target around an offset. `more` are usages found already; what they cover
    is not told again.
    """
    broker = surface.broker
    code = without(text, [*script.comments, *_comments_in(text, script.heredocs)])
    taken, config = bytearray(len(text)), bytearray(len(text))
    for start, end in script.heredocs:
        config[start:end] = b"\1" * (end - start)
    commands = _Commands(broker, code, taken, 4 * len(code))
    hits = [*more, *find_urls(broker, code)]
    for command in script.commands:
        hits.extend(commands.read(command))
    for place in script.heredocs:
        hits.extend(commands.read_within(place))
    hits.extend(find_api_paths(broker, code))
    hits.extend(find_variables(broker, code, config))
    for hit in hits:
        taken[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
    hits.extend(find_words(broker, surface.secrets, code, taken, config))
    problems = tuple(surface.problem(at, "a quote that opens here does not close") for at in script.unclosed)
    return SurfaceReading(usages(surface, hits, definition_at) or mentions(surface), problems)


def without(text: str, places: Iterable[Place]) -> str:
    """Return a text of the same length with blanks in some places."""
    pieces, last = [], 0
    for start, end in sorted(places):
        if start >= last:
            pieces += [text[last:start], " " * (end - start)]
            last = end
    return "".join([*pieces, text[last:]])


def lex(text: str, start: int, end: int, script: Script) -> None:
    """Take a stretch of shell code apart; its pieces are added to `script`. Never fails, whatever the text."""
    frames = [_Frame("", start)]
    pending: list[str] = []
    lines: dict[str, list[int]] | None = None
    at = start
    while at < end:
        top = frames[-1]
        if top.closer == '"':
            at = _in_double(text, at, end, frames)
            continue
        match = _CODE.match(text, at, end)
        if match is None:
            break
        kind, at = match.lastgroup, match.end()
        if kind == "comment" and top.word < 0:
            at = _end_of_line(text, match.start(), end)
            script.comments.append((match.start(), at))
        elif kind == "newline":
            _end_command(top, match.start(), script)
            if pending:
                lines = _line_starts(text, start, end) if lines is None else lines
                at = _heredocs(text, at, pending, lines, script)
        elif kind == "blank":
            _end_word(top, match.start())
        elif kind == "separator":
            _end_command(top, match.start(), script)
        elif kind == "here":
            _end_word(top, match.start())
            delimiter = _DELIMITER.match(text, at, end)
            if delimiter is not None:
                pending.append(next(filter(None, delimiter.groups())))
                at = delimiter.end()
        elif kind == "close" and top.closer == ")":
            _end_command(top, match.start(), script)
            frames.pop()
        else:
            top.word = match.start() if top.word < 0 else top.word
            if kind in ("double", "open") and len(frames) < _DEEPEST:
                frames.append(_Frame('"' if kind == "double" else ")", match.start()))
    script.unclosed.extend(frame.start for frame in frames[:2] if frame.closer == '"')
    for frame in frames:
        _end_command(frame, end, script)


def _in_double(text: str, at: int, end: int, frames: list[_Frame]) -> int:
    match = _IN_DOUBLE.search(text, at, end)
    if match is None:
        return end
    if match[0] == '"':
        frames.pop()
    elif match[0] == "$(":
        frames.append(_Frame(")", match.start()))
    return match.end() + (match[0] == "\\")


def _end_word(frame: _Frame, at: int) -> None:
    if frame.word >= 0:
        frame.words.append((frame.word, at))
        frame.word = -1


def _end_command(frame: _Frame, at: int, script: Script) -> None:
    _end_word(frame, at)
    if frame.words:
        script.commands.append(frame.words)
        frame.words = []


def _end_of_line(text: str, at: int, end: int) -> int:
    found = text.find("\n", at, end)
    return found if found >= 0 else end


def _line_starts(text: str, start: int, end: int) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    while start < end:
        stop = _end_of_line(text, start, end)
        found.setdefault(text[start:stop].strip(), []).append(start)
        start = stop + 1
    return found


def _heredocs(text: str, at: int, pending: list[str], lines: dict[str, list[int]], script: Script) -> int:
    """Pass over the here-documents that begin at `at`; what has no end is no here-document but, say, a shift."""
    for delimiter in pending:
        starts = lines.get(delimiter, [])
        index = bisect_right(starts, at - 1)
        if index < len(starts):
            script.heredocs.append((at, starts[index]))
            at = _end_of_line(text, starts[index], len(text)) + 1
    pending.clear()
    return at


def _comments_in(text: str, heredocs: list[Place]) -> list[Place]:
    return [match.span() for start, end in heredocs for match in _COMMENT_LINE.finditer(text, start, end)]


def _functions(code: str) -> Callable[[int], str | None]:
    """Return what tells the function around an offset. It ends at the brace that is indented as its name is."""
    starts, names = [0], [""]
    indent = ""
    for match in _FUNCTION.finditer(code):
        name = match[2] or match[3] or ""
        if name:
            starts.append(match.start())
            names.append(name)
            indent = match[1]
        if (not name and match[1] == indent) or (name and match[0].rstrip().endswith("}")):
            starts.append(match.end())
            names.append("")
    return lambda offset: names[bisect_right(starts, offset) - 1] or None


@dataclass(slots=True)
class _Commands:
    """Reads simple commands. `budget` bounds how much text is read again because it stands in quotes."""

    broker: Broker
    code: str
    taken: bytearray
    budget: int

    def read(self, words: list[Place]) -> Iterator[Hit]:
        """Yield what a simple command does with the broker; commands in its quotes are read as well."""
        if not words or self.broker.trace.search(self.code, words[0][0], words[-1][1]) is None:
            return
        texts = [_unquoted(self.code[start:end]) for start, end in words]
        tools = self.broker.tools
        ecosystem = next((tools.installers[text] for text in texts if text in tools.installers), None)
        calling = True
        for index, ((start, end), text) in enumerate(zip(words, texts, strict=True)):
            calling = calling and text not in tools.not_calling
            # A tool's folder may be a variable, `$(BIN)/rabbitmqctl`.
            text = text.rpartition("/")[2] if text.startswith("$") else text
            call = self.broker.command.match(text)
            package, _, version = text.partition("=")
            client = tools.http_clients.get(text.rpartition("/")[2])
            if ecosystem is not None:
                if package in self.broker.packages.get(ecosystem, ()):
                    yield Hit(Operation.DEPENDENCY, package, start, end, {"version": version} if version else {})
            elif call and call.end() == len(text) and calling and is_call(tools.own[call[1]], texts[index + 1 :]):
                operation, arguments = tool_call(tools.own[call[1]], texts[index + 1 :])
                yield Hit(operation, call[1], start, end, arguments, is_call=True)
                for low, high in words[index + 1 :]:
                    self.taken[low:high] = b"\1" * (high - low)
                break
            elif client is not None and calling:
                yield from find_api_call(self.broker, client, self.code, words[index + 1 :], texts[index + 1 :])
                break
        for start, end in words:
            for quoted in _QUOTED.finditer(self.code, start, end):
                yield from self.read_within((quoted.start() + 1, quoted.end() - 1))

    def read_within(self, place: Place) -> Iterator[Hit]:
        """Yield what the commands do that stand in quotes or in a here-document, if it looks like commands."""
        segment = self.code[place[0] : place[1]]
        self.budget -= len(segment)
        if self.budget > 0 and _SEVERAL.search(segment) and self.broker.name.search(segment):
            script = Script()
            lex(self.code, *place, script)
            for words in script.commands:
                yield from self.read(words)


def _unquoted(word: str) -> str:
    """Return a word as the shell passes it on, its variables as they stand."""
    return _QUOTED.sub(lambda match: match[0][1:-1].replace('\\"', '"'), word)
