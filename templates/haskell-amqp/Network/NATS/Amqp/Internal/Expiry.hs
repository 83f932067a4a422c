-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | What goes by time. Messages that expire in queues which nobody reads are to be sent to a dead-letter exchange, which RabbitMQ
-- does by itself; and queues that went are to be forgotten. Of the connections that know such queues one sees to it for all.
-- What expires in other queues is left out when it is delivered.
module Network.NATS.Amqp.Internal.Expiry
  ( sweepExpired,
  )
where

import Control.Concurrent (threadDelay)
import Control.Concurrent.STM
import Control.Exception (bracket)
import Control.Monad (forM_, forever, unless, void, when)
import Data.Aeson (object, (.=))
import Data.List (sortOn)
import Data.Map.Strict qualified as Map
import Data.Maybe (catMaybes, listToMaybe)
import Data.Text (Text)
import Data.Time.Clock (addUTCTime, diffUTCTime)
import Network.NATS.Amqp.Internal.Bindings
import Network.NATS.Amqp.Internal.Codec
import Network.NATS.Amqp.Internal.DeadLetters
import Network.NATS.Amqp.Internal.Definitions
import Network.NATS.Amqp.Internal.Deliveries
import Network.NATS.Amqp.Internal.Forwarding (resume)
import Network.NATS.Amqp.Internal.Plan
import Network.NATS.Amqp.Internal.Session
import Network.NATS.Client qualified as Nats
import Network.NATS.JetStream (ConsumerConfig (..), ConsumerInfo (..), jsConnection)
import Network.NATS.JetStream qualified as JS
import Network.NATS.JetStream.Api (apiRequest)
import Network.NatsAdmin (StoredMessage (..), listConsumers)
import Prelude

-- | See to it from now on, if no other connection does.
sweepExpired :: Connection -> IO ()
sweepExpired conn = void (Nats.spawn (jsConnection js) (forever turn))
  where
    js = cnJetStream conn
    turn = do
      begin <- serverTime conn
      mine <- newTVarIO False
      ignoring (takeLease js sweeping (cnName conn) begin (addUTCTime 5 begin) >>= atomically . writeTVar mine)
      isMine <- readTVarIO mine
      when isMine (forM_ (plannedStreams (cnPlan conn)) (ignoring . sweep conn))
      took <- (`diffUTCTime` begin) <$> serverTime conn
      -- A tenth of the time is spent on it; where there is much to look at, connections take turns.
      threadDelay (if isMine then max 1000000 (min 20000000 (9 * ceiling (took * 1000000))) else 2000000)

-- | Take what has expired from the heads of all queues of a stream that have dead letters, and take queues away whose connection
-- went without a word.
sweep :: Connection -> Text -> IO ()
sweep conn stream = do
  consumers <- listConsumers js stream
  forM_ consumers $ \info -> do
    let told name = forM_ (Map.lookup name (ccMetadata (ciConfig info)))
    when (ciNumPending info > 0 || ciNumAckPending info > 0) (told deadLettersOf (takeExpired conn stream info))
    told forwardingQueue (resume conn)
    when (ciNumWaiting info == 0) . told autoDeleteQueue $ \name -> do
      queue <- lookupQueue js name
      isOver <- maybe (pure False) (isDeserted conn) queue
      when isOver (removeQueue conn name)
  let owned = [(owner, [name]) | info <- consumers, Just (owner, name) <- [ownedBy (ccMetadata (ciConfig info))]]
  forM_ (Map.toList (Map.fromListWith (<>) owned)) $ \(owner, names) -> do
    isThere <- isOwnerThere conn owner
    unless isThere (forM_ names (removeQueue conn) >> dropLease js owner)
  where
    js = cnJetStream conn
    ownedBy told = (,) <$> Map.lookup ownerOf told <*> Map.lookup exclusiveQueue told

-- | Take what has expired from the head of a queue, one after the other.
takeExpired :: Connection -> Text -> ConsumerInfo -> Text -> IO ()
takeExpired conn stream info name = do
  found <- lookupQueue js name
  forM_ found $ \queue -> do
    isDue <- headHasExpired conn stream info queue
    when isDue $ do
      known <- knowing conn queue
      next <- bracket (JS.openPull js stream consumer (pullOptions queue 1)) JS.closePull (`JS.nextDeliveryWithin` 0.5)
      left <- traverse (received conn name known) next
      case left of
        Just Nothing -> JS.consumerInfo js stream consumer >>= \now -> takeExpired conn stream now name
        Just (Just held) -> JS.nak (hdDelivery held)
        Nothing -> pure ()
  where
    js = cnJetStream conn
    consumer = ccName (ciConfig info)

-- | Whether the message that a queue would deliver next has waited too long. That is the first one that was never delivered, or one
-- before it that was given back; since nobody tells which of those are held, the first of them must have waited too long as well.
headHasExpired :: Connection -> Text -> ConsumerInfo -> QueueDefinition -> IO Bool
headHasExpired conn stream info queue = do
  heads <- traverse firstAfter (ciAckFloor info : [ciDelivered info | ciNumPending info > 0])
  and <$> traverse (maybe (pure False) isOver) heads
  where
    isOver message = hasExpired conn queue (decodeMessage (smHeaders message) (smBody message)) (smTime message)
    firstAfter number = do
      found <- traverse (orNothing . next (number + 1)) (ccFilterSubjects (ciConfig info))
      pure (listToMaybe (sortOn smSequence (catMaybes found)))
    next from subject =
      apiRequest (cnJetStream conn) ("STREAM.MSG.GET." <> stream) (Just (object ["seq" .= from, "next_by_subj" .= subject]))
