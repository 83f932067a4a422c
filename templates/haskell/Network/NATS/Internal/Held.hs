-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | What was handed out of a consumer and is not settled.
module Network.NATS.Internal.Held
  ( Held,
    Holding,
    keepHeld,
    giveHeldBack,
    holdOne,
    letGoThrough,
    letGo,
  )
where

import Control.Concurrent (threadDelay)
import Control.Concurrent.STM
import Control.Exception (try)
import Control.Monad (forM_, unless)
import Data.ByteString (ByteString)
import Data.Map.Strict (Map)
import Data.Map.Strict qualified as Map
import Data.Maybe (mapMaybe)
import Data.Time.Clock (NominalDiffTime)
import Data.Word (Word64)
import GHC.Clock (getMonotonicTime)
import Network.NATS.Client (Connection, Message (..), NatsError, Subject, publish)
import Network.NATS.Internal.Transport (microseconds)
import Prelude

-- | A message that was handed out: its number for the consumer, where it is settled, and when it came.
data Held = Held
  { heldNumber :: !Word64,
    heldReply :: !(Maybe Subject),
    heldSince :: !Double
  }

-- | Messages by their numbers in the stream.
type Holding = TVar (Map Word64 Held)

-- | Hold a message, by its number in the stream and for the consumer. Delivered again, it takes the place of the first delivery.
holdOne :: Holding -> Double -> Message -> Word64 -> Word64 -> STM ()
holdOne holding now message inStream inConsumer =
  modifyTVar' holding (Map.insert inStream (Held inConsumer (msgReply message) now))

-- | Let go of a delivery; of another one of the same message not.
letGo :: Holding -> Word64 -> Word64 -> STM ()
letGo holding inStream inConsumer = modifyTVar' holding (Map.update ifAnother inStream)
  where
    ifAnother held = if heldNumber held == inConsumer then Nothing else Just held

-- | Let go of a message and of all before it.
letGoThrough :: Holding -> Word64 -> STM ()
letGoThrough holding number = modifyTVar' holding (snd . Map.split number)

-- | Tell the server after each pause that what is held is worked on, each for so long at most, until it ends and nothing is held.
keepHeld :: Connection -> Holding -> STM Bool -> NominalDiffTime -> NominalDiffTime -> IO ()
keepHeld conn holding hasEnded limit pause = do
  threadDelay (microseconds pause)
  now <- getMonotonicTime
  held <- Map.elems <$> readTVarIO holding
  settle conn "+WPI" [each | each <- held, now - heldSince each < realToFrac limit]
  isDone <- atomically ((&&) <$> hasEnded <*> (Map.null <$> readTVar holding))
  unless isDone (keepHeld conn holding hasEnded limit pause)

-- | Give all that is held back to the server, in the order of the stream.
giveHeldBack :: Connection -> Holding -> IO ()
giveHeldBack conn holding = atomically (swapTVar holding Map.empty) >>= settle conn "-NAK" . Map.elems

settle :: Connection -> ByteString -> [Held] -> IO ()
settle conn answer held = forM_ (mapMaybe heldReply held) $ \subject ->
  try (publish conn subject answer) :: IO (Either NatsError ())
