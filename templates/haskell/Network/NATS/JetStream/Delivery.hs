-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Messages that a consumer delivers, and how they are settled.
module Network.NATS.JetStream.Delivery
  ( Delivery,
    deliveryMessage,
    deliveryInfo,
    DeliveryInfo (..),
    newDelivery,
    parseDeliveryInfo,
    ack,
    ackSync,
    nak,
    nakWithDelay,
    term,
    termWith,
    inProgress,
    isSettled,
  )
where

import Control.Concurrent.STM
import Control.Exception (onException, throwIO)
import Control.Monad (void, when)
import Data.ByteString (ByteString)
import Data.ByteString.Char8 qualified as B
import Data.Foldable (traverse_)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Encoding (encodeUtf8)
import Data.Text.Read qualified as Text
import Data.Time.Clock (NominalDiffTime, UTCTime)
import Data.Time.Clock.POSIX (posixSecondsToUTCTime)
import Data.Word (Word64)
import Network.NATS.Client
import Network.NATS.Internal.Json (fromNanoseconds, toNanoseconds)
import Network.NATS.JetStream.Api (JetStreamError (..))
import Prelude

-- | A message that a consumer delivered. It is settled once, by any thread: with 'ack', 'nak' or 'term'. Until then it counts
-- as in flight, and after the consumer's ack wait it is delivered again.
data Delivery = Delivery
  { -- | The message. Its reply subject is where the answer goes, also from another connection.
    deliveryMessage :: !Message,
    -- | What JetStream says of it.
    deliveryInfo :: !DeliveryInfo,
    dConnection :: !Connection,
    dSettled :: !(TVar Bool),
    dRelease :: !(STM ())
  }

-- | What JetStream says of a delivery.
data DeliveryInfo = DeliveryInfo
  { diStream :: !Text,
    diConsumer :: !Text,
    -- | How often it was delivered, this time included: more than 1 is a redelivery.
    diDelivered :: !Word64,
    -- | Its number in the stream.
    diStreamSequence :: !Word64,
    -- | How many messages the consumer delivered, up to this one.
    diConsumerSequence :: !Word64,
    -- | When the stream took it.
    diTimestamp :: !UTCTime,
    -- | How many messages wait behind it.
    diPending :: !Word64
  }
  deriving stock (Eq, Show)

-- | A delivery that nobody has settled, and what to do when it is; 'Nothing' for a message that no consumer delivered.
newDelivery :: Connection -> (DeliveryInfo -> STM (STM ())) -> Message -> IO (Maybe Delivery)
newDelivery conn hold message = traverse begin (msgReply message >>= parseDeliveryInfo)
  where
    begin info = atomically (Delivery message info conn <$> newTVar False <*> hold info)

-- | Read a reply subject, as servers write it: @$JS.ACK.@, since 2.15 with a domain and a hash of the account, then stream,
-- consumer, deliveries, number in the stream, number for the consumer, nanoseconds, messages that wait.
parseDeliveryInfo :: Subject -> Maybe DeliveryInfo
parseDeliveryInfo subject = case Text.splitOn "." subject of
  ["$JS", "ACK", stream, consumer, delivered, inStream, inConsumer, time, pending] ->
    info stream consumer delivered inStream inConsumer time pending
  "$JS" : "ACK" : _ : _ : stream : consumer : delivered : inStream : inConsumer : time : pending : _ ->
    info stream consumer delivered inStream inConsumer time pending
  _ -> Nothing
  where
    info stream consumer delivered inStream inConsumer time pending =
      DeliveryInfo stream consumer
        <$> natural delivered
        <*> natural inStream
        <*> natural inConsumer
        <*> (posixSecondsToUTCTime . fromNanoseconds . fromIntegral <$> natural time)
        <*> natural pending
    natural text = case Text.decimal text of
      Right (number, "") -> Just (number :: Word64)
      _ -> Nothing

-- | It is done. Nobody tells whether the server heard of it; what it did not hear of is delivered again.
ack :: Delivery -> IO ()
ack = settle "+ACK"

-- | It is done, and the server says that it heard, within this time. If not, the delivery is not settled, and this can be
-- done again.
ackSync :: Delivery -> NominalDiffTime -> IO ()
ackSync delivery limit = settleBy delivery $ \subject ->
  void (request (dConnection delivery) subject "+ACK" limit)

-- | It is not done: deliver it again, at once.
nak :: Delivery -> IO ()
nak = settle "-NAK"

-- | It is not done: deliver it again after this time.
nakWithDelay :: Delivery -> NominalDiffTime -> IO ()
nakWithDelay delivery delay = settle ("-NAK {\"delay\": " <> B.pack (show (toNanoseconds (max 0 delay))) <> "}") delivery

-- | Never deliver it again.
term :: Delivery -> IO ()
term = settle "+TERM"

-- | Never deliver it again; the server's advisory gives the reason. Servers before 2.11 are told none: the oldest would not
-- know what is meant.
termWith :: Delivery -> Text -> IO ()
termWith delivery reason = do
  version <- maybe "" infoVersion <$> serverInfo (dConnection delivery)
  if numbers version >= [2, 11] then settle ("+TERM " <> encodeUtf8 reason) delivery else term delivery
  where
    numbers version = [number | Right (number, _) <- map Text.decimal (Text.splitOn "." version)] :: [Int]

-- | It is still being worked on: the ack wait begins anew.
inProgress :: Delivery -> IO ()
inProgress delivery = do
  settled <- readTVarIO (dSettled delivery)
  when settled (throwIO AlreadySettled)
  traverse_ (\subject -> publish (dConnection delivery) subject "+WPI") (msgReply (deliveryMessage delivery))

-- | Whether it has been settled.
isSettled :: Delivery -> IO Bool
isSettled = readTVarIO . dSettled

settle :: ByteString -> Delivery -> IO ()
settle answer delivery = settleBy delivery (\subject -> publish (dConnection delivery) subject answer)

settleBy :: Delivery -> (Subject -> IO ()) -> IO ()
settleBy delivery tell = do
  already <- atomically (swapTVar (dSettled delivery) True)
  when already (throwIO AlreadySettled)
  traverse_ tell (msgReply (deliveryMessage delivery)) `onException` atomically (writeTVar (dSettled delivery) False)
  atomically (dRelease delivery)
