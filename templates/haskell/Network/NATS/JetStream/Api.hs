-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Requests to JetStream, and what comes back.
module Network.NATS.JetStream.Api
  ( JetStream (..),
    jetStream,
    JetStreamError (..),
    ApiError (..),
    isNotFound,
    apiRequest,
    decodeAnswer,

    -- * Streams
    ensureStream,
    createStream,
    streamInfo,
    deleteStream,
    StreamInfo (..),

    -- * Consumers
    ensureConsumer,
    createConsumer,
    consumerInfo,
    deleteConsumer,
    ConsumerInfo (..),
  )
where

import Control.Exception (Exception, handle, throwIO, try)
import Control.Monad (void)
import Data.Aeson
import Data.Aeson.KeyMap qualified as KeyMap
import Data.Aeson.Types (parseEither)
import Data.ByteString (ByteString)
import Data.ByteString qualified as B
import Data.ByteString.Lazy qualified as L
import Data.Int (Int64)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Time.Clock (NominalDiffTime, UTCTime)
import Data.Word (Word64)
import Network.NATS.Client
import Network.NATS.JetStream.Consumer
import Network.NATS.JetStream.Stream
import Prelude

-- | JetStream, as it is reached over a connection.
data JetStream = JetStream
  { jsConnection :: !Connection,
    -- | What its subjects begin with: @$JS.API@, or @$JS.hub.API@ for that of a domain.
    jsPrefix :: !Subject,
    -- | How long to wait for answers to everything but publishing.
    jsTimeout :: !NominalDiffTime
  }

-- | JetStream of the account that is connected to, with five seconds for answers.
jetStream :: Connection -> JetStream
jetStream conn = JetStream conn "$JS.API" 5

-- | A refusal.
data ApiError = ApiError
  { -- | What exactly it is: 10059 for a stream that is not found. The server's @errors.json@ has all.
    apiCode :: !Int,
    -- | As in HTTP.
    apiStatus :: !Int,
    apiDescription :: !Text
  }
  deriving stock (Eq, Show)

instance FromJSON ApiError where
  parseJSON = withObject "error" $ \o ->
    ApiError <$> o .:? "err_code" .!= 0 <*> o .:? "code" .!= 0 <*> o .:? "description" .!= ""

-- | What goes wrong with JetStream. What is wrong with the connection is a 'NatsError'.
data JetStreamError
  = -- | The server says no.
    Refused !ApiError
  | -- | Nobody answers for JetStream: it is off, or not yet ready, or this user may not ask.
    JetStreamUnavailable
  | -- | No stream keeps what is published to this subject.
    NoStream !Subject
  | -- | A message was sent, and no answer came: it may be kept or not. Publish it again with the same message id.
    Unconfirmed !Subject !NatsError
  | -- | An answer that cannot be understood: of what, and why.
    BadAnswer !Subject !Text
  | -- | A consumer was deleted, or went as it was not used: its stream, its name.
    ConsumerGone !Text !Text
  | -- | A consumer cannot be asked for messages like this, in the server's words.
    PullRefused !Text
  | -- | A delivery is settled once.
    AlreadySettled
  deriving stock (Eq, Show)

instance Exception JetStreamError

-- | Whether a stream, a consumer or a message is not there.
isNotFound :: JetStreamError -> Bool
isNotFound (Refused failure) = apiStatus failure == 404
isNotFound (ConsumerGone _ _) = True
isNotFound _ = False

-- | Ask JetStream: what, as in @STREAM.INFO.ORDERS@, and with what.
apiRequest :: FromJSON a => JetStream -> Text -> Maybe Value -> IO a
apiRequest js what body = do
  answer <- unavailable (request (jsConnection js) subject (maybe B.empty (L.toStrict . encode) body) (jsTimeout js))
  either throwIO pure (decodeAnswer subject (msgBody answer))
  where
    subject = jsPrefix js <> "." <> what
    unavailable = handle $ \failure -> case failure of
      NoResponders _ -> throwIO JetStreamUnavailable
      _ -> throwIO failure

-- | Understand an answer: an error, or what was asked for.
decodeAnswer :: FromJSON a => Subject -> ByteString -> Either JetStreamError a
decodeAnswer subject body = case eitherDecodeStrict' body of
  Left why -> bad why
  Right fields
    | Just failure <- KeyMap.lookup "error" fields -> either bad (Left . Refused) (parseEither parseJSON failure)
    | otherwise -> either bad Right (parseEither parseJSON (Object fields))
  where
    bad = Left . BadAnswer subject . Text.pack

-- | A stream and how it is.
data StreamInfo = StreamInfo
  { siConfig :: !StreamConfig,
    siCreated :: !UTCTime,
    siMessages :: !Word64,
    siBytes :: !Word64,
    siFirstSequence :: !Word64,
    siLastSequence :: !Word64,
    siConsumers :: !Int
  }
  deriving stock (Eq, Show)

instance FromJSON StreamInfo where
  parseJSON = withObject "StreamInfo" $ \o -> do
    state <- o .: "state"
    StreamInfo
      <$> o .: "config"
      <*> o .: "created"
      <*> state .: "messages"
      <*> state .: "bytes"
      <*> state .: "first_seq"
      <*> state .: "last_seq"
      <*> state .: "consumer_count"

-- | A consumer and how far it is.
data ConsumerInfo = ConsumerInfo
  { ciStream :: !Text,
    ciConfig :: !ConsumerConfig,
    ciCreated :: !UTCTime,
    -- | Messages that wait to be delivered.
    ciNumPending :: !Word64,
    -- | Messages that are delivered and not settled.
    ciNumAckPending :: !Int64,
    -- | How many of these were delivered more than once.
    ciNumRedelivered :: !Int64,
    -- | Pull requests that wait for messages.
    ciNumWaiting :: !Int64,
    -- | The last message delivered, by its number in the stream.
    ciDelivered :: !Word64,
    -- | All up to this number in the stream is settled.
    ciAckFloor :: !Word64
  }
  deriving stock (Eq, Show)

instance FromJSON ConsumerInfo where
  parseJSON = withObject "ConsumerInfo" $ \o -> do
    delivered <- o .: "delivered"
    floor' <- o .: "ack_floor"
    ConsumerInfo
      <$> o .: "stream_name"
      <*> o .: "config"
      <*> o .: "created"
      <*> o .: "num_pending"
      <*> o .: "num_ack_pending"
      <*> o .: "num_redelivered"
      <*> o .: "num_waiting"
      <*> delivered .: "stream_seq"
      <*> floor' .: "stream_seq"

-- | Make a stream, or change it to be so. What cannot be changed, such as the storage, is 'Refused'.
ensureStream :: JetStream -> StreamConfig -> IO StreamInfo
ensureStream js config = do
  made <- try (createStream js config)
  case made of
    Left (Refused failure)
      | apiCode failure == nameInUse -> apiRequest js ("STREAM.UPDATE." <> scName config) (Just (toJSON config))
    _ -> either throwIO pure made
  where
    nameInUse = 10058

-- | Make a stream. If there is one of this name that is different, this is 'Refused'.
createStream :: JetStream -> StreamConfig -> IO StreamInfo
createStream js config = apiRequest js ("STREAM.CREATE." <> scName config) (Just (toJSON config))

-- | A stream by its name.
streamInfo :: JetStream -> Text -> IO StreamInfo
streamInfo js stream = apiRequest js ("STREAM.INFO." <> stream) Nothing

-- | Delete a stream with all its messages and consumers.
deleteStream :: JetStream -> Text -> IO ()
deleteStream js stream = void (apiRequest js ("STREAM.DELETE." <> stream) Nothing :: IO Object)

-- | Make a consumer of a stream, or change it to be so, for everybody who uses it.
ensureConsumer :: JetStream -> Text -> ConsumerConfig -> IO ConsumerInfo
ensureConsumer js stream config = putConsumer js stream config []

-- | Make a consumer. If there is one of this name that is different, this is 'Refused'. Needs server 2.10.
createConsumer :: JetStream -> Text -> ConsumerConfig -> IO ConsumerInfo
createConsumer js stream config = putConsumer js stream config ["action" .= ("create" :: Text)]

putConsumer :: JetStream -> Text -> ConsumerConfig -> [(Key, Value)] -> IO ConsumerInfo
putConsumer js stream config more = apiRequest js ("CONSUMER.CREATE." <> stream <> "." <> ccName config <> filtered) (Just body)
  where
    body = object (["stream_name" .= stream, "config" .= config] <> more)
    -- Permissions may be about the filter, so it is a part of the subject if there is one.
    filtered = case ccFilterSubjects config of
      [subject] -> "." <> subject
      _ -> ""

-- | A consumer by the names of its stream and itself.
consumerInfo :: JetStream -> Text -> Text -> IO ConsumerInfo
consumerInfo js stream consumer = apiRequest js ("CONSUMER.INFO." <> stream <> "." <> consumer) Nothing

-- | Delete a consumer. Its stream keeps the messages, unless no other consumer wants them and it keeps only such.
deleteConsumer :: JetStream -> Text -> Text -> IO ()
deleteConsumer js stream consumer =
  void (apiRequest js ("CONSUMER.DELETE." <> stream <> "." <> consumer) Nothing :: IO Object)
