-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Configurations of streams, as JSON has them: durations are nanoseconds there. Files that @natsscan map@ and the @nats@
-- command write can be read with 'Data.Aeson.eitherDecodeFileStrict'.
module Network.NATS.JetStream.Stream
  ( StreamConfig (..),
    defaultStreamConfig,
    Retention (..),
    Storage (..),
    Discard (..),
    StreamSource (..),
    defaultStreamSource,
    SubjectTransform (..),
  )
where

import Data.Aeson
import Data.Aeson.KeyMap qualified as KeyMap
import Data.Int (Int64)
import Data.Map.Strict (Map)
import Data.Map.Strict qualified as Map
import Data.Maybe (fromMaybe)
import Data.Text (Text)
import Data.Time.Clock (NominalDiffTime, UTCTime)
import Network.NATS.Internal.Json
import Network.NATS.Types (Subject)
import Prelude

-- | When a stream lets go of messages by itself.
data Retention
  = -- | When a limit is reached.
    LimitsRetention
  | -- | When every consumer that is interested has settled them.
    InterestRetention
  | -- | When one consumer has settled them.
    WorkQueueRetention
  deriving stock (Bounded, Enum, Eq, Show)

-- | Where a stream is kept.
data Storage = FileStorage | MemoryStorage
  deriving stock (Bounded, Enum, Eq, Show)

-- | What a stream that is full does: let go of the oldest message, or refuse the new one.
data Discard = DiscardOld | DiscardNew
  deriving stock (Bounded, Enum, Eq, Show)

-- | A stream. Fields that are 'Nothing' are left to the server.
data StreamConfig = StreamConfig
  { scName :: !Text,
    scDescription :: !(Maybe Text),
    -- | What it keeps; none for a stream that is only filled from others.
    scSubjects :: ![Subject],
    scRetention :: !Retention,
    scStorage :: !Storage,
    scReplicas :: !Int,
    -- | The most bytes; they are reserved when the stream is made.
    scMaxBytes :: !(Maybe Int64),
    scMaxMessages :: !(Maybe Int64),
    scMaxMessagesPerSubject :: !(Maybe Int64),
    scMaxMessageSize :: !(Maybe Int64),
    scMaxConsumers :: !(Maybe Int64),
    -- | How long messages are kept, at least 0.1 seconds.
    scMaxAge :: !(Maybe NominalDiffTime),
    scDiscard :: !Discard,
    scDiscardNewPerSubject :: !(Maybe Bool),
    -- | In this time a message id is taken only once; at most as long as 'scMaxAge'.
    scDuplicateWindow :: !(Maybe NominalDiffTime),
    scAllowMessageTtl :: !(Maybe Bool),
    scAllowMessageSchedules :: !(Maybe Bool),
    scAllowRollup :: !(Maybe Bool),
    scAllowDirect :: !(Maybe Bool),
    scSubjectTransform :: !(Maybe SubjectTransform),
    -- | Streams that it is filled from.
    scSources :: ![StreamSource],
    scMirror :: !(Maybe StreamSource),
    scMetadata :: !(Map Text Text),
    -- | Fields of the server that this record lacks, by their names in JSON.
    scOther :: !Object
  }
  deriving stock (Eq, Show)

-- | A stream of this name on these subjects: limits retention, on disk, no limits, the oldest goes first.
defaultStreamConfig :: Text -> [Subject] -> StreamConfig
defaultStreamConfig name subjects =
  StreamConfig
    { scName = name,
      scDescription = Nothing,
      scSubjects = subjects,
      scRetention = LimitsRetention,
      scStorage = FileStorage,
      scReplicas = 1,
      scMaxBytes = Nothing,
      scMaxMessages = Nothing,
      scMaxMessagesPerSubject = Nothing,
      scMaxMessageSize = Nothing,
      scMaxConsumers = Nothing,
      scMaxAge = Nothing,
      scDiscard = DiscardOld,
      scDiscardNewPerSubject = Nothing,
      scDuplicateWindow = Nothing,
      scAllowMessageTtl = Nothing,
      scAllowMessageSchedules = Nothing,
      scAllowRollup = Nothing,
      scAllowDirect = Nothing,
      scSubjectTransform = Nothing,
      scSources = [],
      scMirror = Nothing,
      scMetadata = Map.empty,
      scOther = KeyMap.empty
    }

-- | Subjects that are written anew: from, to.
data SubjectTransform = SubjectTransform
  { transformFrom :: !Subject,
    transformTo :: !Subject
  }
  deriving stock (Eq, Show)

-- | A stream that another is filled from.
data StreamSource = StreamSource
  { sourceStream :: !Text,
    sourceFilter :: !(Maybe Subject),
    -- | Only what was published since; without it, all that is there.
    sourceSince :: !(Maybe UTCTime),
    sourceTransforms :: ![SubjectTransform],
    -- | Fields of the server that this record lacks.
    sourceOther :: !Object
  }
  deriving stock (Eq, Show)

-- | All of a stream.
defaultStreamSource :: Text -> StreamSource
defaultStreamSource name = StreamSource name Nothing Nothing [] KeyMap.empty

instance ToJSON StreamConfig where
  toJSON config =
    fieldsOf
      (scOther config)
      [ Just ("name" .= scName config),
        optional "description" (scDescription config),
        unlessEmpty "subjects" (scSubjects config),
        Just ("retention" .= retentionWord (scRetention config)),
        Just ("storage" .= storageWord (scStorage config)),
        Just ("num_replicas" .= scReplicas config),
        optional "max_bytes" (scMaxBytes config),
        optional "max_msgs" (scMaxMessages config),
        optional "max_msgs_per_subject" (scMaxMessagesPerSubject config),
        optional "max_msg_size" (scMaxMessageSize config),
        optional "max_consumers" (scMaxConsumers config),
        optional "max_age" (toNanoseconds <$> scMaxAge config),
        Just ("discard" .= discardWord (scDiscard config)),
        optional "discard_new_per_subject" (scDiscardNewPerSubject config),
        optional "duplicate_window" (toNanoseconds <$> scDuplicateWindow config),
        optional "allow_msg_ttl" (scAllowMessageTtl config),
        optional "allow_msg_schedules" (scAllowMessageSchedules config),
        optional "allow_rollup_hdrs" (scAllowRollup config),
        optional "allow_direct" (scAllowDirect config),
        optional "subject_transform" (scSubjectTransform config),
        unlessEmpty "sources" (scSources config),
        optional "mirror" (scMirror config),
        unlessEmpty "metadata" (scMetadata config)
      ]

instance FromJSON StreamConfig where
  parseJSON = withObject "StreamConfig" $ \o ->
    StreamConfig
      <$> o .: "name"
      <*> o .:? "description"
      <*> listOf o "subjects"
      <*> wordOf o "retention" retentionWord LimitsRetention
      <*> wordOf o "storage" storageWord FileStorage
      <*> o .:? "num_replicas" .!= 1
      <*> o .:? "max_bytes"
      <*> o .:? "max_msgs"
      <*> o .:? "max_msgs_per_subject"
      <*> o .:? "max_msg_size"
      <*> o .:? "max_consumers"
      <*> durationOf o "max_age"
      <*> wordOf o "discard" discardWord DiscardOld
      <*> o .:? "discard_new_per_subject"
      <*> durationOf o "duplicate_window"
      <*> o .:? "allow_msg_ttl"
      <*> o .:? "allow_msg_schedules"
      <*> o .:? "allow_rollup_hdrs"
      <*> o .:? "allow_direct"
      <*> o .:? "subject_transform"
      <*> listOf o "sources"
      <*> o .:? "mirror"
      <*> (fromMaybe Map.empty <$> o .:? "metadata")
      <*> pure (without o known)
    where
      known =
        ["name", "description", "subjects", "retention", "storage", "num_replicas", "max_bytes", "max_msgs"]
          <> ["max_msgs_per_subject", "max_msg_size", "max_consumers", "max_age", "discard", "discard_new_per_subject"]
          <> ["duplicate_window", "allow_msg_ttl", "allow_msg_schedules", "allow_rollup_hdrs", "allow_direct"]
          <> ["subject_transform", "sources", "mirror", "metadata"]

instance ToJSON SubjectTransform where
  toJSON transform = object ["src" .= transformFrom transform, "dest" .= transformTo transform]

instance FromJSON SubjectTransform where
  parseJSON = withObject "SubjectTransform" $ \o -> SubjectTransform <$> o .:? "src" .!= "" <*> o .:? "dest" .!= ""

instance ToJSON StreamSource where
  toJSON source =
    fieldsOf
      (sourceOther source)
      [ Just ("name" .= sourceStream source),
        optional "filter_subject" (sourceFilter source),
        optional "opt_start_time" (sourceSince source),
        unlessEmpty "subject_transforms" (sourceTransforms source)
      ]

instance FromJSON StreamSource where
  parseJSON = withObject "StreamSource" $ \o ->
    StreamSource
      <$> o .: "name"
      <*> o .:? "filter_subject"
      <*> o .:? "opt_start_time"
      <*> listOf o "subject_transforms"
      <*> pure (without o ["name", "filter_subject", "opt_start_time", "subject_transforms"])

retentionWord :: Retention -> Text
retentionWord LimitsRetention = "limits"
retentionWord InterestRetention = "interest"
retentionWord WorkQueueRetention = "workqueue"

storageWord :: Storage -> Text
storageWord FileStorage = "file"
storageWord MemoryStorage = "memory"

discardWord :: Discard -> Text
discardWord DiscardOld = "old"
discardWord DiscardNew = "new"
