-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | What a connection knows, and how it changes. Each change is one transaction, so no thread sees half of one.
module Network.NATS.Internal.State
  ( Connection (..),
    Phase (..),
    Reply,
    newConnection,
    fresh,
    newName,
    freshName,
    emit,
    failIfClosed,

    -- * What waits to be sent
    sendData,
    sendControl,
    takePending,

    -- * From connected to closed
    goOnline,
    goOffline,
    goClosed,
    learn,

    -- * Subscriptions
    Subscription (..),
    addSubscription,
    endSubscription,
    deliver,
    nextQueued,

    -- * Answers
    expectReply,
    expireReplies,
    forgetReply,
    expectPong,
    receivePong,
  )
where

import Control.Concurrent.Async (Async)
import Control.Concurrent.STM
import Control.Monad (forM_, unless, when)
import Crypto.Random (getRandomBytes)
import Data.ByteArray.Encoding (Base (Base32), convertToBase)
import Data.ByteString (ByteString)
import Data.ByteString qualified as B
import Data.IntMap.Strict (IntMap)
import Data.IntMap.Strict qualified as IntMap
import Data.List.NonEmpty qualified as NonEmpty
import Data.Map.Strict (Map)
import Data.Map.Strict qualified as Map
import Data.Maybe (isJust, maybeToList)
import Data.Sequence (Seq, ViewL (..), viewl, (|>))
import Data.Sequence qualified as Seq
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Encoding (decodeLatin1)
import Network.NATS.Protocol
import Network.NATS.Types
import Prelude

-- | Whether there is a server at present.
data Phase
  = Offline
  | Online !Server
  | Ended !CloseReason
  deriving stock (Eq, Show)

-- | An answer that is awaited.
type Reply a = TMVar (Either NatsError a)

-- | Bytes to send, the latest first. What is not data is about one session only, and goes with it.
data Pending = Pending !Int [(Bool, [ByteString])]

-- | A connection to a cluster: it survives the loss of a server.
data Connection = Connection
  { cOptions :: !ConnectOptions,
    cPhase :: !(TVar Phase),
    -- | How many times a server was connected to.
    cEpoch :: !(TVar Int),
    cInfo :: !(TVar (Maybe ServerInfo)),
    -- | All servers known, with the names that their certificates must have; the next to try comes first.
    cServers :: !(TVar [(Server, Text)]),
    cPending :: !(TVar Pending),
    cSubscriptions :: !(TVar (IntMap Subscription)),
    cCounter :: !(TVar Int),
    -- | A name that no other connection has.
    cName :: !Text,
    -- | Answers come to this subject and a number.
    cInbox :: !Subject,
    -- | Answers that are awaited, by the subjects they come to, and until when by the monotonic clock.
    cReplies :: !(TVar (Map Subject (Double, Reply Message))),
    cPongs :: !(TVar (Seq (Reply ()))),
    cDraining :: !(TVar Bool),
    cEvents :: !(TQueue Event),
    -- | Whom to tell of the end; 'Nothing' when they have been told.
    cClosedHandlers :: !(TVar (Maybe [CloseReason -> IO ()])),
    -- | Threads of callbacks. They are told to end when the connection is closed, and waited for.
    cWorkers :: !(TVar (IntMap (Async ()))),
    -- | The thread that keeps it connected, and the one that tells events.
    cThreads :: !(TVar (Maybe (Async (), Async ())))
  }

-- | One subscription, with what it received and nobody has read yet.
data Subscription = Subscription
  { sConnection :: !Connection,
    sNumber :: !Int,
    sSubject :: !Subject,
    sOptions :: !SubscribeOptions,
    sQueue :: !(TQueue Message),
    -- | Messages and bytes in the queue.
    sWaiting :: !(TVar (Int, Int)),
    sReceived :: !(TVar Int),
    sDropped :: !(TVar Int),
    -- | Whether it was told that the queue is full.
    sTold :: !(TVar Bool),
    -- | After how many messages it ends.
    sMost :: !(TVar (Maybe Int)),
    sEnd :: !(TVar (Maybe NatsError))
  }

-- | A connection that is not connected yet.
newConnection :: ConnectOptions -> IO Connection
newConnection options = do
  name <- newName
  Connection options
    <$> newTVarIO Offline
    <*> newTVarIO 0
    <*> newTVarIO Nothing
    <*> newTVarIO [(server, serverHost server) | server <- NonEmpty.toList (coServers options)]
    <*> newTVarIO (Pending 0 [])
    <*> newTVarIO IntMap.empty
    <*> newTVarIO (inboxNumber + 1)
    <*> pure name
    <*> pure (coInboxPrefix options <> "." <> name)
    <*> newTVarIO Map.empty
    <*> newTVarIO Seq.empty
    <*> newTVarIO False
    <*> newTQueueIO
    <*> newTVarIO (Just [])
    <*> newTVarIO IntMap.empty
    <*> newTVarIO Nothing

-- | A name that nobody else has: letters and digits.
newName :: IO Text
newName = do
  bytes <- getRandomBytes 15 :: IO ByteString
  pure (decodeLatin1 (convertToBase Base32 bytes))

-- | The number of the subscription that answers come to.
inboxNumber :: Int
inboxNumber = 1

-- | A number that this connection has not used.
fresh :: Connection -> STM Int
fresh conn = stateTVar (cCounter conn) (\number -> (number, number + 1))

-- | A name that nobody else has, without asking the system for chance again.
freshName :: Connection -> STM Text
freshName conn = do
  number <- fresh conn
  pure (cName conn <> "-" <> Text.pack (show number))

-- | Tell an event.
emit :: Connection -> Event -> STM ()
emit conn = writeTQueue (cEvents conn)

-- | Throws 'ConnectionClosed' when all is over.
failIfClosed :: Connection -> STM ()
failIfClosed conn = do
  phase <- readTVar (cPhase conn)
  case phase of
    Ended reason -> throwSTM (ConnectionClosed reason)
    _ -> pure ()

-- | Put a message in line; it survives the loss of the connection. Blocks when too much waits, and throws 'PendingBufferFull'
-- if nothing can be sent at present.
sendData :: Connection -> [ByteString] -> STM ()
sendData conn chunks = do
  phase <- readTVar (cPhase conn)
  Pending size frames <- readTVar (cPending conn)
  let after = size + sum (map B.length chunks)
      tooMuch = size > 0 && after > coPendingBytes (cOptions conn)
  case phase of
    Ended reason -> throwSTM (ConnectionClosed reason)
    Offline -> when tooMuch (throwSTM PendingBufferFull)
    Online _ -> when tooMuch retry
  writeTVar (cPending conn) $! Pending after ((True, chunks) : frames)

-- | Put something about the present session in line. Without one, nothing needs to be sent.
sendControl :: Connection -> ByteString -> STM ()
sendControl conn line = do
  phase <- readTVar (cPhase conn)
  case phase of
    Online _ -> modifyTVar' (cPending conn) (\(Pending size frames) -> Pending (size + B.length line) ((False, [line]) : frames))
    _ -> pure ()

-- | All that waits to be sent; blocks until there is something.
takePending :: Connection -> STM ByteString
takePending conn = do
  Pending _ frames <- readTVar (cPending conn)
  when (null frames) retry
  writeTVar (cPending conn) (Pending 0 [])
  pure (B.concat (concatMap snd (reverse frames)))

-- | A server let this client in: subscriptions first, then what waits.
goOnline :: Connection -> Server -> Text -> ServerInfo -> STM ()
goOnline conn server name info = do
  failIfClosed conn
  writeTVar (cPhase conn) (Online server)
  modifyTVar' (cEpoch conn) (+ 1)
  subscriptions <- readTVar (cSubscriptions conn)
  again <- traverse resubscribe (IntMap.elems subscriptions)
  let control = (False, subLine (cInbox conn <> ".*") Nothing inboxNumber : concat again)
  modifyTVar' (cPending conn) (\(Pending size frames) -> Pending (size + sum (map B.length (snd control))) (frames <> [control]))
  learn conn server name info
  emit conn (Connected server)
  where
    resubscribe sub = do
      most <- readTVar (sMost sub)
      received <- readTVar (sReceived sub)
      pure (subscribeLines sub (subtract received <$> most))

subscribeLines :: Subscription -> Maybe Int -> [ByteString]
subscribeLines sub most =
  subLine (sSubject sub) (soQueueGroup (sOptions sub)) (sNumber sub) : [unsubLine (sNumber sub) (Just n) | n <- maybeToList most]

-- | The server is lost: what is no data is dropped, and whoever awaits an answer is told.
goOffline :: Connection -> Server -> NatsError -> STM ()
goOffline conn server why = do
  failIfClosed conn
  writeTVar (cPhase conn) Offline
  modifyTVar' (cPending conn) $ \(Pending _ frames) ->
    let kept = filter fst frames in Pending (sum (map (sum . map B.length . snd) kept)) kept
  failReplies conn ConnectionLost
  emit conn (Disconnected server why)

-- | The end. Nothing changes if it has come before.
goClosed :: Connection -> CloseReason -> STM ()
goClosed conn reason = do
  phase <- readTVar (cPhase conn)
  case phase of
    Ended _ -> pure ()
    _ -> do
      writeTVar (cPhase conn) (Ended reason)
      writeTVar (cPending conn) (Pending 0 [])
      failReplies conn (ConnectionClosed reason)
      subscriptions <- readTVar (cSubscriptions conn)
      forM_ subscriptions (\sub -> endSubscription sub (ConnectionClosed reason))
      emit conn (Closed reason)

failReplies :: Connection -> NatsError -> STM ()
failReplies conn failure = do
  replies <- swapTVar (cReplies conn) Map.empty
  pongs <- swapTVar (cPongs conn) Seq.empty
  forM_ replies (\(_, reply) -> tryPutTMVar reply (Left failure))
  forM_ pongs (\reply -> tryPutTMVar reply (Left failure))

-- | What a server says of itself and its cluster. Servers that are new are tried after those that are known.
learn :: Connection -> Server -> Text -> ServerInfo -> STM ()
learn conn server name info = do
  before <- swapTVar (cInfo conn) (Just info)
  when (infoLameDuck info && not (maybe False infoLameDuck before)) (emit conn (LameDuck server))
  when (coDiscoverServers (cOptions conn)) $
    modifyTVar' (cServers conn) $ \known ->
      known
        <> [ (found, if isAddress (serverHost found) then name else serverHost found)
             | Right plain <- map parseServer (infoConnectUrls info),
               let found = plain {serverTls = serverTls server},
               (serverHost found, serverPort found) `notElem` [(serverHost each, serverPort each) | (each, _) <- known]
           ]
  where
    isAddress = Text.all (`elem` ("0123456789abcdefABCDEF.:%" :: String))

-- | A subscription, in force from now on.
addSubscription :: Connection -> Subject -> SubscribeOptions -> STM Subscription
addSubscription conn subject options = do
  failIfClosed conn
  draining <- readTVar (cDraining conn)
  when draining (throwSTM ConnectionDraining)
  number <- fresh conn
  sub <-
    Subscription conn number subject options
      <$> newTQueue
      <*> newTVar (0, 0)
      <*> newTVar 0
      <*> newTVar 0
      <*> newTVar False
      <*> newTVar (soMaxMessages options)
      <*> newTVar Nothing
  modifyTVar' (cSubscriptions conn) (IntMap.insert number sub)
  sendControl conn (B.concat (subscribeLines sub (soMaxMessages options)))
  pure sub

-- | Receive no more. What waits in the queue can still be read, then the reason is thrown.
endSubscription :: Subscription -> NatsError -> STM ()
endSubscription sub why = do
  modifyTVar' (cSubscriptions (sConnection sub)) (IntMap.delete (sNumber sub))
  end <- readTVar (sEnd sub)
  unless (isJust end) (writeTVar (sEnd sub) (Just why))

-- | A message for a subscription, by its number.
deliver :: Connection -> Int -> Message -> STM ()
deliver conn number message
  | number == inboxNumber = do
      reply <- Map.lookup (msgSubject message) <$> readTVar (cReplies conn)
      forM_ reply $ \(_, each) -> tryPutTMVar each (Right message) >> forgetReply conn (msgSubject message)
  | otherwise = IntMap.lookup number <$> readTVar (cSubscriptions conn) >>= mapM_ (enqueue conn message)

enqueue :: Connection -> Message -> Subscription -> STM ()
enqueue conn message sub = do
  (messages, bytes) <- readTVar (sWaiting sub)
  if messages >= soPendingMessages (sOptions sub) || (messages > 0 && bytes + size > soPendingBytes (sOptions sub))
    then do
      dropped <- stateTVar (sDropped sub) (\n -> (n + 1, n + 1))
      told <- swapTVar (sTold sub) True
      unless told (emit conn (SlowConsumer (sSubject sub) dropped))
    else do
      writeTQueue (sQueue sub) message
      writeTVar (sWaiting sub) $! ((,) $! messages + 1) $! bytes + size
  received <- stateTVar (sReceived sub) (\n -> (n + 1, n + 1))
  most <- readTVar (sMost sub)
  when (maybe False (received >=) most) $ do
    sendControl conn (unsubLine (sNumber sub) Nothing)
    endSubscription sub SubscriptionEnded
  where
    size = B.length (msgBody message)

-- | The next message that waits; 'Nothing' if there is none yet. Throws why it ended once all are read.
nextQueued :: Subscription -> STM (Maybe Message)
nextQueued sub = do
  found <- tryReadTQueue (sQueue sub)
  case found of
    Just message -> do
      (messages, bytes) <- readTVar (sWaiting sub)
      writeTVar (sWaiting sub) $! ((,) $! messages - 1) $! bytes - B.length (msgBody message)
      when (messages <= 1) (writeTVar (sTold sub) False)
      pure (Just message)
    Nothing -> readTVar (sEnd sub) >>= maybe (pure Nothing) throwSTM

-- | A subject of one's own for an answer, which is awaited until then.
expectReply :: Connection -> Double -> STM (Subject, Reply Message)
expectReply conn end = do
  number <- fresh conn
  reply <- newEmptyTMVar
  let subject = cInbox conn <> "." <> Text.pack (show number)
  modifyTVar' (cReplies conn) (Map.insert subject (end, reply))
  pure (subject, reply)

-- | Whoever awaits an answer until before this time has waited in vain.
expireReplies :: Connection -> Double -> STM ()
expireReplies conn now = do
  (over, open) <- Map.partition ((< now) . fst) <$> readTVar (cReplies conn)
  unless (Map.null over) $ do
    writeTVar (cReplies conn) open
    forM_ (Map.toList over) (\(subject, (_, reply)) -> tryPutTMVar reply (Left (RequestTimeout subject)))

-- | Await it no longer.
forgetReply :: Connection -> Subject -> STM ()
forgetReply conn subject = modifyTVar' (cReplies conn) (Map.delete subject)

-- | Send a PING; its PONG tells that the server has seen everything before. Blocks until there is a server.
expectPong :: Connection -> STM (Reply ())
expectPong conn = do
  phase <- readTVar (cPhase conn)
  case phase of
    Ended reason -> throwSTM (ConnectionClosed reason)
    Offline -> retry
    Online _ -> do
      reply <- newEmptyTMVar
      modifyTVar' (cPongs conn) (|> reply)
      sendControl conn pingLine
      pure reply

-- | A PONG has come.
receivePong :: Connection -> STM ()
receivePong conn = do
  waiting <- readTVar (cPongs conn)
  case viewl waiting of
    EmptyL -> pure ()
    reply :< others -> writeTVar (cPongs conn) others >> tryPutTMVar reply (Right ()) >> pure ()
