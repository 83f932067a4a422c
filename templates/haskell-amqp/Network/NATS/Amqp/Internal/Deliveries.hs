-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | What a consumer brings, as deliveries of a queue.
module Network.NATS.Amqp.Internal.Deliveries
  ( pullOptions,
    Known,
    knowing,
    received,
    original,
  )
where

import Control.Concurrent.STM
import Control.Monad (forM_, when)
import Data.Maybe (fromMaybe, isJust)
import Data.Text (Text)
import Data.Time.Clock (UTCTime, addUTCTime)
import Network.NATS.Amqp.Internal.Bindings
import Network.NATS.Amqp.Internal.Codec
import Network.NATS.Amqp.Internal.DeadLetters
import Network.NATS.Amqp.Internal.Definitions
import Network.NATS.Amqp.Internal.Plan
import Network.NATS.Amqp.Internal.Session
import Network.NATS.JetStream (Delivery, DeliveryInfo (..), PullOptions (..), defaultPullOptions)
import Network.NATS.JetStream qualified as JS
import Network.NATS.Types qualified as Nats
import Prelude

-- | How to pull for a queue, with no more than so many deliveries unsettled; 0 is as many as anybody can have in mind. Of a
-- queue with a single active consumer the others must see soon that it has gone.
pullOptions :: QueueDefinition -> Int -> PullOptions
pullOptions queue prefetch
  | isSingleActive queue = options {pullExpires = 5, pullHeartbeat = 2}
  | otherwise = options
  where
    options = defaultPullOptions {pullMaxInFlight = if prefetch > 0 then prefetch else 65536}

-- | What was last known of a queue, and when.
type Known = (UTCTime, QueueDefinition)

-- | What is known of a queue now.
knowing :: Connection -> QueueDefinition -> IO (TVar Known)
knowing conn queue = serverTime conn >>= newTVarIO . flip (,) queue

-- | A delivery that the queue is to have; 'Nothing' if it is none, has expired or was delivered too often, which is seen to.
-- What is known of the queue is asked for again before something is left out.
received :: Connection -> Text -> TVar Known -> Delivery -> IO (Maybe Held)
received conn name known delivery = do
  isWanted <- wanted
  queue <- snd <$> readTVarIO known
  let held = Held delivery name queue exchange key message
  hasLapsed <- hasExpired conn queue message (diTimestamp info)
  case () of
    _
      | not isWanted -> Nothing <$ leave queue
      | hasLapsed -> Nothing <$ deadLetter conn Expired held
      | isOverLimit queue info -> Nothing <$ deadLetter conn DeliveryLimit held
      | otherwise -> pure (Just held)
  where
    info = JS.deliveryInfo delivery
    native = JS.deliveryMessage delivery
    message = decodeMessage (Nats.msgHeaders native) (Nats.msgBody native)
    Origin exchange key = original (cnPlan conn) native
    asks queue = wants (cnPlan conn) name queue (Nats.msgSubject native) (diStreamSequence info) message
    -- A binding may have gone meanwhile, and one may have come.
    wanted = do
      (checked, queue) <- readTVarIO known
      now <- serverTime conn
      if asks queue && now < addUTCTime 5 checked then pure True else refreshed now
    refreshed now = do
      found <- lookupQueue (cnJetStream conn) name
      forM_ found (atomically . writeTVar known . (,) now)
      pure (maybe False asks found)
    leave queue = do
      JS.ack delivery
      when (any (isJust . bdUntil) (qdBindings queue)) (tidyBindings conn name)

-- | What a message was published to: as headers say, else as its subject does.
original :: Plan -> Nats.Message -> Origin
original plan message = fromMaybe (fromSubject planned) (decodeOrigin (Nats.msgHeaders message))
  where
    subject = Nats.msgSubject message
    planned = [(epName each, epSubject each) | each <- planExchanges plan]
    fromSubject ((exchange, root) : others) = maybe (fromSubject others) (Origin exchange) (readExchangeKey root subject)
    fromSubject [] = case readUnplanned subject of
      Just (exchange, key) -> Origin exchange key
      Nothing -> Origin "" (fromMaybe subject (readQueueName subject))
