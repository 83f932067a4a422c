-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}

-- | Threads that belong to a connection, and waiting.
module Network.NATS.Internal.Workers
  ( spawn,
    otherWorkers,
    waitAtMost,
  )
where

import Control.Concurrent (myThreadId, threadDelay)
import Control.Concurrent.Async (Async, asyncThreadId, asyncWithUnmask, cancel, withAsync)
import Control.Concurrent.STM
import Control.Exception (finally, mask_, onException)
import Data.IntMap.Strict qualified as IntMap
import Data.Time.Clock (NominalDiffTime)
import Network.NATS.Internal.State
import Network.NATS.Internal.Transport (microseconds)
import Prelude

-- | Start a thread that ends with the connection at the latest. Throws 'Network.NATS.Types.ConnectionClosed'.
spawn :: Connection -> IO () -> IO (Async ())
spawn conn body = mask_ $ do
  known <- newEmptyTMVarIO
  number <- atomically (fresh conn)
  worker <- asyncWithUnmask $ \unmask ->
    (atomically (takeTMVar known) >> unmask body) `finally` atomically (modifyTVar' (cWorkers conn) (IntMap.delete number))
  let enter = failIfClosed conn >> modifyTVar' (cWorkers conn) (IntMap.insert number worker) >> putTMVar known ()
  atomically enter `onException` cancel worker
  pure worker

-- | All threads of callbacks but the calling one.
otherWorkers :: Connection -> IO (STM [Async ()])
otherWorkers conn = do
  self <- myThreadId
  pure (filter ((/= self) . asyncThreadId) . IntMap.elems <$> readTVar (cWorkers conn))

-- | Wait until there is something, but not longer than this; without a limit, for ever. What is found is never lost: either
-- the transaction has happened and its result is returned, or it has not.
waitAtMost :: Maybe NominalDiffTime -> STM (Maybe a) -> IO (Maybe a)
waitAtMost limit look = atomically look >>= maybe (maybe (atomically found) until' limit) (pure . Just)
  where
    found = look >>= maybe retry (pure . Just)
    until' time = do
      isOver <- newTVarIO False
      withAsync (threadDelay (microseconds time) >> atomically (writeTVar isOver True)) $ \_ ->
        atomically (found `orElse` (Nothing <$ (readTVar isOver >>= check)))
