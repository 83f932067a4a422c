"""What rule files say of client libraries for Python."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from natsscan.catalog.python_settings import PythonBrokerRule, PythonSettingsRule
from natsscan.catalog.strict import Strict
from natsscan.model.usage import Operation

Plain = str | int | float | bool | None
Default = Plain | dict[str, Plain] | list[Plain]
ParameterRule = str | dict[str, str]


class PythonCallRule(Strict, frozen=True):
    """What a function, method or constructor does.

    `parameters` are in order; one that is an argument by another name stands as `{on_message_callback: callback}`,
    those after `"*"` are given by name only. `older` are the parameters that earlier releases have. `defaults` are
    arguments that are left to the library; a text `=NAME` is the argument of that name. `gives` is the class of the
    result, `yields` that of each item when it is iterated over; if that is a tuple, `gives_parts` and `yields_parts`
    are the classes of its parts, empty where nothing is known. A class named `class NAME` is the class itself, `=NAME`
    the argument of that name, `result of NAME` what the function gives that the object was made with as that argument.
    `calls` says which arguments a callback gets: by the name of the argument
    that it is, the classes of its own parameters, empty where nothing is known. `also` are operations that the same
    call does: those of which it has an argument `needs`, if any is named. `of_receiver` are the arguments that the
    object itself was given, where the call names them not. `sets` are the arguments that hold settings of the library:
    tables, classes, modules and their names; `**` is what is given by names that it has no parameter for.
    With the argument `gives_itself`, a decorated function gets as its first argument what the decorator gives.
    """

    operation: Operation
    parameters: tuple[ParameterRule, ...] = ()
    older: tuple[tuple[ParameterRule, ...], ...] = ()
    defaults: dict[str, Default] = msgspec.field(default_factory=dict)
    gives: str = ""
    gives_parts: tuple[str, ...] = ()
    yields: str = ""
    yields_parts: tuple[str, ...] = ()
    calls: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    also: dict[Operation, str] = msgspec.field(default_factory=dict)
    of_receiver: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    gives_itself: str = ""


class PythonClassRule(Strict, frozen=True):
    """A class: what naming it is, how it is made, its methods and attributes.

    `receiver` is the argument that the object itself is in calls of its methods. An object that is given as an argument
    stands for its own argument `stands_for`. `attributes` are by the class of their values; one that begins with `=` is
    the object's argument of that name. `constants` are members with the text that each stands for. `overrides` are
    methods that classes of a code base define and the library calls, with the classes of their parameters after `self`.
    `distinctive` methods have names that nothing else has: they count whatever object they are called on. What
    `is_object` is no class but an object of the module, of which only what is done with it is told.
    """

    operation: Operation = Operation.TYPE
    bases: tuple[str, ...] = ()
    constructor: PythonCallRule | None = None
    receiver: str = ""
    stands_for: str = ""
    methods: dict[str, PythonCallRule] = msgspec.field(default_factory=dict)
    attributes: dict[str, str] = msgspec.field(default_factory=dict)
    constants: dict[str, Plain] = msgspec.field(default_factory=dict)
    overrides: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    distinctive: tuple[str, ...] = ()
    is_object: bool = False


class PythonModuleRule(Strict, frozen=True):
    """What a module defines, and the qualified names that it passes on."""

    passes_on: tuple[str, ...] = ()
    functions: dict[str, PythonCallRule] = msgspec.field(default_factory=dict)
    classes: dict[str, PythonClassRule] = msgspec.field(default_factory=dict)
    values: dict[str, str] = msgspec.field(default_factory=dict)


class PythonLibraryFile(Strict, frozen=True, tag_field="kind", tag="python-library"):
    """A client library for Python: what its symbols mean.

    `values` says for an argument which texts of it are known by another word: `ack: {"True": NoAck}`. `units` gives the
    arguments that are in another unit than AMQP's milliseconds, with how many of these one of theirs is. `broker` is
    there for a library that speaks to other brokers than AMQP's too, `settings` for one that is set up by name. A
    package that natsscan writes is the `api_of` another library. One of `asyncio` has calls that are awaited.
    """

    id: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]*$")]
    title: str
    packages: tuple[str, ...]
    modules: dict[str, PythonModuleRule]
    system: str = ""
    api_of: str = ""
    asyncio: bool = False
    values: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    units: dict[str, int] = msgspec.field(default_factory=dict)
    broker: PythonBrokerRule | None = None
    settings: PythonSettingsRule | None = None
    links: tuple[str, ...] = ()
