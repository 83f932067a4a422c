-- Made by natsscan generate nats-consumer; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | The arguments of the command.
module Network.NATS.Tools.Consumer.Options
  ( Asked (..),
    Options (..),
    Command (..),
    parseArguments,
    usage,
  )
where

import Data.Bifunctor (first)
import Data.List (find)
import Data.List.NonEmpty (NonEmpty)
import Data.Maybe (fromMaybe, listToMaybe)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Time.Clock (NominalDiffTime)
import Network.NATS.Extended (NatsTlsOpts (..))
import Network.NATS.Tools.Consumer.Json (Condition (..))
import Network.NATS.Tools.Consumer.Queues
import Network.NATS.Types
import System.Console.GetOpt
import Text.Read (readMaybe)
import Prelude

-- | What to do.
data Command
  = -- | Print the first message.
    Head
  | -- | Print it and drop it, if all this is so.
    DropHead ![Condition]
  | -- | Print it and ask.
    Interactive
  deriving stock (Eq, Show)

-- | A call that is right.
data Asked = Help | Run !Options
  deriving stock (Eq, Show)

-- | What to do, where, and how long to wait for a message.
data Options = Options
  { optCommand :: !Command,
    optServers :: !(NonEmpty Server),
    optTls :: !(Maybe NatsTlsOpts),
    optPlace :: !Place,
    optTimeout :: !NominalDiffTime
  }
  deriving stock (Eq, Show)

data Flag
  = ForHelp
  | AtServer Text
  | TlsCa FilePath
  | NamedQueue Text
  | NamedStream Text
  | NamedConsumer Text
  | Timeout String
  | If String

flags :: [OptDescr Flag]
flags =
  [ Option "s" ["server"] (ReqArg (AtServer . Text.pack) "URL") "nats://host:4222; several with commas, or the option again",
    Option "" ["tls-ca"] (ReqArg TlsCa "FILE") "speak TLS, and trust the certificates in this file",
    Option "q" ["queue"] (ReqArg (NamedQueue . Text.pack) "NAME") "the queue, as AMQP called it",
    Option "" ["stream"] (ReqArg (NamedStream . Text.pack) "NAME") "the stream, instead of a queue",
    Option "" ["consumer"] (ReqArg (NamedConsumer . Text.pack) "NAME") "the consumer, together with its stream",
    Option "t" ["timeout"] (ReqArg Timeout "SECONDS") "how long to wait for a message; 10",
    Option "" ["if"] (ReqArg If "FIELD=VALUE") "drop only if the JSON body has this; a.b is b in a",
    Option "h" ["help"] (NoArg ForHelp) "print this"
  ]

-- | How it is called.
usage :: Text
usage = Text.pack (usageInfo (unlines intro) flags) <> Text.unlines outro
  where
    intro =
      [ "Usage: nats-consumer COMMAND (--queue NAME | --stream NAME --consumer NAME) [OPTION]...",
        "",
        "Commands:",
        "  head         print the first message of the queue, and leave it where it is",
        "  drop-head    print the first message, and drop it",
        "  interactive  print the first message, ask what to do with it, and go on to the next"
      ]
    outro =
      [ "",
        "Without --server it is $NATS_URL, or else nats://localhost:4222. Who connects, is in the environment:",
        "NATS_CREDENTIALS_FILE, NATS_NKEY_SEED, NATS_TOKEN, or NATS_USERNAME and NATS_PASSWORD.",
        "",
        "Exit code 0: done. 1: not done, as the queue is empty, or its first message is not to be had. 2: called wrongly."
      ]

-- | Understand arguments, with the queues that are known and @NATS_URL@; or say in one line what is wrong.
parseArguments :: [Queue] -> Maybe Text -> [String] -> Either Text Asked
parseArguments queues url arguments = case getOpt Permute flags arguments of
  (given, _, _) | any isHelp given -> Right Help
  (_, _, problem : _) -> wrong (Text.strip (Text.pack problem))
  (given, [name], []) -> Run <$> options queues url name given
  (_, [], _) -> wrong ("which command? It is " <> commands)
  (_, _ : extra : _, _) -> wrong ("what is " <> Text.pack extra <> " for? One command is all it takes")
  where
    isHelp flag = case flag of
      ForHelp -> True
      _ -> False

options :: [Queue] -> Maybe Text -> String -> [Flag] -> Either Text Options
options queues url name given = do
  conditions <- traverse condition [text | If text <- given]
  command <- case name of
    "head" -> Right Head
    "drop-head" -> Right (DropHead conditions)
    "interactive" -> Right Interactive
    other -> wrong ("no command is called " <> Text.pack other <> "; there are " <> commands)
  case (command, conditions) of
    (DropHead _, _) -> Right ()
    (_, []) -> Right ()
    _ -> wrong "--if is for drop-head only"
  servers <- first (const ("not a server: " <> urls)) (parseServers urls)
  place <- placeOf queues given
  seconds <- maybe (Right 10) duration (lastOf [text | Timeout text <- given])
  let tls = (\path -> NatsTlsOpts (Just path) False) <$> lastOf [path | TlsCa path <- given]
  Right (Options command servers tls place seconds)
  where
    urls = case [text | AtServer text <- given] of
      [] -> fromMaybe "nats://localhost:4222" (find (not . Text.null) url)
      several -> Text.intercalate "," several

placeOf :: [Queue] -> [Flag] -> Either Text Place
placeOf queues given = case ([n | NamedQueue n <- given], [n | NamedStream n <- given], [n | NamedConsumer n <- given]) of
  ([name], [], []) -> maybe (wrong (unknown name)) Right (findQueue queues name)
  ([], [stream], [consumer]) -> Place <$> asset stream <*> asset consumer
  _ -> wrong "which queue? One --queue, or one --stream and one --consumer"
  where
    unknown name = "no queue is called " <> name <> "; known are: " <> Text.intercalate ", " (map queueShown queues)
    asset name
      | Text.null name || Text.any (`elem` (" .*>/\\\t\r\n" :: String)) name = wrong (never name)
      | otherwise = Right name
    never name = "no stream or consumer can be called " <> name

duration :: String -> Either Text NominalDiffTime
duration text = case readMaybe text :: Maybe Double of
  Just seconds | seconds >= 0, seconds <= 86400 -> Right (realToFrac seconds)
  _ -> wrong ("--timeout is a number of seconds, at most a day, and not " <> Text.pack text)

condition :: String -> Either Text Condition
condition text = case break (== '=') text of
  (field@(_ : _), _ : value) -> Right (Condition (Text.pack field) (Text.pack value))
  _ -> wrong ("--if takes FIELD=VALUE, and not " <> Text.pack text)

-- | What is said last counts.
lastOf :: [a] -> Maybe a
lastOf = listToMaybe . reverse

commands :: Text
commands = "head, drop-head or interactive; --help says more"

wrong :: Text -> Either Text a
wrong = Left
