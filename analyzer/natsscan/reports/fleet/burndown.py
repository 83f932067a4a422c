"""What was left to move, run by run, as lines in a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from natsscan.model.fleet import Point
from natsscan.reports.picture import px

WIDTH, HEIGHT = 420, 170
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 16, 14, 28


@dataclass(frozen=True, slots=True)
class Dot:
    """One day: where it stands, and what it says."""

    x: float
    y: float
    day: str
    value: int


@dataclass(frozen=True, slots=True)
class Chart:
    """One line: its title, a dot for each day, the path through them, the value at the top of the scale."""

    title: str
    dots: tuple[Dot, ...]
    path: str
    top: int

    @property
    def left(self) -> int:
        """Where the scale begins."""
        return _LEFT

    @property
    def right(self) -> int:
        """Where the picture of the values ends."""
        return WIDTH - _RIGHT

    @property
    def lines(self) -> tuple[tuple[float, int], ...]:
        """The lines of the scale: how high each is, and its value."""
        return tuple((_y(value, self.top), value) for value in dict.fromkeys((0, self.top // 2, self.top)))


def charts(history: Sequence[Point]) -> tuple[Chart, ...]:
    """Return the lines of what was left: uses, and effort. Of several runs on one day the last one counts."""
    points = tuple({point.day: point for point in history}.values())
    if not points:
        return ()
    return (
        _chart("Direct uses left", points, lambda point: point.direct),
        _chart("Effort left, in story points", points, lambda point: point.effort),
    )


def _chart(title: str, points: Sequence[Point], value: Callable[[Point], int]) -> Chart:
    top = _round_up(max(value(point) for point in points))
    dots = tuple(
        Dot(x, _y(value(point), top), point.day, value(point)) for x, point in zip(_across(points), points, strict=True)
    )
    return Chart(title, dots, "M" + " L".join(f"{px(dot.x)} {px(dot.y)}" for dot in dots), top)


def _across(points: Sequence[Point]) -> tuple[float, ...]:
    """Return where each day stands: by the calendar, or one after the other if a day is none or not in order."""
    width = WIDTH - _LEFT - _RIGHT
    try:
        days = [date.fromisoformat(point.day).toordinal() for point in points]
    except ValueError:
        days = list(range(len(points)))
    if days != sorted(days):
        days = list(range(len(points)))
    length = days[-1] - days[0]
    return tuple(_LEFT + (width * (day - days[0]) / length if length else width / 2) for day in days)


def _y(value: int, top: int) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / top


def _round_up(most: int) -> int:
    """Return a round number that is no less, and even, so that its half is a number too."""
    size = int("1" + "0" * (len(str(most)) - 1))
    return next(step * size for step in (2, 4, 6, 8, 10) if step * size >= most)
