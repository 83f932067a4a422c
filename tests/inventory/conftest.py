from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import WIRE_MINI, run_command

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass
class Seen:
    """A page in a browser, and what it asked for and complained about."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


See = Callable[..., Seen]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium. It ends with its module: while it runs, nothing else can use asyncio in this thread."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        assert not os.environ.get("CI"), "chromium is needed where CI is set"
        pytest.skip("no chromium here")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def see(browser: Browser) -> Iterator[See]:
    """Open a page from the disk; at the end it has asked for nothing and complained about nothing."""
    opened: list[Seen] = []

    def call(file: Path, place: str = "", width: int = 1280, script: bool = True, scheme: str = "light") -> Seen:
        context = browser.new_context(
            viewport={"width": width, "height": 860},
            java_script_enabled=script,
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
        )
        seen = Seen(context.new_page())
        opened.append(seen)
        page = seen.page
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("console", lambda message: seen.errors.append(message.text))
        page.on("dialog", lambda dialog: (seen.errors.append(dialog.message), dialog.dismiss()))
        page.goto(file.as_uri() + place)
        return seen

    yield call
    for seen in opened:
        asked = [url for url in seen.requests if not url.startswith(("file:", "data:"))]
        assert (asked, seen.errors) == ([], [])
        assert len({url.partition("#")[0] for url in seen.requests if url.startswith("file:")}) == 1
        seen.page.context.close()


@pytest.fixture(scope="session")
def wire_mini(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the fixture that is a project of its own."""
    root = tmp_path_factory.mktemp("inventory") / "wire-mini"
    shutil.copytree(WIRE_MINI, root)
    (root / "natsscan.toml").touch()
    return root


@pytest.fixture(scope="session")
def page_file(wire_mini: Path) -> Path:
    return inventory(wire_mini, "html")


@pytest.fixture(scope="session")
def document(wire_mini: Path) -> str:
    return inventory(wire_mini, "markdown").read_text()


def inventory(root: Path, form: str, *arguments: str | Path) -> Path:
    file = root.parent / f"inventory.{form}"
    run = run_command("inventory", root, "--format", form, "-o", file, *arguments, cwd=root.parent)
    assert (run.code, run.err) == (0, ""), run.err
    return file


# Names that would do something if they were not only shown.
HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "@octocat #12",
    'a"onmouseover="alert(2)',
    "`b` $x$ [l](https://evil.example) ![p](https://evil.example/p.png)",
    "<!--<script>alert(3)</script>",
    "r\u202eot\u2066|c",
    "{{ 7 * 7 }}{% raw %}",
    "<details></details></summary>",
)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose names and files would like to do something."""
    root = tmp_path_factory.mktemp("hostile") / "it's <b>&"
    lines = ["module M where", "import qualified Network.AMQP as Q", ""]
    for at, name in enumerate(HOSTILE):
        text = name.replace("\\", "\\\\").replace('"', '\\"')
        lines += [
            f"f{at} c = do",
            f'  Q.declareExchange c Q.newExchange {{ Q.exchangeName = "x{text}", Q.exchangeType = "topic" }}',
            f'  Q.declareQueue c Q.newQueue {{ Q.queueName = "q{text}" }}',
            f'  Q.bindQueue c "q{text}" "x{text}" "k{text}"',
            f'  Q.publishMsg c "x{text}" "k{text}" Q.newMsg',
            f'  Q.consumeMsgs c "q{text}" Q.Ack g -- {name}',
            "",
        ]
    folder = root / "services" / 'x"><img src=y onerror=alert(4)>`@octocat`'
    folder.mkdir(parents=True)
    (folder / "M.hs").write_text("\n".join(lines))
    (folder / "x.cabal").write_text("name: x\nversion: 1\nlibrary\n  exposed-modules: M\n  build-depends: amqp\n")
    (root / "natsscan.toml").touch()
    (root / ".env").write_text("RABBITMQ_USERNAME=</pre><script>alert(5)</script>\nRABBITMQ_PASSWORD=hunter2hunter2\n")
    return root


def shown(page: Page) -> int:
    """How many findings the filter leaves, as the page says it."""
    found = re.match(r"([\d,]+) of", page.locator("#shown").inner_text())
    return int(found[1].replace(",", "")) if found else 0
