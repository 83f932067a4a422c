"""A dashboard of Grafana: rows of panels, each with its place, from a list that says what they show."""

from __future__ import annotations

import json

import msgspec
import yaml

_WIDTH, _HEIGHT, _IN_A_LINE = 8, 7, 3
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


class _Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    expr: str
    legend: str


class _Panel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    unit: str
    targets: list[_Target]


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    row: str
    panels: list[_Panel]


def render(rows: str, title: str) -> str:
    """Return the dashboard's JSON for rows written in YAML."""
    panels: list[dict[str, object]] = []
    below = 0
    for row in msgspec.convert(yaml.safe_load(rows), list[_Row]):
        panels.append(
            {
                "type": "row",
                "id": len(panels) + 1,
                "title": _shown(row.row),
                "collapsed": False,
                "panels": [],
                "gridPos": {"x": 0, "y": below, "w": _WIDTH * _IN_A_LINE, "h": 1},
            }
        )
        below += 1
        for at, panel in enumerate(row.panels):
            place = {"x": at % _IN_A_LINE * _WIDTH, "y": below + at // _IN_A_LINE * _HEIGHT, "w": _WIDTH, "h": _HEIGHT}
            panels.append(_panel(panel, len(panels) + 1, place))
        below += -(-len(row.panels) // _IN_A_LINE) * _HEIGHT
    dashboard = {
        "title": _shown(f"{title} on NATS"),
        "description": "Made by natsscan generate; written anew when it runs again.",
        "tags": ["nats", "natsscan"],
        "editable": True,
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {
            "list": [{"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}],
        },
        "panels": panels,
    }
    return json.dumps(dashboard, indent=2, ensure_ascii=False) + "\n"


def _panel(panel: _Panel, number: int, place: dict[str, int]) -> dict[str, object]:
    return {
        "type": "timeseries",
        "id": number,
        "title": _shown(panel.title),
        "gridPos": place,
        "datasource": _SOURCE,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + at), "datasource": _SOURCE, "expr": target.expr, "legendFormat": target.legend}
            for at, target in enumerate(panel.targets)
        ],
    }


def _shown(title: str) -> str:
    """Return a title in which Grafana finds no variable."""
    return title.replace("$", "＄").replace("[[", "[ [")
