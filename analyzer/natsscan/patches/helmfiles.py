"""Helmfiles: the release that takes the place of one of the broker's, the repository it needs, and files of values."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from natsscan.catalog.broker import Broker
from natsscan.catalog.replacements import Replacements
from natsscan.model.source import SourceFile
from natsscan.patches.lines import is_blank, line_start, newline
from natsscan.patches.place import Job, Place
from natsscan.patches.yamllines import Lines, YamlLines
from natsscan.surfaces.chartfiles import Helmfile, read_chart, read_helmfile
from natsscan.surfaces.yamltree import Entry, read_template


@dataclass(frozen=True, slots=True)
class Helmfiles:
    """What the helmfiles of a tree tell, by the paths of files.

    `named` are the files of values that each helmfile names, `environments` those for its templates among them. `twins`
    are the files for nothing but releases of the broker, each with the path of the one that stands beside it, and
    `charts` the charts of these releases.
    """

    named: Mapping[str, tuple[str, ...]]
    environments: Mapping[str, tuple[str, ...]]
    twins: Mapping[str, str]
    charts: Mapping[str, str]

    def changed_with(self, path: str) -> str | None:
        """Return the helmfile that a file is changed together with: the first one that names it, or is it."""
        if path in self.named:
            return path
        return next((helmfile for helmfile, files in sorted(self.named.items()) if path in files), None)


def read_helmfiles(
    sources: Iterable[SourceFile], paths: Collection[str], broker: Broker, replacements: Replacements
) -> Helmfiles:
    """Read all helmfiles of a project; `paths` are all its files."""
    named: dict[str, tuple[str, ...]] = {}
    environments: dict[str, tuple[str, ...]] = {}
    charts: dict[str, set[str]] = {}
    for source in sources:
        helmfile = read_helmfile(source.data)
        environments[source.path] = _resolved(source.path, helmfile.environments)
        for release in helmfile.releases:
            for path in _resolved(source.path, release.files):
                charts.setdefault(path, set()).add(release.chart)
        named[source.path] = (*environments[source.path], *_values(source.path, helmfile))
    own = {
        path: sorted(names)[0]
        for path, names in charts.items()
        if path in paths and all(posixpath.basename(name) in broker.charts for name in names)
    }
    twins = {path: beside(path, replacements) for path in own}
    return Helmfiles(named, environments, {old: new for old, new in twins.items() if new not in own}, own)


def beside(path: str, replacements: Replacements) -> str:
    """Return the path of the file that stands beside one: with new names in it, or else called after the target."""
    new = replacements.text(path.encode()).decode()
    if new != path:
        return new
    folder, name = posixpath.split(path)
    return posixpath.join(folder, f"{replacements.rules.target}.{name.partition('.')[2]}")


def new_values(old: bytes, is_own: bool, is_wrapper: bool, replacements: Replacements) -> bytes:
    """Return the values that stand beside those for a release of the broker.

    `is_own` tells that its chart is one of this tree, `is_wrapper` that it brings the target's own chart.
    """
    if is_own and not is_wrapper:
        return replacements.text(old)
    alias = next((d.key for d in read_chart(replacements.rules.chart["Chart.yaml"].encode()).dependencies), "")
    rule = replacements.rules.release
    secrets = (e.text for e in read_template(old).entries if e.text and replacements.tls_key.search(e.dotted))
    secret = next(secrets, None)
    text = rule.values if secret is None else rule.tls_values.replace("{secret}", secret)
    if is_wrapper:
        text = f"{alias}:\n" + "".join(f"  {line}" if line.strip() else line for line in text.splitlines(keepends=True))
    return replacements.text(text.encode())


def is_remote(file: YamlLines, release: Entry) -> bool:
    """Tell whether the chart of a release is not one of this tree."""
    chart = file.tree.child(release.place, "chart")
    return chart is not None and not chart.text.startswith(".")


def release(job: Job, file: YamlLines, lines: Lines, entry: Entry) -> bytes:
    """Return the release of the target's own chart that stands beside one of the broker's."""
    rule, new, data = job.replacements.rules.release, job.replacements, file.data
    first, *_ = children = file.children(entry)
    head = data[lines.start : first.key[0] if first.key else first.value[0]]
    indent = b" " * len(head)
    end = newline(data)
    name = file.tree.child(entry.place, "name")
    parts = [b"name: " + new.text(data[slice(*name.value)])] if name is not None else []
    for child in children:
        own = file.lines(child)
        if child.name in rule.keeps and own is not None and child.key is not None:
            parts.append(new.text(data[child.key[0] : own.end]).rstrip())
    parts += [f"chart: {rule.chart}".encode(), f'version: "{rule.version}"'.encode(), b"values:"]
    folder = posixpath.dirname(job.source.path)
    listed = file.tree.child(entry.place, "values")
    given = [_path(folder, item.text) for item in file.children(listed) if item.text] if listed is not None else []
    files = [job.values[path] for path in given if path in job.values]
    for path in files:
        parts.append(b"  - ./" + posixpath.relpath(path, folder or ".").encode())
    if not files:
        first_line, *others = (line for line in rule.values.splitlines() if not line.startswith("#"))
        parts += [f"  - {first_line}".encode(), *(f"    {line}".encode() for line in others)]
    return b"".join((head if at == 0 else indent) + part + end for at, part in enumerate(parts))


def repository(job: Job, file: YamlLines) -> Place | None:
    """Return the place for the repository of the target's chart, None if the file names it already."""
    rule, data = job.replacements.rules.release.repository, file.data
    if rule.url.encode() in data:
        return None
    end = newline(data)
    listed = next((e for e in file.tree.entries if e.path == ("repositories",) and e.key), None)
    items = file.children(listed) if listed is not None else []
    own = file.lines(items[-1]) if items else None
    if own is not None:
        mark = data[own.start : items[-1].value[0]]
        indent = b" " * len(mark)
        text = mark + f"name: {rule.name}".encode() + end + indent + f"url: {rule.url}".encode() + end
        between = end if len(items) > 1 and is_blank(data, own.start - 1) else b""
        return Place(own.end, own.end, (), between + text, own.end, "", can_go=False)
    top = next((e for e in file.tree.entries if e.path == ("releases",) and e.key), None)
    if top is None or top.key is None or listed is not None:
        return None
    at = line_start(data, top.key[0])
    lines = ("repositories:", f"  - name: {rule.name}", f"    url: {rule.url}", "")
    return Place(at, at, (), b"".join(line.encode() + end for line in lines), at, "", can_go=False)


def _values(path: str, helmfile: Helmfile) -> tuple[str, ...]:
    return tuple(file for release in helmfile.releases for file in _resolved(path, release.files))


def _resolved(helmfile: str, files: Iterable[str]) -> tuple[str, ...]:
    folder = posixpath.dirname(helmfile)
    return tuple(_path(folder, file) for file in files)


def _path(folder: str, file: str) -> str:
    return posixpath.normpath(posixpath.join(folder, file))
