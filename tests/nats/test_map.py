"""`natsscan map`: the files, what people decide in subjects.yaml, and what happens to bad input."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.conftest import WIRE_MINI, Command

SHOP = """\
module Shop where
import Network.AMQP
setup chan = do
  declareExchange chan newExchange {exchangeName = "orders", exchangeType = "topic"}
  declareQueue chan newQueue {queueName = "billing"}
  bindQueue chan "billing" "orders" "eu.*"
  declareQueue chan newQueue {queueName = "jobs"}
send chan = do
  publishMsg chan "orders" "eu.paid" newMsg
  publishMsg chan "" "jobs" newMsg
"""
MORE = SHOP.replace('"jobs"', '"tasks"')


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/Shop.hs").write_text(SHOP)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_first_lines_say_what_becomes_of_it_and_what_is_lost(natsscan: Command) -> None:
    run = natsscan("map", WIRE_MINI, "-o", "out")
    assert run.code == 0
    assert "streams and" in run.out.splitlines()[0]
    assert "lost     dead-letter exchange" in run.out
    assert "begin with mapping.md" in run.out.splitlines()[-1]


def test_streams_and_consumers_are_files_for_the_nats_command(natsscan: Command, shop: Path) -> None:
    natsscan("map", "src", "-o", "out")
    stream = json.loads((shop / "out/streams/X_orders.json").read_text())
    consumer = json.loads((shop / "out/consumers/X_orders/billing.json").read_text())
    assert stream["subjects"] == ["x.orders", "x.orders.>"]
    assert consumer["filter_subject"] == "x.orders.eu.*"
    assert consumer["ack_wait"] == 30 * 60 * 10**9


def test_running_again_writes_nothing(natsscan: Command, shop: Path) -> None:
    natsscan("map", "src", "-o", "out")
    before = {path: path.stat().st_mtime_ns for path in (shop / "out").rglob("*")}
    assert ", 0 written" in natsscan("map", "src", "-o", "out").out
    assert {path: path.stat().st_mtime_ns for path in (shop / "out").rglob("*")} == before


def test_what_people_decide_is_kept_and_obeyed(natsscan: Command, shop: Path) -> None:
    natsscan("map", "src", "-o", "out")
    subjects = shop / "out/subjects.yaml"
    edit(subjects, "subject: x.orders", "subject: shop.orders")
    edit(subjects, "name: Q_jobs", "name: JOBS\n    set: {num_replicas: 5}")
    edit(subjects, "consumer: billing", "consumer: invoices")
    run = natsscan("map", "src", "-o", "out")
    assert run.code == 0, run.err
    assert json.loads((shop / "out/streams/X_orders.json").read_text())["subjects"] == ["shop.orders", "shop.orders.>"]
    assert json.loads((shop / "out/streams/JOBS.json").read_text())["num_replicas"] == 5
    assert json.loads((shop / "out/consumers/X_orders/invoices.json").read_text())["durable_name"] == "invoices"
    assert not (shop / "out/streams/Q_jobs.json").exists()
    assert ", 0 written" in natsscan("map", "src", "-o", "out").out
    assert "shop.orders" in subjects.read_text() and "num_replicas: 5" in subjects.read_text()


def test_durations_may_be_decided_with_their_units(natsscan: Command, shop: Path) -> None:
    natsscan("map", "src", "-o", "out")
    subjects = shop / "out/subjects.yaml"
    edit(subjects, "name: Q_jobs", "name: Q_jobs\n    set: {max_age: 30m}")
    edit(subjects, "consumer: jobs", "consumer: jobs\n    set: {backoff: [1s, 2m], max_deliver: 5}")
    run = natsscan("map", "src", "-o", "out")
    assert run.code == 0, run.err
    assert json.loads((shop / "out/streams/Q_jobs.json").read_text())["max_age"] == 1800 * 10**9
    assert json.loads((shop / "out/consumers/Q_jobs/jobs.json").read_text())["backoff"] == [10**9, 120 * 10**9]
    specs = {
        resource["metadata"]["name"]: resource["spec"]
        for resource in yaml.safe_load_all((shop / "out/nack.yaml").read_text())
    }
    assert (specs["q-jobs"]["maxAge"], specs["q-jobs-jobs"]["backoff"]) == ("1800000ms", ["1000ms", "120000ms"])
    assert "max_age: 30m" in subjects.read_text()


def test_a_file_of_ones_own_in_the_folder_stays(natsscan: Command, shop: Path) -> None:
    natsscan("map", "src", "-o", "out")
    (shop / "out/streams/OWN.json").write_text("{}")
    (shop / "src/Shop.hs").write_text(MORE)
    run = natsscan("map", "src", "-o", "out")
    assert run.code == 0, run.err
    assert (shop / "out/streams/OWN.json").exists()
    assert not (shop / "out/streams/Q_jobs.json").exists()
    assert (shop / "out/streams/Q_tasks.json").exists()


def test_decisions_about_what_is_gone_are_listed_all(natsscan: Command, shop: Path) -> None:
    natsscan("map", "src", "-o", "out")
    subjects = shop / "out/subjects.yaml"
    edit(subjects, "subject: q.jobs", "subject: work.jobs")
    edit(subjects, "name: Q_jobs", "name: JOBS")
    kept = (shop / "out/mapping.md").read_text()
    (shop / "src/Shop.hs").write_text(MORE)
    run = natsscan("map", "src", "-o", "out")
    assert run.code == 2
    assert "queue jobs, stream Q_jobs" in run.err
    assert (shop / "out/mapping.md").read_text() == kept


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("subject: q.jobs", "subjekt: q.jobs", "subjekt"),
        ("subject: q.jobs", "subject: 'q jobs'", "has a space"),
        ("subject: q.jobs", "subject: q..jobs", "empty token"),
        ("consumer: jobs", "consumer: a.b", "has a space, a dot"),
        ("consumer: jobs", "consumer: billing", "is also what"),
        ("subject: q.jobs", "subject: q.billing", "is also that of"),
        ("name: Q_jobs", "set: {replicas: 3}", "replicas is no field of a stream's configuration"),
        ("name: Q_jobs", "set: {max_age: soon}", "max_age is a duration"),
        ("consumer: jobs", "set: {backoff: [1s, often]}", "backoff is a duration"),
        ("version: 1", "version: 2", "version 2 is not known"),
        ("exchanges:", "exchanges: [", "broken YAML"),
    ],
)
def test_a_mistake_in_the_decisions_is_told_with_its_line(
    natsscan: Command, shop: Path, old: str, new: str, says: str
) -> None:
    natsscan("map", "src", "-o", "out")
    edit(shop / "out/subjects.yaml", old, new)
    run = natsscan("map", "src", "-o", "out")
    assert run.code == 2
    assert says in run.err
    assert "subjects.yaml:" in run.err and "Traceback" not in run.err


@pytest.mark.parametrize("version", ["new", "2", "2.1"])
def test_a_version_that_is_none_or_too_old_is_refused(natsscan: Command, shop: Path, version: str) -> None:
    run = natsscan("map", "src", "-o", "out", "--server-version", version)
    assert run.code == 2
    assert f"--server-version {version}" in run.err
    assert not (shop / "out").exists()


def test_a_folder_that_cannot_be_written_is_told(natsscan: Command, shop: Path) -> None:
    (shop / "out").write_text("a file")
    run = natsscan("map", "src", "-o", "out")
    assert run.code == 2 and "is a file" in run.err


def test_the_document_names_every_lost_property_with_its_place(natsscan: Command, shop: Path) -> None:
    natsscan("map", WIRE_MINI, "-o", "out")
    text = (shop / "out/mapping.md").read_text()
    assert "services/cannon/src/Cannon/RabbitMqConsumerApp.hs:60" in text
    for word in ("single active consumer", "prefetch", "reject without requeue", "quorum", "exclusive queue"):
        assert word in text


def test_an_account_stands_for_each_virtual_host(natsscan: Command, shop: Path) -> None:
    (shop / "src/Open.hs").write_text(
        'module Open where\nimport Network.AMQP\nopen = openConnection "host" "backend-a" "user" "word"\n'
    )
    natsscan("map", "src", "-o", "out")
    assert "BACKEND_A {  # virtual host backend-a" in (shop / "out/nats-server.conf").read_text()


def test_the_server_takes_the_fragment_of_its_configuration(natsscan: Command, shop: Path, modern_server: Path) -> None:
    natsscan("map", "src", "-o", "out")
    passwords = {"NATS_DEFAULT_PASSWORD": "a", "NATS_SYS_PASSWORD": "b"}
    done = subprocess.run(
        [modern_server, "-t", "-c", shop / "out/nats-server.conf"],
        env=os.environ | passwords,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_resources_and_documents_keep_to_the_published_schemas(natsscan: Command, shop: Path) -> None:
    folder = os.environ.get("NATSSCAN_SCHEMAS")
    if not folder:
        pytest.skip("NATSSCAN_SCHEMAS names no folder with nack-crds.yml, asyncapi-3.0.0.json and JetStream schemas")
    natsscan("map", WIRE_MINI, "-o", "out")
    specs = {
        document["spec"]["names"]["kind"]: version["schema"]["openAPIV3Schema"]["properties"]["spec"]
        for document in yaml.safe_load_all(Path(folder, "nack-crds.yml").read_text())
        if document
        for version in document["spec"]["versions"]
        if version["name"] == "v1beta2"
    }
    for resource in yaml.safe_load_all((shop / "out/nack.yaml").read_text()):
        jsonschema.validate(resource["spec"], specs[resource["kind"]] | {"additionalProperties": False})
    document = yaml.safe_load((shop / "out/asyncapi.yaml").read_text())
    jsonschema.validate(document, json.loads(Path(folder, "asyncapi-3.0.0.json").read_text()))
    for kind in ("stream", "consumer"):
        schema = json.loads(Path(folder, f"{kind}_configuration.json").read_text())
        for file in (shop / f"out/{kind}s").rglob("*.json"):
            jsonschema.validate(json.loads(file.read_text()), schema)
