-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Configurations of consumers, as JSON has them: durations are nanoseconds there. Files that @natsscan map@ and the @nats@
-- command write can be read with 'Data.Aeson.eitherDecodeFileStrict'.
module Network.NATS.JetStream.Consumer
  ( ConsumerConfig (..),
    defaultConsumerConfig,
    AckPolicy (..),
    DeliverPolicy (..),
    ReplayPolicy (..),
  )
where

import Data.Aeson
import Data.Aeson.KeyMap qualified as KeyMap
import Data.Aeson.Types (Parser)
import Data.Map.Strict (Map)
import Data.Map.Strict qualified as Map
import Data.Maybe (fromMaybe, isJust)
import Data.Text (Text)
import Data.Time.Clock (NominalDiffTime, UTCTime)
import Data.Word (Word64)
import Network.NATS.Internal.Json
import Network.NATS.Types (Subject)
import Prelude

-- | Whether messages are settled.
data AckPolicy
  = -- | Each one by itself.
    AckExplicit
  | -- | One settles all before it, whoever they went to.
    AckAll
  | -- | Not at all: they count as settled when they are delivered.
    AckNone
  | -- | The server's own, for streams that are filled from others.
    AckFlowControl
  deriving stock (Bounded, Enum, Eq, Show)

-- | Where a new consumer begins.
data DeliverPolicy
  = DeliverAll
  | DeliverLast
  | DeliverLastPerSubject
  | DeliverNew
  | DeliverFromSequence !Word64
  | DeliverFromTime !UTCTime
  deriving stock (Eq, Show)

-- | How fast: at once, or as messages were published.
data ReplayPolicy = ReplayInstant | ReplayOriginal
  deriving stock (Bounded, Enum, Eq, Show)

-- | A consumer. Fields that are 'Nothing' are left to the server.
data ConsumerConfig = ConsumerConfig
  { ccName :: !Text,
    -- | Whether it stays when nobody uses it; else it goes after 'ccInactiveThreshold'.
    ccDurable :: !Bool,
    ccDescription :: !(Maybe Text),
    -- | What it takes of the stream; nothing given is everything.
    ccFilterSubjects :: ![Subject],
    ccDeliverPolicy :: !DeliverPolicy,
    ccAckPolicy :: !AckPolicy,
    -- | After this time without an answer a message is delivered again.
    ccAckWait :: !(Maybe NominalDiffTime),
    -- | How often a message is delivered at most.
    ccMaxDeliver :: !(Maybe Int),
    -- | Waiting times before the second, third ... delivery, instead of 'ccAckWait'.
    ccBackoff :: ![NominalDiffTime],
    -- | How many messages may be unsettled, of all programs together.
    ccMaxAckPending :: !(Maybe Int),
    ccMaxWaiting :: !(Maybe Int),
    ccInactiveThreshold :: !(Maybe NominalDiffTime),
    ccReplayPolicy :: !ReplayPolicy,
    ccReplicas :: !(Maybe Int),
    ccMemoryStorage :: !(Maybe Bool),
    ccHeadersOnly :: !(Maybe Bool),
    -- | For a single active consumer: @["name"]@ and @pinned_client@.
    ccPriorityGroups :: ![Text],
    ccPriorityPolicy :: !(Maybe Text),
    ccPriorityTimeout :: !(Maybe NominalDiffTime),
    ccMetadata :: !(Map Text Text),
    -- | Fields of the server that this record lacks, by their names in JSON.
    ccOther :: !Object
  }
  deriving stock (Eq, Show)

-- | A durable consumer of this name for the whole stream, from its beginning, with explicit acknowledgements.
defaultConsumerConfig :: Text -> ConsumerConfig
defaultConsumerConfig name =
  ConsumerConfig
    { ccName = name,
      ccDurable = True,
      ccDescription = Nothing,
      ccFilterSubjects = [],
      ccDeliverPolicy = DeliverAll,
      ccAckPolicy = AckExplicit,
      ccAckWait = Nothing,
      ccMaxDeliver = Nothing,
      ccBackoff = [],
      ccMaxAckPending = Nothing,
      ccMaxWaiting = Nothing,
      ccInactiveThreshold = Nothing,
      ccReplayPolicy = ReplayInstant,
      ccReplicas = Nothing,
      ccMemoryStorage = Nothing,
      ccHeadersOnly = Nothing,
      ccPriorityGroups = [],
      ccPriorityPolicy = Nothing,
      ccPriorityTimeout = Nothing,
      ccMetadata = Map.empty,
      ccOther = KeyMap.empty
    }

instance ToJSON ConsumerConfig where
  toJSON config =
    fieldsOf (ccOther config) $
      [ Just ("name" .= ccName config),
        if ccDurable config then Just ("durable_name" .= ccName config) else Nothing,
        optional "description" (ccDescription config),
        Just ("ack_policy" .= ackWord (ccAckPolicy config)),
        optional "ack_wait" (toNanoseconds <$> ccAckWait config),
        optional "max_deliver" (ccMaxDeliver config),
        unlessEmpty "backoff" (toNanoseconds <$> ccBackoff config),
        optional "max_ack_pending" (ccMaxAckPending config),
        optional "max_waiting" (ccMaxWaiting config),
        optional "inactive_threshold" (toNanoseconds <$> ccInactiveThreshold config),
        Just ("replay_policy" .= replayWord (ccReplayPolicy config)),
        optional "num_replicas" (ccReplicas config),
        optional "mem_storage" (ccMemoryStorage config),
        optional "headers_only" (ccHeadersOnly config),
        unlessEmpty "priority_groups" (ccPriorityGroups config),
        optional "priority_policy" (ccPriorityPolicy config),
        optional "priority_timeout" (toNanoseconds <$> ccPriorityTimeout config),
        unlessEmpty "metadata" (ccMetadata config)
      ]
        <> filters (ccFilterSubjects config)
        <> begin (ccDeliverPolicy config)
    where
      -- A single filter has a field of its own, which servers before 2.10 know too.
      filters [subject] = [Just ("filter_subject" .= subject)]
      filters subjects = [unlessEmpty "filter_subjects" subjects]
      begin policy = case policy of
        DeliverAll -> [deliver "all"]
        DeliverLast -> [deliver "last"]
        DeliverLastPerSubject -> [deliver "last_per_subject"]
        DeliverNew -> [deliver "new"]
        DeliverFromSequence number -> [deliver "by_start_sequence", Just ("opt_start_seq" .= number)]
        DeliverFromTime time -> [deliver "by_start_time", Just ("opt_start_time" .= time)]
      deliver name = Just ("deliver_policy" .= (name :: Text))

instance FromJSON ConsumerConfig where
  parseJSON = withObject "ConsumerConfig" $ \o -> do
    durable <- o .:? "durable_name"
    name <- o .:? "name"
    single <- o .:? "filter_subject"
    several <- listOf o "filter_subjects"
    ConsumerConfig (fromMaybe (fromMaybe "" durable) name) (isJust durable)
      <$> o .:? "description"
      <*> pure (maybe several pure single)
      <*> (o .:? "deliver_policy" .!= "all" >>= begin o)
      <*> wordOf o "ack_policy" ackWord AckNone
      <*> durationOf o "ack_wait"
      <*> o .:? "max_deliver"
      <*> (map fromNanoseconds <$> listOf o "backoff")
      <*> o .:? "max_ack_pending"
      <*> o .:? "max_waiting"
      <*> durationOf o "inactive_threshold"
      <*> wordOf o "replay_policy" replayWord ReplayInstant
      <*> o .:? "num_replicas"
      <*> o .:? "mem_storage"
      <*> o .:? "headers_only"
      <*> listOf o "priority_groups"
      <*> o .:? "priority_policy"
      <*> durationOf o "priority_timeout"
      <*> (fromMaybe Map.empty <$> o .:? "metadata")
      <*> pure (without o known)
    where
      begin :: Object -> Text -> Parser DeliverPolicy
      begin o policy = case policy of
        "all" -> pure DeliverAll
        "last" -> pure DeliverLast
        "last_per_subject" -> pure DeliverLastPerSubject
        "new" -> pure DeliverNew
        "by_start_sequence" -> DeliverFromSequence <$> o .: "opt_start_seq"
        "by_start_time" -> DeliverFromTime <$> o .: "opt_start_time"
        _ -> fail "deliver_policy is not known"
      known =
        ["name", "durable_name", "description", "filter_subject", "filter_subjects", "deliver_policy", "opt_start_seq"]
          <> ["opt_start_time", "ack_policy", "ack_wait", "max_deliver", "backoff", "max_ack_pending", "max_waiting"]
          <> ["inactive_threshold", "replay_policy", "num_replicas", "mem_storage", "headers_only", "priority_groups"]
          <> ["priority_policy", "priority_timeout", "metadata"]

ackWord :: AckPolicy -> Text
ackWord AckExplicit = "explicit"
ackWord AckAll = "all"
ackWord AckNone = "none"
ackWord AckFlowControl = "flow_control"

replayWord :: ReplayPolicy -> Text
replayWord ReplayInstant = "instant"
replayWord ReplayOriginal = "original"
