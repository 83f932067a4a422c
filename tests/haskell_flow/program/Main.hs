{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}
{-# LANGUAGE RankNTypes #-}

-- | A program on the amqp API that does what it is told, line by line, and tells what happens: @puppet HOST PORT@. It is the
-- same on RabbitMQ and on NATS but for its imports.
module Main (main) where

import Control.Concurrent (forkIO, threadDelay)
import Control.Concurrent.MVar
import Control.Exception (SomeException, fromException, try)
import Control.Monad (forM_, unless, void)
import Data.Aeson
import Data.Aeson.Types (Parser, parseEither)
import Data.ByteString.Char8 qualified as B
import Data.ByteString.Lazy.Char8 qualified as L
import Data.IORef
import Data.IntSet qualified as IntSet
import Data.Map qualified as Map
import Data.Maybe (fromMaybe)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Encoding (decodeUtf8, encodeUtf8)
import Data.Word (Word64)
import Network.AMQP
import Network.AMQP.Types
import System.Environment (getArgs)
import System.IO (BufferMode (..), hSetBuffering, isEOF, stdin, stdout)

type Tell = Text -> Value -> IO ()

main :: IO ()
main = do
  [host, port] <- getArgs
  mapM_ (`hSetBuffering` LineBuffering) [stdin, stdout]
  lock <- newMVar ()
  let tell name value = withMVar lock (const (L.putStrLn (encode (object ["name" .= (name :: Text), "value" .= value]))))
  conn <- openConnection' host (read port) "/" "guest" "guest"
  addConnectionClosedHandler conn True (tell "connection closed" Null)
  channels <- newIORef Map.empty
  tell "connected" Null
  go tell conn channels

go :: Tell -> Connection -> IORef (Map.Map Int Channel) -> IO ()
go tell conn channels = do
  isOver <- isEOF
  unless isOver $ do
    line <- B.getLine
    done <- try (either fail id (eitherDecodeStrict' line >>= parseEither (command tell conn channels)))
    case done of
      Right value -> tell "done" value
      Left failure -> tell "failed" (toJSON (kind failure))
    go tell conn channels

-- | What all implementations say of a failure: texts differ.
kind :: SomeException -> Text
kind failure = case fromException failure of
  Just (ChannelClosedException how _) -> "channel closed " <> shown how
  Just (ConnectionClosedException how _) -> "connection closed " <> shown how
  Just (AllChannelsAllocatedException _) -> "no channel"
  Nothing -> shown failure

shown :: Show a => a -> Text
shown = Text.pack . show

command :: Tell -> Connection -> IORef (Map.Map Int Channel) -> Value -> Parser (IO Value)
command tell conn channels = withObject "command" $ \o -> do
  what <- o .: "do"
  number <- o .:? "channel" .!= 1
  let with :: (Channel -> IO Value) -> Parser (IO Value)
      with use = pure (readIORef channels >>= maybe (fail "no such channel") use . Map.lookup number)
      done :: IO () -> IO Value
      done action = Null <$ action
      text name = o .: name :: Parser Text
      flag name = o .:? name .!= False :: Parser Bool
      table name = maybe (FieldTable Map.empty) fromJson <$> (o .:? name)
  case what :: Text of
    "open" -> pure . done $ do
      chan <- openChannel conn
      addChannelExceptionHandler chan $ \why ->
        tell "channel ended" (object ["channel" .= number, "normal" .= isNormalChannelClose why, "why" .= kind why])
      modifyIORef' channels (Map.insert number chan)
    "close channel" -> with (done . closeChannel)
    "close" -> pure (done (closeConnection conn))
    "sleep" -> (\seconds -> done (threadDelay (round (seconds * 1000000 :: Double)))) <$> o .: "seconds"
    "qos" -> do
      count <- o .: "count"
      global <- flag "global"
      with (\chan -> done (qos chan 0 count global))
    "declare exchange" -> do
      opts <- exchange o <$> text "exchange" <*> text "type" <*> flag "passive" <*> flag "internal" <*> table "arguments"
      with (\chan -> done (declareExchange chan opts))
    "delete exchange" -> text "exchange" >>= \name -> with (\chan -> done (deleteExchange chan name))
    "bind exchange" -> do
      (to, from, key) <- (,,) <$> text "to" <*> text "from" <*> text "key"
      with (\chan -> done (bindExchange chan to from key))
    "unbind exchange" -> do
      (to, from, key) <- (,,) <$> text "to" <*> text "from" <*> text "key"
      with (\chan -> done (unbindExchange chan to from key))
    "declare queue" -> do
      name <- text "queue"
      passive <- flag "passive"
      exclusive <- flag "exclusive"
      auto <- flag "auto_delete"
      arguments <- table "arguments"
      let opts = newQueue {queueName = name, queuePassive = passive, queueExclusive = exclusive, queueAutoDelete = auto, queueHeaders = arguments}
      with $ \chan -> (\(made, messages, consumers) -> toJSON (made, messages, consumers)) <$> declareQueue chan opts
    "delete queue" -> text "queue" >>= \name -> with (fmap toJSON . (`deleteQueue` name))
    "purge queue" -> text "queue" >>= \name -> with (fmap toJSON . (`purgeQueue` name))
    "bind" -> do
      (queue, name, key, arguments) <- (,,,) <$> text "queue" <*> text "exchange" <*> text "key" <*> table "arguments"
      with (\chan -> done (bindQueue' chan queue name key arguments))
    "unbind" -> do
      (queue, name, key) <- (,,) <$> text "queue" <*> text "exchange" <*> text "key"
      with (\chan -> done (unbindQueue chan queue name key))
    "publish" -> do
      (name, key, mandatory) <- (,,) <$> text "exchange" <*> text "key" <*> flag "mandatory"
      message <- parseMessage o
      with (\chan -> toJSON <$> publishMsg' chan name key mandatory message)
    "publish many" -> do
      (name, key, first, last') <- (,,,) <$> text "exchange" <*> text "key" <*> o .: "first" <*> o .: "last"
      with $ \chan -> done $ forM_ [first .. last' :: Int] $ \each ->
        publishMsg chan name key newMsg {msgBody = L.pack (show each), msgDeliveryMode = Just Persistent}
    "consume" -> do
      (queue, label, how) <- (,,) <$> text "queue" <*> text "label" <*> o .:? "how" .!= "hold"
      pause <- o .:? "pause" .!= 0
      with $ \chan -> do
        let callback (message, envelope) = do
              tell "delivered" (delivery label message envelope)
              threadDelay (pause * 1000)
              case how :: Text of
                "ack" -> ackEnv envelope
                "reject" -> rejectEnv envelope False
                "requeue" -> rejectEnv envelope True
                "throw" -> fail "as it was told to"
                _ -> pure ()
            onCancel tag = tell "cancelled" (toJSON tag)
        toJSON <$> consumeMsgs' chan queue (if how == "no ack" then NoAck else Ack) callback onCancel (FieldTable Map.empty)
    "cancel" -> text "tag" >>= \tag -> with (\chan -> done (cancelConsumer chan tag))
    "get" -> do
      (queue, how) <- (,) <$> text "queue" <*> flag "no_ack"
      with $ \chan -> maybe Null (uncurry (delivery "got")) <$> getMsg chan (if how then NoAck else Ack) queue
    "ack" -> do
      (tag, multiple) <- (,) <$> o .: "tag" <*> flag "multiple"
      with (\chan -> done (ackMsg chan (tag :: Word64) multiple))
    "nack" -> do
      (tag, multiple, requeue) <- (,,) <$> o .: "tag" <*> flag "multiple" <*> flag "requeue"
      with (\chan -> done (nackMsg chan tag multiple requeue))
    "reject" -> do
      (tag, requeue) <- (,) <$> o .: "tag" <*> flag "requeue"
      with (\chan -> done (rejectMsg chan tag requeue))
    "recover" -> with (\chan -> done (recoverMsgs chan True))
    "confirm select" -> with $ \chan -> done $ do
      addConfirmationListener chan $ \(_, _, how) -> tell "confirmed" (toJSON (show how))
      confirmSelect chan False
    "wait for confirms" -> with $ \chan -> do
      result <- waitForConfirmsUntil chan 5000000
      pure $ case result of
        Complete (acked, nacked) -> toJSON (IntSet.toList acked, IntSet.toList nacked)
        Partial _ -> "partial"
    "return listener" -> with $ \chan -> done . addReturnListener chan $ \(message, why) ->
      tell "returned" (object ["body" .= body message, "key" .= errRoutingKey why, "exchange" .= fromMaybe "" (errExchange why)])
    "tx select" -> with (done . txSelect)
    "tx commit" -> with (done . txCommit)
    "tx rollback" -> with (done . txRollback)
    "publish and close" -> do
      (name, key) <- (,) <$> text "exchange" <*> text "key"
      with $ \chan -> done . void . forkIO $ do
        void (publishMsg chan name key newMsg {msgBody = "last"})
        closeConnection conn
    other -> fail ("no command " <> Text.unpack other)

exchange :: Object -> Text -> Text -> Bool -> Bool -> FieldTable -> ExchangeOpts
exchange _ name type' passive internal arguments =
  newExchange
    { exchangeName = name,
      exchangeType = type',
      exchangePassive = passive,
      exchangeInternal = internal,
      exchangeArguments = arguments
    }

parseMessage :: Object -> Parser Message
parseMessage o = do
  content <- o .:? "body" .!= ""
  persistent <- o .:? "persistent" .!= True
  expiration <- o .:? "expiration"
  kind' <- o .:? "type"
  headers <- o .:? "headers"
  replyTo <- o .:? "reply_to"
  number <- o .:? "id"
  correlation <- o .:? "correlation"
  pure
    newMsg
      { msgBody = L.fromStrict (encodeUtf8 content),
        msgDeliveryMode = Just (if persistent then Persistent else NonPersistent),
        msgExpiration = expiration,
        msgType = kind',
        msgHeaders = fromJson <$> headers,
        msgReplyTo = replyTo,
        msgID = number,
        msgCorrelationID = correlation,
        msgTimestamp = Just 1700000000,
        msgPriority = Just 3
      }

-- | Tables as tests write them: texts, whole numbers, switches.
fromJson :: Map.Map Text Value -> FieldTable
fromJson = FieldTable . Map.map convert
  where
    convert (String text) = FVString (encodeUtf8 text)
    convert (Bool flag) = FVBool flag
    convert (Number number) = FVInt32 (round number)
    convert (Object fields) = either (const FVVoid) (FVFieldTable . fromJson) (parseEither parseJSON (Object fields))
    convert _ = FVVoid

toJson :: FieldTable -> Value
toJson (FieldTable fields) = toJSON (Map.map convert fields)
  where
    convert (FVString text) = String (decodeUtf8 text)
    convert (FVBool flag) = Bool flag
    convert (FVInt32 number) = toJSON number
    convert (FVInt64 number) = toJSON number
    convert (FVFieldTable table) = toJson table
    convert (FVFieldArray values) = toJSON (map convert values)
    convert (FVTimestamp _) = "a time"
    convert other = String (shown other)

delivery :: Text -> Message -> Envelope -> Value
delivery label message envelope =
  object
    [ "label" .= label,
      "tag" .= envDeliveryTag envelope,
      "redelivered" .= envRedelivered envelope,
      "exchange" .= envExchangeName envelope,
      "key" .= envRoutingKey envelope,
      "body" .= body message,
      "headers" .= fmap toJson (msgHeaders message),
      "properties"
        .= [ fmap shown (msgDeliveryMode message),
             msgExpiration message,
             msgType message,
             msgReplyTo message,
             msgID message,
             msgCorrelationID message,
             fmap shown (msgTimestamp message),
             fmap shown (msgPriority message)
           ]
    ]

body :: Message -> Text
body = decodeUtf8 . L.toStrict . msgBody
