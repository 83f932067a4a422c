"""A small tree whose every name, value and comment tries to be more than text."""

from __future__ import annotations

import json
from pathlib import Path

# One for each way out: of a terminal, of a line, of Markdown, HTML, a runner's log, a forge, a table, a language.
TRICKS = {
    "csi": "\x1b[31mred\x1b[2J",
    "link": "\x1b]8;;https://evil.example\x07here\x1b]8;;\x07",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "c1": "\x9b31m\x9d52;c;ZXZpbA==\x9c\x7f",
    "return": "a\rb\x08\x08c",
    "bidi": "a\u202eb\u2066c\u200fd",
    "unseen": "a\u200bb\ufeffc\u2060d\U000e0041",
    "line": "a\nevil: true\n::error::evil\n/close\n# evil",
    "command": "::error file=evil::evil ##[error]evil",
    "mask": "::add-mask::evil",
    "azure": "##vso[task.setvariable variable=evil]evil",
    "markdown": "[evil](https://evil.example) ![evil](https://evil.example/x.png) **evil** `evil` | evil |",
    "fence": "``` ~~~ ````",
    "reference": "[evil]: https://evil.example",
    "html": "<img src=x onerror=evil()><script>evil()</script><evil-tag>&copy;",
    "closing": '"></title></style></script></textarea>--><evil-tag onclick="evil()">',
    "mention": "@evil-user closes #666 !666 GH-666 evil/evil#666 https://evil.example www.evil.example",
    "quick": "/close",
    "formula": "=cmd|' /C calc'!A0",
    "yaml": "evil: &a {b: *a} # - ! %",
    "shell": "$(evil) `evil` ;evil|evil & 'evil' \"evil\" \\",
    "template": "{{ evil }} {% evil %} ${evil} ${{ evil }}",
    "mermaid": 'x"] --> evil["y" %% click evil',
    "dot": 'x"]; evil [label="y\\',
}
GIT = {"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}


def _haskell(text: str) -> str:
    return '"' + "".join(f"\\{ord(c)}\\&" if not c.isalnum() or ord(c) > 126 else c for c in text) + '"'


def _shown(text: str) -> str:
    """Return a trick as it can stand in a comment, which ends with the line."""
    return text.replace("\n", " ").replace("\r", " ")


def _path(text: str) -> str:
    """Return a trick as it can stand in a path: a slash would be another folder, and names take 255 bytes."""
    return text.replace("/", "∕")[:60]


def write_hostile(root: Path) -> None:
    """Write the tree below a folder."""
    files: dict[str, str] = {"natsscan.toml": "", "cabal.project": "packages: services/*/*.cabal\n"}
    code = ["module Shop where", "import qualified Network.AMQP as Q", ""]
    python = ["import pika", "", "def work(channel):"]
    tasks = ["# Move to NATS", ""]
    for at, (name, trick) in enumerate(TRICKS.items()):
        text = _haskell(trick)
        code += [
            f"f{at} = Q.openConnection {text} {text} {text} {text} >>= Q.openChannel >>= \\c -> do",
            f"  Q.declareExchange c Q.newExchange {{ Q.exchangeName = {text}, Q.exchangeType = \"topic\" }}",
            f"  Q.declareQueue c Q.newQueue {{ Q.queueName = {text} }} -- {_shown(trick)}",
            f"  Q.bindQueue c {text} {text} {text}",
            f"  Q.publishMsg c {text} {text} Q.newMsg  -- natsscan-disable-line amqp-publish: {_shown(trick)}",
            f"  Q.consumeMsgs c {text} Q.Ack print {{- {_shown(trick)} -}}",
            "",
        ]  # fmt: skip
        value = json.dumps(trick)
        python += [
            f"    channel.queue_declare(queue={value}, arguments={{'x-message-ttl': {value}}})  # {_shown(trick)}",
            f"    channel.basic_publish(exchange={value}, routing_key={value}, body=b'')",
        ]
        folder = f"services/{_path(trick)}"
        files[f"{folder}/{at}.cabal"] = (
            f"name: s{at}\nversion: 0\nlibrary\n  exposed-modules: M{at}\n  build-depends: base, amqp\n"
        )
        files[f"{folder}/M{at}.hs"] = (
            f"module M{at} where\nimport Network.AMQP\nx{at} c = publishMsg c {text} {text} m\n"
        )
        files[f"{folder}/{_path(trick)}.yaml"] = f"rabbitmq:\n  host: {value}\n  vHost: {value} # {_shown(trick)}\n"
        files[f"deploy/{name}.yaml"] = f"# {_shown(trick)}\nrabbitmq:\n  host: {value}\n  user: {value}\n  {value}: 1\n"
        files[f"charts/{name}/Chart.yaml"] = f"name: {name}\nversion: 1.0.0\ndescription: {value}\n"
        files[f"charts/{name}/values.yaml"] = f"rabbitmq:\n  host: {value} # {_shown(trick)}\n"
        files[f"charts/{name}/templates/configmap.yaml"] = (
            f"data:\n  shop.yaml: |\n    # {_shown(trick)}\n    rabbitmq:\n      host: {{{{ .Values.rabbitmq.host }}}}\n"
        )
        tasks += [
            f"- [x] Move the queue {_shown(trick)} of `services/{_shown(_path(trick))}`",
            f"- [ ] {_shown(trick)}",
        ]
    files["services/shop/shop.cabal"] = (
        "name: shop\nversion: 0\nlibrary\n  exposed-modules: Shop\n  build-depends: amqp\n"
    )
    files["services/shop/Shop.hs"] = "\n".join(code)
    files["services/shop-python/work.py"] = "\n".join(python) + "\n"
    files["tasks.md"] = "\n".join(tasks) + "\n"
    files["broken.yaml"] = "rabbitmq: [\n"
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content, newline="")


def definitions() -> str:
    """Return definitions of a broker that has the same names."""
    queues = [{"name": t, "vhost": "/", "durable": True, "arguments": {"x-queue-type": t}} for t in TRICKS.values()]
    exchanges = [{"name": t, "vhost": "/", "type": "topic", "durable": True, "arguments": {}} for t in TRICKS.values()]
    bindings = [
        {"source": t, "vhost": "/", "destination": t, "destination_type": "queue", "routing_key": t, "arguments": {}}
        for t in TRICKS.values()
    ]
    policies = [
        {"vhost": "/", "name": t, "pattern": ".*", "apply-to": "queues", "definition": {}, "priority": 0}
        for t in TRICKS.values()
    ]
    return json.dumps({"queues": queues, "exchanges": exchanges, "bindings": bindings, "policies": policies})
