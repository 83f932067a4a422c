from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Command

Write = Callable[[dict[str, str | bytes]], Path]

OPTIONS = """module Shop.Options where
import Data.Aeson
data Settings = Settings
  { _parcelsQueue :: Text,
    _currency :: Text
  }
instance FromJSON Settings
"""
ENDPOINT = """module Shop.RabbitMq where
import Data.Aeson
data Endpoint = Endpoint {host :: Text, port :: Int}
instance FromJSON Endpoint where
  parseJSON = withObject "Endpoint" $ \\v -> Endpoint <$> v .: "host" <*> v .: "port"
"""


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("rabbitmq:\n  port: 1\n", {"rabbitmq.port": "src/Shop/RabbitMq.hs:5"}),
        ("rabbitmq:\n  colour: red\n", {}),
        ("rabbitmqSettings:\n  parcelsQueue: p\n", {}),
    ],
)
def test_a_key_is_followed_to_the_program_that_reads_it(
    natsscan: Command, write: Write, yaml: str, expected: dict[str, str]
) -> None:
    write({"src/Shop/Options.hs": OPTIONS, "src/Shop/RabbitMq.hs": ENDPOINT, "shop.yaml": yaml})
    found = natsscan(".", "--format", "json").json["findings"]
    read = {f["symbol"]: f["arguments"]["read_by"]["text"] for f in found if "read_by" in f["arguments"]}
    assert read == expected


def test_the_text_report_says_where_a_key_is_read(natsscan: Command, write: Write) -> None:
    write({"src/Shop/RabbitMq.hs": ENDPOINT, "shop.yaml": "rabbitmq:\n  port: 1\n"})
    assert "; read at src/Shop/RabbitMq.hs:5" in natsscan("-v", ".").out


def test_a_variable_that_is_put_together_is_found_where_it_is_whole(natsscan: Command, write: Write) -> None:
    code = """module M where
import System.Environment

both = (user "A", user "B")
  where
    user suffix = lookupEnv ("RABBITMQ_USER_" <> suffix)

other = lookupEnv ("SHOP_" <> "HOME")
"""
    write({"src/M.hs": code})
    found = natsscan(".", "--format", "json").json["findings"]
    assert {(f["symbol"], f["line"]) for f in found if f["operation"] == "env"} == {
        ("RABBITMQ_USER_A", 4),
        ("RABBITMQ_USER_B", 4),
        ("RABBITMQ_USER_{}", 6),
    }
