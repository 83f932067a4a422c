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
import Control.Exception (bracket)
import Control.Monad (forM_, unless, void, when)
import Data.Map.Strict qualified as Map
import Data.Maybe (isJust, isNothing)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Word (Word32)
import Network.NATS.Amqp.Internal.Bindings
import Network.NATS.Amqp.Internal.Definitions
import Network.NATS.Amqp.Internal.Deliveries (pullOptions)
import Network.NATS.Amqp.Internal.Forwarding
import Network.NATS.Amqp.Internal.Plan
import Network.NATS.Amqp.Internal.Session
import Network.NATS.Amqp.Internal.Values
import Network.NATS.Client qualified as Nats
import Network.NATS.JetStream (ConsumerInfo (..))
import Network.NATS.JetStream qualified as JS
import Prelude

-- | Declare a queue, or see that it is there. The result is its name, how many messages wait, and how many consumers.
declareQueue :: Channel -> QueueOpts -> IO (Text, Int, Int)
declareQueue chan opts = do
  failIfEnded chan
  forM_ (unkept (queueHeaders opts)) (channelError chan . ("NOT_IMPLEMENTED - " <>))
  natsErrors chan $ do
    name <- if Text.null (queueName opts) then ("amq.gen-" <>) <$> Nats.newName else pure (queueName opts)
    if queuePassive opts then void (existingQueue chan name) else makeQueue chan name definition
    counted name
  where
    conn = chConnection chan
    definition =
      newDefinition
        (queueDurable opts)
        (queueExclusive opts)
        (queueAutoDelete opts)
        (queueHeaders opts)
        (if queueExclusive opts then Just (cnName conn) else Nothing)
    counted name = do
      let place = queuePlace (cnPlan conn) name
      info <- JS.consumerInfo (cnJetStream conn) (queueStream place) (queueConsumer place)
      queue <- lookupQueue (cnJetStream conn) name
      let consumers = if queueAutoDelete opts then maybe 0 (length . qdConsumers) queue else fromIntegral (ciNumWaiting info)
      pure (name, fromIntegral (ciNumPending info), consumers)

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
makeQueue chan name wanted = alone conn name $ do
  -- A queue that went by itself has left its definition behind.
  before <- lookupQueue js name
  forM_ before $ \queue -> when (mayGo queue) $ do
    isThere <- hasConsumer
    isSomebodys <- maybe (not <$> isDeserted conn queue) (isOwnerThere conn) (qdOwner queue)
    unless (isThere && isSomebodys) (removeAlone conn name)
  -- A consumer without a definition is what is left of a queue that was deleted halfway.
  when (isNothing before) (removeAlone conn name)
  when (qdExclusive wanted) (beOwner conn)
  made <- changeQueue js name $ \found -> case found of
    Nothing -> Right (Just wanted)
    Just queue
      | isOthers conn queue -> Left (locked chan name)
      | not (declaresSame queue wanted) -> Left (channelError chan differs)
      | otherwise -> Right Nothing
  case made of
    Left failed -> failed
    Right now -> do
      ensurePlanned conn (queueStream place)
      isThere <- hasConsumer
      if isThere then touch conn name else forM_ now (makeConsumer conn name)
      when (qdExclusive wanted) $ atomically (modifyTVar' (cnOwned conn) (Map.insert name removeOwn))
  where
    conn = chConnection chan
    js = cnJetStream conn
    place = queuePlace (cnPlan conn) name
    -- It may have become another connection's, while this one was cut off.
    removeOwn = do
      now <- lookupQueue js name
      when ((now >>= qdOwner) == Just (cnName conn)) (removeQueue conn name)
    mayGo queue = qdExclusive queue || qdAutoDelete queue || isJust (field "x-expires" (qdArguments queue))
    differs = "PRECONDITION_FAILED - queue '" <> Text.unpack name <> "' was declared in another way"
    hasConsumer = isJust <$> orNothing (JS.consumerInfo js (queueStream place) (queueConsumer place))

-- | Bind a queue to an exchange.
bindQueue :: Channel -> Text -> Text -> Text -> IO ()
bindQueue chan name exchange key = bindQueue' chan name exchange key noFields

-- | The same with arguments, which exchanges of type @headers@ go by.
bindQueue' :: Channel -> Text -> Text -> Text -> FieldTable -> IO ()
bindQueue' chan name exchange key arguments = do
  failIfEnded chan
  natsErrors chan $ do
    _ <- existingQueue chan name
    found <- if Text.null exchange then refused else lookupExchange (cnJetStream conn) exchange
    definition <- maybe (channelError chan (missing exchange)) pure found
    if queueStream (queuePlace plan name) == placeStream (exchangePlace plan exchange)
      then addBinding conn name exchange definition key arguments
      else do
        forward conn exchange (ToQueue name)
        _ <- changing conn name $ \queue ->
          if exchange `elem` qdForwards queue then Nothing else Just queue {qdForwards = exchange : qdForwards queue}
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
  natsErrors chan $ do
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
  natsErrors chan $ do
    queue <- existingQueue chan name
    info <- JS.consumerInfo js (queueStream place) (queueConsumer place)
    let most = fromIntegral (ciNumPending info) + fromIntegral (ciNumAckPending info)
    bracket (JS.openPull js (queueStream place) (queueConsumer place) (pullOptions queue 100)) JS.closePull (go most 0)
  where
    js = cnJetStream (chConnection chan)
    place = queuePlace (cnPlan (chConnection chan)) name
    go :: Int -> Word32 -> JS.Pull -> IO Word32
    go 0 count _ = pure count
    go left count pull = do
      next <- JS.nextDeliveryWithin pull 0.5
      case next of
        Nothing -> pure count
        Just delivery -> JS.ack delivery >> go (left - 1) (count + 1) pull

-- | Delete a queue with its messages, and tell how many waited.
deleteQueue :: Channel -> Text -> IO Word32
deleteQueue chan name = do
  failIfEnded chan
  natsErrors chan $ do
    found <- lookupQueue (cnJetStream conn) name
    case found of
      Nothing -> pure 0
      Just queue | isOthers conn queue -> locked chan name
      Just _ -> do
        info <- orNothing (JS.consumerInfo (cnJetStream conn) (queueStream place) (queueConsumer place))
        maybe 0 (fromIntegral . ciNumPending) info <$ removeQueue conn name
  where
    conn = chConnection chan
    place = queuePlace (cnPlan conn) name
