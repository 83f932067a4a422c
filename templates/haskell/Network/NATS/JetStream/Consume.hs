-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}

-- | Consuming with a callback.
module Network.NATS.JetStream.Consume
  ( Consumption,
    consume,
    withConsumer,
    stopConsuming,
    abandonConsuming,
    waitConsumption,
  )
where

import Control.Concurrent (myThreadId)
import Control.Concurrent.Async (Async, asyncThreadId, cancel, waitCatch, waitCatchSTM)
import Control.Concurrent.STM
import Control.Exception (SomeException, bracket, mask_, onException)
import Control.Monad (unless, void)
import Data.Text (Text)
import Network.NATS.Client
import Network.NATS.Internal.State (emit)
import Network.NATS.Internal.Supervisor (trySync)
import Network.NATS.JetStream.Api
import Network.NATS.JetStream.Delivery
import Network.NATS.JetStream.Pull
import Prelude

-- | A callback that is called for each message of a consumer.
data Consumption = Consumption !Pull !(Async ()) !(TMVar SomeException)

-- | Call back for one message after the other, in the order in which they come, in a thread of this consumption. The callback
-- settles each, then or later. If it throws before, the message is delivered again after a second, and
-- 'Network.NATS.Types.CallbackFailed' is told.
--
-- It ends with 'stopConsuming', with the connection, or when the consumer is gone; 'waitConsumption' tells which. Several may
-- share a consumer, and one connection.
consume :: JetStream -> Text -> Text -> PullOptions -> (Delivery -> IO ()) -> IO Consumption
consume js stream consumer options callback = mask_ $ do
  pull <- openPull js stream consumer options
  end <- newEmptyTMVarIO
  worker <- spawn conn (loop pull >>= atomically . putTMVar end) `onException` closePull pull
  pure (Consumption pull worker end)
  where
    conn = jsConnection js
    loop pull = do
      next <- trySync (nextDelivery pull)
      case next of
        Left why -> why <$ closePull pull
        Right delivery -> do
          done <- trySync (callback delivery)
          either (failed delivery) pure done
          loop pull
    failed delivery failure = do
      settled <- isSettled delivery
      unless settled (void (trySync (nakWithDelay delivery 1)))
      atomically (emit conn (CallbackFailed (msgSubject (deliveryMessage delivery)) failure))

-- | The same while an action runs.
withConsumer :: JetStream -> Text -> Text -> PullOptions -> (Delivery -> IO ()) -> IO a -> IO a
withConsumer js stream consumer options callback action =
  bracket (consume js stream consumer options callback) stopConsuming (const action)

-- | Call back no more: the callback that runs finishes, what has come and was not handed out goes back to the server. The
-- callback may do this itself.
stopConsuming :: Consumption -> IO ()
stopConsuming (Consumption pull worker _) = do
  closePull pull
  self <- myThreadId
  unless (asyncThreadId worker == self) (void (waitCatch worker))

-- | Call back no more, and drop what is being worked on: the callback that runs is interrupted, and all that is not settled goes
-- back to the server, in order. For programs that have to stop now.
abandonConsuming :: Consumption -> IO ()
abandonConsuming (Consumption pull worker _) = do
  self <- myThreadId
  unless (asyncThreadId worker == self) (cancel worker)
  releasePull pull

-- | Wait for the end, and tell why: 'SubscriptionEnded' after 'stopConsuming', 'ConsumerGone', 'ConnectionClosed'.
waitConsumption :: Consumption -> IO SomeException
waitConsumption (Consumption _ worker end) =
  atomically (readTMVar end `orElse` (waitCatchSTM worker >>= either pure (const retry)))
