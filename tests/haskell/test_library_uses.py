"""What a project needs of a library: all that a compiler would ask for, and nothing else."""

from __future__ import annotations

import pytest

from natsscan.catalog.catalog import Catalog
from natsscan.haskell.library_uses import library_uses
from natsscan.model.source import FileKind, SourceFile

LIBRARY = "haskell-amqp"
Q = "import qualified Network.AMQP as Q\n"
OPEN = "import Network.AMQP\n"


def sources(files: dict[str, str]) -> list[SourceFile]:
    return [SourceFile(path, FileKind.HASKELL, text.encode()) for path, text in files.items()]


def needed(files: dict[str, str] | str, catalog: Catalog) -> set[str]:
    """Return what is needed: the module's last word and the name, with `(..)` where all of a type is asked for."""
    given = {"M.hs": f"module M where\n{files}"} if isinstance(files, str) else files
    uses = library_uses(sources(given), catalog, LIBRARY)
    return {f"{u.through.rpartition('.')[2]}.{u.symbol.id.name}{' (..)' if u.with_all else ''}" for u in uses.every}


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        # lists of imports
        ("import Network.AMQP (Channel, ackEnv)", {"AMQP.Channel", "AMQP.ackEnv"}),
        ("import Network.AMQP (Message (..), Ack (NoAck))", {"AMQP.Message (..)", "AMQP.Ack", "AMQP.NoAck"}),
        ("import Network.AMQP (Message (msgBody))", {"AMQP.Message", "AMQP.msgBody"}),
        ("import Network.AMQP (Connection (..), nonsense)", {"AMQP.Connection (..)"}),
        # GHC warns of hidden names that are not there
        ("import Network.AMQP hiding (Connection, cancelConsumer)", {"AMQP.Connection", "AMQP.cancelConsumer"}),
        ("import Network.AMQP hiding (Persistent)", {"AMQP.Persistent"}),
        ("import Network.AMQP hiding (Ack)", {"AMQP.Ack"}),
        ("import Network.AMQP ()", set()),
        (OPEN, set()),
        # one name, two modules that have it
        ("import Network.AMQP\nimport Network.AMQP.Types\nt :: ConsumerTag\nt = t", {"AMQP.ConsumerTag", "Types.ConsumerTag"}),
        ("import Network.AMQP\nimport Network.AMQP.Types\nt :: FieldTable\nt = t", {"Types.FieldTable"}),
        ("import Network.AMQP hiding (consumeMsgs)\nimport Network.AMQP.Lifted\nf = consumeMsgs", {"AMQP.consumeMsgs", "Lifted.consumeMsgs"}),
        # expressions and patterns
        (OPEN + "f c = closeChannel c", {"AMQP.closeChannel"}),
        (OPEN + "f = send [Just Persistent]", {"AMQP.Persistent"}),
        (OPEN + "f c = consumeMsgs c q Ack (const (pure ()))", {"AMQP.consumeMsgs", "AMQP.Ack"}),
        (OPEN + "f Message {..} = msgBody", {"AMQP.Message"}),
        (OPEN + "f Message {msgBody} = msgBody", {"AMQP.Message", "AMQP.msgBody"}),
        (OPEN + "f m = m {msgType = Nothing}", {"AMQP.msgType"}),
        (OPEN + "f m = m.msgType", {"AMQP.msgType"}),
        (OPEN + "f (ChannelClosedException Normal why) = why", {"AMQP.ChannelClosedException", "AMQP.Normal"}),
        (OPEN + "pattern P x = Envelope {envDeliveryTag = x}", {"AMQP.Envelope", "AMQP.envDeliveryTag"}),
        (Q + "f = (`Q.publishMsg` \"x\")", {"AMQP.publishMsg"}),
        (Q + "f = [| Q.ackEnv |]", {"AMQP.ackEnv"}),
        (Q + "f = [i|to #{Q.msgBody m} and #{x}|]", {"AMQP.msgBody"}),
        (Q + "f = ['Q.msgBody, 'Q.Persistent]\nmakeLenses ''Q.Message", {"AMQP.msgBody", "AMQP.Persistent", "AMQP.Message"}),
        (Q + "f x = proc y -> do { z <- Q.flow -< y; returnA -< z }", {"AMQP.flow"}),
        # types
        (Q + "f :: Q.Channel -> IO ()\nf = g", {"AMQP.Channel"}),
        (Q + "f = g @Q.Envelope", {"AMQP.Envelope"}),
        (Q + "data R = R {c :: !Q.Channel}\nderiving via Q.Message instance Show R", {"AMQP.Channel", "AMQP.Message"}),
        (Q + "instance C Q.Channel where\n  type F Q.Channel = Q.Message\n  f = Q.qos", {"AMQP.Channel", "AMQP.Message", "AMQP.qos"}),
        (Q + "type T = 'Q.Persistent", {"AMQP.Persistent"}),
        # names of one's own
        (OPEN + "f plain = plain ++ [flow | flow <- x] where { qos = 1; g = qos }", set()),
        (OPEN + "f = let { plain :: Text; plain = x } in plain", set()),
        (OPEN + "f all'@flow = all' flow\ng x@qos = qos", set()),
        (OPEN + "plain = 1\nf = plain", set()),
        (OPEN + "f x = \"closeChannel\" -- closeChannel\n{- qos -}", set()),
        (OPEN + "f plain = plain\ng = plain", {"AMQP.plain"}),
        ("import qualified Other as Q\nf = Q.ackEnv -- Network.AMQP", set()),
        # branches of the preprocessor
        ("#if A\nimport Network.AMQP (qos)\n#else\nimport Network.AMQP (flow)\n#endif", {"AMQP.qos", "AMQP.flow"}),
    ],
)  # fmt: skip
def test_what_a_module_needs(code: str, wanted: set[str], catalog: Catalog) -> None:
    assert needed(code, catalog) == wanted


BROKER = (
    "module Broker (module Network.AMQP, module T, own) where\nimport Network.AMQP\nimport Network.AMQP.Types as T\n"
)


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("import Broker\nf = ackEnv", {"AMQP.ackEnv"}),
        ("import Broker (Channel)", {"AMQP.Channel"}),
        ("import Broker hiding (qos)", {"AMQP.qos"}),
        ("import Broker\nf = FVVoid", {"Types.FVVoid"}),
        ("import Broker\nt :: ConsumerTag\nt = t", {"AMQP.ConsumerTag", "Types.ConsumerTag"}),
        ("import Broker\nf = own", set()),
    ],
)
def test_what_comes_through_a_module_that_passes_the_library_on(code: str, wanted: set[str], catalog: Catalog) -> None:
    """Only what others take of it counts."""
    assert needed({"Broker.hs": BROKER, "M.hs": f"module M where\n{code}"}, catalog) == wanted


def test_names_that_are_passed_on_one_by_one_are_needed(catalog: Catalog) -> None:
    passing = "module Broker (Q.Channel, Message (msgBody), Ack (..), ackEnv) where\nimport Network.AMQP\n" + Q
    wanted = {"AMQP.Channel", "AMQP.Message", "AMQP.msgBody", "AMQP.Ack (..)", "AMQP.ackEnv"}
    assert needed({"Broker.hs": passing}, catalog) == wanted


def test_it_tells_where_a_name_stands_first(catalog: Catalog) -> None:
    code = "module M where\nimport Network.AMQP\n\nf = ackEnv\ng = ackEnv\n"
    (use,) = library_uses(sources({"a/M.hs": code}), catalog, LIBRARY).every
    assert (use.at.path, use.at.line, use.at.column) == ("a/M.hs", 4, 5)


def test_the_librarys_own_modules_need_nothing(catalog: Catalog) -> None:
    own = {
        "Network/AMQP.hs": "module Network.AMQP (module Network.AMQP.Types) where\nimport Network.AMQP.Types\nf = FVVoid\n"
    }
    uses = library_uses(sources(own), catalog, LIBRARY)
    assert not uses.by_file and not uses.imports and not uses.passed_on
