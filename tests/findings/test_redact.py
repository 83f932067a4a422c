"""No secret reaches any output, and what is no secret stays readable."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natsscan.findings.redact import redact

PLACES = [
    "password: {}", "  RABBITMQ_PASSWORD={}", "export AMQP_PASSWORD='{}'", '"password": "{}"', "--password {}", "--password={}",
    "url: amqp://user:{}@host:5672/v", "curl -u guest:{} http://host", "rabbitmqctl add_user joe {}", "token = \"{}\"",
    "rabbitmqctl change_password joe {}", 'auth = [plain "user" "{}"]', "Authorization: Bearer {}", "secret: {}",
]  # fmt: skip
HARMLESS = [
    "password: {{ .Values.rabbitmq.password }}", "password: ${RABBITMQ_PASSWORD}", "PASSWORD=$PASSWORD", "password = env.password",
    "        secretKeyRef:", "          key: rabbitmq-password", "passwordFile: /etc/creds", "password :: Text", "password: ''",
    'routingKey = "orders.created"', "  name: rabbitmq-secret", 'publishMsg chan "orders" key message', "url: amqp://host:5672/v",
    "import Data.Key (Key)", "-- the password is elsewhere",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@given(st.text(string.ascii_letters + string.digits, min_size=6, max_size=20))
def test_a_secret_never_survives(place: str, secret: str) -> None:
    word = f"zq{secret}"
    assert word not in redact(place.format(word))


@pytest.mark.parametrize("line", HARMLESS)
def test_references_and_code_stay(line: str) -> None:
    assert redact(line) == line


@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    assert isinstance(redact(text), str)
