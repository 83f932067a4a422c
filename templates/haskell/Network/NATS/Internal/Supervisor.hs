-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE LambdaCase #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Keeps a connection connected: one thread that dials, and below it, while there is a server, one that reads, one that
-- writes and one that looks whether the server is still there. They end with it.
module Network.NATS.Internal.Supervisor
  ( supervise,
    expire,
    tellEvents,
    trySync,
  )
where

import Control.Concurrent (threadDelay)
import Control.Concurrent.Async (race_)
import Control.Concurrent.STM
import Control.Exception (Exception (..), SomeAsyncException (..), SomeException, throwIO, try)
import Control.Monad (forM_, forever, unless, void)
import Crypto.Random (getRandomBytes)
import Data.Bits (shiftL, (.|.))
import Data.ByteString qualified as B
import Data.IORef (newIORef, readIORef, writeIORef)
import Data.Maybe (fromMaybe, isJust)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Time.Clock (NominalDiffTime)
import GHC.Clock (getMonotonicTime)
import Network.NATS.Internal.Handshake
import Network.NATS.Internal.Phases
import Network.NATS.Internal.Receiving
import Network.NATS.Internal.State
import Network.NATS.Internal.Transport
import Network.NATS.Protocol
import Network.NATS.Options
import Network.NATS.Types
import System.Timeout (timeout)
import Prelude

-- | Connect, and connect again, until there is no hope, and return the last error. The first connection has one round.
supervise :: Connection -> IO NatsError
supervise conn = rounds True 0 0
  where
    options = cOptions conn

    rounds :: Bool -> Int -> Int -> IO NatsError
    rounds isFirst vain refusals = readTVarIO (cServers conn) >>= servers isFirst vain refusals []

    servers :: Bool -> Int -> Int -> [(Server, NatsError)] -> [(Server, Text)] -> IO NatsError
    servers isFirst vain refusals failures [] = do
      let failure = ConnectionFailed (reverse failures)
      if isFirst || maybe False (vain + 1 >=) (coReconnectRounds options)
        then pure failure
        else do
          pause (min (coReconnectMaxWait options) (coReconnectWait options * 2 ^ min 20 vain))
          rounds False (vain + 1) refusals
    servers isFirst vain refusals failures ((server, name) : others) =
      session conn server name >>= \case
        Lost failure -> do
          atomically $ do
            goOffline conn server failure
            modifyTVar' (cServers conn) (\known -> filter ((/= server) . fst) known <> [(server, name)])
          pause (coReconnectWait options / 2)
          rounds False 0 0
        Refused failure -> do
          atomically (emit conn (ConnectFailed server failure))
          known <- length <$> readTVarIO (cServers conn)
          let refused = if isRefusal failure then refusals + 1 else refusals
          -- Servers that restart may refuse once; twice each, nobody will let this client in.
          if not isFirst && refused >= 2 * known
            then pure failure
            else servers isFirst vain refused ((server, failure) : failures) others

    isRefusal (ServerRefused (AuthorizationViolation _)) = True
    isRefusal _ = False

-- | How a session went: it never began, or it did.
data Outcome = Refused !NatsError | Lost !NatsError

session :: Connection -> Server -> Text -> IO Outcome
session conn server name = do
  begun <- newIORef False
  ended <- trySync . withSession (cOptions conn) server name $ \open -> do
    atomically (goOnline conn server name (sessionInfo open))
    writeIORef begun True
    race_ (readAll conn server name open) (race_ (writeAll conn open) (keepAlive conn))
  wasOnline <- readIORef begun
  let failure = either asNatsError (const ConnectionLost) ended
  pure (if wasOnline then Lost failure else Refused failure)

readAll :: Connection -> Server -> Text -> Session -> IO ()
readAll conn server name open = forever $ do
  op <- nextOp (sessionTransport open) (sessionInput open)
  case op of
    OpMessage number message -> atomically (deliver conn number message)
    OpPing -> atomically (sendControl conn pongLine)
    OpPong -> atomically (receivePong conn)
    OpInfo info -> atomically (learn conn server name info)
    OpOk -> pure ()
    OpErr failure
      | isFatal failure -> throwIO (ServerRefused failure)
      | otherwise -> atomically (emit conn (ServerComplained failure))
  where
    isFatal = \case
      PermissionsViolation _ -> False
      OtherServerError _ -> False -- if it is fatal, the server hangs up
      _ -> True

writeAll :: Connection -> Session -> IO ()
writeAll conn open = forever (atomically (takePending conn) >>= send (sessionTransport open))

keepAlive :: Connection -> IO ()
keepAlive conn = forever $ do
  threadDelay interval
  isThere <- answers
  unless isThere $ do
    isBack <- answers
    unless isBack (throwIO (NetworkError "the server does not answer"))
  where
    interval = microseconds (coPingInterval (cOptions conn))
    answers = do
      pong <- atomically (expectPong conn)
      isJust <$> timeout interval (atomically (readTMVar pong))

-- | Tell those who wait for answers when it is over, within a twentieth of a second: one clock for all, as many wait.
expire :: Connection -> IO ()
expire conn = forever $ do
  atomically (readTVar (cReplies conn) >>= check . not . null)
  threadDelay 50000
  getMonotonicTime >>= atomically . expireReplies conn

-- | Tell events as they come, until the connection is closed; then those who asked for that.
tellEvents :: Connection -> IO ()
tellEvents conn = do
  event <- atomically (readTQueue (cEvents conn))
  void (trySync (coOnEvent (cOptions conn) event))
  case event of
    Closed reason -> do
      handlers <- atomically (swapTVar (cClosedHandlers conn) Nothing)
      forM_ (maybe [] reverse handlers) (\handler -> trySync (handler reason))
    _ -> tellEvents conn

-- | Wait, between half of the time and all of it, so that clients do not come back all at once.
pause :: NominalDiffTime -> IO ()
pause time = do
  bytes <- getRandomBytes 2
  let chance = B.foldl' (\n byte -> n `shiftL` 8 .|. fromIntegral byte) (0 :: Int) bytes
  threadDelay (microseconds (time / 2 + time / 2 * fromIntegral chance / 65536))

asNatsError :: SomeException -> NatsError
asNatsError failure = fromMaybe (NetworkError (Text.pack (displayException failure))) (fromException failure)

-- | What an action throws, but not what others throw at this thread.
trySync :: IO a -> IO (Either SomeException a)
trySync action = try action >>= \case
  Left failure | Just (SomeAsyncException _) <- fromException failure -> throwIO failure
  result -> pure result
