-- Made by natsscan generate nats-consumer; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | The command @nats-consumer@: from its arguments to its exit code.
module Network.NATS.Tools.Consumer (consumerMain) where

import Control.Exception (Handler (..), catches)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.IO qualified as Text
import Network.NATS.Client
import Network.NATS.Extended
import Network.NATS.JetStream (ApiError (..), JetStreamError (..), jetStream)
import Network.NATS.Tools.Consumer.Commands
import Network.NATS.Tools.Consumer.Options
import Network.NATS.Tools.Consumer.Queues (Place (..))
import Network.NATS.Tools.Consumer.Table (table)
import System.Environment (getArgs, lookupEnv)
import System.Exit (ExitCode (..), exitWith)
import System.IO
import Prelude

-- | Do what the arguments say. The program ends with 0 if it is done, with 1 if not, with 2 if it was called wrongly.
consumerMain :: IO ()
consumerMain = do
  -- Messages have any letters, whatever the locale has.
  hSetEncoding stdout utf8
  hSetEncoding stderr utf8
  url <- lookupEnv "NATS_URL"
  parsed <- parseArguments table (Text.pack <$> url) <$> getArgs
  case parsed of
    Left wrong -> complain wrong >> exitWith (ExitFailure 2)
    Right Help -> Text.putStr usage
    Right (Run options) -> run options >>= exitWith

run :: Options -> IO ExitCode
run options =
  withServer
    `catches` [ Handler (\failure -> told (natsCode failure) (explainNats failure)),
                Handler (\failure -> told 1 (explainJetStream (optPlace options) failure))
              ]
  where
    withServer = do
      -- One attempt: whoever asks is there to see that no server answers.
      how <- mkConnectOptions (NatsEndpoint (optServers options) (optTls options)) (Just "nats-consumer") (const (pure ()))
      done <- withConnection how (\conn -> runCommand options (jetStream conn))
      pure (if done then ExitSuccess else ExitFailure 1)
    told code text = ExitFailure code <$ complain text
    natsCode failure = case failure of
      InvalidCredentials _ -> 2
      _ -> 1

complain :: Text -> IO ()
complain text = do
  hFlush stdout
  Text.hPutStrLn stderr ("nats-consumer: " <> text)

explainNats :: NatsError -> Text
explainNats failure = case failure of
  ConnectionFailed tried ->
    "no connection: " <> Text.intercalate "; " [showServer at <> ": " <> explainNats why | (at, why) <- tried]
  NetworkError why -> why
  TlsFailed why -> why
  InvalidCredentials why -> why
  ConnectionLost -> "the connection was lost; look again what is there"
  RequestTimeout _ -> "the server did not answer in time; look again what is there"
  other -> Text.pack (show other)

explainJetStream :: Place -> JetStreamError -> Text
explainJetStream place failure = case failure of
  Refused refusal -> apiDescription refusal <> at
  JetStreamUnavailable -> "JetStream does not answer: it is off, or this user may not ask" <> at
  ConsumerGone _ _ -> "the consumer was deleted" <> at
  PullRefused why -> why <> at
  other -> Text.pack (show other)
  where
    at = " (stream " <> placeStream place <> ", consumer " <> placeConsumer place <> ")"
