-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Sending messages to exchanges and queues.
module Network.NATS.Amqp.Internal.Routing
  ( knownExchange,
    rememberExchange,
    subjectOf,
    send,
    sendTo,
    isRoutable,
  )
where

import Control.Concurrent (threadDelay)
import Control.Concurrent.STM
import Control.Exception (throwIO, try)
import Control.Monad (forM_)
import Data.ByteString (ByteString)
import Data.ByteString.Lazy qualified as L
import Data.Map.Strict qualified as Map
import Data.Maybe (fromMaybe, isJust, isNothing)
import Data.Text (Text)
import Data.Time.Clock (addUTCTime)
import Network.NATS.Amqp.Internal.Codec
import Network.NATS.Amqp.Internal.Definitions
import Network.NATS.Amqp.Internal.Plan
import Network.NATS.Amqp.Internal.Session
import Network.NATS.Amqp.Internal.Topics
import Network.NATS.Amqp.Internal.Values
import Network.NATS.JetStream (ApiError (..), JetStreamError (..), MessageId, PublishOptions (..), defaultPublishOptions)
import Network.NATS.JetStream qualified as JS
import Network.NATS.Subject (keySubject)
import Network.NATS.Types (Headers, Subject)
import Prelude

-- | An exchange; one that was seen is not asked for again for a second.
knownExchange :: Connection -> Text -> IO (Maybe ExchangeDefinition)
knownExchange conn name = do
  known <- Map.lookup name <$> readTVarIO (cnExchanges conn)
  now <- serverTime conn
  case known of
    Just (until', definition) | now < until' -> pure (Just definition)
    _ -> do
      found <- lookupExchange (cnJetStream conn) name
      forM_ found (rememberExchange conn name)
      pure found

rememberExchange :: Connection -> Text -> ExchangeDefinition -> IO ()
rememberExchange conn name definition = do
  now <- serverTime conn
  atomically (modifyTVar' (cnExchanges conn) (Map.insert name (addUTCTime 1 now, definition)))

-- | The subject for an exchange and a key; its stream is there then. The exchange without a name leads to queues.
subjectOf :: Connection -> Text -> Text -> IO Subject
subjectOf conn "" key = queueSubject place <$ ensurePlanned conn (queueStream place)
  where
    place = queuePlace (cnPlan conn) key
subjectOf conn exchange key = keySubject (placeSubject place) key <$ ensurePlanned conn (placeStream place)
  where
    place = exchangePlace (cnPlan conn) exchange

-- | Send a message, and return when its stream has it.
send :: Connection -> MessageId -> Text -> Text -> Message -> IO ()
send conn number exchange key message = do
  subject <- subjectOf conn exchange key
  sendTo conn number subject (encodeMessage Nothing message) (L.toStrict (msgBody message))

-- | The same with a subject. While there is no room, it waits, as publishers to RabbitMQ do.
sendTo :: Connection -> MessageId -> Subject -> Headers -> ByteString -> IO ()
sendTo conn number subject headers body = do
  done <- try (JS.publishWith (cnJetStream conn) options subject body)
  case done of
    Left (Refused failure) | apiCode failure `elem` noRoom -> do
      tellBlocked conn (apiDescription failure)
      threadDelay 500000
      sendTo conn number subject headers body
    Left failure -> throwIO failure
    Right _ -> tellUnblocked conn
  where
    options = defaultPublishOptions {poHeaders = headers, poMessageId = number}
    -- Too little of something, a limit of the stream is reached, or too many messages at once.
    noRoom = [10023, 10047, 10077, 10167]

-- | Whether any queue gets a message.
isRoutable :: Connection -> Text -> Text -> Message -> IO Bool
isRoutable conn "" key _ = isJust <$> lookupQueue (cnJetStream conn) key
isRoutable conn exchange key message = any (any wants . qdBindings . snd) <$> listQueues (cnJetStream conn)
  where
    headers = fromMaybe noFields (msgHeaders message)
    wants binding =
      bdExchange binding == exchange
        && isNothing (bdUntil binding)
        && maybe False (\kind -> takes kind (bdKey binding) (bdArguments binding) key headers) (exchangeTypeOf (bdType binding))
