"""Libraries for Python as they stand in a package that has their APIs on another system: what they do there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from natsscan.catalog.python_compat import PythonCompatFile
from natsscan.catalog.python_rules import PythonLibraryFile
from natsscan.catalog.yamlfile import YamlFile
from natsscan.model.usage import Operation

# What an operation is on the system that is moved to.
_THERE = {
    Operation.CONNECT: Operation.NATS_CONNECT,
    Operation.OPEN_CHANNEL: Operation.NATS_CONNECT,
    Operation.CLOSE: Operation.NATS_CONNECT,
    Operation.HANDLER: Operation.NATS_CONNECT,
    Operation.ADMIN: Operation.NATS_CONNECT,
    Operation.DECLARE_EXCHANGE: Operation.NATS_STREAM,
    Operation.DELETE_EXCHANGE: Operation.NATS_STREAM,
    Operation.PURGE: Operation.NATS_STREAM,
    Operation.DECLARE_QUEUE: Operation.NATS_CONSUMER,
    Operation.DELETE_QUEUE: Operation.NATS_CONSUMER,
    Operation.BIND: Operation.NATS_CONSUMER,
    Operation.UNBIND: Operation.NATS_CONSUMER,
    Operation.PUBLISH: Operation.NATS_PUBLISH,
    Operation.CONFIRM: Operation.NATS_PUBLISH,
    Operation.RETURN: Operation.NATS_PUBLISH,
    Operation.TX: Operation.NATS_PUBLISH,
    Operation.MESSAGE: Operation.TYPE,
    Operation.CONSUME: Operation.NATS_SUBSCRIBE,
    Operation.CANCEL: Operation.NATS_SUBSCRIBE,
    Operation.GET: Operation.NATS_SUBSCRIBE,
    Operation.QOS: Operation.NATS_SUBSCRIBE,
    Operation.FLOW: Operation.NATS_SUBSCRIBE,
    Operation.ACK: Operation.NATS_ACK,
    Operation.REJECT: Operation.NATS_ACK,
    Operation.RECOVER: Operation.NATS_ACK,
}
_OPERATION = "operation"
_ALSO = "also"


def moved_libraries(
    files: Iterable[tuple[YamlFile, PythonLibraryFile]], compats: Iterable[PythonCompatFile], system: str
) -> Iterator[tuple[YamlFile, PythonLibraryFile]]:
    """Yield the libraries that packages have, as they are called and what they do there, on a system of that id."""
    files = tuple(files)
    for rules in compats:
        for file, library in files:
            if library.id in rules.libraries:
                yield file, _moved(library, rules, system)


def moved_id(library: str, system: str) -> str:
    """Return the id that a library has in a package with its API on a system."""
    return f"{library}-on-{system}"


def _moved(library: PythonLibraryFile, rules: PythonCompatFile, system: str) -> PythonLibraryFile:
    tops = "|".join(sorted({re.escape(module.partition(".")[0]) for module in library.modules}))
    name = re.compile(rf"(class |^)((?:{tops})(?:\.\w+)*)")
    told: dict[str, Any] = _renamed(msgspec.to_builtins(library), name, rf"\1{rules.package}.\2")
    told |= {"id": moved_id(library.id, system), "system": system, "api_of": library.id, "packages": []}
    return msgspec.convert(told, PythonLibraryFile)


def _renamed(value: Any, name: re.Pattern[str], new: str) -> Any:
    """Return a rule with names of the library as they are in the package, and operations as they are there."""
    if isinstance(value, str):
        return name.sub(new, value) if name.fullmatch(value) else value
    if isinstance(value, (list, tuple)):
        return [_renamed(each, name, new) for each in value]
    if isinstance(value, dict):
        found = {_renamed(key, name, new): _renamed(each, name, new) for key, each in value.items()}
        if isinstance(found.get(_OPERATION), str):
            found[_OPERATION] = _there(found[_OPERATION])
        if isinstance(found.get(_ALSO), dict):
            found[_ALSO] = {_there(operation): needs for operation, needs in found[_ALSO].items()}
        return found
    return value


def _there(operation: str) -> str:
    return str(_THERE.get(Operation(operation), operation))
