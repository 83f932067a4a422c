-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Looking after streams and consumers: what there is, how it is, emptying and deleting it.
--
-- All of it goes over a connection to the account, so there is no host, port or password of its own, as management over HTTP
-- has them. What throws, throws a 'JetStreamError' or a 'Network.NATS.Types.NatsError'.
module Network.NatsAdmin
  ( -- * The account
    AccountInfo (..),
    accountInfo,

    -- * Streams
    listStreams,
    listStreamNames,
    streamInfo,
    StreamInfo (..),
    Purge (..),
    purgeEverything,
    purgeStream,
    deleteStream,

    -- * Consumers
    listConsumers,
    listConsumerNames,
    consumerInfo,
    ConsumerInfo (..),
    pauseConsumer,
    deleteConsumer,

    -- * Messages
    StoredMessage (..),
    getMessage,
    getLastMessage,
    deleteMessage,

    -- * JetStream
    JetStream (..),
    jetStream,
    JetStreamError (..),
    ApiError (..),
    isNotFound,
    apiRequest,
  )
where

import Control.Exception (throwIO)
import Control.Monad (void)
import Data.Aeson
import Data.Aeson.Types (Pair, Parser, parseEither)
import Data.ByteArray.Encoding (Base (Base64), convertFromBase)
import Data.ByteString (ByteString)
import Data.Int (Int64)
import Data.Maybe (fromMaybe)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Encoding (encodeUtf8)
import Data.Time.Clock (UTCTime)
import Data.Word (Word64)
import Network.NATS.JetStream
import Network.NATS.JetStream.Api (apiRequest)
import Network.NATS.Protocol (parseHeaders)
import Network.NATS.Types (Headers, Subject)
import Prelude

-- | What an account uses. Limits that are not set are -1.
data AccountInfo = AccountInfo
  { aiMemory :: !Int64,
    aiStorage :: !Int64,
    aiStreams :: !Int64,
    aiConsumers :: !Int64
  }
  deriving stock (Eq, Show)

instance FromJSON AccountInfo where
  parseJSON = withObject "AccountInfo" $ \o ->
    AccountInfo <$> o .: "memory" <*> o .: "storage" <*> o .: "streams" <*> o .: "consumers"

-- | What the account uses of JetStream. It is also the way to see whether JetStream is there.
accountInfo :: JetStream -> IO AccountInfo
accountInfo js = apiRequest js "INFO" Nothing

-- | All streams, or those that keep something of a subject, which may have wildcards.
listStreams :: JetStream -> Maybe Subject -> IO [StreamInfo]
listStreams js subject = pages js "STREAM.LIST" "streams" (maybe [] (\each -> ["subject" .= each]) subject)

-- | The same, the names only.
listStreamNames :: JetStream -> Maybe Subject -> IO [Text]
listStreamNames js subject = pages js "STREAM.NAMES" "streams" (maybe [] (\each -> ["subject" .= each]) subject)

-- | All consumers of a stream.
listConsumers :: JetStream -> Text -> IO [ConsumerInfo]
listConsumers js stream = pages js ("CONSUMER.LIST." <> stream) "consumers" []

-- | The same, the names only.
listConsumerNames :: JetStream -> Text -> IO [Text]
listConsumerNames js stream = pages js ("CONSUMER.NAMES." <> stream) "consumers" []

-- | Ask page by page, until all is here.
pages :: FromJSON a => JetStream -> Text -> Key -> [Pair] -> IO [a]
pages js what key conditions = go 0
  where
    go offset = do
      answer <- apiRequest js what (Just (object (("offset" .= offset) : conditions)))
      (total, found) <- either (throwIO . BadAnswer what . Text.pack) pure (parseEither page answer)
      let next = offset + length found
      if null found || next >= total then pure found else (found <>) <$> go next
    page o = (,) <$> o .:? "total" .!= (0 :: Int) <*> (fromMaybe [] <$> o .:? key)

-- | What to take out of a stream.
data Purge = Purge
  { -- | Of these subjects only.
    purgeSubject :: !(Maybe Subject),
    -- | Only what is before this number.
    purgeBefore :: !(Maybe Word64),
    -- | But keep so many of the latest; not together with 'purgeBefore'.
    purgeKeep :: !(Maybe Word64)
  }
  deriving stock (Eq, Show)

-- | All messages.
purgeEverything :: Purge
purgeEverything = Purge Nothing Nothing Nothing

-- | Take messages out of a stream, also those that are delivered and not settled, and tell how many there were.
purgeStream :: JetStream -> Text -> Purge -> IO Word64
purgeStream js stream purge = do
  Purged count <- apiRequest js ("STREAM.PURGE." <> stream) (Just (object conditions))
  pure count
  where
    conditions =
      maybe [] (\subject -> ["filter" .= subject]) (purgeSubject purge)
        <> maybe [] (\number -> ["seq" .= number]) (purgeBefore purge)
        <> maybe [] (\count -> ["keep" .= count]) (purgeKeep purge)

newtype Purged = Purged Word64

instance FromJSON Purged where
  parseJSON = withObject "Purged" $ \o -> Purged <$> o .: "purged"

-- | Deliver nothing to anybody until then; a time that is over lets it go on. Needs server 2.11.
pauseConsumer :: JetStream -> Text -> Text -> UTCTime -> IO ()
pauseConsumer js stream consumer time =
  void (apiRequest js ("CONSUMER.PAUSE." <> stream <> "." <> consumer) (Just (object ["pause_until" .= time])) :: IO Object)

-- | A message as a stream keeps it.
data StoredMessage = StoredMessage
  { smSubject :: !Subject,
    smSequence :: !Word64,
    smTime :: !UTCTime,
    smHeaders :: !Headers,
    smBody :: !ByteString
  }
  deriving stock (Eq, Show)

instance FromJSON StoredMessage where
  parseJSON = withObject "StoredMessage" $ \o -> do
    message <- o .: "message"
    headers <- message .:? "hdrs" .!= "" >>= base64
    body <- message .:? "data" .!= "" >>= base64
    StoredMessage
      <$> message .: "subject"
      <*> message .: "seq"
      <*> message .: "time"
      <*> pure (snd (parseHeaders headers))
      <*> pure body
    where
      base64 :: Text -> Parser ByteString
      base64 = either fail pure . convertFromBase Base64 . encodeUtf8

-- | A message by its number, whether it is settled or not. Throws 'Refused' if it is not there; 'isNotFound' tells that.
getMessage :: JetStream -> Text -> Word64 -> IO StoredMessage
getMessage js stream number = apiRequest js ("STREAM.MSG.GET." <> stream) (Just (object ["seq" .= number]))

-- | The latest message of a subject, which may have wildcards.
getLastMessage :: JetStream -> Text -> Subject -> IO StoredMessage
getLastMessage js stream subject = apiRequest js ("STREAM.MSG.GET." <> stream) (Just (object ["last_by_subj" .= subject]))

-- | Take one message out of a stream.
deleteMessage :: JetStream -> Text -> Word64 -> IO ()
deleteMessage js stream number =
  void (apiRequest js ("STREAM.MSG.DELETE." <> stream) (Just (object ["seq" .= number])) :: IO Object)
