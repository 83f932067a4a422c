{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE LambdaCase #-}
{-# LANGUAGE ScopedTypeVariables #-}

-- | Channels. All that a broker says on a channel is handled by one thread, in
-- order: replies, confirms, returns and the callbacks of the consumers. So a
-- callback that waits for a reply on its own channel waits for ever.
module Network.AMQP.Internal.Channel
  ( Channel,
    Envelope (..),
    PublishError (..),
    ReturnReplyCode (..),
    AckType (..),
    Consumer (..),
    openChannel,
    closeChannel,
    addReturnListener,
    addConfirmationListener,
    addChannelExceptionHandler,
    isNormalChannelClose,

    -- * Talking to the broker
    Reply (..),
    request,
    command,
    send,
    sendMessage,

    -- * State
    addConsumer,
    removeConsumer,
    startConfirms,
    takeConfirms,
    takeConfirmsSoFar,
  )
where

import Control.Concurrent
import Control.Concurrent.STM
import Control.Exception
import Control.Monad
import Data.ByteString qualified as B
import Data.ByteString.Lazy qualified as BL
import Data.IntSet (IntSet)
import Data.IntSet qualified as IntSet
import Data.Map.Strict qualified as Map
import Data.Sequence (Seq, ViewL (..), viewl, (|>))
import Data.Sequence qualified as Seq
import Data.Text (Text)
import Data.Text qualified as T
import Data.Word (Word16, Word64)
import Network.AMQP.Internal.Connection
import Network.AMQP.Internal.Frame
import Network.AMQP.Internal.Message
import Network.AMQP.Internal.Method
import Network.AMQP.Types
import System.IO (hPutStrLn, stderr)

data Channel = Channel
  { chConnection :: Connection,
    chNumber :: Word16,
    chInbox :: TQueue Payload,
    chClosed :: TVar (Maybe AMQPException),
    -- | Those who wait for a reply, first come first served.
    chWaiting :: TVar (Seq (TMVar Reply)),
    chConsumers :: TVar (Map.Map ConsumerTag Consumer),
    chLastTag :: TVar Int,
    chReturnListeners :: TVar [(Message, PublishError) -> IO ()],
    chConfirmListeners :: TVar [(Word64, Bool, AckType) -> IO ()],
    chExceptionHandlers :: TVar [SomeException -> IO ()],
    -- | Whether the broker lets the client publish.
    chActive :: TVar Bool,
    -- | The number of the next message, Nothing without confirms.
    chNextNumber :: TVar (Maybe Int),
    chUnconfirmed :: TVar IntSet,
    chAcked :: TVar IntSet,
    chNacked :: TVar IntSet
  }

data Envelope = Envelope
  { envDeliveryTag :: LongLongInt,
    envRedelivered :: Bool,
    envExchangeName :: Text,
    envRoutingKey :: Text,
    envChannel :: Channel
  }

data PublishError = PublishError
  { errReplyCode :: ReturnReplyCode,
    errExchange :: Maybe Text,
    errRoutingKey :: Text
  }
  deriving (Eq, Read, Show)

data ReturnReplyCode
  = Unroutable Text
  | NoConsumers Text
  | NotFound Text
  deriving (Eq, Read, Show)

data AckType = BasicAck | BasicNack
  deriving (Show)

-- | What to do with a message, and when the broker cancels.
data Consumer = Consumer ((Message, Envelope) -> IO ()) (ConsumerTag -> IO ())

-- | An answer of the broker, with its message if it carries one.
data Reply = Reply ServerMethod (Maybe Message)

openChannel :: Connection -> IO Channel
openChannel conn = do
  inbox <- newTQueueIO
  ready <- newEmptyMVar
  alive <- newMVar True
  thread <- forkIO (takeMVar ready >>= run alive)
  let end reason = withMVar alive (`when` throwTo thread reason)
  chan <- create inbox end `onException` killThread thread
  putMVar ready chan
  chan <$ command chan channelOpen
  where
    create inbox end = atomically $ do
      number <- attach conn (Port inbox end)
      Channel conn number inbox
        <$> newTVar Nothing
        <*> newTVar Seq.empty
        <*> newTVar Map.empty
        <*> newTVar 0
        <*> newTVar []
        <*> newTVar []
        <*> newTVar []
        <*> newTVar True
        <*> newTVar Nothing
        <*> newTVar IntSet.empty
        <*> newTVar IntSet.empty
        <*> newTVar IntSet.empty

-- | The thread of a channel, from its opening until the handlers have run.
run :: MVar Bool -> Channel -> IO ()
run alive chan = do
  cause <- mask $ \restore -> do
    Left (problem :: SomeException) <- try (restore (forever (step chan)))
    let cause = maybe problem (\(ChanThreadKilledException inner) -> inner) (fromException problem)
    ended
    cause <$ atomically (markClosed chan (asClosed cause) >> detach (chConnection chan) (chNumber chan))
  handlers <- readTVarIO (chExceptionHandlers chan)
  mapM_ (complain "channel exception handler" . ($ cause)) handlers
  when (null handlers && not (isNormalChannelClose cause)) $
    hPutStrLn stderr ("AMQP: channel " <> show (chNumber chan) <> " ended without a handler: " <> show cause)
  where
    -- From here on the end of the connection does not disturb the handlers. If
    -- it is about to throw just now, take that and ask again.
    ended = void (swapMVar alive False) `catch` \(ChanThreadKilledException _) -> ended
    asClosed cause
      | Just closed@(ChannelClosedException _ _) <- fromException cause = closed
      | isNormalChannelClose cause = ChannelClosedException Normal "closed by the program"
      | otherwise = ChannelClosedException Abnormal (show cause)

markClosed :: Channel -> AMQPException -> STM ()
markClosed chan reason = modifyTVar' (chClosed chan) (maybe (Just reason) Just)

-- | Whether the end was asked for by the program.
isNormalChannelClose :: SomeException -> Bool
isNormalChannelClose problem
  | Just ThreadKilled <- fromException problem = True
  | Just (ChannelClosedException Normal _) <- fromException problem = True
  | Just (ConnectionClosedException Normal _) <- fromException problem = True
  | otherwise = False

-- | Also called when the program itself closes the channel or the connection.
addChannelExceptionHandler :: Channel -> (SomeException -> IO ()) -> IO ()
addChannelExceptionHandler chan handler = atomically (modifyTVar' (chExceptionHandlers chan) (handler :))

addReturnListener :: Channel -> ((Message, PublishError) -> IO ()) -> IO ()
addReturnListener chan listener = atomically (modifyTVar' (chReturnListeners chan) (listener :))

addConfirmationListener :: Channel -> ((Word64, Bool, AckType) -> IO ()) -> IO ()
addConfirmationListener chan listener = atomically (modifyTVar' (chConfirmListeners chan) (listener :))

-- | The next frame. A callback may have swallowed the exception that should
-- have ended it, so look whether the connection is still there.
nextPayload :: Channel -> IO Payload
nextPayload chan = do
  next <- atomically $ do
    closed <- closedConnection (chConnection chan)
    maybe (Right <$> readTQueue (chInbox chan)) (pure . Left) closed
  either throwIO pure next

step :: Channel -> IO ()
step chan =
  nextPayload chan >>= \case
    MethodPayload method -> act method
    _ -> throwIO (ChannelClosedException Abnormal "content without a method")
  where
    act method = case method of
      BasicDeliver tag number redelivered exchange key -> do
        message <- content chan
        consumer <- Map.lookup tag <$> readTVarIO (chConsumers chan)
        forM_ consumer $ \(Consumer callback _) ->
          complain "callback" (callback (message, Envelope number redelivered exchange key chan))
      BasicGetOk {} -> content chan >>= reply chan . Reply method . Just
      BasicReturn code text exchange key -> do
        message <- content chan
        listeners <- readTVarIO (chReturnListeners chan)
        let problem = PublishError (returnCode code text) (if T.null exchange then Nothing else Just exchange) key
        mapM_ (complain "return listener" . ($ (message, problem))) listeners
      ConfirmAck number multiple -> confirmed chan number multiple BasicAck
      ConfirmNack number multiple -> confirmed chan number multiple BasicNack
      BasicCancel tag -> do
        consumer <- Map.lookup tag <$> readTVarIO (chConsumers chan)
        removeConsumer chan tag
        forM_ consumer $ \(Consumer _ onCancel) -> complain "cancel callback" (onCancel tag)
      ChannelFlow active -> do
        atomically (writeTVar (chActive chan) active)
        send chan (channelFlowOk active)
      ChannelClose _ text -> do
        send chan channelCloseOk `catch` \(_ :: AMQPException) -> pure ()
        throwIO (ChannelClosedException Abnormal (T.unpack text))
      ChannelCloseOk -> do
        atomically $ do
          markClosed chan (ChannelClosedException Normal "closed by the program")
          answer chan (Reply method Nothing)
        throwIO ThreadKilled
      _ -> reply chan (Reply method Nothing)

returnCode :: Word16 -> Text -> ReturnReplyCode
returnCode 312 = Unroutable
returnCode 313 = NoConsumers
returnCode 404 = NotFound
returnCode code = error ("AMQP: a message came back with the unknown code " <> show code)

-- | The header and the body that follow a method.
content :: Channel -> IO Message
content chan =
  nextPayload chan >>= \case
    HeaderPayload size message -> body message (fromIntegral size) []
    _ -> throwIO (ChannelClosedException Abnormal "a message without its header")
  where
    body message missing chunks
      | missing <= (0 :: Int) = pure message {msgBody = BL.fromChunks (reverse chunks)}
      | otherwise =
        nextPayload chan >>= \case
          BodyPayload chunk -> body message (missing - B.length chunk) (chunk : chunks)
          _ -> throwIO (ChannelClosedException Abnormal "a message without its body")

confirmed :: Channel -> Word64 -> Bool -> AckType -> IO ()
confirmed chan number multiple kind = do
  listeners <- readTVarIO (chConfirmListeners chan)
  mapM_ (complain "confirmation listener" . ($ (number, multiple, kind))) listeners
  atomically $ do
    open <- readTVar (chUnconfirmed chan)
    let (now, later)
          | multiple = IntSet.partition (<= fromIntegral number) open
          | otherwise = (IntSet.singleton (fromIntegral number), IntSet.delete (fromIntegral number) open)
    writeTVar (chUnconfirmed chan) later
    modifyTVar' (case kind of BasicAck -> chAcked chan; BasicNack -> chNacked chan) (IntSet.union now)

reply :: Channel -> Reply -> IO ()
reply chan = atomically . answer chan

answer :: Channel -> Reply -> STM ()
answer chan given =
  viewl <$> readTVar (chWaiting chan) >>= \case
    first :< others -> writeTVar (chWaiting chan) others >> putTMVar first given
    EmptyL -> pure ()

-- | Why nothing can be said any more; the end of the connection counts most.
closedBecause :: Channel -> STM (Maybe AMQPException)
closedBecause chan = closedConnection (chConnection chan) >>= maybe (readTVar (chClosed chan)) (pure . Just)

stillOpen :: Channel -> STM ()
stillOpen chan = closedBecause chan >>= mapM_ throwSTM

-- | Send a method and wait for its answer.
request :: Channel -> Method -> IO Reply
request chan method = do
  bytes <- methodFrame (chNumber chan) method
  -- Queueing up and sending in one step keeps the answers in the right order.
  slot <- atomically $ do
    stillOpen chan
    slot <- newEmptyTMVar
    modifyTVar' (chWaiting chan) (|> slot)
    slot <$ enqueue (chConnection chan) bytes
  atomically (takeTMVar slot `orElse` (closedBecause chan >>= maybe retry throwSTM))

-- | For methods whose answer says nothing.
command :: Channel -> Method -> IO ()
command chan = void . request chan

-- | Send a method that has no answer.
send :: Channel -> Method -> IO ()
send chan method = do
  bytes <- methodFrame (chNumber chan) method
  sent <- atomically (stillOpen chan >> enqueue (chConnection chan) bytes)
  awaitSent (chConnection chan) sent

-- | Publish; with confirms, say which number the message has.
sendMessage :: Channel -> Method -> Message -> IO (Maybe Int)
sendMessage chan method message = do
  bytes <- messageFrames (frameLimit (chConnection chan)) (chNumber chan) method message
  (number, sent) <- atomically $ do
    stillOpen chan
    readTVar (chActive chan) >>= check
    number <- readTVar (chNextNumber chan)
    forM_ number $ \n -> do
      writeTVar (chNextNumber chan) (Just $! n + 1)
      modifyTVar' (chUnconfirmed chan) (IntSet.insert n)
    (,) number <$> enqueue (chConnection chan) bytes
  number <$ awaitSent (chConnection chan) sent

-- | Close, and wait until the channel has worked off what came before.
closeChannel :: Channel -> IO ()
closeChannel chan = command chan channelClose

-- | Under the next tag: "1", "2" and so on.
addConsumer :: Channel -> Consumer -> STM ConsumerTag
addConsumer chan consumer = do
  n <- (+ 1) <$> readTVar (chLastTag chan)
  writeTVar (chLastTag chan) n
  let tag = T.pack (show n)
  tag <$ modifyTVar' (chConsumers chan) (Map.insert tag consumer)

removeConsumer :: Channel -> ConsumerTag -> IO ()
removeConsumer chan tag = atomically (modifyTVar' (chConsumers chan) (Map.delete tag))

-- | Count from 1, unless the channel counts already.
startConfirms :: Channel -> IO ()
startConfirms chan = atomically (modifyTVar' (chNextNumber chan) (maybe (Just 1) Just))

-- | When nothing is open: what came since the last time.
takeConfirms :: Channel -> STM (IntSet, IntSet)
takeConfirms chan = do
  (acked, nacked, open) <- takeConfirmsSoFar chan
  check (IntSet.null open)
  pure (acked, nacked)

takeConfirmsSoFar :: Channel -> STM (IntSet, IntSet, IntSet)
takeConfirmsSoFar chan =
  (,,)
    <$> swapTVar (chAcked chan) IntSet.empty
    <*> swapTVar (chNacked chan) IntSet.empty
    <*> readTVar (chUnconfirmed chan)
