"""What rule files look like, one struct per mapping. An unknown key is an error."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from natsscan.model.finding import Category, Severity
from natsscan.model.operator import Plumbing
from natsscan.model.usage import Operation, Tier

Scalar = str | int | float | bool | None
Property = Scalar | dict[str, Scalar] | list[Scalar | list[Scalar]]
Identifier = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]*$")]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class FunctionRule(_Strict, frozen=True):
    """A function or other value and the names of its positional arguments.

    `record` is the type of which a value is a ready-made record. `defaults` are that record's properties, or the
    arguments that a function fixes itself. `returns` names the parts of the tuple that a call gives; one that is also
    an argument, or a property of one, is equal to it.
    """

    operation: Operation
    arguments: tuple[str, ...] = ()
    record: str | None = None
    defaults: dict[str, Property] = {}
    returns: tuple[str, ...] = ()


class ConstructorRule(_Strict, frozen=True):
    """A data constructor with named fields (field to property, in order) or positional arguments."""

    operation: Operation
    fields: dict[str, str] = {}
    arguments: tuple[str, ...] = ()


class TypeRule(_Strict, frozen=True):
    """A type and its constructors."""

    operation: Operation = Operation.TYPE
    constructors: dict[str, ConstructorRule] = {}


class ClassRule(_Strict, frozen=True):
    """A type class and its methods."""

    operation: Operation = Operation.TYPE
    methods: dict[str, FunctionRule] = {}


class ModuleRule(_Strict, frozen=True):
    """What a module of a library defines, and which names it passes on from other modules."""

    reexports: dict[str, tuple[str, ...]] = {}
    functions: dict[str, FunctionRule] = {}
    types: dict[str, TypeRule] = {}
    classes: dict[str, ClassRule] = {}


class LibraryFile(_Strict, frozen=True, tag_field="kind", tag="library"):
    """A client library of AMQP: what its symbols mean."""

    id: Identifier
    title: str
    language: Literal["haskell"]
    packages: tuple[str, ...]
    modules: dict[str, ModuleRule]
    links: tuple[str, ...] = ()


class CaseRule(_Strict, frozen=True):
    """A file the rule fires in at `line`, or, without one, must be quiet in; `why` says what is tricky.

    `beside` are the files around it, by path.
    """

    code: str
    line: int = 0
    why: str = ""
    path: str = "M.hs"
    beside: dict[str, str] = {}


class CasesRule(_Strict, frozen=True):
    """At least one case that fires and one that looks alike and does not."""

    fires: Annotated[tuple[CaseRule, ...], Meta(min_length=1)]
    quiet: Annotated[tuple[CaseRule, ...], Meta(min_length=1)]


class WhenRule(_Strict, frozen=True):
    """Which usages a rule is about; every condition given must hold, of several operations one.

    `call: true` takes only calls that do the operation, `call: false` only what describes or names it. `languages`
    are those of programs and the kinds of other files (`haskell`, `yaml`, `shell`, ...). `given` and `absent` name
    arguments that a usage must, or must not, have.
    """

    operation: Operation | tuple[Operation, ...]
    tier: Tier = Tier.DIRECT
    call: bool | None = None
    symbols: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations the rule is about."""
        return (self.operation,) if isinstance(self.operation, Operation) else self.operation


class FindingRule(_Strict, frozen=True):
    """A rule that turns usages into findings. `effort` is in story points; `message` may name arguments in braces."""

    id: Identifier
    title: str
    when: WhenRule
    category: Category
    severity: Severity
    effort: Literal[0, 1, 3, 5, 7, 13]
    message: str
    advice: str
    links: Annotated[tuple[str, ...], Meta(min_length=1)]
    cases: CasesRule


class FindingsFile(_Strict, frozen=True, tag_field="kind", tag="findings"):
    """Rules that turn usages into findings."""

    rules: tuple[FindingRule, ...]


class OperatorRule(_Strict, frozen=True):
    """An operator of a language's common libraries: `infixl 6`, and what plumbing it is, if it is."""

    fixity: Annotated[str, Meta(pattern=r"^infix[lr]? [0-9]$")] | None = None
    plumbing: Plumbing | None = None


class OperatorsFile(_Strict, frozen=True, tag_field="kind", tag="operators"):
    """The operators of a language's common libraries."""

    language: Literal["haskell"]
    operators: dict[str, OperatorRule]


class KnownFunctionRule(_Strict, frozen=True):
    """What a function of a language's common libraries gives; numbers are positions of its arguments.

    Exactly one of these holds. `result`: the argument itself. `join`: the texts put together. `cons`: an element
    before the collection that follows it. `join_list`: the texts
    of a list put together, with `separator` between them. `items`: a collection of these arguments. `flatten`: a
    collection of collections as one. `each`: a function's results for each element of `over`,
    with `concat` as one collection. `apply`: a function's
    result for the arguments `to`. `resume`: what a function gives to its
    continuation. `part`: the component `at` of a tuple. `show`: an argument as text. `fill`: a
    format text with the arguments after it. `choice`: one of these arguments. `view`: what a lens shows of argument
    `of`.
    """

    result: int | None = None
    join: tuple[int, ...] = ()
    cons: int | None = None
    join_list: int | None = None
    separator: int | str = ""
    items: tuple[int, ...] = ()
    flatten: int | None = None
    each: int | None = None
    over: int = 0
    concat: bool = False
    apply: int | None = None
    to: tuple[int, ...] = ()
    resume: int | None = None
    part: int | None = None
    at: int = 0
    show: int | None = None
    fill: int | None = None
    choice: tuple[int, ...] = ()
    view: int | None = None
    of: int | None = None

    @property
    def arity(self) -> int:
        """How many arguments it takes before it gives something."""
        single = (
            self.result,
            self.join_list,
            self.flatten,
            self.resume,
            self.part,
            self.show,
            self.fill,
            self.view,
            self.of,
        )
        positions = [*self.join, *self.items, *self.choice, *(at for at in single if at is not None)]
        if self.each is not None:
            positions += [self.each, self.over]
        if self.apply is not None:
            positions += [self.apply, *self.to]
        if self.cons is not None:
            positions.append(self.cons + 1)
        if isinstance(self.separator, int):
            positions.append(self.separator)
        return max(positions) + 1


class GeneratedRule(_Strict, frozen=True):
    """A Template Haskell function `by` which a name `name` is made from the name `source`: `_{name}`, `{Name}`."""

    by: str
    source: str


class FunctionsFile(_Strict, frozen=True, tag_field="kind", tag="functions"):
    """What functions of a language's common libraries give, by name.

    They count where a name leads neither into the code base nor into a library of a broker. `transparent` constructors
    only wrap a value, other common ones are `constructors`. `generated` tells of names that a Template Haskell function
    makes: from which name they come. `interpreters` are functions that give the constructors of an effect their
    meaning, those of `environment` read an environment variable. A record is a configuration if its module's and type's
    name match the pattern `configuration`, and the code the pattern `configured`, with `{type}` for the type's name: it
    says that the type can be read from JSON.
    """

    language: Literal["haskell"]
    functions: dict[str, KnownFunctionRule]
    transparent: tuple[str, ...]
    constructors: tuple[str, ...]
    generated: tuple[GeneratedRule, ...]
    interpreters: tuple[str, ...]
    environment: tuple[str, ...]
    configuration: str
    configured: str


class BrokerFile(_Strict, frozen=True, tag_field="kind", tag="broker"):
    """What gives a broker away outside of programs.

    `words` decide which files are looked into; `name` is a pattern for names of keys, services, volumes and secrets
    that are the broker's; `variables` one for environment variables. `packages` are listed by ecosystem, `images`
    without registry and tag, `charts` by name, `ports` with what listens there, `api` by the first part of the
    management API's paths after `/api/`.
    """

    id: Identifier
    title: str
    words: Annotated[tuple[str, ...], Meta(min_length=1)]
    name: str
    variables: str
    images: tuple[str, ...]
    charts: tuple[str, ...]
    ports: dict[int, str]
    commands: tuple[str, ...]
    url_schemes: tuple[str, ...]
    packages: dict[str, tuple[str, ...]]
    api: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


class SettingRule(_Strict, frozen=True):
    """A configuration key that sets messaging behaviour without naming the broker.

    `key` is the end of the key's path; `*` stands for any one part. `sets` is what it sets, in the vocabulary of
    arguments; `unit` that of its value, if it has one.
    It counts in files that name the broker somewhere.
    """

    key: str
    sets: str
    why: str
    unit: str = ""


class SettingsFile(_Strict, frozen=True, tag_field="kind", tag="settings"):
    """Configuration keys of one code base or product that set messaging behaviour without naming the broker."""

    id: Identifier
    title: str
    settings: tuple[SettingRule, ...]


RuleFile = LibraryFile | FindingsFile | OperatorsFile | FunctionsFile | BrokerFile | SettingsFile
