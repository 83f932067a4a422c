-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Where exchanges and queues are: in streams that a plan names, or else in one that all others share.
module Network.NATS.Amqp.Internal.Plan
  ( Plan (..),
    ExchangePlan (..),
    QueuePlan (..),
    Part (..),

    -- * Where things are
    Place (..),
    QueuePlace (..),
    exchangePlace,
    queuePlace,
    forwardQueue,
    readForward,
    streamNamed,
    plannedStreams,
    definitions,
    definitionOf,

    -- * Subjects as keys
    readExchangeKey,
    readUnplanned,
    readQueueName,
  )
where

import Data.List (find)
import Data.Maybe (fromMaybe, listToMaybe, mapMaybe)
import Data.Text (Text)
import Data.Text qualified as Text
import Network.NATS.JetStream.Stream
import Network.NATS.Subject (assetName, keySubject, readKey, readToken, token)
import Network.NATS.Types (Subject)
import Prelude

-- | What is known beforehand of a messaging system.
data Plan = Plan
  { planExchanges :: ![ExchangePlan],
    -- | The more is known of a name, the earlier it comes.
    planQueues :: ![QueuePlan],
    -- | The stream for queues that are named here and not by the program.
    planServerNamed :: !(Maybe Text),
    planStreams :: ![StreamConfig]
  }
  deriving stock (Eq, Show)

data ExchangePlan = ExchangePlan
  { epName :: !Text,
    epSubject :: !Subject,
    epStream :: !Text
  }
  deriving stock (Eq, Show)

-- | All queues whose names differ in their holes only. What fills a hole in the name fills that of the subject and of the
-- consumer's name.
data QueuePlan = QueuePlan
  { qpName :: ![Part],
    qpSubject :: ![Part],
    qpConsumer :: ![Part],
    qpStream :: !Text
  }
  deriving stock (Eq, Show)

data Part = Known !Text | Hole
  deriving stock (Eq, Show)

-- | The subject below which keys come, and the stream.
data Place = Place
  { placeSubject :: !Subject,
    placeStream :: !Text
  }
  deriving stock (Eq, Show)

-- | The subject that reaches a queue by its name, the stream, and the consumer that stands for it.
data QueuePlace = QueuePlace
  { queueSubject :: !Subject,
    queueStream :: !Text,
    queueConsumer :: !Text
  }
  deriving stock (Eq, Show)

-- | The stream of all that is not planned.
common :: Text
common = "AMQP"

-- | The stream that says what exchanges and queues there are, the last word for each.
definitions :: StreamConfig
definitions =
  (defaultStreamConfig "AMQP_DEFINITIONS" ["amqp.definition.>"])
    { scDescription = Just "exchanges, queues and bindings of programs that speak AMQP's API",
      scMaxMessagesPerSubject = Just 1
    }

-- | The subject of what is said of an exchange or a queue.
definitionOf :: Text -> Text -> Subject
definitionOf kind name = "amqp.definition." <> kind <> "." <> token name

-- | Where an exchange is.
exchangePlace :: Plan -> Text -> Place
exchangePlace plan name = maybe other planned (find ((== name) . epName) (planExchanges plan))
  where
    planned found = Place (epSubject found) (epStream found)
    other = Place ("amqp.x." <> token name) common

-- | The queue from which messages of an exchange are passed on: to another exchange, or to a queue in another stream.
forwardQueue :: Text -> Text -> Text
forwardQueue exchange to = forwardPrefix <> token exchange <> "." <> to

forwardPrefix :: Text
forwardPrefix = "amq.forward."

-- | The exchange and the target of a queue from which messages are passed on.
readForward :: Text -> Maybe (Text, Text)
readForward name = do
  (exchange, to) <- Text.breakOn "." <$> Text.stripPrefix forwardPrefix name
  (,) <$> readToken exchange <*> Text.stripPrefix "." to

-- | Where a queue is. One from which messages are passed on is where its exchange is, and nothing reaches it by its name.
queuePlace :: Plan -> Text -> QueuePlace
queuePlace plan name
  | Just (exchange, _) <- readForward name = QueuePlace "" (placeStream (exchangePlace plan exchange)) (assetName name)
  | otherwise = namedPlace plan name

namedPlace :: Plan -> Text -> QueuePlace
namedPlace plan name = case (mapMaybe planned (planQueues plan), planServerNamed plan) of
  (found : _, _) -> found
  ([], Just stream)
    | "amq.gen-" `Text.isPrefixOf` name -> QueuePlace (keySubject "q" name) stream (assetName name)
  _ -> QueuePlace (keySubject "amqp.q" name) common (assetName name)
  where
    planned found = do
      values <- fit (qpName found) name
      pure (QueuePlace (fill values (qpSubject found)) (qpStream found) (shortened (fill values (qpConsumer found))))
    fill values parts = Text.concat (go values parts)
    go values (Known text : rest) = text : go values rest
    go (value : values) (Hole : rest) = token value : go values rest
    go [] (Hole : rest) = go [] rest
    go _ [] = []
    shortened consumer = if Text.length consumer <= 200 then consumer else assetName name

-- | The values of holes with which a pattern is this name; each takes as little as it can.
fit :: [Part] -> Text -> Maybe [Text]
fit [] "" = Just []
fit [] _ = Nothing
fit (Known text : rest) name = Text.stripPrefix text name >>= fit rest
fit [Hole] name = if Text.null name then Nothing else Just [name]
fit (Hole : rest) name = listToMaybe (mapMaybe here (tail' (splits name)))
  where
    here (value, after) = (value :) <$> fit rest after
    splits text = [Text.splitAt at text | at <- [0 .. Text.length text]]
    tail' = drop 1

-- | The configuration of a stream.
streamNamed :: Plan -> Text -> StreamConfig
streamNamed plan name
  | name == scName definitions = definitions
  | otherwise = fromMaybe shared (find ((== name) . scName) (planStreams plan))
  where
    shared =
      (defaultStreamConfig common ["amqp.x.>", "amqp.q.>"])
        { scDescription = Just "exchanges and queues that no plan names",
          scRetention = InterestRetention,
          scDiscard = DiscardNew
        }

-- | All streams with queues in them.
plannedStreams :: Plan -> [Text]
plannedStreams plan = common : map scName (planStreams plan)

-- | The key that a subject below another one stands for.
readExchangeKey :: Subject -> Subject -> Maybe Text
readExchangeKey root subject
  | subject == root = Just ""
  | otherwise = Text.stripPrefix (root <> ".") subject >>= readKey

-- | The exchange and the key that a subject stands for, if no plan names the exchange.
readUnplanned :: Subject -> Maybe (Text, Text)
readUnplanned subject = do
  rest <- Text.stripPrefix "amqp.x." subject
  let (exchange, key) = Text.breakOn "." rest
  (,) <$> readToken exchange <*> (if Text.null key then Just "" else readKey (Text.drop 1 key))

-- | The name of the queue that a subject reaches, if it is one that this module makes.
readQueueName :: Subject -> Maybe Text
readQueueName subject = case mapMaybe (`Text.stripPrefix` subject) ["amqp.q.", "q."] of
  rest : _ -> readKey rest
  [] -> Nothing
