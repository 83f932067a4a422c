"""Python modules before and after they move to the package, and files in which nothing may change."""

from __future__ import annotations

# By what is tricky: the file's path, what it is before, and after.
MOVED: dict[str, tuple[str, str, str]] = {
    "a module": ("app/a01.py", "import pika\nf = pika.BlockingConnection\n", "from app.nats_amqp import pika\nf = pika.BlockingConnection\n"),
    "a module by another name": ("app/a02.py", "import pika as rabbit\nf = rabbit.URLParameters\n", "from app.nats_amqp import pika as rabbit\nf = rabbit.URLParameters\n"),
    "a module in a module binds the first": (
        "app/a03.py",
        "import pika.exceptions\nf = pika.exceptions.AMQPError, pika.BasicProperties\n",
        "from app.nats_amqp import pika\nf = pika.exceptions.AMQPError, pika.BasicProperties\n",
    ),
    "a module in a module by another name": (
        "app/a04.py",
        "import pika.exceptions as errors\nf = errors.AMQPError\n",
        "from app.nats_amqp.pika import exceptions as errors\nf = errors.AMQPError\n",
    ),
    "a module three deep by another name": (
        "app/a05.py",
        "import pika.adapters.blocking_connection as bc\nf = bc.BlockingChannel\n",
        "from app.nats_amqp.pika.adapters import blocking_connection as bc\nf = bc.BlockingChannel\n",
    ),
    "names": ("app/a06.py", "from pika import BlockingConnection, URLParameters\n", "from app.nats_amqp.pika import BlockingConnection, URLParameters\n"),
    "names by other names": ("app/a07.py", "from pika import BasicProperties as P, URLParameters\n", "from app.nats_amqp.pika import BasicProperties as P, URLParameters\n"),
    "names three deep": (
        "app/a08.py",
        "from pika.adapters.blocking_connection import BlockingChannel\n\n\ndef f(c: BlockingChannel) -> None:\n    c.basic_ack(1)\n",
        "from app.nats_amqp.pika.adapters.blocking_connection import BlockingChannel\n\n\ndef f(c: BlockingChannel) -> None:\n    c.basic_ack(1)\n",
    ),
    "a module as a name": ("app/a09.py", "from pika import exceptions, spec\nf = exceptions.NackError, spec.Basic\n", "from app.nats_amqp.pika import exceptions, spec\nf = exceptions.NackError, spec.Basic\n"),
    "parentheses over several lines with comments": (
        "app/a10.py",
        "from aio_pika import (\n    ExchangeType,  # how it chooses\n    # what is sent\n    Message as M,\n)\n",
        "from app.nats_amqp.aio_pika import (\n    ExchangeType,  # how it chooses\n    # what is sent\n    Message as M,\n)\n",
    ),
    "a line that goes on": (
        "app/a11.py",
        "from aio_pika.abc import AbstractChannel, \\\n    AbstractQueue\n",
        "from app.nats_amqp.aio_pika.abc import AbstractChannel, \\\n    AbstractQueue\n",
    ),
    "among others, in their order": (
        "app/a12.py",
        "import json, pika, os.path as p, sys\nf = pika\n",
        "import json\nfrom app.nats_amqp import pika\nimport os.path as p, sys\nf = pika\n",
    ),
    "before another one": ("app/a13.py", "import pika, json\n", "from app.nats_amqp import pika\nimport json\n"),
    "two libraries at once": ("app/a14.py", "import aio_pika, pika as p\n", "from app.nats_amqp import aio_pika, pika as p\n"),
    "the same twice": ("app/a15.py", "import pika, pika.exceptions, pika.spec\n", "from app.nats_amqp import pika\n"),
    "several from several modules": (
        "app/a16.py",
        "import pika.exceptions as e, pika.spec as s, pika\n",
        "from app.nats_amqp.pika import exceptions as e, spec as s\nfrom app.nats_amqp import pika\n",
    ),
    "in a function": (
        "app/a17.py",
        "def f():\n    import json, pika\n\n    return pika.BlockingConnection, json\n",
        "def f():\n    import json\n    from app.nats_amqp import pika\n\n    return pika.BlockingConnection, json\n",
    ),
    "in a method, with tabs": (
        "app/a18.py",
        "class A:\n\tasync def f(self):\n\t\timport pika, json\n\t\treturn pika\n",
        "class A:\n\tasync def f(self):\n\t\tfrom app.nats_amqp import pika\n\t\timport json\n\t\treturn pika\n",
    ),
    "in a class": ("app/a19.py", "class A:\n    from pika import BasicProperties\n", "class A:\n    from app.nats_amqp.pika import BasicProperties\n"),
    "for types only": (
        "app/a20.py",
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import aio_pika as ap\n"
        "    from aio_pika.abc import AbstractChannel\n\n\nasync def f(c: AbstractChannel) -> ap.abc.AbstractQueue:\n"
        "    return await c.declare_queue('q')\n",
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from app.nats_amqp import aio_pika as ap\n"
        "    from app.nats_amqp.aio_pika.abc import AbstractChannel\n\n\nasync def f(c: AbstractChannel) -> ap.abc.AbstractQueue:\n"
        "    return await c.declare_queue('q')\n",
    ),
    "where it may be missing": (
        "app/a21.py",
        "try:\n    import pika\nexcept ImportError:\n    pika = None\n",
        "try:\n    from app.nats_amqp import pika\nexcept ImportError:\n    pika = None\n",
    ),
    "where it may be missing, on one line": (
        "app/a22.py",
        "try: import pika, json\nexcept ImportError: pika = None\n",
        "try: from app.nats_amqp import pika; import json\nexcept ImportError: pika = None\n",
    ),
    "between semicolons": ("app/a23.py", "import os; import pika; f = pika\n", "import os; from app.nats_amqp import pika; f = pika\n"),
    "after a colon": ("app/a24.py", "import os\nif os.name: import pika\n", "import os\nif os.name: from app.nats_amqp import pika\n"),
    "in both branches": (
        "app/a25.py",
        "import sys\nif sys.version_info > (3, 9):\n    from pika import BlockingConnection as B\nelse:\n    from pika.adapters import BlockingConnection as B\n",
        "import sys\nif sys.version_info > (3, 9):\n    from app.nats_amqp.pika import BlockingConnection as B\nelse:\n"
        "    from app.nats_amqp.pika.adapters import BlockingConnection as B\n",
    ),
    "CRLF": ("app/a26.py", "import os, pika\r\nf = pika\r\n", "import os\r\nfrom app.nats_amqp import pika\r\nf = pika\r\n"),
    "a byte order mark": ("app/a27.py", "\ufeffimport pika\nf = pika.URLParameters\n", "\ufefffrom app.nats_amqp import pika\nf = pika.URLParameters\n"),
    "no end of the last line": ("app/a28.py", "import pika", "from app.nats_amqp import pika"),
    "a comment behind": ("app/a29.py", "import pika  # noqa: E402  # pika\n", "from app.nats_amqp import pika  # noqa: E402  # pika\n"),
    "other letters before": ("app/a30.py", "# é 中 😀\nNAME = 'é'; import pika\n", "# é 中 😀\nNAME = 'é'; from app.nats_amqp import pika\n"),
    "blanks around dots": ("app/a31.py", "from pika . exceptions import AMQPError\n", "from app.nats_amqp.pika . exceptions import AMQPError\n"),
    "no blank before parentheses": ("app/a32.py", "from pika.spec import(Basic)\n", "from app.nats_amqp.pika.spec import(Basic)\n"),
    "texts and comments that name it stay": (
        "app/a33.py",
        '"""import pika."""\nimport logging\n\nimport pika\n\n# import pika\nlogging.getLogger("pika").setLevel(30)\n'
        'f = "import pika", pika.BasicProperties\n',
        '"""import pika."""\nimport logging\n\nfrom app.nats_amqp import pika\n\n# import pika\nlogging.getLogger("pika").setLevel(30)\n'
        'f = "import pika", pika.BasicProperties\n',
    ),
    "a package in the package": ("app/deep/deeper/b01.py", "import pika\nf = pika.BlockingConnection\n", "from app.nats_amqp import pika\nf = pika.BlockingConnection\n"),
    "what a package is made of": ("app/deep/__init__.py", "from aio_pika import connect_robust\n", "from app.nats_amqp.aio_pika import connect_robust\n"),
    "a stub": ("app/a34.pyi", "import pika\ndef f(c: pika.BlockingConnection) -> None: ...\n", "from app.nats_amqp import pika\ndef f(c: pika.BlockingConnection) -> None: ...\n"),
    "a test of the package": (
        "tests/test_app.py",
        "import pika\nfrom app import a01\n\n\ndef test() -> None:\n    assert a01.f is pika.BlockingConnection\n",
        "from app.nats_amqp import pika\nfrom app import a01\n\n\ndef test() -> None:\n    assert a01.f is pika.BlockingConnection\n",
    ),
    "a test that imports nothing of it": ("tests/conftest.py", "import pika\nURL = pika.URLParameters\n", "from app.nats_amqp import pika\nURL = pika.URLParameters\n"),
    "a script that uses the package": (
        "run.py",
        "from app.a17 import f\nimport pika\npika.BasicProperties(headers={})\nf()\n",
        "from app.a17 import f\nfrom app.nats_amqp import pika\npika.BasicProperties(headers={})\nf()\n",
    ),
    "a name for types in a text": (
        "app/a35.py",
        "import pika\nfrom typing import cast\n\n\ndef f(c: 'pika.BlockingConnection') -> None:\n    cast('pika.BlockingConnection', c).close()\n",
        "from app.nats_amqp import pika\nfrom typing import cast\n\n\ndef f(c: 'pika.BlockingConnection') -> None:\n    cast('pika.BlockingConnection', c).close()\n",
    ),
    "errors of its own": (
        "app/a36.py",
        "from pika.exceptions import AMQPError\n\n\nclass Gone(AMQPError):\n    pass\n",
        "from app.nats_amqp.pika.exceptions import AMQPError\n\n\nclass Gone(AMQPError):\n    pass\n",
    ),
    "a form feed and many lines between": ("app/a37.py", "import os\n\f\n\n\nimport pika\n\n\n\f\nf = os, pika\n", "import os\n\f\n\n\nfrom app.nats_amqp import pika\n\n\n\f\nf = os, pika\n"),
    "a match": (
        "app/a38.py",
        "def f(x):\n    match x:\n        case 1:\n            import pika\n            return pika.URLParameters\n",
        "def f(x):\n    match x:\n        case 1:\n            from app.nats_amqp import pika\n            return pika.URLParameters\n",
    ),
}  # fmt: skip

# Files that stay as they are.
KEPT: dict[str, tuple[str, str]] = {
    "a comment": ("app/k01.py", "# import pika\nx = 1\n"),
    "a text": ("app/k02.py", "x = '''\nimport pika\nfrom aio_pika import Message\n'''\n"),
    "a module called alike": ("app/k03.py", "import pikachu\nimport aio_pika_extras\nfrom pika_utils import x\n"),
    "a module of its own, relative": ("app/own/k04.py", "from . import pika\nfrom .pika import x\n"),
    "a module of its own": ("app/own/k05.py", "from app.own import pika\nimport app.own.pika\n"),
    "the module of its own": ("app/own/pika.py", "x = 1\n"),
    "a logger": ("app/k06.py", "import logging\nlogging.getLogger('pika').setLevel(logging.WARNING)\nlogging.getLogger('aio_pika.robust_connection')\n"),
    "loggers in a table": ("app/k07.py", "LOGGING = {'loggers': {'pika': {'level': 'INFO'}, 'aio_pika.channel': {'level': 'INFO'}}}\n"),
    "a name": ("app/k08.py", "def f(pika, aio_pika):\n    return pika.basic_publish, aio_pika\n"),
    "another library for NATS": ("app/k09.py", "from nats import connect\n"),
    "what only handles messages": ("app/k10.py", "def on_message(ch, method, properties, body):\n    ch.basic_ack(method.delivery_tag)\n"),
    "no Python of today that names nothing": ("app/k11.py", "print 'hello'\n"),
    "a document": ("docs/pika.txt", "import pika\n"),
    "a notebook": ("notes.ipynb", '{"cells": [{"cell_type": "code", "source": ["import pika\\n"]}]}\n'),
    "a template of code": ("app/templates/k12.py.jinja", "import pika\n"),
    "a type comment": ("app/k13.py", "def f(c):  # type: (pika.BlockingConnection) -> None\n    c.close()\n"),
    "an empty file": ("app/k14.py", ""),
    "a test that replaces something in a module of the code base": (
        "tests/test_k15.py",
        "from unittest.mock import patch\n\n\n@patch('app.a01.pika.BlockingConnection')\ndef test(c):\n    assert c\n",
    ),
    "what is imported by a variable": ("app/k16.py", "import importlib\n\n\ndef load(name):\n    return importlib.import_module(name)\n"),
    "a list of packages": ("app/k17.py", "PACKAGES = ['pika', 'aio_pika']\nprint('pika')\n"),
}  # fmt: skip
