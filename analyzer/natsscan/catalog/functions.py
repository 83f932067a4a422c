"""What rule files say of the functions of a language's common libraries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from msgspec import field

from natsscan.catalog.strict import Strict
from natsscan.catalog.yamlfile import YamlFile


class KnownFunctionRule(Strict, frozen=True):
    """What a function of a language's common libraries gives; numbers are positions of its arguments.

    Exactly one of these holds. `result`: the argument itself. `join`: the texts put together. `cons`: an element
    before the collection that follows it. `join_list`: the texts of a list put together, with `separator` between them.
    `items`: a collection of these arguments. `flatten`: a collection of collections as one. `each`: a function's
    results for each element of `over`, with `concat` as one collection. `apply`: a function's result for the arguments
    `to`. `resume`: what a function gives to its continuation. `part`: the component `at` of a tuple. `show`: an
    argument as text. `fill`: a format text with the arguments after it. `choice`: one of these arguments. `view`: what
    a lens shows of argument `of`.

    Of tables and lists: `lookup`: the value that a collection has for `key`, else the argument `fallback`; `entry`: the
    table with the key and the value that follow it; `with_item`: the list with the item that follows it; `element`: any
    of its items; `keys` and `values`: those of a table; `table`: argument 0 with entries for what it is given by name.
    `percent` and `braces`: a text with what follows it put in for `%s`, or for `{}`; `text`: what the text's method of
    that name gives. `variable`: the environment variable of that name, else `fallback`. `product`: the numbers of these
    arguments multiplied.
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
    lookup: int | None = None
    key: int = 1
    fallback: int | None = None
    entry: int | None = None
    with_item: int | None = None
    element: int | None = None
    keys: int | None = None
    values: int | None = None
    table: bool = False
    text: str = ""
    percent: int | None = None
    braces: int | None = None
    variable: int | None = None
    product: tuple[int, ...] = ()

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
            self.element,
            self.keys,
            self.values,
            self.percent,
            self.braces,
            self.variable,
        )
        positions = [*self.join, *self.items, *self.choice, *self.product, *(at for at in single if at is not None)]
        if self.lookup is not None:
            positions += [self.lookup, self.key]
        if self.entry is not None:
            positions.append(self.entry + 2)
        if self.percent is not None:
            positions.append(self.percent + 1)
        if self.with_item is not None:
            positions.append(self.with_item + 1)
        if self.each is not None:
            positions += [self.each, self.over]
        if self.apply is not None:
            positions += [self.apply, *self.to]
        if self.cons is not None:
            positions.append(self.cons + 1)
        if isinstance(self.separator, int):
            positions.append(self.separator)
        if self.text:
            positions.append(0)
        return max(positions, default=-1) + 1


class GeneratedRule(Strict, frozen=True):
    """A Template Haskell function `by` which a name `name` is made from the name `source`: `_{name}`, `{Name}`."""

    by: str
    source: str


class OptionsRule(Strict, frozen=True):
    """How programs read their command line: methods that `declare` an option, and those that `read` all of them.

    A function that is decorated with one of the `decorators` gets what the option is as the parameter of its name.
    What an option is when it is not given is its argument `default`; `envvar` is a variable that it may come from.
    """

    declare: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()


class FunctionsFile(Strict, frozen=True, tag_field="kind", tag="functions"):
    """What functions of a language's common libraries give, by name.

    They count where a name leads neither into the code base nor into a library of a broker. `transparent` constructors
    only wrap a value, other common ones are `constructors`. `generated` tells of names that a Template Haskell function
    makes: from which name they come. `interpreters` are functions that give the constructors of an effect their
    meaning, those of `environment` read an environment variable. A record is a configuration if its module's and type's
    name match the pattern `configuration`, and the code the pattern `configured`, with `{type}` for the type's name: it
    says that the type can be read from JSON. `quoters` of quasi-quoted texts have a pattern for the code that they put
    in, its groups around the code itself; it is empty for those of raw texts.

    A class is a record with fields if its decorator or one of its bases is among the `records`, and an enumeration if
    one of its bases is among those; `lower` says that a member without a value is its name in lower case.
    """

    language: Literal["haskell", "python"]
    functions: dict[str, KnownFunctionRule]
    transparent: tuple[str, ...] = ()
    constructors: tuple[str, ...] = ()
    generated: tuple[GeneratedRule, ...] = ()
    interpreters: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    configuration: str = "(?!)"
    configured: str = "(?!)"
    quoters: dict[str, str] = field(default_factory=dict)
    records: tuple[str, ...] = ()
    enumerations: dict[str, Literal["", "lower"]] = field(default_factory=dict)
    options: OptionsRule = OptionsRule()


def together(files: Iterable[tuple[YamlFile, FunctionsFile]]) -> FunctionsFile:
    """Return all files about functions as one; of a function described twice, the later file counts.

    Raises InputError, naming file and line, for a broken pattern.
    """
    contents = []
    for file, content in files:
        patterns = {("configuration",): content.configuration, ("configured",): content.configured}
        for where, pattern in (patterns | {("quoters", name): text for name, text in content.quoters.items()}).items():
            try:
                re.compile(pattern)
            except re.error as error:
                raise file.error(where, f"broken pattern {pattern!r}: {error}") from error
        contents.append(content)
    first, *others = contents
    for content in others:
        first = FunctionsFile(
            language=first.language,
            functions=first.functions | content.functions,
            transparent=first.transparent + content.transparent,
            constructors=first.constructors + content.constructors,
            generated=first.generated + content.generated,
            interpreters=first.interpreters + content.interpreters,
            environment=first.environment + content.environment,
            configuration=f"(?:{first.configuration}|{content.configuration})",
            configured=f"(?:{first.configured}|{content.configured})",
            quoters=first.quoters | content.quoters,
            records=first.records + content.records,
            enumerations=first.enumerations | content.enumerations,
            options=OptionsRule(
                declare=first.options.declare + content.options.declare,
                read=first.options.read + content.options.read,
                decorators=first.options.decorators + content.options.decorators,
            ),
        )
    return first
