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
import Data.Maybe (catMaybes)
import Data.Text (Text)
import Data.Time.Clock (addUTCTime, diffUTCTime)
import Network.NATS.Amqp.Internal.Bindings
import Network.NATS.Amqp.Internal.Codec
import Network.NATS.Amqp.Internal.DeadLetters
import Network.NATS.Amqp.Internal.Definitions
import Network.NATS.Amqp.Internal.Deliveries
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
sweepExpired conn = do
  isRunning <- atomically (swapTVar (cnSweeps conn) True)
  unless isRunning (void (Nats.spawn (jsConnection js) (forever turn)))
  where
    js = cnJetStream conn
    turn = do
      begin <- serverTime conn
      mine <- newTVarIO False
      ignoring (takeLease js "expiry" (cnName conn) begin (addUTCTime 10 begin) >>= atomically . writeTVar mine)
      isMine <- readTVarIO mine
      when isMine (forM_ (plannedStreams (cnPlan conn)) (ignoring . sweep conn))
      took <- (`diffUTCTime` begin) <$> serverTime conn
      -- A tenth of the time at most is spent on it.
      threadDelay (if isMine then max 1000000 (min 20000000 (9 * ceiling (took * 1000000))) else 5000000)

-- | Take what has expired from the heads of all queues of a stream that have dead letters, and take queues away whose connection
-- went without a word.
sweep :: Connection -> Text -> IO ()
sweep conn stream = do
  consumers <- listConsumers js stream
  forM_ consumers $ \info -> do
    let told name = Map.lookup name (ccMetadata (ciConfig info))
    when (ciNumPending info > 0) $ forM_ (told deadLettersOf) $ \name -> do
      isDue <- headHasExpired conn stream info name
      when isDue (takeHead name (ccName (ciConfig info)))
  let owned = [(owner, name) | info <- consumers, let told = (`Map.lookup` ccMetadata (ciConfig info)), Just owner <- [told ownerOf], Just name <- [told exclusiveQueue]]
  forM_ (Map.toList (Map.fromListWith (<>) [(owner, [name]) | (owner, name) <- owned])) $ \(owner, names) -> do
    isThere <- isOwnerThere conn owner
    unless isThere (forM_ names (removeQueue conn) >> dropLease js owner)
  where
    js = cnJetStream conn
    takeHead name consumer = do
      found <- lookupQueue js name
      forM_ found $ \queue -> do
        known <- newTVarIO queue
        bracket (JS.openPull js stream consumer (pullOptions queue 1)) JS.closePull (go known name)
    go known name pull = do
      next <- JS.nextDeliveryWithin pull 1
      forM_ next $ \delivery -> do
        left <- received conn name known delivery
        case left of
          Nothing -> go known name pull
          Just held -> JS.nak (hdDelivery held)

-- | Whether the message that a queue would deliver next has waited too long.
headHasExpired :: Connection -> Text -> ConsumerInfo -> Text -> IO Bool
headHasExpired conn stream info name = do
  found <- lookupQueue js name
  heads <- traverse (orNothing . next) (ccFilterSubjects (ciConfig info))
  case (found, sortOn smSequence (catMaybes heads)) of
    (Just queue, first : _) -> hasExpired conn queue (decodeMessage (smHeaders first) (smBody first)) (smTime first)
    _ -> pure False
  where
    js = cnJetStream conn
    next subject = apiRequest js ("STREAM.MSG.GET." <> stream) (Just (object ["seq" .= (ciDelivered info + 1), "next_by_subj" .= subject]))
