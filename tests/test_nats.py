"""NATS where a code base has it already: what is found of it, and what only looks like it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.model.report import Report
from natsscan.pipeline.options import ScanOptions
from natsscan.pipeline.scan import scan
from natsscan.source.project import open_project

Write = Callable[[dict[str, str | bytes]], Path]
Found = set[tuple[str, int, str, str]]


def report_of(files: dict[str, str | bytes], write: Write, catalog: Catalog) -> Report:
    return scan(open_project((write(files),)), catalog, ScanOptions(), lambda *_: None)


def on_nats(report: Report) -> Found:
    return {
        (f.usage.span.path, f.usage.span.line, f.usage.operation.value, f.usage.symbol) for f in report.about("nats")
    }


CLIENT = """\
module Network.NATS.Client
  ( NatsConnection,
    openConnection,
    publish,
    addStream,
    ackMsg,
  )
where

import Network.Socket

newtype NatsConnection = NatsConnection Socket

openConnection :: Opts -> IO NatsConnection
openConnection opts = NatsConnection <$> dial opts

publish :: NatsConnection -> Text -> ByteString -> IO ()
publish (NatsConnection conn) subj body = sendAll conn (subj <> body)

addStream conn streamName subjects = publish conn streamName subjects

ackMsg :: Message -> IO ()
ackMsg _ = pure ()

subscribe :: Int -> Int
subscribe = id
"""
OWN_CLIENT = "libs/own/src/Network/NATS/Client.hs"


def test_a_client_of_the_code_base_itself_is_known_by_the_name_of_its_module(write: Write, catalog: Catalog) -> None:
    code = """\
module Gundeck.Push where

import Network.NATS.Client qualified as NATS

push env user body = NATS.publish env.nats ("users." <> user) body

settle = NATS.ackMsg

setUp nats = NATS.addStream nats "USERS" ["users.>"]

internal = NATS.subscribe 1
"""
    report = report_of({OWN_CLIENT: CLIENT, "gundeck/src/Gundeck/Push.hs": code}, write, catalog)
    path, module = "gundeck/src/Gundeck/Push.hs", "Network.NATS.Client"
    assert {found for found in on_nats(report) if found[0] == path} == {
        (path, 3, "import", module),
        (path, 5, "nats-publish", f"{module}.publish"),
        (path, 7, "nats-ack", f"{module}.ackMsg"),
        (path, 9, "nats-stream", f"{module}.addStream"),
    }
    (publish,) = (f.usage for f in report.about("nats") if f.usage.operation == "nats-publish")
    assert {a.name: a.text for a in publish.arguments} == {
        "connection": "env.nats",
        "subject": '"users." <> user',
        "payload": "body",
    }
    assert {end.name for end in report.nats.ends} == {"users.{user}", "USERS"}


def test_a_module_may_pass_the_client_on(write: Write, catalog: Catalog) -> None:
    files = {
        OWN_CLIENT: CLIENT,
        "libs/own/src/Network/NATS.hs": "module Network.NATS (module Network.NATS.Client) where\n"
        "import Network.NATS.Client\n",
        "app/Main.hs": 'module Main where\nimport Network.NATS\nmain = publish conn "a" "b"\n',
    }
    found = on_nats(report_of(files, write, catalog))
    assert ("app/Main.hs", 3, "nats-publish", "Network.NATS.Client.publish") in found
    assert ("app/Main.hs", 2, "import", "Network.NATS") in found


@pytest.mark.parametrize(
    "files",
    [
        {
            "src/Data/Nats.hs": "module Data.Nats where\nnats = [0 ..]\n",
            "src/M.hs": "module M where\nimport Data.Nats\n",
        },
        {
            "src/Natsume.hs": "module Natsume where\npublish subject = subject\n",
            "src/M.hs": "module M where\nimport Natsume\nx = publish 1\n",
        },
        {
            OWN_CLIENT: CLIENT.replace("NATS", "STAN"),
            "src/M.hs": "module M where\nimport Network.STAN.Client\nx = publish\n",
        },
    ],
)
def test_modules_that_are_no_client(files: dict[str, str | bytes], write: Write, catalog: Catalog) -> None:
    assert {found for found in on_nats(report_of(files, write, catalog)) if found[0] == "src/M.hs"} == set()


CABAL = "cabal-version: 2.0\nname: app\nversion: 1\nlibrary\n  exposed-modules: M\n  build-depends: base{}\n"
NATSKELL = """\
module M where

import API qualified
import Client (connect)

go host = do
  Right client <- connect [host] []
  API.publish client "orders.new" "1" []
"""


def test_modules_with_common_names_count_where_a_package_depends_on_their_library(
    write: Write, catalog: Catalog
) -> None:
    files: dict[str, str | bytes] = {"M.hs": NATSKELL, "app.cabal": CABAL.format("")}
    assert on_nats(report_of(files, write, catalog)) == set()

    files["app.cabal"] = CABAL.format(", natskell ^>=1.5")
    assert on_nats(report_of(files, write, catalog)) == {
        ("app.cabal", 6, "dependency", "natskell"),
        ("M.hs", 3, "import", "API"),
        ("M.hs", 4, "import", "Client"),
        ("M.hs", 7, "nats-connect", "Client.connect"),
        ("M.hs", 8, "nats-publish", "API.publish"),
    }


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.yaml", "x:\n  nats: {host: here, port: 4222}\n", {(2, "config", "x.nats"), (2, "config", "x.nats.host"), (2, "config", "x.nats.port")}),
        ("a.yaml", "gundeckNatsUrl: here\n", {(1, "config", "gundeckNatsUrl")}),
        ("a.yaml", "url: nats://here\n", {(1, "connect", "nats URL")}),
        ("a.yaml", "jetstreamReplicas: 3\n", {(1, "config", "jetstreamReplicas")}),
        ("compose.yaml", "services:\n  bus:\n    image: natsio/nats-box:1\n", {(2, "deploy", "services.bus"), (3, "deploy", "services.bus.image"), (3, "deploy", "natsio/nats-box:1")}),
        ("Chart.yaml", "name: app\ndependencies:\n- name: nats\n", {(3, "deploy", "nats")}),
        ("Dockerfile", "FROM nats:2-alpine\nEXPOSE 4222\n", {(1, "deploy", "nats:2-alpine"), (2, "deploy", "port 4222")}),
        (".env", "NATS_URL=nats://u:hunter7@h\n", {(1, "env", "NATS_URL"), (1, "connect", "nats URL")}),
        ("a.sh", "apt-get install -y nats-server\n", {(1, "dependency", "nats-server")}),
        ("a.sh", "nats-server -js -p 4223\n", {(1, "admin", "nats-server")}),
        ("a.sh", "nats sub 'a.>'\n", {(1, "nats-subscribe", "nats")}),
        ("a.sh", "nats -s h req time now\n", {(1, "nats-request", "nats")}),
        ("a.sh", "nats con next A b\n", {(1, "nats-subscribe", "nats")}),
        ("a.sh", "nats kv put config key 1\n", {(1, "nats-store", "nats")}),
        ("a.sh", "docker run --name bus nats:2\n", {(1, "deploy", "nats:2")}),
        ("a.sh", "helm install nats nats/nats\n", {(1, "deploy", "nats"), (1, "deploy", "nats/nats")}),
        ("a.nix", "{ pkgs }: [ pkgs.natscli ]\n", {(1, "dependency", "natscli")}),
        ("a.cabal", CABAL.format(", nats-queue"), {(6, "dependency", "nats-queue")}),
        ("M.hs", 'module M where\nx = lookupEnv "NATS_URL"\n', {(2, "env", "NATS_URL")}),
        ("M.hs", "module M where\ndata Opts = Opts {_nats :: NatsOpts}\n", {(2, "wrapper", "NatsOpts")}),
    ],
)  # fmt: skip
def test_files_that_have_nats(
    path: str, text: str, expected: set[tuple[int, str, str]], write: Write, catalog: Catalog
) -> None:
    report = report_of({path: text}, write, catalog)
    assert {found[1:] for found in on_nats(report)} == expected
    assert report.to_migrate.findings == ()
    assert "hunter7" not in str(report)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yaml", "signats: 1\nnatsort: 2\ncombinats: {host: x, port: 4222}\n"),
        ("a.yaml", "# nats\nhost: here\nport: 4222\n"),
        ("a.yaml", "ports: ['4222:4222']\nimage: x/finats:1\n"),
        ("compose.yaml", "services:\n  signats:\n    image: signats:2\n    ports: ['8222:8222']\n"),
        ("Chart.yaml", "name: app\ndependencies:\n- name: surveyor\n- name: natsume\n"),
        ("Dockerfile", "FROM finats:2\nEXPOSE 4222\n"),
        (".env", "SIGNATS=1\nNATSUME_URL=http://here\nFINATS_HOST=x\n"),
        ("a.sh", "generate-natsets --port 4222\necho $COMBINATS\nnsc add account\n"),
        ("a.sh", "# nats pub a b\ntrue\n"),
        ("a.nix", "{ pkgs }: [ pkgs.nsca pkgs.natsort ]\n"),
        ("a.cabal", CABAL.format(", natural, nats-like, type-nats")),
        ("a.md", "One day we use NATS.\n"),
        ("a.json", '{"nats": 1}\n'),
        ("M.hs", "module M where\nnats :: [Nat]\nnats = [0 ..] -- not NATS\n"),
        ("M.hs", 'module M where\nx = ("nats", natsUpTo 3) :: (Text, Nats)\n'),
        ("M.hs", "module M where\ndata Set = NatSet | NatsSet | FiniteNATSet\n"),
    ],
)
def test_files_that_only_look_alike(path: str, text: str, write: Write, catalog: Catalog) -> None:
    assert on_nats(report_of({path: text}, write, catalog)) == set()
