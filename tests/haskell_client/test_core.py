"""The generated Haskell client against a real nats-server: connecting, core messages, and trouble."""

from __future__ import annotations

import signal
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from tests.haskell_client.conftest import Server, Start, jetstream, serving
from tests.haskell_client.keys import authority, credentials, nkey
from tests.nats.conftest import free_ports

pytestmark = pytest.mark.ghc
REFUSED = "ServerRefused (AuthorizationViolation"


def outcome(start: Start, servers: str, **settings: object) -> str:
    result = start("connect", servers, **settings).result()
    assert result["sockets"] == 0, "a connection that is over has no socket left"
    return str(result["outcome"])


def test_user_and_password(start: Start, tmp_path: Path) -> None:
    with serving(tmp_path / "s", 'authorization { user: ann, password: "p w" }') as server:
        assert outcome(start, server.url, user="ann", password="p w") == "hello"
        assert REFUSED in outcome(start, server.url, user="ann", password="wrong")
        assert REFUSED in outcome(start, server.url)


def test_token(start: Start, tmp_path: Path) -> None:
    with serving(tmp_path / "s", "authorization { token: s3cret }") as server:
        assert outcome(start, server.url, token="s3cret") == "hello"
        assert REFUSED in outcome(start, server.url, token="other")


def test_nkey(start: Start, tmp_path: Path) -> None:
    ours = nkey(tmp_path, "U")
    (tmp_path / "other").mkdir()
    other = nkey(tmp_path / "other", "U")
    with serving(tmp_path / "s", f"authorization {{ users: [{{ nkey: {ours.public} }}] }}") as server:
        assert outcome(start, server.url, seed=ours.seed) == "hello"
        assert REFUSED in outcome(start, server.url, seed=other.seed)
        mistyped = (
            f"{ours.seed[:20]}{'7A'[ours.seed[20] == '7']}{ours.seed[21:]}"  # of the last letter two bits do not count
        )
        assert "InvalidCredentials" in outcome(start, server.url, seed=mistyped)
        assert "InvalidCredentials" in outcome(start, server.url, seed=ours.public)


def test_credentials_file(start: Start, tmp_path: Path) -> None:
    operator, account, user = (nkey(tmp_path, kind) for kind in "OAU")
    unlimited = dict.fromkeys(("subs", "data", "payload", "imports", "exports", "conn", "leaf"), -1)
    claims: dict[str, object] = {"type": "account", "version": 2, "limits": {**unlimited, "wildcards": True}}
    own = operator.token(operator.public, "operator", {"type": "operator", "version": 2})
    company = operator.token(account.public, "company", claims)
    person: dict[str, object] = {
        "type": "user",
        "version": 2,
        "pub": {},
        "sub": {},
        "subs": -1,
        "data": -1,
        "payload": -1,
    }
    file = tmp_path / "user.creds"
    config = f"operator: {own}\nresolver: MEMORY\nresolver_preload: {{ {account.public}: {company} }}"
    with serving(tmp_path / "s", config) as server:
        file.write_text(credentials(account.token(user.public, "person", person), user.seed))
        assert outcome(start, server.url, credentials=str(file)) == "hello"
        file.write_text(credentials(user.token(user.public, "person", person), user.seed))
        assert REFUSED in outcome(start, server.url, credentials=str(file))
        assert "cannot be read" in outcome(start, server.url, credentials="/nowhere")
        file.write_text("nothing")
        assert "InvalidCredentials" in outcome(start, server.url, credentials=str(file))


def test_tls(start: Start, tmp_path: Path) -> None:
    good, bad = authority(tmp_path / "ca", "good"), authority(tmp_path / "ca", "bad")
    certificate, key = good.sign("server", "DNS:localhost,IP:127.0.0.1")
    ca = str(good.certificate)
    with serving(tmp_path / "s", f'tls {{ cert_file: "{certificate}", key_file: "{key}" }}') as server:
        by_name = server.url.replace("127.0.0.1", "localhost")
        assert outcome(start, server.url, ca=ca) == "hello", "an address in the certificate"
        assert outcome(start, by_name, ca=ca) == "hello"
        assert outcome(start, server.url, ca=ca, name="localhost") == "hello"
        assert outcome(start, server.url, insecure=True) == "hello"
        assert "NameMismatch" in outcome(start, server.url, ca=ca, name="elsewhere")
        assert "UnknownCA" in outcome(start, server.url, ca=str(bad.certificate)).replace(
            "certificate has unknown CA", "UnknownCA"
        )
        assert "TlsFailed" in outcome(start, server.url), "the system does not trust it"
        assert "TlsFailed" in outcome(start, server.url, ca=str(tmp_path / "none.pem"))


def test_tls_with_a_client_certificate(start: Start, tmp_path: Path) -> None:
    ours = authority(tmp_path / "ca", "ours")
    certificate, key = ours.sign("server", "DNS:localhost,IP:127.0.0.1")
    own = [str(path) for path in ours.sign("client", "DNS:client")]
    config = f'tls {{ cert_file: "{certificate}", key_file: "{key}", ca_file: "{ours.certificate}", verify: true }}'
    with serving(tmp_path / "s", config) as server:
        assert outcome(start, server.url, ca=str(ours.certificate), certificate=own) == "hello"
        assert outcome(start, server.url, ca=str(ours.certificate)) != "hello"


def test_a_load_over_tls(start: Start, tmp_path: Path) -> None:
    ours = authority(tmp_path / "ca", "ours")
    certificate, key = ours.sign("server", "DNS:localhost")
    config = f'tls {{ cert_file: "{certificate}", key_file: "{key}" }}\n{jetstream(tmp_path)}'
    with serving(tmp_path / "s", config) as server:
        url = server.url.replace("nats://127.0.0.1", "tls://localhost")
        said = start("load", url, ca=str(ours.certificate), count=5000).result()
    assert said["received"] == said["shared"] == 5000 and said["disorder"] == 0


def test_no_plain_text_where_tls_is_wanted(start: Start, server: Server) -> None:
    assert "the server offers no TLS" in outcome(start, server.url.replace("nats://", "tls://"))
    assert outcome(start, server.url) == "hello"


def test_nobody_there(start: Start, server: Server) -> None:
    server.stop()
    said = outcome(start, server.url)
    assert said.startswith("ConnectionFailed") and "NetworkError" in said


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "ProtocolError"),
        (b"INFO {\r\n", "ProtocolError"),
        (b"\x00\xff" * 4096 + b"\r\n", "ProtocolError"),
        (b"x" * 2_000_000, "ProtocolError"),
        (b"INFO {}\r\nMSG a 1 99999999999\r\n", "ProtocolError"),
        (b"INFO {}\r\n-ERR 'Maximum Connections Exceeded'\r\n", "Maximum Connections Exceeded"),
        (b"", "NetworkError"),
    ],
)
def test_what_is_no_nats_server(start: Start, answer: bytes, said: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        scenario = start("connect", f"nats://127.0.0.1:{listener.getsockname()[1]}")
        client, _ = listener.accept()
        with client, suppress(OSError):  # it may hang up before all is said
            client.sendall(answer)
            client.shutdown(socket.SHUT_WR)
            while client.recv(4096):
                pass
        assert said in scenario.result()["outcome"]


def test_an_endpoint_from_configuration_and_environment(start: Start, tmp_path: Path) -> None:
    with serving(tmp_path / "s", "authorization { user: ann, password: secret }") as server:
        where = {"host": "127.0.0.1", "port": server.port}
        known = {"NATS_USERNAME": "ann", "NATS_PASSWORD": "secret"}
        said = start("endpoint", server.url, environment=known, endpoint=where).result()
        assert said["options"] == [[f"127.0.0.1:{server.port}"], 'UserPassword "ann" ***', "Nothing"]
        assert said["outcome"] == "connected"
        tls = {"servers": f"{server.url},b", "enableTls": True, "caCert": "ca.pem"}
        scenario = start("endpoint", server.url, environment={"NATS_TOKEN": "t"}, endpoint=tls)
        servers, credentials_, options = scenario.wait_for("options")
        assert servers == [f"127.0.0.1:{server.port}", "b:4222"] and credentials_ == "Token ***"
        assert 'tlsCaFile = Just "ca.pem"' in options and "tlsInsecureSkipVerify = False" in options
        for _ in range(4):  # it goes on trying
            scenario.wait_for("event", "ConnectFailed")
    assert "InvalidServer" in start("endpoint", "a", endpoint={"servers": "http://a"}).result()["outcome"]


def test_messages_and_subscriptions(start: Start, server: Server) -> None:
    said = start("messages", server.url).result()
    assert said["message"] is True
    assert "InvalidHeader" in said["header"] and "InvalidHeader" in said["break"]
    assert all("InvalidSubject" in each for each in said["subjects"])
    assert said["large"] == "PayloadTooLarge 1048577 1048576"
    assert (said["three"], said["ended"]) == (3, "SubscriptionEnded")
    assert said["group"] == [True] * 3
    assert said["nobody"] == 'NoResponders "nobody"' and said["silent"] == 'RequestTimeout "silent"'
    assert any("CallbackFailed" in each and "thrown by a callback" in each for each in said["event"])
    assert said["closed"] == "ClosedByUser" and said["silence"] == "ConnectionClosed ClosedByUser"


def test_a_slow_subscription_loses_its_own_messages_only_and_it_is_told(start: Start, server: Server) -> None:
    said = start("slow", server.url, count=2000, limit=100).result()
    assert said["dropped"] == 1900 and said["more"] is False
    assert said["kept"] == list(range(1, 101)), "the oldest, in order"
    assert [each for each in said["event"] if "SlowConsumer" in each] == ['SlowConsumer "flood" 1']


def test_draining_finishes_what_was_received(start: Start, server: Server) -> None:
    said = start("drain", server.url, count=300).result()
    assert said["seen"] == 300
    assert said["after"] == "ConnectionClosed ClosedByUser"


def test_what_is_published_without_a_server_waits_within_bounds(start: Start, server: Server) -> None:
    scenario = start("pending", server.url, pending=100_000)
    scenario.wait_for("ready")
    server.stop()
    scenario.tell("go")
    taken = scenario.wait_for("full")
    assert 80 <= taken <= 100
    server.start()
    assert scenario.wait_for("received") is True
    scenario.result()


def test_a_server_that_is_silent_is_left(start: Start, server: Server) -> None:
    scenario = start("watch", server.url, ping=0.3)
    scenario.wait_for("ready")
    server.send(signal.SIGSTOP)
    assert "does not answer" in scenario.wait_for("event", "Disconnected")
    server.send(signal.SIGCONT)
    scenario.wait_for("event", "Connected")
    scenario.tell("request")
    assert scenario.wait_for("answer") == "hello", "subscribed again"
    scenario.tell("nobody")
    assert scenario.wait_for("answer").startswith("NoResponders")
    scenario.tell("quit")
    assert scenario.result()["closed"] == "ClosedByUser"


def test_credentials_that_no_longer_count_end_it(start: Start, tmp_path: Path) -> None:
    with serving(tmp_path / "s", "authorization { token: old }") as server:
        scenario = start("watch", server.url, token="old")
        scenario.wait_for("ready")
        server.stop()
        server.config = "authorization { token: new }"
        server.start()
        assert f"GaveUp ({REFUSED}" in scenario.wait_for("closed")
        scenario.tell("request")
        assert "ConnectionClosed" in scenario.wait_for("answer")
        scenario.tell("quit")
        scenario.result()


def test_it_gives_up_when_told_to(start: Start, server: Server) -> None:
    scenario = start("watch", server.url, rounds=2)
    scenario.wait_for("ready")
    server.stop()
    assert "GaveUp (ConnectionFailed" in scenario.wait_for("closed")
    scenario.tell("quit")
    scenario.result()


def test_what_is_not_allowed_is_told(start: Start, tmp_path: Path) -> None:
    config = 'authorization { users: [{ user: ann, password: p, permissions: { publish: { deny: "secret" } } }] }'
    with serving(tmp_path / "s", config) as server:
        scenario = start("watch", server.url, user="ann", password="p")
        scenario.wait_for("ready")
        scenario.tell("publish")
        assert "PermissionsViolation" in scenario.wait_for("event", "ServerComplained")
        scenario.tell("request")
        assert scenario.wait_for("answer") == "hello", "the connection stays"
        scenario.tell("quit")
        scenario.result()


def test_another_server_of_the_cluster(start: Start, tmp_path: Path) -> None:
    ports, routes = free_ports(2), free_ports(2)

    def config(at: int) -> str:
        known = ", ".join(f"nats-route://127.0.0.1:{port}" for port in routes)
        return f"server_name: n{at}\ncluster {{ name: c, listen: 127.0.0.1:{routes[at]}, routes: [{known}] }}"

    with (
        serving(tmp_path / "0", config(0), ports[0]) as first,
        serving(tmp_path / "1", config(1), ports[1]) as second,
    ):
        scenario = start("watch", first.url)
        scenario.wait_for("ready")
        scenario.tell("request")
        assert scenario.wait_for("answer") == "hello"
        first.send(signal.SIGUSR2)
        scenario.wait_for("event", "LameDuck")
        first.stop(signal.SIGKILL)
        assert str(second.port) in scenario.wait_for("event", "Connected"), "it was learnt from the first"
        scenario.tell("request")
        assert scenario.wait_for("answer") == "hello"
        scenario.tell("quit")
        scenario.result()
