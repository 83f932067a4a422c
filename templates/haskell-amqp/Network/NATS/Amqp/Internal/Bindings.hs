-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Queues as consumers: the filters that its bindings are, and how both change together.
module Network.NATS.Amqp.Internal.Bindings
  ( deadLettersOf,
    exclusiveQueue,
    ownerOf,
    autoDeleteQueue,
    forwardingQueue,
    makeConsumer,
    addBinding,
    removeBinding,
    tidyBindings,
    wants,
    changing,
    enlist,
    discharge,
    isDeserted,
    isSingleActive,
    removeQueue,
    removeAlone,
  )
where

import Control.Concurrent.STM
import Control.Monad (forM_, unless, void, when)
import Data.Foldable (traverse_)
import Data.Map.Strict qualified as Map
import Data.Set qualified as Set
import Data.Maybe (fromMaybe, isJust, isNothing)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Time.Clock (NominalDiffTime)
import Data.Word (Word64)
import Network.NATS.Amqp.Internal.Definitions
import Network.NATS.Amqp.Internal.Plan
import Network.NATS.Amqp.Internal.Session
import Network.NATS.Amqp.Internal.Topics
import Network.NATS.Amqp.Internal.Values
import Network.NATS.JetStream (ConsumerConfig (..), ConsumerInfo (..), DeliverPolicy (..))
import Network.NATS.JetStream (Retention (..), StreamConfig (..), StreamInfo (..))
import Network.NATS.JetStream qualified as JS
import Network.NATS.Types (Subject)
import Network.NatsAdmin (Purge (..), purgeStream)
import Prelude

-- | The consumer that stands for a queue. A message that nobody says is being worked on comes again after thirty seconds.
consumerConfig :: Plan -> Text -> QueueDefinition -> ConsumerConfig
consumerConfig plan name queue =
  (JS.defaultConsumerConfig (queueConsumer place))
    { ccFilterSubjects = withoutSubsets (own <> concatMap (filters plan) (qdBindings queue)),
      ccDeliverPolicy = if isWorkQueue then DeliverAll else DeliverNew,
      ccAckWait = Just 30,
      ccMaxDeliver = Just (-1),
      ccMaxAckPending = Just (if isSingle && qdMostHeld queue > 0 then qdMostHeld queue else -1),
      ccInactiveThreshold = idle,
      ccPriorityGroups = ["single" | isSingle],
      ccPriorityPolicy = if isSingle then Just "pinned_client" else Nothing,
      ccPriorityTimeout = if isSingle then Just 25 else Nothing,
      ccMetadata =
        Map.fromList $
          [(deadLettersOf, name) | isJust (field "x-dead-letter-exchange" (qdArguments queue))]
            <> concat [[(exclusiveQueue, name), (ownerOf, owner)] | Just owner <- [qdOwner queue]]
            <> [(autoDeleteQueue, name) | qdAutoDelete queue]
            <> [(forwardingQueue, name) | isJust (readForward name)]
    }
  where
    place = queuePlace plan name
    own = [queueSubject place | not (Text.null (queueSubject place))]
    isWorkQueue = scRetention (streamNamed plan (queueStream place)) == WorkQueueRetention
    isSingle = isSingleActive queue
    expires = (/ 1000) . fromInteger <$> numberField "x-expires" (qdArguments queue)
    -- Its connection says that it is there; when that is gone without a word, the queue goes soon. One that goes with its last
    -- consumer is deleted by that, and by time only if that could not.
    idle :: Maybe NominalDiffTime
    idle
      | qdExclusive queue = Just 30
      | isJust expires = expires
      | qdAutoDelete queue = Just (7 * 24 * 60 * 60)
      | otherwise = Nothing

-- | What tells of a consumer which queue it is: if what expires there is to be sent on, and if it belongs to a connection.
deadLettersOf, exclusiveQueue, ownerOf, autoDeleteQueue, forwardingQueue :: Text
deadLettersOf = "amqp-dead-letters-of"
exclusiveQueue = "amqp-exclusive-queue"
ownerOf = "amqp-owner"
autoDeleteQueue = "amqp-auto-delete-queue"
forwardingQueue = "amqp-forwards"

filters :: Plan -> Binding -> [Subject]
filters plan binding = case exchangeTypeOf (bdType binding) of
  Just kind -> filtersOf kind (placeSubject (exchangePlace plan (bdExchange binding))) (bdKey binding)
  Nothing -> []

-- | Make the consumer of a queue, or have it do what the queue's definition says now.
makeConsumer :: Connection -> Text -> QueueDefinition -> IO ()
makeConsumer conn name queue = do
  void (JS.ensureConsumer (cnJetStream conn) (queueStream (queuePlace plan name)) (consumerConfig plan name queue))
  -- Whoever changed the definition meanwhile may have been faster with the consumer.
  now <- lookupQueue (cnJetStream conn) name
  case now of
    Just newer | qdBindings newer /= qdBindings queue -> makeConsumer conn name newer
    _ -> pure ()
  where
    plan = cnPlan conn

-- | Bind a queue to an exchange that is in the same stream: it gets what is published from now on.
addBinding :: Connection -> Text -> Text -> ExchangeDefinition -> Text -> FieldTable -> IO ()
addBinding conn name exchange definition key arguments = alone conn name $ do
  after <- lastSequence conn name
  let new = Binding exchange (edType definition) key arguments after Nothing
  _ <- changing conn name $ \queue ->
    if any (isSame new) (qdBindings queue) then Nothing else Just queue {qdBindings = qdBindings queue <> [new]}
  -- Also if nothing has changed: whoever wrote it may have ended before the consumer was told.
  lookupQueue (cnJetStream conn) name >>= traverse_ (makeConsumer conn name)
  where
    isSame new old = isNothing (bdUntil old) && identity new == identity old

-- | Unbind it: it keeps what it has got.
removeBinding :: Connection -> Text -> Text -> Text -> FieldTable -> IO ()
removeBinding conn name exchange key arguments = do
  until' <- lastSequence conn name
  let end binding
        | isNothing (bdUntil binding), identity binding == (exchange, key, arguments) = binding {bdUntil = Just until'}
        | otherwise = binding
  changed <- changing conn name $ \queue ->
    let ended = map end (qdBindings queue) in if ended == qdBindings queue then Nothing else Just queue {qdBindings = ended}
  when (isJust changed) (tidyBindings conn name)

identity :: Binding -> (Text, Text, FieldTable)
identity binding = (bdExchange binding, bdKey binding, bdArguments binding)

-- | Forget bindings that have ended and of which nothing is left to deliver.
tidyBindings :: Connection -> Text -> IO ()
tidyBindings conn name = alone conn name $ do
  info <- JS.consumerInfo (cnJetStream conn) (queueStream place) (queueConsumer place)
  let isDone until' = ciAckFloor info >= until' || (ciNumPending info == 0 && ciNumAckPending info == 0)
      stays binding = maybe True (not . isDone) (bdUntil binding)
  changed <- changing conn name $ \queue ->
    let left = filter stays (qdBindings queue) in if left == qdBindings queue then Nothing else Just queue {qdBindings = left}
  traverse_ (makeConsumer conn name) changed
  where
    place = queuePlace (cnPlan conn) name

-- | Change what is said of a queue that is there; the result is there if something has changed.
changing :: Connection -> Text -> (QueueDefinition -> Maybe QueueDefinition) -> IO (Maybe QueueDefinition)
changing conn name new = either (const Nothing) id <$> changeQueue (cnJetStream conn) name decide
  where
    decide :: Maybe QueueDefinition -> Either () (Maybe QueueDefinition)
    decide found = maybe (Left ()) (Right . Just) (found >>= new)

-- | Have a consumer known to its queue: one that goes with its last consumer has to know them, and a single active consumer
-- holds as much as it may.
enlist :: Connection -> Text -> QueueDefinition -> (Text, Int, Text) -> Int -> IO ()
enlist conn name queue who most = do
  when (qdAutoDelete queue) $ do
    beOwner conn
    void (changing conn name (\now -> Just now {qdConsumers = who : qdConsumers now}))
  when (isSingleActive queue && qdMostHeld queue /= most) . alone conn name $ do
    changed <- changing conn name (\now -> if qdMostHeld now == most then Nothing else Just now {qdMostHeld = most})
    traverse_ (makeConsumer conn name) changed

-- | The other way round; the queue goes if it was the last one.
discharge :: Connection -> Text -> QueueDefinition -> (Text, Int, Text) -> IO ()
discharge conn name queue who = when (qdAutoDelete queue) $ do
  changed <- changing conn name $ \now ->
    if who `elem` qdConsumers now then Just now {qdConsumers = filter (/= who) (qdConsumers now)} else Nothing
  forM_ changed $ \now -> do
    noneLeft <- (null (qdConsumers now) ||) <$> isDeserted conn now
    when noneLeft (removeQueue conn name)

-- | Whether a queue had consumers, and all of them went without a word.
isDeserted :: Connection -> QueueDefinition -> IO Bool
isDeserted conn queue = do
  there <- traverse (isOwnerThere conn) (Set.toList (Set.fromList [owner | (owner, _, _) <- qdConsumers queue]))
  pure (not (null there) && not (or there))

isSingleActive :: QueueDefinition -> Bool
isSingleActive queue = field "x-single-active-consumer" (qdArguments queue) == Just (FVBool True)

lastSequence :: Connection -> Text -> IO Word64
lastSequence conn name = siLastSequence <$> JS.streamInfo (cnJetStream conn) (queueStream (queuePlace (cnPlan conn) name))

-- | Whether a queue gets a message: its subject, its number in the stream, and its headers. Filters may take more than
-- bindings do, and what was published before or after them.
wants :: Plan -> Text -> QueueDefinition -> Subject -> Word64 -> Message -> Bool
wants plan name queue subject number message = subject == queueSubject (queuePlace plan name) || any takesIt (qdBindings queue)
  where
    headers = fromMaybe noFields (msgHeaders message)
    takesIt binding = fromMaybe False $ do
      kind <- exchangeTypeOf (bdType binding)
      key <- readExchangeKey (placeSubject (exchangePlace plan (bdExchange binding))) subject
      pure (isInTime binding && takes kind (bdKey binding) (bdArguments binding) key headers)
    isInTime binding = number > bdAfter binding && maybe True (number <=) (bdUntil binding)

-- | Take a queue away.
removeQueue :: Connection -> Text -> IO ()
removeQueue conn name = alone conn name (removeAlone conn name)

-- | The same for whoever changes it alone already.
removeAlone :: Connection -> Text -> IO ()
removeAlone conn name = do
  atomically (modifyTVar' (cnOwned conn) (Map.delete name))
  before <- lookupQueue js name
  forM_ (maybe [] qdForwards before) $ \exchange -> removeAlone conn (forwardQueue exchange name)
  forgetQueue js name
  ignoring (JS.deleteConsumer js (queueStream place) (queueConsumer place))
  -- A work queue keeps what its consumer has not read.
  unless (Text.null (queueSubject place)) $
    ignoring (void (purgeStream js (queueStream place) (Purge (Just (queueSubject place)) Nothing Nothing)))
  where
    js = cnJetStream conn
    place = queuePlace (cnPlan conn) name
