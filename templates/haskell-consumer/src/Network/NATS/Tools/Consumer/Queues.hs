-- Made by natsscan generate nats-consumer; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Where a queue of AMQP is on JetStream, by its name.
module Network.NATS.Tools.Consumer.Queues
  ( Part (..),
    Queue (..),
    Place (..),
    findQueue,
  )
where

import Data.Maybe (listToMaybe, mapMaybe)
import Data.Text (Text)
import Data.Text qualified as Text
import Network.NATS.Subject (assetName, token)
import Prelude

-- | A part of a name: what is known, or what only the running program knows.
data Part = Known !Text | Hole
  deriving stock (Eq, Show)

-- | A queue, or all whose names differ in their holes only. The holes of the consumer's name come in the same order.
data Queue = Queue
  { -- | The name as people read it.
    queueShown :: !Text,
    queueName :: ![Part],
    queueStream :: !Text,
    queueConsumer :: ![Part]
  }
  deriving stock (Eq, Show)

-- | A consumer and its stream.
data Place = Place
  { placeStream :: !Text,
    placeConsumer :: !Text
  }
  deriving stock (Eq, Show)

-- | Where the queue of this name is: by the first one in the table that can be called so.
findQueue :: [Queue] -> Text -> Maybe Place
findQueue queues name = listToMaybe (mapMaybe here queues)
  where
    here queue = Place (queueStream queue) . shortened . fill (queueConsumer queue) <$> fit (queueName queue) name
    shortened consumer = if Text.length consumer <= 200 then consumer else assetName consumer

-- | A name with values in its holes, each as a token.
fill :: [Part] -> [Text] -> Text
fill (Known text : parts) values = text <> fill parts values
fill (Hole : parts) (value : values) = token value <> fill parts values
fill _ _ = ""

-- | The values with which parts are this name. None is empty, and each is as short as it can be.
fit :: [Part] -> Text -> Maybe [Text]
fit parts name = case parts of
  [] -> if Text.null name then Just [] else Nothing
  Known text : others -> Text.stripPrefix text name >>= fit others
  [Hole] -> if Text.null name then Nothing else Just [name]
  Hole : others -> listToMaybe (mapMaybe (from others) [Text.splitAt size name | size <- [1 .. Text.length name]])
  where
    from others (value, rest) = (value :) <$> fit others rest
