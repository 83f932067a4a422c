-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Connections and channels: what belongs to them, and how they end.
--
-- A connection to NATS finds its way back by itself, so an AMQP connection here only ends when the program closes it, or when
-- credentials are refused for good.
module Network.NATS.Amqp.Internal.Session
  ( -- * Connections
    Connection (..),
    newConnection,
    closeConnection,
    addConnectionClosedHandler,
    addConnectionBlockedHandler,
    getServerProperties,

    -- * Channels
    Channel (..),
    Confirms (..),
    Consumer (..),
    Held (..),
    Envelope (..),
    openChannel,
    closeChannel,
    addChannelExceptionHandler,
    qos,
    flow,

    -- * For other modules
    failIfEnded,
    channelError,
    connectionError,
    natsErrors,
    serverTime,
    sweeping,
    beOwner,
    isOwnerThere,
    touch,
    alone,
    giveBack,
    ensurePlanned,
    makeStream,
    ignoring,
    retrying,
    tellBlocked,
    tellUnblocked,
  )
where

import Control.Concurrent (forkIO, myThreadId, threadDelay)
import Control.Concurrent.Async (Async, asyncThreadId, forConcurrently_)
import Control.Concurrent.STM
import Control.Exception
import Control.Monad (forM_, forever, join, unless, void, when)
import Data.Foldable (traverse_)
import Data.IntMap.Strict (IntMap)
import Data.IntMap.Strict qualified as IntMap
import Data.IntSet (IntSet)
import Data.List (sortOn)
import Data.Map.Strict (Map)
import Data.Map.Strict qualified as Map
import Data.Maybe (isJust)
import Data.Set (Set)
import Data.Set qualified as Set
import Data.Text (Text)
import Data.Text.Encoding (encodeUtf8)
import Data.Time.Clock (NominalDiffTime, UTCTime, addUTCTime, getCurrentTime)
import Data.Word (Word16, Word32, Word64)
import Network.NATS.Amqp.Internal.Definitions
import Network.NATS.Amqp.Internal.Plan
import Network.NATS.Amqp.Internal.Values
import Network.NATS.Client (NatsError (..))
import Network.NATS.Client qualified as Nats
import Network.NATS.JetStream (ApiError (..), JetStream (..), JetStreamError (..), StreamConfig (..))
import Network.NATS.JetStream qualified as JS
import Prelude
import System.IO (hPutStrLn, stderr)

data Connection = Connection
  { cnJetStream :: !JetStream,
    cnPlan :: !Plan,
    -- | Nobody else has this name.
    cnName :: !Text,
    -- | How much the server's clock is before the one here.
    cnClock :: !NominalDiffTime,
    cnChannels :: !(TVar (IntMap Channel)),
    cnNextChannel :: !(TVar Int),
    cnEnd :: !(TVar (Maybe AMQPException)),
    cnClosedHandlers :: !(TVar [IO ()]),
    -- | What to call when publishing has to wait, and when it goes on.
    cnBlockedHandlers :: !(TVar [(Text -> IO (), IO ())]),
    cnIsBlocked :: !(TVar Bool),
    -- | Streams that were seen to be there, and exchanges, with the time of the server until which that counts.
    cnStreams :: !(TVar (Set Text)),
    cnExchanges :: !(TVar (Map Text (UTCTime, ExchangeDefinition))),
    -- | Exclusive queues, each with what takes it away.
    cnOwned :: !(TVar (Map Text (IO ()))),
    -- | What passes messages on from one exchange or stream to another, by the queue that it reads.
    cnForwards :: !(TVar (Map Text (IO ()))),
    -- | Whether anything belongs to it, so that others have to know that it is there.
    cnIsOwner :: !(TVar Bool)
  }

data Channel = Channel
  { chConnection :: !Connection,
    chNumber :: !Int,
    chEnd :: !(TVar (Maybe SomeException)),
    chHandlers :: !(TVar [SomeException -> IO ()]),
    -- | How many deliveries a consumer may have unsettled; 0 for any number. It counts for consumers that start later.
    chPrefetch :: !(TVar Int),
    -- | Whether that is for all consumers of the channel together.
    chIsShared :: !(TVar Bool),
    chNextTag :: !(TVar Word64),
    -- | What was handed out and is not settled.
    chHeld :: !(TVar (Map Word64 Held)),
    chNextConsumer :: !(TVar Int),
    chConsumers :: !(TVar (Map ConsumerTag Consumer)),
    -- | Calls of callbacks, which one thread makes one after the other.
    chJobs :: !(TQueue (ConsumerTag, Word64, IO ())),
    -- | Deliveries whose callback has not begun, by the consumers that they are for.
    chWaiting :: !(TVar (Map Word64 ConsumerTag)),
    chWorker :: !(TVar (Maybe (Async ()))),
    chReturnListeners :: !(TVar [(Message, PublishError) -> IO ()]),
    chConfirms :: !(TVar (Maybe Confirms)),
    chConfirmListeners :: !(TVar [(Word64, Bool, AckType) -> IO ()]),
    -- | What a transaction is to do, the last first.
    chTransaction :: !(TVar (Maybe [IO ()]))
  }

-- | The next number, what is under way, and what was confirmed and refused since somebody asked.
data Confirms = Confirms
  { cfNext :: !Int,
    cfOpen :: !IntSet,
    cfAcked :: !IntSet,
    cfNacked :: !IntSet
  }

-- | A consumer can be stopped: what has come and was not handed out is to go back.
data Consumer = Consumer
  { stopConsumer :: !(IO [JS.Delivery]),
    -- | Say that it is there, though it asks for nothing at present.
    touchConsumer :: !(IO ())
  }

-- | A delivery, the queue that it is of, and what it is.
data Held = Held
  { hdDelivery :: !JS.Delivery,
    hdQueue :: !Text,
    hdDefinition :: !QueueDefinition,
    hdExchange :: !Text,
    hdKey :: !Text,
    hdMessage :: !Message
  }

-- | What belongs to one delivery.
data Envelope = Envelope
  { envDeliveryTag :: !LongLongInt,
    envRedelivered :: !Bool,
    envExchangeName :: !Text,
    envRoutingKey :: !Text,
    envChannel :: !Channel
  }

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

-- | The time that it is for the server.
serverTime :: Connection -> IO UTCTime
serverTime conn = addUTCTime (cnClock conn) <$> getCurrentTime

-- | Say every ten seconds that what is held is still worked on, which would be given up after thirty, and that consumers are
-- there that ask for nothing as they hold all they may.
keepHeld :: Connection -> IO ()
keepHeld conn = forever $ do
  threadDelay 10000000
  channels <- IntMap.elems <$> readTVarIO (cnChannels conn)
  held <- traverse (readTVarIO . chHeld) channels
  forM_ (concatMap Map.elems held) $ \each -> ignoring (JS.inProgress (hdDelivery each))
  consumers <- traverse (readTVarIO . chConsumers) channels
  forM_ (concatMap Map.elems consumers) (ignoring . touchConsumer)

-- | Say every ten seconds that this connection is there, and what belongs to it.
keepOwned :: Connection -> IO ()
keepOwned conn = forever $ do
  threadDelay 10000000
  isOwner <- readTVarIO (cnIsOwner conn)
  when isOwner (ignoring (beOwner conn))
  owned <- Map.keys <$> readTVarIO (cnOwned conn)
  forM_ owned (ignoring . touch conn)

-- | Keep a queue from being given up for lack of use.
touch :: Connection -> Text -> IO ()
touch conn name = ask (queuePlace (cnPlan conn) name)
  where
    js = cnJetStream conn
    -- No message is as small as this, so none is delivered; but the server has heard of somebody.
    ask place =
      void (Nats.request (jsConnection js) (next place) "{\"batch\": 1, \"no_wait\": true, \"max_bytes\": 1}" 2)
    next place = jsPrefix js <> ".CONSUMER.MSG.NEXT." <> queueStream place <> "." <> queueConsumer place

-- | What one connection does for all.
sweeping :: Text
sweeping = "expiry"

-- | Say that this connection, which exclusive queues belong to, is there.
beOwner :: Connection -> IO ()
beOwner conn = do
  now <- serverTime conn
  atomically (writeTVar (cnIsOwner conn) True)
  void (takeLease (cnJetStream conn) (cnName conn) (cnName conn) now (addUTCTime 30 now))

-- | Whether a connection that exclusive queues belong to is still there.
isOwnerThere :: Connection -> Text -> IO Bool
isOwnerThere conn name
  | name == cnName conn = pure True
  | otherwise = serverTime conn >>= isLeased (cnJetStream conn) name

-- | Change a queue while nobody else does: its definition and its consumer are two things for the server.
alone :: Connection -> Text -> IO a -> IO a
alone conn name action = do
  key <- Nats.newName
  bracket_ (enter key) (ignoring (dropLease js what)) action
  where
    js = cnJetStream conn
    what = "queue." <> name
    enter key = do
      now <- serverTime conn
      isMine <- takeLease js what key now (addUTCTime 15 now)
      unless isMine (threadDelay 10000 >> enter key)

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

-- | Give back, in order.
giveBack :: [JS.Delivery] -> IO ()
giveBack deliveries = forM_ (sortOn (JS.diStreamSequence . JS.deliveryInfo) deliveries) (ignoring . JS.nak)

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
calling handler = handler `catch` \failure -> hPutStrLn stderr ("a handler failed: " <> displayException (failure :: SomeException))

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

-- | Throws why the channel ended, if it has.
failIfEnded :: Channel -> IO ()
failIfEnded chan = readTVarIO (chEnd chan) >>= traverse_ throwIO

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

-- | Make sure that a stream of the plan is there.
ensurePlanned :: Connection -> Text -> IO ()
ensurePlanned conn name = do
  isKnown <- Set.member name <$> readTVarIO (cnStreams conn)
  unless isKnown $ do
    makeStream (cnJetStream conn) (streamNamed (cnPlan conn) name)
    atomically (modifyTVar' (cnStreams conn) (Set.insert name))

-- | Make a stream, or leave one of this name as it is. A server that is on its own keeps one replica, as a broker on its own
-- does.
makeStream :: JetStream -> StreamConfig -> IO ()
makeStream js wanted = do
  made <- try (JS.createStream js wanted)
  case made of
    Left (Refused failure)
      | apiCode failure == nameInUse -> pure ()
      | apiCode failure == replicasNeedCluster, scReplicas wanted > 1 -> makeStream js wanted {scReplicas = 1}
    _ -> void (either throwIO pure made)
  where
    nameInUse = 10058
    replicasNeedCluster = 10074

-- | Do something that need not succeed: what ends tidies up as far as it can.
ignoring :: IO () -> IO ()
ignoring action = action `catches` [Handler natsError, Handler jetStreamError, Handler amqpException]
  where
    natsError failure = const (pure ()) (failure :: NatsError)
    jetStreamError failure = const (pure ()) (failure :: JetStreamError)
    amqpException failure = const (pure ()) (failure :: AMQPException)

-- | What to do if something fails that is to be tried again.
retrying :: IO () -> [Handler ()]
retrying again =
  [ Handler (\failure -> const again (failure :: NatsError)),
    Handler (\failure -> const again (failure :: JetStreamError))
  ]
