-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Publishing to streams, with an answer that says that the message is kept.
module Network.NATS.JetStream.Publish
  ( publish,
    publishWith,
    publishAsync,
    PubAck (..),
    PublishOptions (..),
    defaultPublishOptions,
    MessageId (..),
  )
where

import Control.Concurrent (threadDelay)
import Control.Concurrent.STM (atomically, newEmptyTMVarIO, putTMVar, readTMVar)
import Control.Exception (SomeException, mask_, onException, throwIO, try)
import Data.Aeson (FromJSON (..), withObject, (.!=), (.:), (.:?))
import Data.ByteString (ByteString)
import Data.ByteString.Char8 qualified as B
import Data.Maybe (catMaybes)
import Data.Text (Text)
import Data.Text.Encoding (encodeUtf8)
import Data.Time.Clock (NominalDiffTime)
import Data.Word (Word64)
import Network.NATS.Client (Headers, Message (..), NatsError (..), Subject, spawn)
import Network.NATS.Internal.Request
import Network.NATS.Internal.State (freshName)
import Network.NATS.Internal.Transport (microseconds)
import Network.NATS.JetStream.Api
import Prelude

-- | A stream has kept a message.
data PubAck = PubAck
  { paStream :: !Text,
    -- | Its number in the stream.
    paSequence :: !Word64,
    -- | Whether a message with its id was there already, so that this one was not kept.
    paDuplicate :: !Bool
  }
  deriving stock (Eq, Show)

instance FromJSON PubAck where
  parseJSON = withObject "PubAck" $ \o -> PubAck <$> o .: "stream" <*> o .: "seq" <*> o .:? "duplicate" .!= False

-- | By what a stream knows a message that it has already.
data MessageId
  = -- | By nothing: a message that no answer came for is not published again.
    NoMessageId
  | -- | By a new id, so that it can safely be published again until an answer comes.
    NewMessageId
  | -- | By this id. It counts for the whole stream, not for one subject.
    MessageId !Text
  deriving stock (Eq, Show)

-- | How to publish.
data PublishOptions = PublishOptions
  { poHeaders :: !Headers,
    poMessageId :: !MessageId,
    -- | After what time the stream lets go of it, rounded up to whole seconds. The stream must allow that.
    poTtl :: !(Maybe NominalDiffTime),
    -- | The stream that is meant; another one refuses.
    poExpectStream :: !(Maybe Text),
    -- | The number of the last message that the stream has; it refuses if it has another.
    poExpectLastSequence :: !(Maybe Word64),
    -- | How long to wait for each answer.
    poTimeout :: !NominalDiffTime,
    -- | How often to try: without a stream, as it may be about to come, and without an answer, if there is a message id.
    poAttempts :: !Int
  }
  deriving stock (Eq, Show)

-- | A new message id, five attempts of five seconds.
defaultPublishOptions :: PublishOptions
defaultPublishOptions =
  PublishOptions
    { poHeaders = [],
      poMessageId = NewMessageId,
      poTtl = Nothing,
      poExpectStream = Nothing,
      poExpectLastSequence = Nothing,
      poTimeout = 5,
      poAttempts = 5
    }

-- | Publish, and wait until a stream has kept it. Throws 'NoStream', 'Unconfirmed' and 'Refused'.
publish :: JetStream -> Subject -> ByteString -> IO PubAck
publish js = publishWith js defaultPublishOptions

-- | Publish with options.
publishWith :: JetStream -> PublishOptions -> Subject -> ByteString -> IO PubAck
publishWith js options subject body = do
  headers <- headersOf js options
  let send = ask (jsConnection js) maxBound subject headers body (poTimeout options)
  mask_ (send >>= attempts options subject send)

-- | Publish, and wait for the answer later, with the action that is returned. What one thread publishes stays in order, but
-- for messages that have to be published again. It blocks while 4,096 answers are awaited.
publishAsync :: JetStream -> PublishOptions -> Subject -> ByteString -> IO (IO PubAck)
publishAsync js options subject body = do
  headers <- headersOf js options
  result <- newEmptyTMVarIO
  let send most = ask (jsConnection js) most subject headers body (poTimeout options)
      settle question = try (attempts options subject (send maxBound) question) >>= atomically . putTMVar result
  mask_ $ do
    question <- send 4096
    _ <- spawn (jsConnection js) (settle question) `onException` abandon question
    pure (atomically (readTMVar result) >>= either rethrow pure)
  where
    rethrow failure = throwIO (failure :: SomeException)

attempts :: PublishOptions -> Subject -> IO Question -> Question -> IO PubAck
attempts options subject send = go (1 :: Int)
  where
    go number question = do
      answer <- try (awaitAnswer question)
      case answer of
        Right message -> case decodeAnswer subject (msgBody message) of
          Left (Refused failure) | apiCode failure == temporarilyUnavailable -> again number (Refused failure)
          Left failure -> throwIO failure
          Right ack -> pure ack
        Left (NoResponders _) -> again number (NoStream subject)
        Left failure
          | hasId, failure `elem` [ConnectionLost, RequestTimeout subject] -> again number (Unconfirmed subject failure)
          | otherwise -> throwIO (Unconfirmed subject failure)
    again number failure
      | number >= poAttempts options = throwIO failure
      | otherwise = threadDelay (microseconds (min 4 (0.25 * 2 ^ min 10 (number - 1)))) >> send >>= go (number + 1)
    hasId = poMessageId options /= NoMessageId
    temporarilyUnavailable = 10008

headersOf :: JetStream -> PublishOptions -> IO Headers
headersOf js options = do
  number <- case poMessageId options of
    NoMessageId -> pure Nothing
    NewMessageId -> Just <$> atomically (freshName (jsConnection js))
    MessageId text -> pure (Just text)
  pure . (poHeaders options <>) $
    catMaybes
      [ (,) "Nats-Msg-Id" . encodeUtf8 <$> number,
        (,) "Nats-TTL" . seconds <$> poTtl options,
        (,) "Nats-Expected-Stream" . encodeUtf8 <$> poExpectStream options,
        (,) "Nats-Expected-Last-Sequence" . B.pack . show <$> poExpectLastSequence options
      ]
  where
    seconds time = B.pack (show (max 1 (ceiling time :: Integer))) <> "s"
