"""Files of conda: environments, which are YAML and may have a list for pip, and recipes, which are templates of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from natsscan.model.source import SourceFile
from natsscan.surfaces.python_pip import item as pip_item
from natsscan.surfaces.python_requirement import CONDA, PYPI, Declared, Form, Item, Listing, conda
from natsscan.surfaces.yamltree import Entry, ValueKind, YamlTree, read_template

_LIST = "dependencies"
_PIP = "pip"
_IS_RECIPE = re.compile(rb"(?m)^(?:package|requirements|outputs):")
_LINE = re.compile(rb"(?P<indent>[ \t]*)(?P<dash>-[ \t]+)?(?P<rest>[^\n]*)")
_KEY = re.compile(rb"([\w-]+):(?=\s|$)")
_COMMENT = re.compile(rb"(?:^|[ \t])#[^\n]*")
_REQUIREMENTS = "requirements"
_OF_TESTS = "requires"


def read(source: SourceFile) -> Declared | None:
    """Return the packages of an environment or a recipe, None for a file that is neither."""
    if source.path.rpartition("/")[2].startswith("meta."):
        return Declared(tuple(_recipe(source.data))) if _IS_RECIPE.search(source.data) else None
    tree = read_template(source.data)
    top = next((each for each in tree.entries if each.path == (_LIST,) and each.key), None)
    if top is None or top.kind is not ValueKind.LIST:
        return None
    faults = tuple((fault.offset, fault.reason) for fault in tree.faults)
    return Declared(tuple(_environment(source.data, tree, top)), faults)


def _environment(data: bytes, tree: YamlTree, top: Entry) -> Iterator[Listing]:
    items = _items(tree, top)
    yield _listing(data, top, [each for each in items if each.kind is not ValueKind.MAP], CONDA)
    for each in items:
        pip = tree.child(each.place, _PIP)
        if pip is not None and pip.kind is ValueKind.LIST:
            yield _listing(data, pip, _items(tree, pip), PYPI)


def _items(tree: YamlTree, owner: Entry) -> list[Entry]:
    return [each for each in tree.entries if each.parent == owner.place and each.key is None]


def _listing(data: bytes, owner: Entry, entries: list[Entry], ecosystem: str) -> Listing:
    is_flow = data[owner.value[0] : owner.value[0] + 1] == b"["
    items = []
    for entry in entries:
        start, end = entry.value
        quoted = data[start : start + 1] in (b"'", b'"')
        inside = (start + 1, end - 1) if quoted else (start, end)
        if ecosystem == PYPI:
            wanted = pip_item(data[slice(*inside)], inside[0])
            items.append(Item(start, end, wanted.requirement if wanted is not None else None))
        else:
            items.append(Item(start, end, conda(data, *inside)))
    form = Form.ITEM if is_flow else Form.LINE
    return Listing(form, tuple(items), ".".join(owner.path), ecosystem, brackets="[" if is_flow else "")


def _recipe(data: bytes) -> Iterator[Listing]:
    """Yield the lists of a recipe, line by line: what its template says between them may be anything."""
    above: list[tuple[int, str]] = []
    lists: dict[tuple[str, int], list[Item]] = {}
    for line in _LINE.finditer(data):
        indent, start = len(line["indent"]), line.start("rest")
        comment = _COMMENT.search(line["rest"])
        text = line["rest"][: comment.start()].rstrip() if comment else line["rest"].rstrip()
        key = _KEY.match(text)
        if not text or text.startswith(b"{%"):
            continue
        # The items of a list may stand no deeper than its key.
        while above and (above[-1][0] > indent if line["dash"] else above[-1][0] >= indent):
            above.pop()
        names = [name for _, name in above]
        if key is not None:
            above.append((indent + len(line["dash"] or b""), key[1].decode()))
        elif line["dash"] and names and (_REQUIREMENTS in names or names[-1] == _OF_TESTS):
            item = _line(data, start, start + len(text))
            lists.setdefault((".".join(names), indent), []).append(item)
    for (where, _), items in lists.items():
        yield Listing(Form.LINE, tuple(items), where, CONDA)


def _line(data: bytes, start: int, end: int) -> Item:
    quoted = data[start : start + 1] in (b"'", b'"') and data[start] == data[end - 1]
    inside = (start + 1, end - 1) if quoted else (start, end)
    return Item(start, end, conda(data, *inside))
