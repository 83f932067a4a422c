{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE ScopedTypeVariables #-}

-- | A connection that is open: its threads, and how it comes to its end.
--
-- One thread reads and one writes. Whoever wants to send hands its bytes to the
-- writer and waits, so that a thread killed meanwhile leaves no half frame.
module Network.AMQP.Internal.Connection
  ( Connection,
    Settings (..),
    startConnection,
    closeConnection,
    addConnectionClosedHandler,
    addConnectionBlockedHandler,
    getServerProperties,
    frameLimit,

    -- * For channels
    ChanThreadKilledException (..),
    Port (..),
    attach,
    detach,
    closedConnection,
    enqueue,
    awaitSent,
    complain,
  )
where

import Control.Concurrent
import Control.Concurrent.STM
import Control.Exception
import Control.Monad
import Data.ByteString.Lazy qualified as BL
import Data.IntMap.Strict qualified as IntMap
import Data.List (find)
import Data.Text (Text)
import Data.Text qualified as T
import Data.Word (Word16, Word64)
import GHC.Clock (getMonotonicTimeNSec)
import Network.AMQP.Internal.Frame
import Network.AMQP.Internal.Method
import Network.AMQP.Types
import Network.Socket (Socket, close)
import Network.Socket.ByteString.Lazy (sendAll)
import System.IO (hPutStrLn, stderr)
import System.Timeout (timeout)

-- | What both sides agreed on.
data Settings = Settings
  { setServerProperties :: FieldTable,
    setChannelMax :: Int,
    setFrameMax :: Int,
    -- | Seconds, 0 for none.
    setHeartbeat :: Int
  }

data Connection = Connection
  { cnSettings :: Settings,
    cnOutbox :: TQueue (BL.ByteString, TMVar ()),
    -- | Why it is closed; what sets it first ends the connection.
    cnClosed :: TVar (Maybe AMQPException),
    -- | Whether the socket is closed and the channels are gone.
    cnFinished :: TVar Bool,
    cnClosing :: TVar Bool,
    cnClosedHandlers :: TVar [IO ()],
    cnBlockedHandlers :: TVar [(Text -> IO (), IO ())],
    cnPorts :: TVar (IntMap.IntMap Port),
    cnLastId :: TVar Int,
    cnHeard :: TVar Word64,
    cnSaid :: TVar Word64
  }

-- | Where a channel takes its frames, and how to end it.
data Port = Port (TQueue Payload) (ChanThreadKilledException -> IO ())

-- | Thrown into a channel's thread when the channel has to end. A callback that
-- catches everything must throw it again.
newtype ChanThreadKilledException = ChanThreadKilledException SomeException
  deriving (Show)

instance Exception ChanThreadKilledException

startConnection :: Socket -> Source -> Settings -> IO Connection
startConnection sock source settings = do
  now <- getMonotonicTimeNSec
  conn <-
    Connection settings
      <$> newTQueueIO
      <*> newTVarIO Nothing
      <*> newTVarIO False
      <*> newTVarIO False
      <*> newTVarIO []
      <*> newTVarIO []
      <*> newTVarIO IntMap.empty
      <*> newTVarIO 0
      <*> newTVarIO now
      <*> newTVarIO now
  mask_ $ do
    threads <- traverse (forkGuarded conn) [reader conn source, writer conn sock, heart conn]
    void . forkIO $ do
      reason <- atomically (readTVar (cnClosed conn) >>= maybe retry pure)
      mapM_ killThread threads
      close sock `catch` \(_ :: IOException) -> pure ()
      finish conn reason
  pure conn

-- | A thread whose failure closes the connection.
forkGuarded :: Connection -> IO () -> IO ThreadId
forkGuarded conn action = forkIOWithUnmask $ \unmask ->
  unmask action `catch` \(problem :: SomeException) ->
    atomically (setClosed conn Abnormal (show problem))

setClosed :: Connection -> CloseType -> String -> STM ()
setClosed conn kind reason = modifyTVar' (cnClosed conn) (maybe (Just closed) Just)
  where
    closed = ConnectionClosedException kind reason

-- | The last act: end the channels, let 'closeConnection' return, tell the program.
finish :: Connection -> AMQPException -> IO ()
finish conn reason = do
  ports <- atomically (swapTVar (cnPorts conn) IntMap.empty)
  forM_ ports $ \(Port _ end) -> end (ChanThreadKilledException cause)
  handlers <- atomically $ do
    writeTVar (cnFinished conn) True
    readTVar (cnClosedHandlers conn)
  mapM_ (complain "connection closed handler") handlers
  where
    cause = case reason of
      ConnectionClosedException Normal _ -> toException ThreadKilled
      _ -> toException reason

-- | Run what a program gave; its exceptions only appear on standard error.
complain :: String -> IO () -> IO ()
complain what action =
  action
    `catches` [ Handler $ \(ended :: ChanThreadKilledException) -> throwIO ended,
                Handler $ \(problem :: SomeException) -> hPutStrLn stderr ("AMQP: " <> what <> " threw: " <> show problem)
              ]

reader :: Connection -> Source -> IO ()
reader conn source = forever $ do
  Frame number payload <- readFrame source
  now <- getMonotonicTimeNSec
  ports <- atomically (writeTVar (cnHeard conn) now >> readTVar (cnPorts conn))
  case payload of
    Heartbeat -> pure ()
    MethodPayload method | number == 0 -> control conn method
    _ -> forM_ (IntMap.lookup (fromIntegral number) ports) $ \(Port inbox _) ->
      atomically (writeTQueue inbox payload)

control :: Connection -> ServerMethod -> IO ()
control conn method = case method of
  ConnectionClose _ text -> do
    reply <- methodFrame 0 connectionCloseOk
    -- Best effort: the broker may be gone before the reply is.
    void (timeout 1000000 (atomically (enqueue conn reply) >>= awaitSent conn))
    atomically (setClosed conn Abnormal (T.unpack text))
  ConnectionCloseOk -> atomically (setClosed conn Normal "closed by the program")
  ConnectionBlocked reason -> readTVarIO blocked >>= mapM_ (complain "blocked handler" . ($ reason) . fst)
  ConnectionUnblocked -> readTVarIO blocked >>= mapM_ (complain "unblocked handler" . snd)
  _ -> pure ()
  where
    blocked = cnBlockedHandlers conn

writer :: Connection -> Socket -> IO ()
writer conn sock = forever $ do
  first <- atomically (readTQueue (cnOutbox conn))
  others <- atomically (flushTQueue (cnOutbox conn))
  let batch = first : others
  sendAll sock (BL.concat (map fst batch))
  now <- getMonotonicTimeNSec
  atomically $ do
    writeTVar (cnSaid conn) now
    mapM_ ((`tryPutTMVar` ()) . snd) batch

-- | Two silent periods of the broker end the connection.
heart :: Connection -> IO ()
heart conn = when (period > 0) . forever $ do
  threadDelay (fromIntegral (period `div` 4000))
  now <- getMonotonicTimeNSec
  (heard, said) <- atomically ((,) <$> readTVar (cnHeard conn) <*> readTVar (cnSaid conn))
  when (now > said + period `div` 2) $ void (atomically (enqueue conn heartbeatFrame))
  when (now > heard + 2 * period) $
    atomically (setClosed conn Abnormal "the broker missed two heartbeats")
  where
    period = 1000000000 * fromIntegral (setHeartbeat (cnSettings conn)) :: Word64

-- | Hand over complete frames. What is filled when they are sent comes back.
enqueue :: Connection -> BL.ByteString -> STM (TMVar ())
enqueue conn bytes = do
  closedConnection conn >>= mapM_ throwSTM
  sent <- newEmptyTMVar
  writeTQueue (cnOutbox conn) (bytes, sent)
  pure sent

awaitSent :: Connection -> TMVar () -> IO ()
awaitSent conn sent =
  atomically (takeTMVar sent `orElse` (closedConnection conn >>= maybe retry throwSTM))

closedConnection :: Connection -> STM (Maybe AMQPException)
closedConnection = readTVar . cnClosed

-- | Give a channel the next free number. Counting on avoids the number of a
-- channel that has only just been closed.
attach :: Connection -> Port -> STM Word16
attach conn port = do
  closedConnection conn >>= mapM_ throwSTM
  used <- readTVar (cnPorts conn)
  lastId <- readTVar (cnLastId conn)
  let most = setChannelMax (cnSettings conn)
  case find (`IntMap.notMember` used) ([lastId + 1 .. most] <> [1 .. min lastId most]) of
    Nothing -> throwSTM (AllChannelsAllocatedException most)
    Just number -> do
      writeTVar (cnLastId conn) number
      writeTVar (cnPorts conn) (IntMap.insert number port used)
      pure (fromIntegral number)

detach :: Connection -> Word16 -> STM ()
detach conn number = modifyTVar' (cnPorts conn) (IntMap.delete (fromIntegral number))

-- | Close, and wait until the broker has said that it read everything. On a
-- closed connection this does nothing.
closeConnection :: Connection -> IO ()
closeConnection conn = do
  request <- methodFrame 0 connectionClose
  atomically $ do
    closing <- swapTVar (cnClosing conn) True
    closed <- closedConnection conn
    unless (closing || closed /= Nothing) (void (enqueue conn request))
  atomically (readTVar (cnFinished conn) >>= check)

-- | With True, a connection that is closed already calls the handler at once.
addConnectionClosedHandler :: Connection -> Bool -> IO () -> IO ()
addConnectionClosedHandler conn ifClosed handler = do
  over <- atomically $ do
    over <- readTVar (cnFinished conn)
    unless over (modifyTVar' (cnClosedHandlers conn) (handler :))
    pure over
  when (over && ifClosed) handler

addConnectionBlockedHandler :: Connection -> (Text -> IO ()) -> IO () -> IO ()
addConnectionBlockedHandler conn blocked unblocked =
  atomically (modifyTVar' (cnBlockedHandlers conn) ((blocked, unblocked) :))

getServerProperties :: Connection -> IO FieldTable
getServerProperties = pure . setServerProperties . cnSettings

-- | 0 for no limit.
frameLimit :: Connection -> Int
frameLimit = setFrameMax . cnSettings
