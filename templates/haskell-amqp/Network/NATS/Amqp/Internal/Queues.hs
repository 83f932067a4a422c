-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Declaring, binding, emptying and deleting queues.
module Network.NATS.Amqp.Internal.Queues
  ( declareQueue,
    bindQueue,
    bindQueue',
    unbindQueue,
    unbindQueue',
    purgeQueue,
    deleteQueue,

    -- * For other modules
    existingQueue,
  )
where

import Control.Concurrent.STM
import Control.Exception (bracket, throwIO, try)
import Control.Monad (forM_, unless, void, when)
import Data.Map.Strict qualified as Map
import Data.Maybe (isJust)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Word (Word32)
import Network.NATS.Amqp.Internal.Bindings
import Network.NATS.Amqp.Internal.Definitions
import Network.NATS.Amqp.Internal.Expiry
import Network.NATS.Amqp.Internal.Forwarding
import Network.NATS.Amqp.Internal.Plan
import Network.NATS.Amqp.Internal.Routing (knownExchange)
import Network.NATS.Amqp.Internal.Session
import Network.NATS.Amqp.Internal.Values
import Network.NATS.Client qualified as Nats
import Network.NATS.JetStream (ConsumerInfo (..), isNotFound)
import Network.NATS.JetStream qualified as JS
import Prelude

-- | Declare a queue, or see that it is there. The result is its name, how many messages wait, and how many consumers.
declareQueue :: Channel -> QueueOpts -> IO (Text, Int, Int)
declareQueue chan opts = do
  failIfEnded chan
  forM_ (unkept (queueHeaders opts)) (channelError chan . ("NOT_IMPLEMENTED - " <>))
  natsErrors $ do
    name <- if Text.null (queueName opts) then ("amq.gen-" <>) <$> Nats.newName else pure (queueName opts)
    if queuePassive opts then void (existingQueue chan name) else makeQueue chan name definition
    counted name
  where
    conn = chConnection chan
    definition =
      QueueDefinition
        { qdDurable = queueDurable opts,
          qdExclusive = queueExclusive opts,
          qdAutoDelete = queueAutoDelete opts,
          qdArguments = queueHeaders opts,
          qdOwner = if queueExclusive opts then Just (cnName conn) else Nothing,
          qdBindings = []
        }
    counted name = do
      let place = queuePlace (cnPlan conn) name
      info <- JS.consumerInfo (cnJetStream conn) (queueStream place) (queueConsumer place)
      pure (name, fromIntegral (ciNumPending info), fromIntegral (ciNumWaiting info))

-- | The first argument of a queue that is not kept here, if there is one. Natsscan has already refused to compile code in
-- which it saw such an argument.
unkept :: FieldTable -> Maybe String
unkept arguments
  | textField "x-queue-type" arguments == Just "stream" = Just "x-queue-type stream"
  | otherwise = case filter (isJust . (`field` arguments)) ["x-max-length", "x-max-length-bytes", "x-max-priority"] of
      name : _ -> Just (Text.unpack name)
      [] -> Nothing

-- | A queue that this connection may use, or the end of the channel.
existingQueue :: Channel -> Text -> IO QueueDefinition
existingQueue chan name = do
  found <- lookupQueue (cnJetStream (chConnection chan)) name
  case found of
    Nothing -> channelError chan ("NOT_FOUND - no queue '" <> Text.unpack name <> "'")
    Just queue | isOthers (chConnection chan) queue -> locked chan name
    Just queue -> pure queue

isOthers :: Connection -> QueueDefinition -> Bool
isOthers conn queue = maybe False (/= cnName conn) (qdOwner queue)

locked :: Channel -> Text -> IO a
locked chan name = channelError chan ("RESOURCE_LOCKED - queue '" <> Text.unpack name <> "' belongs to another connection")

-- | Have a queue of this name that is so, or end the channel.
makeQueue :: Channel -> Text -> QueueDefinition -> IO ()
makeQueue chan name wanted = do
  -- A queue that went by itself has left its definition behind.
  before <- lookupQueue js name
  forM_ before $ \queue -> when (mayGo queue) $ do
    isThere <- (&&) <$> hasConsumer <*> maybe (pure True) (isOwnerThere conn) (qdOwner queue)
    unless isThere (removeQueue conn name)
  when (qdExclusive wanted) (beOwner conn)
  made <- changeQueue js name $ \found -> case found of
    Nothing -> Right (Just wanted)
    Just queue
      | isOthers conn queue -> Left (locked chan name)
      | queue {qdBindings = []} /= wanted -> Left (channelError chan differs)
      | otherwise -> Right Nothing
  case made of
    Left failed -> failed
    Right now -> do
      ensurePlanned conn (queueStream place)
      isThere <- hasConsumer
      unless isThere (forM_ now (makeConsumer conn name))
      when (qdExclusive wanted || isJust (field "x-dead-letter-exchange" (qdArguments wanted))) (sweepExpired conn)
      when (qdExclusive wanted) $ atomically (modifyTVar' (cnOwned conn) (Map.insert name (removeQueue conn name)))
  where
    conn = chConnection chan
    js = cnJetStream conn
    place = queuePlace (cnPlan conn) name
    mayGo queue = qdExclusive queue || qdAutoDelete queue || isJust (field "x-expires" (qdArguments queue))
    differs = "PRECONDITION_FAILED - queue '" <> Text.unpack name <> "' was declared in another way"
    hasConsumer = do
      found <- try (JS.consumerInfo js (queueStream place) (queueConsumer place))
      case found of
        Right _ -> pure True
        Left failure | isNotFound failure -> pure False
        Left failure -> throwIO failure

-- | Bind a queue to an exchange.
bindQueue :: Channel -> Text -> Text -> Text -> IO ()
bindQueue chan name exchange key = bindQueue' chan name exchange key noFields

-- | The same with arguments, which exchanges of type @headers@ go by.
bindQueue' :: Channel -> Text -> Text -> Text -> FieldTable -> IO ()
bindQueue' chan name exchange key arguments = do
  failIfEnded chan
  natsErrors $ do
    _ <- existingQueue chan name
    found <- if Text.null exchange then refused else knownExchange conn exchange
    definition <- maybe (channelError chan (missing exchange)) pure found
    if queueStream (queuePlace plan name) == placeStream (exchangePlace plan exchange)
      then addBinding conn name exchange definition key arguments
      else do
        forward conn exchange (ToQueue name)
        addBinding conn (forwardName exchange (ToQueue name)) exchange definition key arguments
  where
    conn = chConnection chan
    plan = cnPlan conn
    refused = channelError chan "ACCESS_REFUSED - nothing is bound to the default exchange"

missing :: Text -> String
missing exchange = "NOT_FOUND - no exchange '" <> Text.unpack exchange <> "'"

-- | Undo 'bindQueue': what the queue has got stays in it.
unbindQueue :: Channel -> Text -> Text -> Text -> IO ()
unbindQueue chan name exchange key = unbindQueue' chan name exchange key noFields

-- | Undo 'bindQueue''.
unbindQueue' :: Channel -> Text -> Text -> Text -> FieldTable -> IO ()
unbindQueue' chan name exchange key arguments = do
  failIfEnded chan
  natsErrors $ do
    _ <- existingQueue chan name
    forM_ [name, forwardName exchange (ToQueue name)] $ \each -> do
      found <- lookupQueue (cnJetStream conn) each
      forM_ found (const (removeBinding conn each exchange key arguments))
  where
    conn = chConnection chan

-- | Take out all messages that wait, and tell how many; those that somebody holds stay.
purgeQueue :: Channel -> Text -> IO Word32
purgeQueue chan name = do
  failIfEnded chan
  natsErrors $ do
    _ <- existingQueue chan name
    waiting <- ciNumPending <$> JS.consumerInfo js (queueStream place) (queueConsumer place)
    bracket (JS.openPull js (queueStream place) (queueConsumer place) JS.defaultPullOptions) JS.closePull (go (fromIntegral waiting) 0)
  where
    js = cnJetStream (chConnection chan)
    place = queuePlace (cnPlan (chConnection chan)) name
    go :: Int -> Word32 -> JS.Pull -> IO Word32
    go 0 count _ = pure count
    go left count pull = do
      next <- JS.nextDeliveryWithin pull 1
      case next of
        Nothing -> pure count
        Just delivery -> JS.ack delivery >> go (left - 1) (count + 1) pull

-- | Delete a queue with its messages, and tell how many waited.
deleteQueue :: Channel -> Text -> IO Word32
deleteQueue chan name = do
  failIfEnded chan
  natsErrors $ do
    found <- lookupQueue (cnJetStream conn) name
    case found of
      Nothing -> pure 0
      Just queue | isOthers conn queue -> locked chan name
      Just _ -> do
        waiting <- ciNumPending <$> JS.consumerInfo (cnJetStream conn) (queueStream place) (queueConsumer place)
        fromIntegral waiting <$ removeQueue conn name
  where
    conn = chConnection chan
    place = queuePlace (cnPlan conn) name
