-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Getting messages out of queues.
module Network.NATS.Amqp.Internal.Consuming
  ( consumeMsgs,
    consumeMsgs',
    cancelConsumer,
    getMsg,
  )
where

import Control.Concurrent (myThreadId)
import Control.Concurrent.Async (asyncThreadId, waitCatch)
import Control.Concurrent.STM
import Control.Exception (bracket, catches, onException, throwIO, try)
import Control.Monad (forM_, unless, void, when)
import Data.Map.Strict qualified as Map
import Data.Maybe (isJust, isNothing, listToMaybe)
import Data.Text (Text)
import Data.Text qualified as Text
import Network.NATS.Amqp.Internal.Bindings (discharge, enlist, isSingleActive)
import Network.NATS.Amqp.Internal.Definitions
import Network.NATS.Amqp.Internal.Deliveries
import Network.NATS.Amqp.Internal.Plan
import Network.NATS.Amqp.Internal.Queues (existingQueue)
import Network.NATS.Amqp.Internal.Session
import Network.NATS.Amqp.Internal.Values
import Network.NATS.Client (NatsError (..))
import Network.NATS.Client qualified as Nats
import Network.NATS.JetStream (Delivery, DeliveryInfo (..), JetStreamError (..), jsConnection)
import Network.NATS.JetStream qualified as JS
import Prelude
import System.Timeout (timeout)

-- | Have a callback called for each message of a queue. All callbacks of a channel run in one thread, one after the other.
consumeMsgs :: Channel -> Text -> Ack -> ((Message, Envelope) -> IO ()) -> IO ConsumerTag
consumeMsgs chan name mode callback = consumeMsgs' chan name mode callback (const (pure ())) noFields

-- | The same with a callback for when the queue is deleted, and arguments.
consumeMsgs' ::
  Channel -> Text -> Ack -> ((Message, Envelope) -> IO ()) -> (ConsumerTag -> IO ()) -> FieldTable -> IO ConsumerTag
consumeMsgs' chan name mode callback onCancel arguments = do
  failIfEnded chan
  when (isJust (field "x-priority" arguments)) (channelError chan "NOT_IMPLEMENTED - priorities of consumers")
  natsErrors chan $ do
    queue <- existingQueue chan name
    known <- knowing conn queue
    (number, prefetch, isShared, others) <-
      atomically $
        (,,,)
          <$> stateTVar (chNextConsumer chan) (\next -> (next, next + 1))
          <*> readTVar (chPrefetch chan)
          <*> readTVar (chIsShared chan)
          <*> (Map.size <$> readTVar (chConsumers chan))
    when (isShared && prefetch > 0 && others > 0) $
      channelError chan "NOT_IMPLEMENTED - a prefetch that several consumers share"
    let tag = Text.pack (show number)
        most = if mode == NoAck then 1000 else prefetch
        who = (cnName conn, chNumber chan, tag)
    enlist conn name queue who prefetch
    pull <- JS.openPull js (queueStream place) (queueConsumer place) (pullOptions queue most)
    puller <- newTVarIO Nothing
    let stop = do
          left <- JS.haltPull pull
          -- What it has in its hands just now is held then.
          self <- myThreadId
          running <- readTVarIO puller
          forM_ running $ \thread -> unless (asyncThreadId thread == self) (void (timeout 5000000 (waitCatch thread)))
          left <$ discharge conn name queue who
        leave = stop >>= giveBack
        touched = when (isSingleActive queue) (JS.touchPull pull)
    ended' <- atomically $ do
      end <- readTVar (chEnd chan)
      end <$ when (isNothing end) (modifyTVar' (chConsumers chan) (Map.insert tag (Consumer stop touched)))
    forM_ ended' (\why -> leave >> throwIO why)
    thread <- Nats.spawn (jsConnection js) (loop tag known pull) `onException` leave
    tag <$ atomically (writeTVar puller (Just thread))
  where
    conn = chConnection chan
    js = cnJetStream conn
    place = queuePlace (cnPlan conn) name
    loop tag known pull = do
      next <- try (try (JS.nextDelivery pull))
      case next of
        Right (Right delivery) -> do
          handedOut tag known delivery `catches` retrying (ignoring (JS.nakWithDelay delivery 1))
          loop tag known pull
        Right (Left (ConsumerGone _ _)) -> gone tag `catches` retrying (loop tag known pull)
        Right (Left failure) -> ended tag (show (failure :: JetStreamError))
        Left SubscriptionEnded -> pure () -- it was cancelled, or the channel has ended
        Left (ConnectionClosed _) -> pure ()
        Left failure -> ended tag (show failure)
    handedOut tag known delivery = do
      found <- received conn name known delivery
      forM_ found $ \held -> do
        when (mode == NoAck) (JS.ack delivery)
        atomically $ do
          hasEnded <- isJust <$> readTVar (chEnd chan)
          number <- holdIn held chan mode
          unless hasEnded $ do
            modifyTVar' (chWaiting chan) (Map.insert number tag)
            writeTQueue (chJobs chan) (tag, number, callback (hdMessage held, envelope chan number held))
    -- A queue that was deleted is told to the consumer. One that went as this program was cut off for too long is the end of
    -- the channel: programs that see to their connections make it anew then.
    gone tag = do
      left <- lookupQueue js name
      case left of
        Nothing -> atomically (writeTQueue (chJobs chan) (tag, 0, forgotten tag >> onCancel tag))
        _ -> ended tag ("NOT_FOUND - queue '" <> Text.unpack name <> "' was not used for too long")
    forgotten tag = atomically (modifyTVar' (chConsumers chan) (Map.delete tag))
    ended tag why = do
      isThere <- Map.member tag <$> readTVarIO (chConsumers chan)
      when isThere (void (try (channelError chan why) :: IO (Either AMQPException ())))

-- | Give a delivery the next number, and hold it if it has to be settled.
holdIn :: Held -> Channel -> Ack -> STM LongLongInt
holdIn held chan mode = do
  number <- stateTVar (chNextTag chan) (\next -> (next, next + 1))
  when (mode == Ack) (modifyTVar' (chHeld chan) (Map.insert number held))
  pure number

envelope :: Channel -> LongLongInt -> Held -> Envelope
envelope chan number held =
  Envelope
    { envDeliveryTag = number,
      envRedelivered = diDelivered (JS.deliveryInfo (hdDelivery held)) > 1,
      envExchangeName = hdExchange held,
      envRoutingKey = hdKey held,
      envChannel = chan
    }

-- | Have a callback called no more. What was not handed to it goes back to the queue; what was can still be settled.
cancelConsumer :: Channel -> ConsumerTag -> IO ()
cancelConsumer chan tag = do
  failIfEnded chan
  found <- atomically (stateTVar (chConsumers chan) (\all' -> (Map.lookup tag all', Map.delete tag all')))
  forM_ found $ \consumer -> natsErrors chan $ do
    left <- stopConsumer consumer
    waiting <- atomically $ do
      mine <- Map.filter (== tag) <$> readTVar (chWaiting chan)
      modifyTVar' (chWaiting chan) (`Map.difference` mine)
      stateTVar (chHeld chan) (\held -> (Map.intersection held mine, Map.difference held mine))
    giveBack (left <> map hdDelivery (Map.elems waiting))

-- | The next message, if there is one.
getMsg :: Channel -> Ack -> Text -> IO (Maybe (Message, Envelope))
getMsg chan mode name = do
  failIfEnded chan
  natsErrors chan $ do
    queue <- existingQueue chan name
    known <- knowing conn queue
    go queue known
  where
    conn = chConnection chan
    js = cnJetStream conn
    place = queuePlace (cnPlan conn) name
    go queue known = do
      next <- take' queue
      case next of
        Nothing -> pure Nothing
        Just delivery -> received conn name known delivery >>= maybe (go queue known) (fmap Just . handed delivery)
    -- A queue with a single active consumer is asked as such a consumer does.
    take' :: QueueDefinition -> IO (Maybe Delivery)
    take' queue
      | isSingleActive queue =
          bracket (open queue) JS.closePull (`JS.nextDeliveryWithin` 1)
      | otherwise = listToMaybe <$> JS.fetch js (queueStream place) (queueConsumer place) 1 0
    open queue = JS.openPull js (queueStream place) (queueConsumer place) (pullOptions queue 1)
    handed delivery held = do
      when (mode == NoAck) (JS.ack delivery)
      number <- atomically (holdIn held chan mode)
      pure (hdMessage held, envelope chan number held)
