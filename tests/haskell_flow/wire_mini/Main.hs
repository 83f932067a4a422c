-- | Runs parts of the services as it is told, line by line, and tells what happens: @flow GUNDECK-CONFIG WORKER-CONFIG@.
module Main (main) where

import Cannon.RabbitMq
import Cannon.RabbitMqConsumerApp
import Cannon.WS qualified as WS
import Control.Concurrent
import Control.Concurrent.STM
import Control.Exception (SomeException, try)
import Control.Monad
import Data.Aeson
import Data.Aeson.Types (Parser, parseEither)
import Data.ByteString.Char8 qualified as B
import Data.ByteString.Lazy.Char8 qualified as L
import Data.IORef
import Data.Map qualified as Map
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Encoding (decodeUtf8)
import Gundeck.Client (setupConsumableNotifications, unregister)
import Gundeck.Env qualified as Gundeck
import Gundeck.Monad (runGundeck)
import Gundeck.Push
import Network.AMQP (DeliveryMode (..))
import Network.AMQP.Consumer hiding (Channel)
import Network.AMQP.Extended
import Network.RabbitMqAdmin (Transport (..))
import System.Environment (getArgs)
import System.IO (BufferMode (..), hSetBuffering, isEOF, stdin, stdout)
import Wire.API.BackgroundJobs (Job (..))
import Wire.API.Federation.API (fedQueueClient)
import Wire.API.Federation.BackendNotifications (BackendNotification (..), enqueue)
import Wire.API.Ids
import Wire.API.Notification
import Wire.BackendNotificationPusher (startPusher)
import Wire.BackgroundJobsPublisher (publishJob)
import Wire.BackgroundJobsPublisher.RabbitMQ (interpretBackgroundJobsPublisher)
import Wire.BackgroundWorker.Env
import Wire.BackgroundWorker.Jobs.Consumer qualified as Jobs
import Wire.BackgroundWorker.Options qualified as Worker

type Tell = Text -> Value -> IO ()

main :: IO ()
main =
  getArgs >>= \case
    [gundeck, worker] -> do
      mapM_ (`hSetBuffering` LineBuffering) [stdin, stdout]
      lock <- newMVar ()
      let tell :: Tell
          tell name value = withMVar lock (const (L.putStrLn (encode (object ["name" .= name, "value" .= value]))))
      opts <- eitherDecodeFileStrict gundeck >>= either fail pure
      workerOpts <- eitherDecodeFileStrict worker >>= either fail pure
      env <- Gundeck.createEnv (const (pure ())) opts
      pool <- createRabbitMqPool (const (pure ())) (RabbitMqPoolOptions 2 50 (demoteOpts (Worker.rabbitmq workerOpts)))
      sockets <- newIORef Map.empty
      tell "connected" Null
      go tell (command tell env workerOpts pool sockets)
    _ -> fail "flow GUNDECK-CONFIG WORKER-CONFIG"

go :: Tell -> (Value -> Parser (IO Value)) -> IO ()
go tell understand = do
  isOver <- isEOF
  unless isOver $ do
    line <- B.getLine
    done <- try (either fail id (eitherDecodeStrict' line >>= parseEither understand))
    either (\failure -> tell "failed" (toJSON (show (failure :: SomeException)))) (tell "done") done
    go tell understand

command :: Tell -> Gundeck.Env -> Worker.Opts -> RabbitMqPool -> IORef (Map.Map Text WS.Connection) -> Value -> Parser (IO Value)
command tell env opts pool sockets = withObject "command" $ \o -> do
  what <- o .: "do"
  let channel = readMVar (Gundeck._rabbitMqChannel env)
      endpoint = demoteOpts (Worker.rabbitmq opts)
      socket = (\label -> (Map.! label) <$> readIORef sockets) <$> o .: "label" :: Parser (IO WS.Connection)
  case what :: Text of
    "client" -> do
      (uid, cid) <- (,) <$> o .: "user" <*> o .: "client"
      pure (channel >>= \chan -> toJSON <$> setupConsumableNotifications chan uid cid)
    "forget" -> do
      (uid, cid) <- (,) <$> o .: "user" <*> o .: "client"
      pure (Null <$ runGundeck env (unregister uid [cid]))
    "push" -> do
      (uid, cids, payload, isStored) <- (,,,) <$> o .: "user" <*> o .: "clients" <*> o .: "payload" <*> o .: "stored"
      let push = Push [Recipient uid cids] [payload] (if isStored then Stored else Transient) False
      pure (Null <$ runGundeck env (pushAll [push]))
    "connect" -> do
      (label, uid, cid, marker) <- (,,,) <$> o .: "label" <*> o .: "user" <*> o .:? "client" <*> o .:? "marker"
      pure $ do
        conn <- WS.newConnection
        modifyIORef' sockets (Map.insert label conn)
        void . forkIO . forever $ do
          text <- atomically (readTQueue (WS.outgoing conn))
          tell "sent" (object ["label" .= label, "text" .= text])
        void . forkIO $ do
          rabbitMQWebSocketApp pool 60000 uid cid marker conn
          tell "left" (toJSON label)
        pure Null
    "acknowledge" -> do
      (find, tag, multiple) <- (,,) <$> socket <*> o .: "tag" <*> o .: "multiple"
      pure (find >>= \conn -> Null <$ atomically (writeTQueue (WS.incoming conn) (WS.AckMessage tag multiple)))
    "disconnect" -> (\find -> find >>= \conn -> Null <$ WS.closeChannel conn 1000) <$> socket
    "dead" ->
      pure . void' $ do
        chan <- channel
        consumeMsgs chan userNotificationDlqName Ack $ \(msg, envelope) -> do
          let first = decodeUtf8 <$> lookupHeader "x-first-death-queue" msg
              reason = decodeUtf8 <$> lookupHeader "x-first-death-reason" msg
          tell "dead" (object ["queue" .= first, "reason" .= reason, "body" .= text' (msgBody msg)])
          ackEnv envelope
    "work" -> pure . void' $ do
      shared <- mkEnv (const (pure ())) (Transport (\_ _ -> fail "no HTTP")) opts
      let job (SyncTeamChannel number _ _) = do
            tell "job" (toJSON number)
            if "slow" `Text.isPrefixOf` number then threadDelay maxBound else pure ()
            pure (if "bad" `Text.isPrefixOf` number then Left "it never works" else Right ())
      runAppT shared (Jobs.startWorker job endpoint)
    "job" -> (\number -> Null <$ interpretBackgroundJobsPublisher (Gundeck._rabbitMqChannel env) (publishJob "request" (SyncTeamChannel number (TeamId "t") (UserId "u")))) <$> o .: "id"
    "notify" -> do
      (domain, text) <- (,) <$> o .: "domain" <*> o .: "text"
      pure (channel >>= \chan -> Null <$ enqueue chan (Domain "here") domain Persistent (fedQueueClient "on-update" text))
    "pusher" -> do
      domains <- o .: "domains"
      let queues = [object ["name" .= ("backend-notifications." <> domain :: Text), "vhost" .= ("/" :: Text)] | domain <- domains]
          deliver domain notification = do
            tell "pushed" (object ["domain" .= domain, "text" .= body notification])
            threadDelay 20000
            pure (if "bad" `Text.isPrefixOf` body notification then Left "not now" else Right ())
      pure . void' . forkIO $ do
        shared <- mkEnv (const (pure ())) (Transport (\_ _ -> pure (encode queues))) opts
        withTemporaryChannel endpoint (Just "pusher") (runAppT shared . startPusher deliver)
    other -> fail ("no command " <> Text.unpack other)
  where
    void' :: IO a -> IO Value
    void' action = Null <$ action
    text' = decodeUtf8 . L.toStrict
