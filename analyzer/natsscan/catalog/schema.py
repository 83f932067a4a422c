"""What rule files look like, one struct per mapping. An unknown key is an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, field

from natsscan.catalog.checklist import ChecklistFile
from natsscan.catalog.compat import CompatFile
from natsscan.catalog.functions import FunctionsFile
from natsscan.catalog.python_compat import PythonCompatFile
from natsscan.catalog.python_rules import PythonLibraryFile
from natsscan.catalog.replacements import ReplacementsFile
from natsscan.catalog.strict import Strict
from natsscan.catalog.target import GapsFile, LayoutsFile
from natsscan.model.finding import Category, Severity
from natsscan.model.operator import Plumbing
from natsscan.model.usage import Operation, Tier

Scalar = str | int | float | bool | None
Property = Scalar | dict[str, Scalar] | list[Scalar | list[Scalar]]
Identifier = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]*$")]


class FunctionRule(Strict, frozen=True):
    """A function or other value and the names of its positional arguments.

    `record` is the type of which a value is a ready-made record. `defaults` are that record's properties, or the
    arguments that a function fixes itself. `returns` names the parts of the tuple that a call gives; one that is also
    an argument, or a property of one, is equal to it.
    """

    operation: Operation
    arguments: tuple[str, ...] = ()
    record: str | None = None
    defaults: dict[str, Property] = field(default_factory=dict)
    returns: tuple[str, ...] = ()


class ConstructorRule(Strict, frozen=True):
    """A data constructor with named fields (field to property, in order) or positional arguments."""

    operation: Operation
    fields: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()


class TypeRule(Strict, frozen=True):
    """A type and its constructors."""

    operation: Operation = Operation.TYPE
    constructors: dict[str, ConstructorRule] = field(default_factory=dict)


class ClassRule(Strict, frozen=True):
    """A type class and its methods."""

    operation: Operation = Operation.TYPE
    methods: dict[str, FunctionRule] = field(default_factory=dict)


class ModuleRule(Strict, frozen=True):
    """What a module of a library defines, and which names it passes on from other modules."""

    reexports: dict[str, tuple[str, ...]] = field(default_factory=dict)
    functions: dict[str, FunctionRule] = field(default_factory=dict)
    types: dict[str, TypeRule] = field(default_factory=dict)
    classes: dict[str, ClassRule] = field(default_factory=dict)


class LibraryFile(Strict, frozen=True, tag_field="kind", tag="library"):
    """A client library: what its symbols mean.

    `packages` is empty where its modules are written into the tree; of those that somebody else wrote it says nothing.
    `system` is the id of the broker it talks to; without it, the first that is migrated from. A `generic` library has
    modules with names such as `Client`: it is known only to projects whose packages depend on it.
    """

    id: Identifier
    title: str
    language: Literal["haskell"]
    packages: tuple[str, ...]
    modules: dict[str, ModuleRule]
    system: str = ""
    generic: bool = False
    links: tuple[str, ...] = ()


class ClientFile(Strict, frozen=True, tag_field="kind", tag="client"):
    """Clients that code bases write themselves, told by the names of their modules.

    `modules` is a pattern for these names, `functions` says what functions called so do. What a parameter is called in
    the definition tells which argument it is: `parameters` lists the names by argument.
    """

    id: Identifier
    title: str
    language: Literal["haskell"]
    system: str
    modules: str
    functions: dict[str, Operation]
    parameters: dict[str, tuple[str, ...]]
    links: tuple[str, ...] = ()


class CaseRule(Strict, frozen=True):
    """A file the rule fires in at `line`, or, without one, must be quiet in; `why` says what is tricky.

    `beside` are the files around it, by path; `definitions` is what the broker itself holds, as an export or resources.
    """

    code: str
    line: int = 0
    why: str = ""
    path: str = "M.hs"
    beside: dict[str, str] = field(default_factory=dict)
    definitions: str = ""


class CasesRule(Strict, frozen=True):
    """At least one case that fires and one that looks alike and does not."""

    fires: Annotated[tuple[CaseRule, ...], Meta(min_length=1)]
    quiet: Annotated[tuple[CaseRule, ...], Meta(min_length=1)]


class WhenRule(Strict, frozen=True):
    """Which usages a rule is about; every condition given must hold, of several operations one.

    `call: true` takes only calls that do the operation, `call: false` only what describes or names it. `languages`
    are those of programs and the kinds of other files (`haskell`, `yaml`, `shell`, ...). `given` and `absent` name
    arguments that a usage must, or must not, have. `system` is the id of the broker it must be about; without it, all
    that are migrated from. A rule about some `libraries` takes the place of all others where it applies.
    """

    operation: Operation | tuple[Operation, ...]
    tier: Tier = Tier.DIRECT
    call: bool | None = None
    symbols: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    system: str = ""
    libraries: tuple[Identifier, ...] = ()

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations the rule is about."""
        return (self.operation,) if isinstance(self.operation, Operation) else self.operation


class FindingRule(Strict, frozen=True):
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


class FindingsFile(Strict, frozen=True, tag_field="kind", tag="findings"):
    """Rules that turn usages into findings."""

    rules: tuple[FindingRule, ...]


class OperatorRule(Strict, frozen=True):
    """An operator of a language's common libraries: `infixl 6`, and what plumbing it is, if it is."""

    fixity: Annotated[str, Meta(pattern=r"^infix[lr]? [0-9]$")] | None = None
    plumbing: Plumbing | None = None


class OperatorsFile(Strict, frozen=True, tag_field="kind", tag="operators"):
    """The operators of a language's common libraries."""

    language: Literal["haskell"]
    operators: dict[str, OperatorRule]


class ObjectRule(Strict, frozen=True):
    """What a broker keeps, as its tools and exports describe it: a queue, a binding.

    `known_as` gives fields the names that arguments of usages have. It holds for objects whose fields have the values
    that `when` lists, or have none.
    """

    known_as: dict[str, str] = field(default_factory=dict)
    when: dict[str, str] = field(default_factory=dict)

    def known(self, field: str, fields: Mapping[str, str]) -> str:
        """Return the name, among arguments of usages, of a field of an object with these fields."""
        if any(fields.get(name, value) != value for name, value in self.when.items()):
            return field
        return self.known_as.get(field, field)


class SectionRule(ObjectRule, frozen=True, kw_only=True):
    """A section of an export of definitions, and what each object in it does."""

    operation: Operation


class ResourcesRule(Strict, frozen=True):
    """Kubernetes resources that declare a broker's objects: their API group, the section that each kind is like.

    `fields` are those of a resource that an export calls otherwise.
    """

    group: str
    kinds: dict[str, str]
    fields: dict[str, str] = field(default_factory=dict)


class DefinitionsRule(Strict, frozen=True):
    """How to tell an export of a broker's definitions in JSON, and what its sections hold.

    It is one that has a key of `versions` and a section of `telling`, or else a section of `needs` and two of
    `telling`. `anchors` are the fields at which an object is shown, the first it has.

    `policies` are the sections of policies, each with whether they are an operator's. `policy_arguments` gives the keys
    of policies whose argument is not `x-KEY`; `of_exchanges` are the arguments that exchanges have and queues have not.
    Of the arguments `lower_holds`, the lower of several values counts. `defaults` are arguments that nobody need give.
    Names that match the pattern `own` are the broker's own.
    """

    versions: tuple[str, ...]
    needs: tuple[str, ...]
    telling: tuple[str, ...]
    anchors: tuple[str, ...]
    sections: dict[str, SectionRule]
    policies: dict[str, bool] = field(default_factory=dict)
    policy_arguments: dict[str, str] = field(default_factory=dict)
    of_exchanges: tuple[str, ...] = ()
    lower_holds: tuple[str, ...] = ()
    defaults: dict[str, str] = field(default_factory=dict)
    own: str = "(?!)"
    resources: ResourcesRule | None = None


class BrokerFile(Strict, frozen=True, tag_field="kind", tag="broker"):
    """What gives a broker away outside of programs.

    `role` tells whether it is one to migrate from or the one to migrate to. `words` decide which files are looked into;
    `name` is a pattern for names of keys, services, volumes and secrets that are the broker's; `variables` one for
    environment variables. `in_programs` is the pattern for names in the text of programs, if it must be a narrower one.
    `message_headers` is the pattern for headers that the broker itself writes.
    `packages` are listed by ecosystem, `images` without registry and tag, `charts` by name, `ports` with what listens
    there. `config_keys` are those of its own configuration files that no other program has, `api_paths` what paths of
    its management API begin with.
    """

    id: Identifier
    title: str
    words: Annotated[tuple[str, ...], Meta(min_length=1)]
    name: str
    variables: str
    images: tuple[str, ...]
    charts: tuple[str, ...]
    ports: dict[int, str]
    url_schemes: tuple[str, ...]
    packages: dict[str, tuple[str, ...]]
    config_keys: tuple[str, ...] = ()
    api_paths: tuple[Annotated[str, Meta(pattern="^/")], ...] = ()
    definitions: DefinitionsRule | None = None
    role: Literal["source", "target"] = "source"
    in_programs: str = ""
    message_headers: str = "(?!)"
    links: tuple[str, ...] = ()


class CallRule(Strict, frozen=True):
    """What a subcommand of a tool does; `arguments` names the words after it, in order.

    `sets_password` says that one of these words is a password.
    """

    operation: Operation = Operation.ADMIN
    arguments: tuple[str, ...] = ()
    sets_password: bool = False


class ToolRule(Strict, frozen=True):
    """Commands of a broker that are called alike.

    The subcommand is the first of `verbs` with the first of `nouns` (or its plural in -s) among the words of a call;
    for a tool without verbs it is the first word. `calls` are by subcommand, or by the verb alone. `arguments` gives
    options (without dashes, `_` for a dash inside) and keys of `key=value` the names that arguments of usages have;
    what is known as `password` is never shown. A tool that `needs_subcommand` is called like other things: it counts
    where a noun or a call follows.
    """

    commands: Annotated[tuple[str, ...], Meta(min_length=1)]
    verbs: tuple[str, ...] = ()
    nouns: dict[str, ObjectRule] = field(default_factory=dict)
    calls: dict[str, CallRule] = field(default_factory=dict)
    options_with_value: tuple[Annotated[str, Meta(pattern="^-")], ...] = ()
    arguments: dict[str, str] = field(default_factory=dict)
    needs_subcommand: bool = False


class HttpClientRule(Strict, frozen=True):
    """Options of a command that calls HTTP APIs: before credentials, before what is no address, before the method."""

    login: tuple[Annotated[str, Meta(pattern="^-")], ...] = ()
    no_url: tuple[Annotated[str, Meta(pattern="^-")], ...] = ()
    method: tuple[Annotated[str, Meta(pattern="^-")], ...] = ()


class ToolsFile(Strict, frozen=True, tag_field="kind", tag="tools"):
    """Commands of scripts: tools of the broker, and those that install packages, call HTTP APIs or run nothing.

    `system` is the id of the broker whose tools they are; without it, the first that is migrated from. `installers`
    maps a command to the ecosystem of the packages it takes. After a command of `not_calling`, the name of a tool
    stands for a file, a package or a service. `harmless` commands change nothing outside of the shell.
    """

    id: Identifier
    title: str
    system: str = ""
    tools: dict[str, ToolRule] = field(default_factory=dict)
    installers: dict[str, str] = field(default_factory=dict)
    http_clients: dict[str, HttpClientRule] = field(default_factory=dict)
    not_calling: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


class SettingRule(Strict, frozen=True):
    """A configuration key that sets messaging behaviour without naming the broker.

    `key` is the end of the key's path; `*` stands for any one part. `sets` is what it sets, in the vocabulary of
    arguments; `unit` that of its value, if it has one.
    It counts in files that name the broker somewhere.
    """

    key: str
    sets: str
    why: str
    unit: str = ""


class SettingsFile(Strict, frozen=True, tag_field="kind", tag="settings"):
    """Configuration keys of one code base or product that set messaging behaviour without naming the broker."""

    id: Identifier
    title: str
    settings: tuple[SettingRule, ...]


class SecretsFile(Strict, frozen=True, tag_field="kind", tag="secrets"):
    """How secrets are told from other values, in whatever language or format.

    `names` are what names of keys end in whose values are secrets, their parts joined by `_`, `-` or nothing; of
    `short_names`, only whole words count. A key that begins with one of `pointers`, or whose secret's name is followed
    by one of `elsewhere` (`PASSWORD_FILE`), says where a secret is. `options` of commands are followed by a secret,
    `logins` by a user, a colon and a password. `calls` are functions whose arguments stand in parentheses, each with
    the position of its password, from 1.
    """

    id: Identifier
    title: str
    names: Annotated[tuple[str, ...], Meta(min_length=1)]
    short_names: tuple[str, ...] = ()
    pointers: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    options: tuple[Annotated[str, Meta(pattern="^-")], ...] = ()
    logins: tuple[Annotated[str, Meta(pattern="^-")], ...] = ()
    calls: dict[str, Annotated[int, Meta(ge=1, le=8)]] = field(default_factory=dict)
    links: tuple[str, ...] = ()


RuleFile = (
    LibraryFile
    | PythonLibraryFile
    | FindingsFile
    | OperatorsFile
    | FunctionsFile
    | BrokerFile
    | SettingsFile
    | ToolsFile
    | ClientFile
    | SecretsFile
    | LayoutsFile
    | GapsFile
    | ReplacementsFile
    | CompatFile
    | PythonCompatFile
    | ChecklistFile
)
