-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Connections and channels: how they begin and end.
--
-- A connection to NATS finds its way back by itself, so an AMQP connection here only ends when the program closes it, or when
-- credentials are refused for good.
module Network.NATS.Amqp.Internal.Session
  ( -- * Connections
    newConnection,
    closeConnection,
    addConnectionClosedHandler,
    addConnectionBlockedHandler,
    getServerProperties,

    -- * Channels
    openChannel,
    closeChannel,
    addChannelExceptionHandler,
    qos,
    flow,

    -- * For other modules
    module Network.NATS.Amqp.Internal.State,
    module Network.NATS.Amqp.Internal.Keeping,
    channelError,
    connectionError,
    natsErrors,
    tellBlocked,
    tellUnblocked,
  )
where

import Control.Concurrent (forkIO, myThreadId)
import Control.Concurrent.Async (asyncThreadId, forConcurrently_)
import Control.Concurrent.STM
import Control.Exception
import Control.Monad (forM_, join, unless, void, when)
import Data.IntMap.Strict qualified as IntMap
import Data.Map.Strict qualified as Map
import Data.Maybe (isJust)
import Data.Set qualified as Set
import Data.Text (Text)
import Data.Text.Encoding (encodeUtf8)
import Data.Time.Clock (NominalDiffTime)
import Data.Word (Word16, Word32)
import Network.NATS.Amqp.Internal.Definitions
import Network.NATS.Amqp.Internal.Keeping
import Network.NATS.Amqp.Internal.Plan
import Network.NATS.Amqp.Internal.State
import Network.NATS.Amqp.Internal.Values
import Network.NATS.Client (NatsError (..))
import Network.NATS.Client qualified as Nats
import Network.NATS.JetStream (JetStream (..), JetStreamError (..))
import Network.NATS.JetStream qualified as JS
import Prelude
import System.IO (hPutStrLn, stderr)

-- | A connection over one to NATS.
newConnection :: JetStream -> Plan -> Text -> NominalDiffTime -> IO Connection
newConnection js plan name clock = do
  conn <-
    Connection js plan name clock
      <$> newTVarIO IntMap.empty
      <*> newTVarIO 1
      <*> newTVarIO Nothing
      <*> newTVarIO []
      <*> newTVarIO []
      <*> newTVarIO False
      <*> newTVarIO Set.empty
      <*> newTVarIO Map.empty
      <*> newTVarIO Map.empty
      <*> newTVarIO Map.empty
      <*> newTVarIO False
  _ <- Nats.spawn (jsConnection js) (keepHeld conn)
  _ <- Nats.spawn (jsConnection js) (keepOwned conn)
  Nats.addClosedHandler (jsConnection js) (endConnection conn . ConnectionClosedException Abnormal . show)
  pure conn

-- | Close a connection with all its channels: what is unsettled goes back to its queues, exclusive queues go.
closeConnection :: Connection -> IO ()
closeConnection conn = do
  endConnection conn (ConnectionClosedException Normal "closed by this program")
  Nats.close (jsConnection (cnJetStream conn))

endConnection :: Connection -> AMQPException -> IO ()
endConnection conn reason = do
  ended <- atomically $ do
    before <- readTVar (cnEnd conn)
    case before of
      Just _ -> pure Nothing
      Nothing -> do
        writeTVar (cnEnd conn) (Just reason)
        channels <- readTVar (cnChannels conn)
        cleanUp <- (<>) <$> swapTVar (cnForwards conn) Map.empty <*> swapTVar (cnOwned conn) Map.empty
        Just . (,,) (IntMap.elems channels) (Map.elems cleanUp) <$> readTVar (cnClosedHandlers conn)
  forM_ ended $ \(channels, cleanUp, handlers) -> do
    forConcurrently_ channels (`endChannel` toException reason)
    -- Without a server, what belonged to this connection goes by time.
    isOnline <- isJust <$> Nats.connectedServer (jsConnection (cnJetStream conn))
    isOwner <- readTVarIO (cnIsOwner conn)
    when isOnline $ do
      forConcurrently_ cleanUp ignoring
      when isOwner (ignoring (dropLease (cnJetStream conn) (cnName conn)))
      -- Whatever it saw to for all, another one may see to now.
      now <- serverTime conn
      ignoring (void (takeLease (cnJetStream conn) sweeping (cnName conn) now now))
    void (forkIO (mapM_ calling (reverse handlers)))

-- | Have something done when the connection is closed; if it is closed already, at once or never.
addConnectionClosedHandler :: Connection -> Bool -> IO () -> IO ()
addConnectionClosedHandler conn evenIfClosed handler = join . atomically $ do
  ended <- readTVar (cnEnd conn)
  case ended of
    Nothing -> pure () <$ modifyTVar' (cnClosedHandlers conn) (handler :)
    Just _ -> pure (when evenIfClosed handler)

-- | Have something done when publishing has to wait as the server has no room, and when it goes on.
addConnectionBlockedHandler :: Connection -> (Text -> IO ()) -> IO () -> IO ()
addConnectionBlockedHandler conn blocked unblocked =
  atomically (modifyTVar' (cnBlockedHandlers conn) ((blocked, unblocked) :))

tellBlocked :: Connection -> Text -> IO ()
tellBlocked conn why = tellWhether conn True (\(blocked, _) -> blocked why)

tellUnblocked :: Connection -> IO ()
tellUnblocked conn = tellWhether conn False snd

tellWhether :: Connection -> Bool -> ((Text -> IO (), IO ()) -> IO ()) -> IO ()
tellWhether conn now tell = do
  (before, handlers) <- atomically ((,) <$> swapTVar (cnIsBlocked conn) now <*> readTVar (cnBlockedHandlers conn))
  unless (before == now) (forM_ handlers (ignoring . tell))

-- | What the server says of itself.
getServerProperties :: Connection -> IO FieldTable
getServerProperties conn = do
  info <- Nats.serverInfo (jsConnection (cnJetStream conn))
  let text = FVString . encodeUtf8
      version = maybe [] (\each -> [("version", text (Nats.infoVersion each))]) info
  pure (FieldTable (Map.fromList (("product", text "NATS") : version)))

-- | Open a channel. Its callbacks run in one thread.
openChannel :: Connection -> IO Channel
openChannel conn = do
  chan <- join . atomically $ do
    ended <- readTVar (cnEnd conn)
    case ended of
      Just reason -> pure (throwIO reason)
      Nothing -> do
        number <- stateTVar (cnNextChannel conn) (\next -> (next, next + 1))
        made <- new number
        pure made <$ modifyTVar' (cnChannels conn) (IntMap.insert number made)
  worker <- Nats.spawn (jsConnection (cnJetStream conn)) (work chan)
  chan <$ atomically (writeTVar (chWorker chan) (Just worker))
  where
    new number =
      Channel conn number
        <$> newTVar Nothing
        <*> newTVar []
        <*> newTVar 0
        <*> newTVar False
        <*> newTVar 1
        <*> newTVar Map.empty
        <*> newTVar 1
        <*> newTVar Map.empty
        <*> newTQueue
        <*> newTVar Map.empty
        <*> newTVar Nothing
        <*> newTVar []
        <*> newTVar Nothing
        <*> newTVar []
        <*> newTVar Nothing

-- | Call callbacks. One that throws leaves its message unsettled, and the next one is called. If this thread is told to end, so
-- does the channel, so that nobody waits for callbacks in vain.
work :: Channel -> IO ()
work chan = next `catch` \failure -> endChannel chan failure
  where
    next = do
      job <- atomically ((Just <$> readTQueue (chJobs chan)) `orElse` (Nothing <$ (readTVar (chEnd chan) >>= check . isJust)))
      forM_ job (\each -> call each >> next)
    -- What its consumer has given back meanwhile is called for no more.
    call (tag, number, callback) = do
      isWanted <- atomically $ do
        waits <- stateTVar (chWaiting chan) (\all' -> (Map.member number all', Map.delete number all'))
        isThere <- Map.member tag <$> readTVar (chConsumers chan)
        pure (isThere && (waits || number == 0))
      when isWanted (callback `catches` handlers)
    handlers =
      [ Handler (\failure -> isOver (failure :: SomeAsyncException)),
        Handler (\failure -> throwIO (failure :: ChanThreadKilledException)),
        Handler failed
      ]
    failed failure = hPutStrLn stderr ("a callback failed: " <> displayException (failure :: SomeException))
    -- Only when the channel has ended is such an exception meant for this thread, and not one that a callback came upon.
    isOver failure = do
      ended <- readTVarIO (chEnd chan)
      if isJust ended then throwIO failure else failed (toException failure)

-- | Close a channel: what is unsettled goes back to its queues, at once and in order.
closeChannel :: Channel -> IO ()
closeChannel chan = endChannel chan (toException (ChannelClosedException Normal "closed by this program"))

endChannel :: Channel -> SomeException -> IO ()
endChannel chan reason = do
  ended <- atomically $ do
    before <- readTVar (chEnd chan)
    case before of
      Just _ -> pure Nothing
      Nothing -> do
        writeTVar (chEnd chan) (Just reason)
        modifyTVar' (cnChannels (chConnection chan)) (IntMap.delete (chNumber chan))
        consumers <- swapTVar (chConsumers chan) Map.empty
        worker <- readTVar (chWorker chan)
        Just . (,,) (Map.elems consumers) worker <$> readTVar (chHandlers chan)
  forM_ ended $ \(consumers, worker, handlers) -> do
    left <- traverse stopped consumers
    held <- map hdDelivery . Map.elems <$> atomically (swapTVar (chHeld chan) Map.empty)
    giveBack (held <> concat left)
    self <- myThreadId
    forM_ (asyncThreadId <$> worker) $ \thread ->
      unless (thread == self) (void (forkIO (throwTo thread (ChanThreadKilledException reason))))
    void (forkIO (forM_ handlers (calling . ($ reason))))

-- | What a consumer leaves that is stopped.
stopped :: Consumer -> IO [JS.Delivery]
stopped consumer = do
  left <- newTVarIO []
  ignoring (stopConsumer consumer >>= atomically . writeTVar left)
  readTVarIO left

-- | Call a handler; what one throws is no reason not to call the others.
calling :: IO () -> IO ()
calling handler = handler `catch` failed
  where
    failed failure = hPutStrLn stderr ("a handler failed: " <> displayException (failure :: SomeException))

-- | Have something done when the channel ends, also when this program closes it; at once if it has ended.
addChannelExceptionHandler :: Channel -> (SomeException -> IO ()) -> IO ()
addChannelExceptionHandler chan handler = join . atomically $ do
  ended <- readTVar (chEnd chan)
  case ended of
    Nothing -> pure () <$ modifyTVar' (chHandlers chan) (handler :)
    Just reason -> pure (handler reason)

-- | How many deliveries each consumer that starts from now on may have unsettled, 0 for any number; or all consumers of the
-- channel together, of which there may be one then. A limit of bytes is refused, as RabbitMQ does.
qos :: Channel -> Word32 -> Word16 -> Bool -> IO ()
qos chan size count isShared = do
  failIfEnded chan
  when (size /= 0) (connectionError (chConnection chan) "NOT_IMPLEMENTED - a prefetch of bytes")
  atomically (writeTVar (chPrefetch chan) (fromIntegral count) >> writeTVar (chIsShared chan) isShared)

-- | Let the server send, which it does anyway; it cannot be told to stop, neither here nor by RabbitMQ.
flow :: Channel -> Bool -> IO ()
flow chan active = do
  failIfEnded chan
  unless active (connectionError (chConnection chan) "NOT_IMPLEMENTED - a channel cannot be stopped")

-- | End a channel as a broker does that is asked for what cannot be.
channelError :: Channel -> String -> IO a
channelError chan why = endChannel chan (toException failure) >> throwIO failure
  where
    failure = ChannelClosedException Abnormal why

-- | End a connection likewise.
connectionError :: Connection -> String -> IO a
connectionError conn why = endConnection conn failure >> throwIO failure
  where
    failure = ConnectionClosedException Abnormal why

-- | What goes wrong with NATS, as users of AMQP know it: the channel ends, so that whoever looks after it hears of it.
natsErrors :: Channel -> IO a -> IO a
natsErrors chan action = action `catches` [Handler lost, Handler refused]
  where
    lost failure = case failure of
      ConnectionClosed _ -> failIfEnded chan >> throwIO (ConnectionClosedException Abnormal (show failure))
      _ -> channelError chan (show failure)
    refused failure = channelError chan (show (failure :: JetStreamError))
