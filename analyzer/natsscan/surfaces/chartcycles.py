"""Charts that need each other, which no Helm can install."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

Needs = Mapping[str, frozenset[str]]


def cycles(needs: Needs) -> Iterator[tuple[str, ...]]:
    """Yield each group of nodes that all need each other, a node that needs itself alone, sorted."""
    needed = _reversed(needs)
    left = {node for node in needs if needs[node]}
    for graph, other in ((needs, needed), (needed, needs)):
        _peel(left, graph, other)
    done: set[str] = set()
    for node in sorted(left):
        if node not in done:
            group = _reached(node, needs, left) & _reached(node, needed, left)
            done |= group
            if group:
                yield tuple(sorted(group))


def _reversed(needs: Needs) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {node: set() for node in needs}
    for node, others in needs.items():
        for other in others:
            found.setdefault(other, set()).add(node)
    return {node: frozenset(others) for node, others in found.items()}


def _peel(left: set[str], graph: Needs, reverse: Needs) -> None:
    """Drop nodes with nothing left behind them until there are none, which leaves little to search, mostly nothing."""
    count = {node: sum(other in left for other in graph.get(node, ())) for node in left}
    loose = [node for node, number in count.items() if number == 0]
    for node in loose:  # grows while it is walked
        left.discard(node)
        for before in reverse.get(node, ()):
            if before in left:
                count[before] -= 1
                if count[before] == 0:
                    loose.append(before)


def _reached(node: str, graph: Needs, within: set[str]) -> set[str]:
    """Return the nodes that one or more steps lead to; the node itself only if they lead back."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        for other in graph.get(waiting.pop(), ()):
            if other in within and other not in found:
                found.add(other)
                waiting.append(other)
    return found
