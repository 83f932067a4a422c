"""Any bytes may be in a Haskell file: scanning them ends, and ends without an error."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from natsscan.catalog.catalog import Catalog
from tests.conftest import WIRE_MINI
from tests.scanning import usages_in

PIECES = [
    "import Network.AMQP\n", "import Network.AMQP qualified as Q hiding (qos)\n", "module M (module Q, (..)) where\n",
    "x = Q.publishMsg c $ ", "do\n  ", "let f = ", "case x of\n  ", "\\case ", "{ queueName = 1, .. }", "(", ")", "`", "'", '"',
    "#if A\n", "#else\n", "#endif\n", "where ", "instance C Q.Channel where\n", "infixr 3 $, `a`\n", "=<< ", ". ", " | ", "->",
    "\n", "  ", "{-", "-}", "--", "$(", "[e|", "|]", "é", "\t", "\\", "@", "..", "newQueue ", "flip ", "mdo ", "data D = D {a :: Q.Ack}\n",
]  # fmt: skip
SOURCES = sorted(path for path in WIRE_MINI.rglob("*.hs") if b"Network.AMQP" in path.read_bytes())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_debris(catalog: Catalog, text: str) -> None:
    for usage in usages_in({"M.hs": "import Network.AMQP\n" + text}, catalog):
        assert 0 <= usage.span.start < usage.span.end <= len(("import Network.AMQP\n" + text).encode())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(SOURCES), st.integers(0, 6000), st.integers(0, 200), st.text(max_size=5))
def test_damaged_files(catalog: Catalog, source: object, at: int, length: int, other: str) -> None:
    text = source.read_text()  # type: ignore[attr-defined]
    usages = usages_in({"M.hs": text[:at] + other + text[at + length :]}, catalog)
    assert all(usage.span.path == "M.hs" for usage in usages)
