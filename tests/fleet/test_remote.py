from __future__ import annotations

import base64
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from natsscan.fleet.cache import Cache
from natsscan.fleet.checkout import commit_now
from natsscan.model.errors import InputError
from tests.fleet.conftest import SECRET, Made, named, refusal


class Forge(ThreadingHTTPServer):
    """Answers all requests with one status; what it was asked with is kept."""

    def __init__(self, status: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = status
        self.seen: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Forge)
        self.server.seen.append(self.headers.get("Authorization", ""))
        self.send_response(self.server.status)
        self.send_header("WWW-Authenticate", 'Basic realm="forge"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def serving(status: int) -> Iterator[tuple[Forge, str]]:
    with Forge(status) as forge:
        thread = threading.Thread(target=forge.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield forge, f"http://127.0.0.1:{forge.server_port}/team/shop.git"
        finally:
            forge.shutdown()
            thread.join()


def test_nobody_is_asked_for_a_password(cache: Cache) -> None:
    with serving(401) as (_, url):
        assert refusal(named(url), cache).startswith(f"{url}: no access, or no such repository; log in with git")
        with pytest.raises(InputError, match="no access, or no such repository; log in with git"):
            commit_now(named(url))


def test_git_s_credential_helper_is_used_and_its_secret_not_shown(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(401) as (forge, url):
        store = tmp_path / "credentials"
        store.write_text(f"http://ada:{SECRET}@127.0.0.1:{forge.server_port}\n")
        settings = tmp_path / "settings"
        settings.write_text(f"[credential]\n\thelper = store --file={store}\n")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
        assert "no access" in refusal(named(url), cache)
        given = base64.b64encode(f"ada:{SECRET}".encode()).decode()
        assert f"Basic {given}" in forge.seen
    assert all(SECRET.encode() not in path.read_bytes() for path in cache.root.rglob("*") if path.is_file())


def test_a_secret_that_settings_put_into_the_address_is_not_shown(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(404) as (forge, url):
        settings = tmp_path / "settings"
        host = f"127.0.0.1:{forge.server_port}"
        settings.write_text(f'[url "http://ada:{SECRET}@{host}/"]\n\tinsteadOf = http://{host}/\n')
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
        assert "not a repository, or one that you may not see" in refusal(named(url), cache)


@pytest.mark.parametrize(
    ("status", "said"), [(403, "no access"), (500, "cannot be reached"), (429, "cannot be reached")]
)
def test_what_a_forge_answers_is_told(cache: Cache, status: int, said: str) -> None:
    with serving(status) as (_, url):
        assert said in refusal(named(url), cache)


def test_a_host_that_does_not_answer_is_told(cache: Cache) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert "cannot be reached" in refusal(named(f"http://127.0.0.1:{port}/x"), cache)
    assert "host not found" in refusal(named("http://no-such-host.invalid/x"), cache)


def test_ssh_is_told_to_ask_for_nothing(cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    ssh = programs / "ssh"
    ssh.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\necho "git@host: Permission denied (publickey)." >&2\nexit 255\n'
    )
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    assert "no access" in refusal(named("git@host:team/shop"), cache)
    assert "-oBatchMode=yes" in (tmp_path / "asked").read_text()
    (tmp_path / "asked").unlink()
    monkeypatch.setenv("GIT_SSH_COMMAND", "ssh -oOwn=1")
    refusal(named("git@host:team/shop"), cache)
    assert "-oOwn=1" in (tmp_path / "asked").read_text()
    assert "BatchMode" not in (tmp_path / "asked").read_text()


def test_what_ssh_leaves_in_the_background_is_not_waited_for(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\nsleep 8 >/dev/null &\nexit 255\n")
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
    started = time.monotonic()
    refusal(named("git@host:team/shop"), cache)
    assert time.monotonic() - started < 7


def test_git_that_is_not_installed_is_told(
    origin: Made, cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin.commit({"a.hs": "one"})
    monkeypatch.setenv("PATH", str(tmp_path))
    for source in (str(origin.path), origin.url):
        assert "git is not on PATH" in refusal(named(source), cache)


def test_what_takes_too_long_ends(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("natsscan.fleet.remote._TIMEOUT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        said = refusal(named(f"git://127.0.0.1:{silent.getsockname()[1]}/x"), cache)
    assert "no whole answer in 10 minutes" in said
