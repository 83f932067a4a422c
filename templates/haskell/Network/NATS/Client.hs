-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | A client for NATS.
--
-- > withConnection defaultConnectOptions {coServers = Server "nats" 4222 False :| []} $ \conn -> do
-- >   _ <- subscribeWith conn "greetings.*" defaultSubscribeOptions (print . msgBody)
-- >   publish conn "greetings.world" "hello"
-- >   flush conn 2
--
-- A connection reconnects by itself, to any server of the cluster, and subscribes again. What is published meanwhile waits
-- and is sent then; what was on its way when a server was lost may be lost with it, as NATS itself delivers at most once.
-- "Network.NATS.JetStream" is for what must not be lost.
--
-- What fails throws a 'NatsError'. All functions can be called by any thread. Programs should be linked with @-threaded@.
module Network.NATS.Client
  ( -- * Connecting
    Connection,
    withConnection,
    connect,
    close,
    drain,
    connectedServer,
    serverInfo,
    addClosedHandler,

    -- * Publishing
    publish,
    publishWithHeaders,
    publishWith,
    flush,

    -- * Asking and answering
    request,
    requestWithHeaders,
    respond,
    newInbox,
    newName,

    -- * Subscribing
    Subscription,
    subscribe,
    subscribeWith,
    withSubscription,
    nextMessage,
    nextMessageWithin,
    unsubscribe,
    unsubscribeAfter,
    drainSubscription,
    droppedMessages,

    -- * Threads
    spawn,

    -- * Messages, options, events, errors
    module Network.NATS.Options,
    module Network.NATS.Types,
  )
where

import Control.Concurrent (myThreadId)
import Control.Concurrent.Async (asyncThreadId, asyncWithUnmask, cancel, forConcurrently_, waitCatch, withAsync)
import Control.Concurrent.STM
import Control.Exception (bracket, mask, mask_, onException, throwIO, try)
import Control.Monad (forM_, join, unless, void, when)
import Data.ByteString (ByteString)
import Data.Foldable (traverse_)
import Data.IntMap.Strict qualified as IntMap
import Data.Time.Clock (NominalDiffTime)
import Network.NATS.Internal.Phases
import Network.NATS.Internal.Receiving
import Network.NATS.Internal.Request
import Network.NATS.Internal.State
import Network.NATS.Internal.Supervisor
import Network.NATS.Internal.Transport (microseconds)
import Network.NATS.Internal.Workers
import Network.NATS.Protocol
import Network.NATS.Options
import Network.NATS.Types
import System.Timeout (timeout)
import Prelude

-- | Connect, use the connection, and 'close' it, or drop it at once if something is thrown.
withConnection :: ConnectOptions -> (Connection -> IO a) -> IO a
withConnection options use = mask $ \restore -> do
  conn <- connect options
  result <- restore (use conn) `onException` abort conn
  close conn
  pure result

-- | Connect to one of the servers. Throws 'ConnectionFailed' if none lets this client in.
--
-- Whoever calls it has to call 'close' or 'drain'; 'withConnection' does so.
connect :: ConnectOptions -> IO Connection
connect options = mask $ \restore -> do
  conn <- newConnection options
  teller <- asyncWithUnmask (\unmask -> unmask (tellEvents conn))
  keeper <- asyncWithUnmask $ \unmask ->
    unmask (withAsync (expire conn) (const (supervise conn))) >>= atomically . goClosed conn . GaveUp
  atomically (writeTVar (cThreads conn) (Just (keeper, teller)))
  restore (join (atomically (firstOutcome conn))) `onException` abort conn
  pure conn
  where
    firstOutcome conn = do
      phase <- readTVar (cPhase conn)
      epoch <- readTVar (cEpoch conn)
      case phase of
        Ended (GaveUp failure) -> pure (throwIO failure)
        Ended ClosedByUser -> pure (throwIO (ConnectionClosed ClosedByUser))
        _ -> if epoch > 0 then pure (pure ()) else retry

-- | Close a connection: what waits is sent, if that takes no more than two seconds, callbacks are interrupted, handlers of
-- 'addClosedHandler' are called. Closing it again does nothing.
close :: Connection -> IO ()
close conn = do
  phase <- readTVarIO (cPhase conn)
  case phase of
    Online _ -> void (try (flush conn 2) :: IO (Either NatsError ()))
    _ -> pure ()
  abort conn

abort :: Connection -> IO ()
abort conn = do
  self <- myThreadId
  atomically (goClosed conn ClosedByUser)
  threads <- readTVarIO (cThreads conn)
  traverse_ (cancel . fst) threads
  workers <- otherWorkers conn >>= atomically
  -- A callback that catches everything is not waited for for ever.
  void (timeout 5000000 (forConcurrently_ workers cancel))
  forM_ threads $ \(_, teller) -> unless (asyncThreadId teller == self) $ do
    told <- timeout 5000000 (waitCatch teller)
    when (null told) (cancel teller)

-- | Close a connection in order: receive no more, let callbacks finish what they have received, send what waits, close. What
-- takes longer than this is interrupted.
drain :: Connection -> NominalDiffTime -> IO ()
drain conn limit = do
  subscriptions <- atomically $ do
    failIfClosed conn
    writeTVar (cDraining conn) True
    found <- IntMap.elems <$> readTVar (cSubscriptions conn)
    found <$ traverse_ (sendControl conn . (`unsubLine` Nothing) . sNumber) found
  _ <- try (flush conn limit) :: IO (Either NatsError ())
  atomically (forM_ subscriptions (`endSubscription` SubscriptionEnded))
  workers <- otherWorkers conn
  _ <- waitAtMost (Just limit) ((\running -> if null running then Just () else Nothing) <$> workers)
  close conn

-- | The server that the connection is to at present; 'Nothing' while it is lost or closed.
connectedServer :: Connection -> IO (Maybe Server)
connectedServer conn = serverOf <$> readTVarIO (cPhase conn)
  where
    serverOf (Online server) = Just server
    serverOf _ = Nothing

-- | What the server said of itself, the last one if there is none at present.
serverInfo :: Connection -> IO (Maybe ServerInfo)
serverInfo = readTVarIO . cInfo

-- | Have something done when the connection is closed for good, by whomever; at once if it is. Handlers are called one after
-- the other.
addClosedHandler :: Connection -> (CloseReason -> IO ()) -> IO ()
addClosedHandler conn handler = join . atomically $ do
  handlers <- readTVar (cClosedHandlers conn)
  phase <- readTVar (cPhase conn)
  case (handlers, phase) of
    (Just others, _) -> pure () <$ writeTVar (cClosedHandlers conn) (Just (handler : others))
    (Nothing, Ended reason) -> pure (handler reason)
    (Nothing, _) -> pure (pure ())

-- | Publish. It returns when the message is in line to be sent; it blocks while too much waits, and throws
-- 'PendingBufferFull' if that is so without a server.
publish :: Connection -> Subject -> ByteString -> IO ()
publish conn subject = publishWith conn subject Nothing []

-- | Publish with headers.
publishWithHeaders :: Connection -> Subject -> Headers -> ByteString -> IO ()
publishWithHeaders conn subject = publishWith conn subject Nothing

-- | Publish with a subject that answers are to go to, and headers.
publishWith :: Connection -> Subject -> Maybe Subject -> Headers -> ByteString -> IO ()
publishWith conn subject reply headers body = do
  checkMessage conn subject reply headers body
  atomically (sendData conn (pubFrame subject reply headers body))

-- | Wait until the server has seen all that was published before, but no longer than this. Throws 'ConnectionLost' if it
-- cannot be known, and 'RequestTimeout'.
flush :: Connection -> NominalDiffTime -> IO ()
flush conn limit =
  timeout (microseconds limit) (atomically (expectPong conn) >>= atomically . readTMVar)
    >>= maybe (throwIO (RequestTimeout "PING")) (either throwIO pure)

-- | Publish, and wait for the first answer, but no longer than this. Throws 'NoResponders', 'RequestTimeout' and
-- 'ConnectionLost'.
request :: Connection -> Subject -> ByteString -> NominalDiffTime -> IO Message
request conn subject = requestWithHeaders conn subject []

-- | The same with headers.
requestWithHeaders :: Connection -> Subject -> Headers -> ByteString -> NominalDiffTime -> IO Message
requestWithHeaders conn subject headers body limit =
  bracket (ask conn maxBound subject headers body limit) abandon awaitAnswer

-- | Answer a request. Nothing is sent if nobody waits for an answer.
respond :: Connection -> Message -> ByteString -> IO ()
respond conn message body = forM_ (msgReply message) (\subject -> publish conn subject body)

-- | A subject for answers that nobody else has.
newInbox :: Connection -> IO Subject
newInbox conn = do
  name <- atomically (freshName conn)
  pure (coInboxPrefix (cOptions conn) <> "." <> name)

-- | Subscribe; messages are read with 'nextMessage'.
subscribe :: Connection -> Subject -> SubscribeOptions -> IO Subscription
subscribe conn subject options = do
  either throwIO pure (checkSubscribeSubject subject >> traverse_ checkSubscribeSubject (soQueueGroup options))
  atomically (addSubscription conn subject options)

-- | Subscribe with a callback, which is called for one message after the other, in a thread of this subscription. If it
-- throws, 'CallbackFailed' is told, and the next message comes.
subscribeWith :: Connection -> Subject -> SubscribeOptions -> (Message -> IO ()) -> IO Subscription
subscribeWith conn subject options callback = mask_ $ do
  sub <- subscribe conn subject options
  _ <- spawn conn (loop sub) `onException` unsubscribe sub
  pure sub
  where
    loop sub = do
      next <- try (nextMessage sub) :: IO (Either NatsError Message)
      forM_ next $ \message -> do
        done <- trySync (callback message)
        either (atomically . emit conn . CallbackFailed subject) pure done
        loop sub

-- | Subscribe, and unsubscribe at the end.
withSubscription :: Connection -> Subject -> SubscribeOptions -> (Subscription -> IO a) -> IO a
withSubscription conn subject options = bracket (subscribe conn subject options) unsubscribe

-- | The next message; blocks until there is one. Throws 'SubscriptionEnded' or 'ConnectionClosed' when there can be none.
nextMessage :: Subscription -> IO Message
nextMessage sub = atomically (nextQueued sub >>= maybe retry pure)

-- | The next message, if it comes within this time.
nextMessageWithin :: Subscription -> NominalDiffTime -> IO (Maybe Message)
nextMessageWithin sub limit = waitAtMost (Just limit) (nextQueued sub)

-- | Receive no more, and forget what waits.
unsubscribe :: Subscription -> IO ()
unsubscribe sub = atomically $ do
  sendControl (sConnection sub) (unsubLine (sNumber sub) Nothing)
  endSubscription sub SubscriptionEnded
  _ <- flushTQueue (sQueue sub)
  writeTVar (sWaiting sub) (0, 0)

-- | Receive no more than so many messages, those counted that were received before.
unsubscribeAfter :: Subscription -> Int -> IO ()
unsubscribeAfter sub most = atomically $ do
  writeTVar (sMost sub) (Just most)
  sendControl (sConnection sub) (unsubLine (sNumber sub) (Just most))
  received <- readTVar (sReceived sub)
  when (received >= most) (endSubscription sub SubscriptionEnded)

-- | Receive no more; what has come can still be read. Waits until the server has heard of it, but no longer than this.
drainSubscription :: Subscription -> NominalDiffTime -> IO ()
drainSubscription sub limit = do
  atomically (sendControl (sConnection sub) (unsubLine (sNumber sub) Nothing))
  _ <- try (flush (sConnection sub) limit) :: IO (Either NatsError ())
  atomically (endSubscription sub SubscriptionEnded)

-- | How many messages were dropped as the queue was full.
droppedMessages :: Subscription -> IO Int
droppedMessages = readTVarIO . sDropped
