"""Python's dependency files: what stands beside an AMQP package, what goes, and what is left to people."""

from __future__ import annotations

import ast
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natsscan.catalog.catalog import Catalog
from natsscan.model.source import FileKind, SourceFile
from natsscan.patches.engine import splice
from natsscan.patches.place import Job, Reading
from natsscan.patches.python_packages import read as edit
from natsscan.source.kinds import Kinds
from natsscan.surfaces.python_packages import read
from tests.cli.test_bad_input import Write
from tests.conftest import Command
from tests.scanning import read_surface

# Path, the file before, after prepare (None if nothing changes), and after clean-up of that.
EDITED: dict[str, tuple[str, str, str | None, str]] = {
    "a requirement": ("requirements.txt", "x\npika\ny\n", "x\npika\nnats-py\ny\n", "x\nnats-py\ny\n"),
    "in its order, with comments": (
        "requirements.txt",
        "# all\naiohttp>=3  # web\n# RabbitMQ\npika~=1.3.0  # the client\npytest\n",
        "# all\naiohttp>=3  # web\nnats-py~=2.16.0\n# RabbitMQ\npika~=1.3.0  # the client\npytest\n",
        "# all\naiohttp>=3  # web\nnats-py~=2.16.0\n# RabbitMQ\npytest\n",
    ),
    "pinned, with a marker, CRLF": (
        "requirements/base.in",
        'z\r\naio_pika[x]==9.5.0 ; python_version < "4"\r\n-r more.in\r\n',
        'z\r\naio_pika[x]==9.5.0 ; python_version < "4"\r\nnats-py==2.16.0 ; python_version < "4"\r\n-r more.in\r\n',
        'z\r\nnats-py==2.16.0 ; python_version < "4"\r\n-r more.in\r\n',
    ),
    "no line end at the end": ("requirements.txt", "z\npika", "z\nnats-py\npika", "z\nnats-py\n"),
    "two of them": (
        "requirements.txt",
        "kombu>=5,<6\namqp\nz\n",
        "kombu>=5,<6\nnats-py>=2.9,<3\namqp\nz\n",
        "nats-py>=2.9,<3\nz\n",
    ),
    "it is there already": ("requirements.txt", "Nats_Py>=2\npika\n", None, "Nats_Py>=2\n"),
    "over several lines": (
        "requirements.txt",
        "pika==1.3.2 \\\n    --hash=sha256:aa\nz==1 --hash=sha256:bb\n",
        None,
        "z==1 --hash=sha256:bb\n",
    ),
    "from an address": (
        "requirements.txt",
        "git+https://github.com/pika/pika@1#egg=pika\nz\n",
        None,
        "z\n",
    ),
    "an extra alone": (
        "requirements.txt",
        "z\nfaststream[rabbit]~=0.5.0\na\n",
        "z\nfaststream[rabbit]~=0.5.0\nfaststream[nats]~=0.5.0\na\n",
        "z\nfaststream[nats]~=0.5.0\na\n",
    ),
    "an array on one line": (
        "pyproject.toml",
        '[project]\ndependencies = ["x", "pika >= 1.3", "a"]  # y\n',
        '[project]\ndependencies = ["x", "pika >= 1.3", "nats-py >= 2.9", "a"]  # y\n',
        '[project]\ndependencies = ["x", "nats-py >= 2.9", "a"]  # y\n',
    ),
    "the last of an array, in its order": (
        "pyproject.toml",
        "[project]\ndependencies = ['aiohttp', 'pika']\n",
        "[project]\ndependencies = ['aiohttp', 'nats-py', 'pika']\n",
        "[project]\ndependencies = ['aiohttp', 'nats-py']\n",
    ),
    "the only one": (
        "pyproject.toml",
        '[project.optional-dependencies]\nmq = ["pika"]\n',
        '[project.optional-dependencies]\nmq = ["nats-py", "pika"]\n',
        '[project.optional-dependencies]\nmq = ["nats-py"]\n',
    ),
    "an array over lines": (
        "pyproject.toml",
        '[project]\ndependencies = [\n    "z",  # first\n    "pika (>=1.3,<2.0)",  # RabbitMQ\n    # and more\n    "a",\n]\n',
        '[project]\ndependencies = [\n    "z",  # first\n    "pika (>=1.3,<2.0)",  # RabbitMQ\n    "nats-py (>=2.9,<3)",\n    # and more\n    "a",\n]\n',
        '[project]\ndependencies = [\n    "z",  # first\n    "nats-py (>=2.9,<3)",\n    # and more\n    "a",\n]\n',
    ),
    "an array over lines, no comma at its end": (
        "pyproject.toml",
        '[dependency-groups]\ntest = [\n  "z",\n  "pika"\n]\n',
        '[dependency-groups]\ntest = [\n  "z",\n  "pika",\n  "nats-py"\n]\n',
        '[dependency-groups]\ntest = [\n  "z",\n  "nats-py"\n]\n',
    ),
    "no comma at its end, but a comment": (
        "pyproject.toml",
        '[dependency-groups]\ntest = [\n  "z",  # z\n  "pika"  # p\n]\n',
        '[dependency-groups]\ntest = [\n  "z",  # z\n  "nats-py",\n  "pika"  # p\n]\n',
        '[dependency-groups]\ntest = [\n  "z",  # z\n  "nats-py",\n]\n',
    ),
    "tables of poetry": (
        "pyproject.toml",
        '[tool.poetry.dependencies]\npython = "^3.11"\naiohttp = "*"\npika = "^1.3.2"  # p\nzstd = "1"\n',
        '[tool.poetry.dependencies]\npython = "^3.11"\naiohttp = "*"\nnats-py = "^2.9"\npika = "^1.3.2"  # p\nzstd = "1"\n',
        '[tool.poetry.dependencies]\npython = "^3.11"\naiohttp = "*"\nnats-py = "^2.9"\nzstd = "1"\n',
    ),
    "an optional one of poetry, with its extra": (
        "pyproject.toml",
        '[tool.poetry.dependencies]\nz = "*"\npika = { version = "~1.3", optional = true }\n[tool.poetry.extras]\nmq = ["pika", "z"]\n',
        '[tool.poetry.dependencies]\nz = "*"\npika = { version = "~1.3", optional = true }\nnats-py = { version = "~2.16.0", optional = true }\n[tool.poetry.extras]\nmq = ["nats-py", "pika", "z"]\n',
        '[tool.poetry.dependencies]\nz = "*"\nnats-py = { version = "~2.16.0", optional = true }\n[tool.poetry.extras]\nmq = ["nats-py", "z"]\n',
    ),
    "uv, with where a package comes from": (
        "pyproject.toml",
        '[tool.uv]\ndev-dependencies = ["pika>1"]\n[tool.uv.sources]\npika = { git = "https://x.org/p" }\nz = { path = "z" }\n',
        '[tool.uv]\ndev-dependencies = ["nats-py>=2.9", "pika>1"]\n[tool.uv.sources]\npika = { git = "https://x.org/p" }\nz = { path = "z" }\n',
        '[tool.uv]\ndev-dependencies = ["nats-py>=2.9"]\n[tool.uv.sources]\nz = { path = "z" }\n',
    ),
    "a Pipfile": (
        "Pipfile",
        '[packages]\nrequests = "*"\nkombu = "==5.*"\n[dev-packages]\npika = "*"\n',
        '[packages]\nrequests = "*"\nkombu = "==5.*"\nnats-py = "==2.*"\n[dev-packages]\npika = "*"\nnats-py = "*"\n',
        '[packages]\nrequests = "*"\nnats-py = "==2.*"\n[dev-packages]\nnats-py = "*"\n',
    ),
    "setup.cfg": (
        "setup.cfg",
        "[options]\ninstall_requires =\n    # web\n    x\n    pika!=1.1,>=1.0\n    a\n[options.extras_require]\nmq =\n\tamqp\n",
        "[options]\ninstall_requires =\n    # web\n    x\n    pika!=1.1,>=1.0\n    nats-py>=2.9\n    a\n[options.extras_require]\nmq =\n\tamqp\n\tnats-py\n",
        "[options]\ninstall_requires =\n    # web\n    x\n    nats-py>=2.9\n    a\n[options.extras_require]\nmq =\n\tnats-py\n",
    ),
    "setup.py": (
        "setup.py",
        "from setuptools import setup\n\nextras = {\n    'mq': [\n        'pika>=1.0,<2.0',\n    ],\n}\nsetup(\n    install_requires=['x==1',\n                      'amqp==5.1',  # q\n                      'a'],\n    extras_require=extras,\n)\n",
        "from setuptools import setup\n\nextras = {\n    'mq': [\n        'pika>=1.0,<2.0',\n        'nats-py>=2.9,<3',\n    ],\n}\nsetup(\n    install_requires=['x==1',\n                      'amqp==5.1',  # q\n                      'nats-py==2.16.0',\n                      'a'],\n    extras_require=extras,\n)\n",
        "from setuptools import setup\n\nextras = {\n    'mq': [\n        'nats-py>=2.9,<3',\n    ],\n}\nsetup(\n    install_requires=['x==1',\n                      'nats-py==2.16.0',\n                      'a'],\n    extras_require=extras,\n)\n",
    ),
    "conda with a list for pip": (
        "environment.yml",
        "name: shop\ndependencies:\n  - python=3.12\n  - pika=1.3  # mq\n  - pip:\n      - 'aio-pika==9.5'\n      - z\n",
        "name: shop\ndependencies:\n  - python=3.12\n  - pika=1.3  # mq\n  - nats-py=2.9\n  - pip:\n      - 'aio-pika==9.5'\n      - 'nats-py==2.16.0'\n      - z\n",
        "name: shop\ndependencies:\n  - python=3.12\n  - nats-py=2.9\n  - pip:\n      - 'nats-py==2.16.0'\n      - z\n",
    ),
    "conda in brackets": (
        "environment.yml",
        "dependencies: [python, pika, a]\n",
        "dependencies: [python, pika, nats-py, a]\n",
        "dependencies: [python, nats-py, a]\n",
    ),
    "a recipe": (
        "meta.yaml",
        "{% set v = 1 %}\npackage:\n  name: shop\nrequirements:\n  run:\n    - python {{ python_min }}\n    - pika >=1.3,<2  # [linux]\n    - a\n",
        "{% set v = 1 %}\npackage:\n  name: shop\nrequirements:\n  run:\n    - python {{ python_min }}\n    - pika >=1.3,<2  # [linux]\n    - nats-py >=2.9,<3  # [linux]\n    - a\n",
        "{% set v = 1 %}\npackage:\n  name: shop\nrequirements:\n  run:\n    - python {{ python_min }}\n    - nats-py >=2.9,<3  # [linux]\n    - a\n",
    ),
}  # fmt: skip

# Path and a file in which nothing may be changed in any stage.
KEPT = {
    "other packages": ("requirements.txt", "pika-docs\nkombucha\naio-pika2\n# pika\nx  # pika\n"),
    "markers and extras of others": ("requirements.txt", 'x; extra == "pika"\nx[amqp]>=1\n'),
    "addresses of others": ("requirements.txt", "https://x.org/pika/other-1.0.tar.gz\n-r pika.txt\n-e ./pika\n"),
    "what a program has written": (
        "requirements.txt",
        "#\n# This file is autogenerated by pip-compile with Python 3.12\n#\npika==1.3.2\n    # via -r requirements.in\n",
    ),
    "what a program has written, told by who asks": ("requirements/base.txt", "amqp==5.3.1\n    # via kombu\nz==1\n"),
    "a package that no other one takes the place of": ("requirements.txt", "nameko\npyrabbit\ncelery[librabbitmq]\n"),
    "other extras of the same package": ("requirements.txt", "z\nfaststream[cli, rabbit]~=0.5.0\n"),
    "celery may have another broker": ("requirements.txt", "celery\ncelery[redis]\n"),
    "names elsewhere": (
        "pyproject.toml",
        '[project]\nname = "pika"\nkeywords = ["amqp"]\ndependencies = ["x"]  # "pika"\n[tool.mypy]\nmodule = ["pika"]\n',
    ),
    "a table of its own": ("pyproject.toml", '[tool.poetry.dependencies.pika]\nversion = "^1.3"\n'),
    "a table in braces": ("pyproject.toml", '[tool.poetry]\ndependencies = { pika = "^1.3", z = "*" }\n'),
    "TOML that is broken": ("pyproject.toml", '[project]\ndependencies = ["pika"]\nx = = 1\n'),
    "on the line of its key": ("setup.cfg", "[options]\ninstall_requires = pika; x\n"),
    "a broken setup.cfg": ("setup.cfg", "x\n[options]\ninstall_requires =\n    pika\n"),
    "a tuple that would be none": ("setup.py", 'setup(install_requires=("pika",))\n'),
    "a text": ("setup.py", 'setup(install_requires="pika>=1")\n'),
    "Python 2": ("setup.py", 'print "x"\nsetup(install_requires=["pika", "x"])\n'),
    "packages that are built": ("setup.py", 'setup(packages=["pika", "x"], keywords=["amqp"])\n'),
    "a lock file": ("poetry.lock", '[[package]]\nname = "pika"\nversion = "1.3.2"\n'),
    "a lock file in JSON": ("Pipfile.lock", '{\n    "default": {\n        "pika": {"version": "==1.3.2"}\n    }\n}\n'),
    "a recipe's other lists": ("meta.yaml", "package:\n  name: pika\ntest:\n  imports:\n    - pika\n"),
}  # fmt: skip

# A file, and what people are told of it.
TOLD = [
    ("requirements.txt", "pika==1 \\\n  --hash=sha256:aa\n", "with its hashes"),
    ("requirements.txt", "# autogenerated by pip-compile\npika==1\n", "written by pip-compile"),
    ("requirements.txt", "pika @ https://x.org/p.whl\n", "taken from an address"),
    ("requirements.txt", "nameko\n", "No rule says"),
    ("requirements.txt", "faststream[cli,rabbit]\n", "for other things as well"),
    ("uv.lock", '[[package]]\nname = "pika"\n', "written by uv lock"),
    ("pyproject.toml", '[tool.poetry.dependencies]\nfaststream = {extras = ["rabbit"], version = "*"}\n', "by hand"),
    ("pyproject.toml", '[tool.poetry.dependencies]\npika = {git = "https://x.org/p"}\n[tool.poetry.extras]\nq = ["pika"]\n', "for which none is put beside"),
    ("setup.py", 'setup(install_requires=["x", "pika==%s" % version])\n', "written in a way"),
    ("setup.cfg", "[options]\ninstall_requires = pika\n", "on the line of its key"),
    ("meta.yaml", "requirements:\n  run:\n    - pika {{ v }}\n", "written in a way"),
]  # fmt: skip


@pytest.mark.parametrize("case", EDITED)
def test_a_file_is_edited(natsscan: Command, write: Write, case: str) -> None:
    path, before, prepared, cleaned = EDITED[case]
    file = write({path: before.encode(), "natsscan.toml": ""}) / path
    assert natsscan("patch", ".", "--stage", "prepare", "--write").code == 0
    assert file.read_bytes().decode() == (before if prepared is None else prepared)
    assert natsscan("patch", ".", "--stage", "prepare", "--check").code == 0
    assert natsscan("patch", ".", "--stage", "clean-up", "--unsafe", "--write").code == 0
    assert file.read_bytes().decode() == cleaned


@pytest.mark.parametrize("case", KEPT)
def test_a_file_is_left_alone(natsscan: Command, write: Write, case: str) -> None:
    path, before = KEPT[case]
    file = write({path: before.encode(), "natsscan.toml": ""}) / path
    for stage in ("prepare", "cut-over", "clean-up"):
        run = natsscan("patch", ".", "--stage", stage, "--unsafe", "--write")
        assert run.code == 0, run.err
        assert file.read_bytes().decode() == before


def edited(path: str, data: bytes, catalog: Catalog) -> Reading:
    kind = Kinds([path]).of(path)
    assert kind is not None
    usages = read_surface(read, kind, path, data, catalog).usages
    return edit(Job(SourceFile(path, kind, data), usages, catalog.broker, catalog.replacements))


@pytest.mark.parametrize(("path", "text", "told"), TOLD)
def test_what_people_are_told(path: str, text: str, told: str, catalog: Catalog) -> None:
    reading = edited(path, text.encode(), catalog)
    reasons = [reason for _, reason in reading.others] + [place.reason for place in reading.places]
    assert any(told in reason for reason in reasons), reasons
    assert not any(place.twin for place in reading.places)


AMQP = ("pika", "aio-pika", "kombu>=5")
ENTRIES = st.lists(st.sampled_from([*AMQP, "a", "m==1", "x[y]", "z"]), min_size=1, max_size=6, unique=True)
OPENING = st.sampled_from(["", "\n    ", "\n  # c\n  ", " "])
BETWEEN = st.sampled_from([", ", ",\n    ", ",  # c\n    ", ",\n    # pika\n    ", " ,", "\n  , "])
CLOSING = st.sampled_from(["", ",", "\n", ",\n", "  # c\n", ",  # c\n", "\n  ,\n"])


def stands_in(path: str, text: str) -> list[str]:
    """Return what a file lists, as Python itself reads it."""
    if path == "pyproject.toml":
        return list(tomllib.loads(text)["project"]["dependencies"])
    call = ast.parse(text).body[0]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    return list(ast.literal_eval(call.value.keywords[0].value))


def test_a_list_says_what_it_should_whatever_its_layout(catalog: Catalog) -> None:
    @settings(max_examples=400, deadline=None)
    @given(
        ENTRIES,
        st.lists(BETWEEN, min_size=5, max_size=5),
        OPENING,
        CLOSING,
        st.sampled_from(["pyproject.toml", "setup.py"]),
    )
    def check(entries: list[str], between: list[str], opening: str, closing: str, path: str) -> None:
        inside = "".join(f'{gap}"{entry}"' for entry, gap in zip(entries, [opening, *between], strict=False)) + closing
        text = (
            f"[project]\ndependencies = [{inside}]\n"
            if path == "pyproject.toml"
            else f"setup(install_requires=[{inside}])\n"
        )
        data = text.encode()
        places = edited(path, data, catalog).places
        added = [(place.beside, place.beside, place.twin) for place in places if place.twin]
        taken = [(place.start, place.end, b"") for place in places if place.can_go]
        gone = [data[place.answers[0].span.start :].decode().partition('"')[0] for place in places]
        left = [each for each in entries if each not in gone]
        prepared = stands_in(path, splice(data, added).decode())
        twins = [each for each in prepared if each not in entries]
        assert len(twins) == len(added) <= 1
        assert [each for each in prepared if each not in twins] == entries
        assert stands_in(path, splice(data, taken).decode()) == left
        both = splice(data, [*added, *taken]).decode()
        assert [each for each in stands_in(path, both) if each not in twins] == left
        assert set(twins) <= set(stands_in(path, both))

    check()


def test_all_kinds_have_an_editor() -> None:
    from natsscan.model.source import PYTHON_PACKAGING
    from natsscan.patches.registry import EDITORS

    assert EDITORS.keys() >= PYTHON_PACKAGING
    assert FileKind.CONDA in PYTHON_PACKAGING
