-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | What exchanges and queues there are: the last message of a subject says it for all programs. A definition is changed only
-- by whoever has seen the present one, so no change of another program is lost.
module Network.NATS.Amqp.Internal.Definitions
  ( ExchangeDefinition (..),
    QueueDefinition (..),
    Binding (..),
    newDefinition,
    declaresSame,
    lookupExchange,
    lookupQueue,
    listQueues,
    changeExchange,
    changeQueue,
    forgetExchange,
    forgetQueue,
    claimVirtualHost,
    takeLease,
    isLeased,
    dropLease,
    orNothing,
  )
where

import Control.Exception (throwIO, try)
import Control.Monad (void)
import Data.Aeson
import Data.ByteString.Char8 qualified as Char8
import Data.ByteString.Lazy qualified as L
import Data.Map qualified as Map
import Data.Maybe (fromMaybe)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Time.Clock (UTCTime)
import Data.Void (Void, absurd)
import Data.Word (Word64)
import Network.NATS.Amqp.Internal.Plan
import Network.NATS.Amqp.Internal.Values
import Network.NATS.JetStream (JetStream, JetStreamError (..), defaultPublishOptions, isNotFound, scName)
import Network.NATS.JetStream qualified as JS
import Network.NATS.JetStream.Api (ApiError (..), apiRequest)
import Network.NATS.Subject (readToken)
import Network.NATS.Types (Subject)
import Network.NatsAdmin (Purge (..), StoredMessage (..), getLastMessage, purgeStream)
import Prelude

data ExchangeDefinition = ExchangeDefinition
  { edType :: !Text,
    edDurable :: !Bool,
    edAutoDelete :: !Bool,
    edInternal :: !Bool,
    edArguments :: !FieldTable
  }
  deriving stock (Eq, Show)

data QueueDefinition = QueueDefinition
  { qdDurable :: !Bool,
    qdExclusive :: !Bool,
    qdAutoDelete :: !Bool,
    qdArguments :: !FieldTable,
    -- | The connection that an exclusive queue belongs to.
    qdOwner :: !(Maybe Text),
    qdBindings :: ![Binding],
    -- | Exchanges in other streams from which messages are passed on to it.
    qdForwards :: ![Text],
    -- | Of a queue that goes with its last consumer, all consumers: connection, channel and tag.
    qdConsumers :: ![(Text, Int, Text)],
    -- | Of a queue with a single active consumer, how much that may hold.
    qdMostHeld :: !Int
  }
  deriving stock (Eq, Show)

-- | A binding takes messages of the stream after one number, and if it is gone up to another: a queue gets nothing that was
-- published before it was bound, and keeps what came before it was unbound.
data Binding = Binding
  { bdExchange :: !Text,
    bdType :: !Text,
    bdKey :: !Text,
    bdArguments :: !FieldTable,
    bdAfter :: !Word64,
    bdUntil :: !(Maybe Word64)
  }
  deriving stock (Eq, Show)

-- | A queue that is so, and has nothing yet.
newDefinition :: Bool -> Bool -> Bool -> FieldTable -> Maybe Text -> QueueDefinition
newDefinition durable exclusive autoDelete arguments owner =
  QueueDefinition
    { qdDurable = durable,
      qdExclusive = exclusive,
      qdAutoDelete = autoDelete,
      qdArguments = arguments,
      qdOwner = owner,
      qdBindings = [],
      qdForwards = [],
      qdConsumers = [],
      qdMostHeld = 1
    }

-- | Whether two definitions declare the same queue. A number is the same whatever its size.
declaresSame :: QueueDefinition -> QueueDefinition -> Bool
declaresSame one other = declared one == declared other
  where
    declared queue = (qdDurable queue, qdExclusive queue, qdAutoDelete queue, qdOwner queue, widened (qdArguments queue))
    widened table@(FieldTable fields) =
      Map.mapWithKey (\name value -> maybe value (FVInt64 . fromInteger) (numberField name table)) fields

instance ToJSON ExchangeDefinition where
  toJSON exchange =
    object
      [ "type" .= edType exchange,
        "durable" .= edDurable exchange,
        "auto_delete" .= edAutoDelete exchange,
        "internal" .= edInternal exchange,
        "arguments" .= edArguments exchange
      ]

instance FromJSON ExchangeDefinition where
  parseJSON = withObject "exchange" $ \o ->
    ExchangeDefinition <$> o .: "type" <*> o .: "durable" <*> o .: "auto_delete" <*> o .: "internal" <*> o .: "arguments"

instance ToJSON QueueDefinition where
  toJSON queue =
    object
      [ "durable" .= qdDurable queue,
        "exclusive" .= qdExclusive queue,
        "auto_delete" .= qdAutoDelete queue,
        "arguments" .= qdArguments queue,
        "owner" .= qdOwner queue,
        "bindings" .= qdBindings queue,
        "forwards" .= qdForwards queue,
        "consumers" .= qdConsumers queue,
        "most_held" .= qdMostHeld queue
      ]

instance FromJSON QueueDefinition where
  parseJSON = withObject "queue" $ \o ->
    QueueDefinition
      <$> o .: "durable"
      <*> o .: "exclusive"
      <*> o .: "auto_delete"
      <*> o .: "arguments"
      <*> o .: "owner"
      <*> o .: "bindings"
      <*> o .: "forwards"
      <*> o .: "consumers"
      <*> o .: "most_held"

instance ToJSON Binding where
  toJSON binding =
    object
      [ "exchange" .= bdExchange binding,
        "type" .= bdType binding,
        "key" .= bdKey binding,
        "arguments" .= bdArguments binding,
        "after" .= bdAfter binding,
        "until" .= bdUntil binding
      ]

instance FromJSON Binding where
  parseJSON = withObject "binding" $ \o ->
    Binding <$> o .: "exchange" <*> o .: "type" <*> o .: "key" <*> o .: "arguments" <*> o .: "after" <*> o .: "until"

-- | An exchange that was declared, or that every broker has.
lookupExchange :: JetStream -> Text -> IO (Maybe ExchangeDefinition)
lookupExchange js name = case lookup name everywhere of
  Just kind -> pure (Just (ExchangeDefinition kind True False False noFields))
  Nothing -> fmap fst <$> get js (definitionOf "exchange" name)
  where
    everywhere =
      [ ("amq.direct", "direct"),
        ("amq.fanout", "fanout"),
        ("amq.topic", "topic"),
        ("amq.headers", "headers"),
        ("amq.match", "headers")
      ]

lookupQueue :: JetStream -> Text -> IO (Maybe QueueDefinition)
lookupQueue js name = fmap fst <$> get js (definitionOf "queue" name)

-- | All queues by their names.
listQueues :: JetStream -> IO [(Text, QueueDefinition)]
listQueues js = go 1
  where
    go :: Word64 -> IO [(Text, QueueDefinition)]
    go from = do
      next <- orNothing (apiRequest js ask (Just (object ["seq" .= from, "next_by_subj" .= (prefix <> ">")])))
      case next of
        Nothing -> pure []
        Just message -> (entry message <>) <$> go (smSequence message + 1)
    entry message = case (Text.stripPrefix prefix (smSubject message) >>= readToken, decodeStrict' (smBody message)) of
      (Just name, Just queue) -> [(name, queue)]
      _ -> []
    prefix = "amqp.definition.queue."
    ask = "STREAM.MSG.GET." <> scName definitions

-- | What is to become of what is there: a failure, nothing new, or something new.
type Decision failure a = Maybe a -> Either failure (Maybe a)

-- | Change the definition of an exchange; what the function returns 'Nothing' for stays. The result is what it is then.
changeExchange ::
  JetStream -> Text -> Decision failure ExchangeDefinition -> IO (Either failure (Maybe ExchangeDefinition))
changeExchange js name = change js (definitionOf "exchange" name)

-- | The same for a queue.
changeQueue ::
  JetStream -> Text -> Decision failure QueueDefinition -> IO (Either failure (Maybe QueueDefinition))
changeQueue js name = change js (definitionOf "queue" name)

forgetExchange, forgetQueue :: JetStream -> Text -> IO ()
forgetExchange js name = forget js (definitionOf "exchange" name)
forgetQueue js name = forget js (definitionOf "queue" name)

-- | Have the account stand for a virtual host, if it does not for one yet; the result is the one that it stands for.
claimVirtualHost :: JetStream -> Text -> IO Text
claimVirtualHost js name = either absurd (fromMaybe name) <$> change js (definitionOf "account" "vhost") once
  where
    once :: Maybe Text -> Either Void (Maybe Text)
    once found = Right (maybe (Just name) (const Nothing) found)

-- | Be the one who does something, until then, if nobody else is now.
takeLease :: JetStream -> Text -> Text -> UTCTime -> UTCTime -> IO Bool
takeLease js what name now until' = either (const False) (const True) <$> change js (definitionOf "lease" what) decide
  where
    decide :: Maybe (Text, UTCTime) -> Either () (Maybe (Text, UTCTime))
    decide (Just (owner, end)) | owner /= name, end > now = Left ()
    decide _ = Right (Just (name, until'))

-- | Whether somebody is the one who does something.
isLeased :: JetStream -> Text -> UTCTime -> IO Bool
isLeased js what now = maybe False (isValid . fst) <$> get js (definitionOf "lease" what)
  where
    isValid :: (Text, UTCTime) -> Bool
    isValid (_, end) = end > now

dropLease :: JetStream -> Text -> IO ()
dropLease js what = forget js (definitionOf "lease" what)

forget :: JetStream -> Subject -> IO ()
forget js subject = void (purgeStream js (scName definitions) (Purge (Just subject) Nothing Nothing))

change :: (FromJSON a, ToJSON a) => JetStream -> Subject -> Decision failure a -> IO (Either failure (Maybe a))
change js subject decide = do
  found <- get js subject
  case decide (fst <$> found) of
    Left failure -> pure (Left failure)
    Right Nothing -> pure (Right (fst <$> found))
    Right (Just new) -> do
      done <- put js subject (maybe 0 snd found) new
      if done then pure (Right (Just new)) else change js subject decide

get :: FromJSON a => JetStream -> Subject -> IO (Maybe (a, Word64))
get js subject = do
  found <- orNothing (getLastMessage js (scName definitions) subject)
  traverse read' found
  where
    read' message = case eitherDecodeStrict' (smBody message) of
      Right value -> pure (value, smSequence message)
      Left why -> throwIO (BadAnswer subject (Text.pack why))

-- | Say something new, if the last word has this number still; 0 if there must be none.
put :: ToJSON a => JetStream -> Subject -> Word64 -> a -> IO Bool
put js subject expected value = do
  done <- try (JS.publishWith js options subject (L.toStrict (encode value)))
  case done of
    Right _ -> pure True
    Left (Refused failure) | apiCode failure == wrongLastSequence -> pure False
    Left failure -> throwIO failure
  where
    options = defaultPublishOptions {JS.poHeaders = [("Nats-Expected-Last-Subject-Sequence", Char8.pack (show expected))]}
    wrongLastSequence = 10071

-- | What is found, if it is.
orNothing :: IO a -> IO (Maybe a)
orNothing action = do
  found <- try action
  case found of
    Right value -> pure (Just value)
    Left failure | isNotFound failure -> pure Nothing
    Left failure -> throwIO failure
