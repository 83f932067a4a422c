-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | What a connection knows. Each change is one transaction, so no thread sees half of one.
module Network.NATS.Internal.State
  ( Connection (..),
    Phase (..),
    Subscription (..),
    Reply,
    Pending (..),
    newConnection,
    inboxNumber,
    fresh,
    newName,
    freshName,
    emit,
    failIfClosed,

    -- * What waits to be sent
    sendData,
    sendControl,
    takePending,
  )
where

import Control.Concurrent.Async (Async)
import Control.Concurrent.STM
import Control.Monad (when)
import Crypto.Random (getRandomBytes)
import Data.ByteArray.Encoding (Base (Base32), convertToBase)
import Data.ByteString (ByteString)
import Data.ByteString qualified as B
import Data.IntMap.Strict (IntMap)
import Data.IntMap.Strict qualified as IntMap
import Data.List.NonEmpty qualified as NonEmpty
import Data.Map.Strict (Map)
import Data.Map.Strict qualified as Map
import Data.Sequence (Seq)
import Data.Sequence qualified as Seq
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Encoding (decodeLatin1)
import Network.NATS.Options
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
