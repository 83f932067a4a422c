from __future__ import annotations

import re
from pathlib import Path
from typing import TypeVar

import msgspec
import yaml
from yaml.constructor import SafeConstructor

from natsscan.catalog.escape import printable
from natsscan.catalog.yamlloader import compose, construct
from natsscan.model.errors import InputError

T = TypeVar("T")
_TEXT, _LIST, _MAP = (f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map"))
_PATH = re.compile(r" - at `(?:key in )?\$([^`]*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")


class YamlFile:
    """A YAML file with its values and the line each of them stands on.

    Raises InputError that names file and line for an unreadable file, broken YAML and a key given twice.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise InputError.at(path, None, f"not UTF-8 at byte {error.start}; save it as UTF-8") from error
        except OSError as error:
            raise InputError.at(path, None, f"cannot be read: {error.strerror}") from error
        try:
            node = compose(text)
            if node is None:
                raise InputError.at(path, 1, "holds nothing; a rule file begins with `kind:`")
            self._node: yaml.Node = node
            self.value: object = self._built(node)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else None
            raise InputError.at(path, line, f"broken YAML: {error.problem or error.context}") from error
        except yaml.YAMLError as error:
            raise InputError.at(path, None, f"broken YAML: {str(error).splitlines()[0]}") from error
        except RecursionError as error:
            raise InputError.at(path, None, "nested too deeply to read") from error

    def convert(self, wanted: type[T]) -> T:
        """Return the file's value as `wanted`; raises InputError with the line of the first value that does not fit."""
        try:
            return msgspec.convert(self.value, wanted)
        except msgspec.ValidationError as error:
            message = str(error)
            place = _PATH.search(message)
            steps = self._locate(self.value, place.group(1) if place else "", wanted, message)
            where = ".".join(str(step) for step in steps)
            reason = _PATH.sub("", message)
            raise InputError.at(self.path, self.line(*steps), f"{where}: {reason}" if where else reason) from error

    def line(self, *steps: str | int) -> int:
        """Return the line of the value reached by these keys and indices, or of the last one that exists."""
        node = self._node
        line = node.start_mark.line + 1
        for step in steps:
            if isinstance(node, yaml.MappingNode):
                found = next(((key, value) for key, value in node.value if key.value == str(step)), None)
                if found is None:
                    break
                line, node = found[0].start_mark.line + 1, found[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = node.start_mark.line + 1
            else:
                break
        return line

    def error(self, steps: tuple[str | int, ...], reason: str) -> InputError:
        """Return the error about the value reached by these keys and indices."""
        return InputError.at(self.path, self.line(*steps), reason)

    def pattern(self, steps: tuple[str | int, ...], text: str) -> re.Pattern[str]:
        """Return the pattern at these keys and indices. Raises InputError, with its line, if it is broken."""
        try:
            return re.compile(text)
        except (re.error, RecursionError, OverflowError) as error:
            raise self.error(steps, f"broken pattern {text!r}: {error}") from error

    def _built(self, node: yaml.Node) -> object:
        """Return a node's value. `construct` would make the same of it but slowly; rule files are many and long."""
        if node.tag == _TEXT:
            return node.value
        if node.tag == _LIST and isinstance(node, yaml.SequenceNode):
            return [self._built(item) for item in node.value]
        if node.tag != _MAP or not isinstance(node, yaml.MappingNode):
            return construct(node)
        lines: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise InputError.at(self.path, line, "a list or a map is no key here; write a word")
            if key.value in lines:
                raise InputError.at(self.path, line, f"`{key.value}` is given twice, first on line {lines[key.value]}")
            lines[key.value] = line
        if any(key.tag != _TEXT for key, _ in node.value):  # one of them may be `<<`
            SafeConstructor().flatten_mapping(node)
        return {self._built(key): self._built(value) for key, value in node.value}

    def _locate(self, root: object, path: str, wanted: type[T], message: str) -> list[str | int]:
        """Find the keys behind msgspec's path, which writes `[...]` for every mapping key."""
        steps: list[str | int] = []
        value = root
        for name, index in _STEP.findall(path):
            step: str | int | None = name if name else int(index) if index != "..." else None
            if step is None and isinstance(value, dict):
                step = next((key for key in value if self._fails_alone(root, steps, key, wanted, message)), None)
            if step is None:
                break
            steps.append(step)
            try:
                value = value[step]  # type: ignore[index]
            except (KeyError, IndexError, TypeError):
                break
        return steps

    def _fails_alone(self, root: object, steps: list[str | int], key: str, wanted: type[T], message: str) -> bool:
        """Tell whether the document still fails in the same way when the mapping at `steps` holds `key` only."""

        def only(value: object, rest: list[str | int]) -> object:
            if not rest:
                return {key: value[key]} if isinstance(value, dict) else value
            if isinstance(value, dict):
                return {name: only(inner, rest[1:]) if name == rest[0] else inner for name, inner in value.items()}
            if isinstance(value, list):
                return [only(inner, rest[1:]) if at == rest[0] else inner for at, inner in enumerate(value)]
            return value

        try:
            msgspec.convert(only(root, steps), wanted)
        except msgspec.ValidationError as error:
            return str(error) == message
        return False


def yaml_text(content: object, *, width: int = 120, default_flow_style: bool | None = False) -> str:
    """Return a document as YAML for people; what cannot be seen in its texts is escaped, and letters only with it."""
    for allow_unicode in (True, False):
        text = yaml.safe_dump(
            content,
            sort_keys=False,
            allow_unicode=allow_unicode,
            width=width,
            default_flow_style=default_flow_style,
        )
        if all(line == printable(line) for line in text.split("\n")):
            break
    return text
