"""What rule files say of the settings of a library for Python, of its tasks, and of the broker that it speaks to."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Annotated, Literal

from msgspec import Meta

from natsscan.catalog.strict import Strict
from natsscan.catalog.yamlfile import YamlFile
from natsscan.model.usage import Operation

# What stands for all arguments that a call is given by a name it has no parameter for.
OTHERS = "**"
Role = Literal[
    "", "queue", "exchange", "exchange-type", "routing-key", "queues", "routes", "schedule", "prefetch", "processes"
]
Calls = Literal["", "connect", "publish", "consume", "queue", "default-queue", "new-queue"]


class PythonBrokerRule(Strict, frozen=True):
    """How to tell whether a library that speaks to several brokers speaks AMQP.

    `amqp` gives, for an argument of calls that connect and for settings that set it, the pattern that values begin with
    which are AMQP; any other value that is known is another broker. Where only a name is known, as that of a variable,
    a part of it that matches `other` says that it is another broker. `variables` are environment variables that the
    library reads by itself. With nothing known, a library that `needs_name` counts only in a project that names the
    broker; packages that it `brings` say nothing there. A library `below` another one counts where that does, if
    nothing is known of its own.
    """

    amqp: Annotated[dict[str, str], Meta(min_length=1)]
    other: str = "(?!)"
    variables: tuple[str, ...] = ()
    needs_name: bool = False
    brings: tuple[str, ...] = ()
    below: str = ""


class PythonSettingRule(Strict, frozen=True):
    """A setting that has to do with the broker.

    `older` are other names of it. `sets` is what it sets, in the vocabulary of arguments, and `unit` that of its value.
    Of a setting with `only`, those values count that begin with what this pattern matches. `operation` is what setting
    it amounts to. Calls `of` a kind have its value as the argument that it sets, where they leave that out: those that
    connect, publish or consume, or declare queues: all, the default one, or those that are made because they are
    missing. `role` is what it is on the way of a task to its queue, `default` its value there if nobody sets it.
    """

    sets: str
    older: tuple[str, ...] = ()
    unit: str = ""
    only: str = ""
    operation: Operation = Operation.CONFIG
    of: Calls = ""
    role: Role = ""
    default: str = ""


class PythonSettingsRule(Strict, frozen=True):
    """Where the settings of a library stand, and which of them have to do with the broker.

    They are set on objects of the class `object`, by what calls are given that say so (`sets` of a call), and in
    modules whose name is one of `modules`. A name that matches `telling`, one of the older ones or a setting's in
    capitals after `prefix`, also counts in any other module and class, and so do all others there.
    """

    object: str
    known: dict[str, PythonSettingRule]
    modules: tuple[str, ...] = ()
    prefix: str = ""
    telling: str = "(?!)"

    def names(self, prefix: str = "") -> dict[str, str]:
        """Return the names that settings may have, each with that in the rules; `prefix` is one more to come before."""
        found = {name: name for name in self.known}
        for name, rule in self.known.items():
            for before in filter(None, (self.prefix, prefix)):
                found.setdefault(f"{before}{name.upper()}", name)
                found.setdefault(f"{before}{name}", name)
            found |= dict.fromkeys(rule.older, name)
        return found

    def setting(self, role: Role) -> str:
        """Return the name of the setting with a role, empty if none has it."""
        return next((name for name, rule in self.known.items() if rule.role == role), "")


def check_broker(file: YamlFile, rule: PythonBrokerRule, known: Collection[str]) -> None:
    """Raise InputError, with file and line, for a broken pattern and a library that is none."""
    for name, pattern in rule.amqp.items():
        file.pattern(("broker", "amqp", name), pattern)
    file.pattern(("broker", "other"), rule.other)
    if rule.below and rule.below not in known:
        raise file.error(("broker", "below"), f"no rule file describes the library {rule.below}")


def check_settings(file: YamlFile, rule: PythonSettingsRule, classes: Collection[str]) -> None:
    """Raise InputError, with file and line, for a broken pattern, a class that is none, a name or role given twice."""
    if rule.object not in classes:
        raise file.error(("settings", "object"), f"no rule file defines the class {rule.object}")
    file.pattern(("settings", "telling"), rule.telling)
    taken: dict[str, str] = {}
    for name, setting in rule.known.items():
        where = ("settings", "known", name)
        file.pattern((*where, "only"), setting.only)
        for own in (name, *setting.older, *(f"role {role}" for role in (setting.role,) if role)):
            if own in taken:
                raise file.error(where, f"{own} is also that of {taken[own]}")
            taken[own] = name


def check_sets(
    file: YamlFile, where: tuple[str, ...], sets: Iterable[str], parameters: Collection[str], has_settings: bool
) -> None:
    """Raise InputError, with file and line, for settings in an argument that is none, or of a library without any."""
    for name in sets:
        if not has_settings:
            raise file.error((*where, "sets"), "this library has no `settings`")
        if name != OTHERS and name not in parameters:
            raise file.error((*where, "sets"), f"{name} is no argument of it")
