from __future__ import annotations

import pytest

from natsscan.surfaces.hiding import bare_address, without_credentials


@pytest.mark.parametrize(
    ("address", "shown_as"),
    [
        ("amqp://guest:pw@host:5672/shop", "amqp://***@host:5672/shop"),
        ("amqp://guest:p@w/x@host", "amqp://***@host"),
        ("amqp://host:5672/shop?password=x", "amqp://host:5672/shop"),
        ("amqp://guest:pw", "amqp://***"),
        ("amqp://host:${port}", "amqp://host:${port}"),
        ("git@github.com:shop/amqp.git", "git@github.com:shop/amqp.git"),
        ("./vendor/amqp", "./vendor/amqp"),
    ],
)
def test_addresses_are_shown_without_secrets(address: str, shown_as: str) -> None:
    assert bare_address(address) == shown_as


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("amqp://${U}:${P}@host:5672/a b", "amqp://***@host:5672/a b"),
        ("amqp://a:x@h1 amqp://b:y@h2", "amqp://***@h1 amqp://***@h2"),
        ("me@host amqp://guest:pw1", "me@host amqp://***"),
        ("amqp://guest:pw1/x y", "amqp://*** y"),
        ("amqp://guest:123pw", "amqp://***"),
        ("http://host:8080,http://host:8081", "http://host:8080,http://host:8081"),
        ('http://h:{{ .Values.port }}/x "http://h:80"', 'http://h:{{ .Values.port }}/x "http://h:80"'),
        ("http://h:$(PORT)?a=1", "http://h:$(PORT)?a=1"),
        ("key // a: comment", "key // a: comment"),
    ],
)
def test_credentials_are_struck_out_wherever_a_url_stands(text: str, shown: str) -> None:
    assert without_credentials(text) == shown
    assert without_credentials(shown) == shown
