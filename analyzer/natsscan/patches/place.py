"""What an editor of a surface hands on: places of the broker in a file, and what stands beside each on NATS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from natsscan.catalog.broker import Broker
from natsscan.catalog.replacements import Replacements
from natsscan.model.source import SourceFile
from natsscan.model.usage import Usage


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a file that is the broker's as a whole.

    `twin` is what stands for it on NATS, inserted at `beside`; empty if it is there already, None if nothing can be,
    and `reason` says why. `can_go` tells whether the stretch may be removed. `answers` are the usages in it. `is_safe`
    tells that its twin changes nothing that runs today: a command that is run once more may. `serves` tells that it is
    the broker itself or prepares it, and not a program that talks to it; `mounts` are the files, by their paths, that
    only it is given.
    """

    start: int
    end: int
    answers: tuple[Usage, ...]
    twin: bytes | None
    beside: int
    reason: str
    can_go: bool = True
    is_safe: bool = True
    serves: bool = False
    mounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Switch:
    """Lines that can be about one system only, and what they are when the program has moved."""

    start: int
    end: int
    text: bytes
    answers: tuple[Usage, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """The places of a file, lines to switch, and the usages in neither, with the reason why people have to look.

    `kept` are usages about which nothing has to be done, as the programs that read them go on doing so.
    """

    places: tuple[Place, ...]
    others: tuple[tuple[Usage, str], ...]
    switches: tuple[Switch, ...] = ()
    kept: tuple[Usage, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """A layer that programs move to as they are: what they read keeps its names, and leads to the target.

    Its `package` takes the place of the `packages` of the library, and is or will be in `folder`. `provided` are the
    folders of the project's own packages that have the library's modules, `own` the names of the others. `is_open`
    tells that the programs can move. Python code moves service by service: `moving` are those that do, `staying` those
    that do not, `closed` those with other programs that do not, and `in_services` the packages of the libraries that
    have a layer there.
    """

    package: str
    packages: frozenset[str]
    folder: str
    provided: frozenset[str]
    own: frozenset[str]
    is_open: bool
    moving: frozenset[str] = frozenset()
    staying: frozenset[str] = frozenset()
    in_services: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()

    def is_open_for(self, service: str) -> bool:
        """Tell whether what reads the files of a service can move; what no service has is read by all of them."""
        return service in self.moving - self.closed or (self.is_open and not self.staying)

    def goes(self, package: str, service: str) -> bool:
        """Tell whether a package that a service lists, if it is one of a library with a layer, can go."""
        if package in self.packages and not self.is_open:
            return False
        return package not in self.in_services or not self.staying or service in self.moving

    def provides(self, path: str) -> bool:
        """Tell whether a file belongs to a package of the project that has the library's modules."""
        return any(path.startswith(f"{folder}/") or not folder for folder in self.provided)


@dataclass(frozen=True, slots=True)
class Job:
    """A file with the broker's usages in it, and what an editor goes by.

    `templates` are the named templates of charts with something of the broker in them. `leads_to` gives the released
    image that a name leads to, None if it says nothing of any. `values` are the files of values for the broker's own
    releases, by their paths, each with the one that stands beside it. `held` are usages of the file that stay about the
    broker, and `route` is how programs move, None if people write them anew.
    """

    source: SourceFile
    usages: tuple[Usage, ...]
    broker: Broker
    replacements: Replacements
    templates: frozenset[str] = frozenset()
    leads_to: Callable[[str], str | None] = lambda _: None
    values: Mapping[str, str] = field(default_factory=dict)
    held: tuple[Usage, ...] = ()
    route: Route | None = None


Editor = Callable[[Job], Reading]


def broker_templates(usages: Iterable[Usage]) -> frozenset[str]:
    """Return the named templates of charts with something of the broker in them."""
    return frozenset(usage.symbol for usage in usages if any(argument.name == "holds" for argument in usage.arguments))
