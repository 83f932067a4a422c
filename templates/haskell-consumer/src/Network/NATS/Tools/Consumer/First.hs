-- Made by natsscan generate nats-consumer; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | The first message of a consumer: reading it without anybody noticing, and taking it out.
module Network.NATS.Tools.Consumer.First
  ( First (..),
    Delivered (..),
    firstMessage,
    awaitFirst,
    Dropped (..),
    dropFirst,
  )
where

import Control.Concurrent (threadDelay)
import Control.Exception (bracket, mask_, throwIO, try)
import Control.Monad (filterM, unless)
import Data.Aeson (object, (.=))
import Data.IORef
import Data.List (sortOn)
import Data.Maybe (catMaybes, listToMaybe)
import Data.Text (Text)
import Data.Time.Clock (NominalDiffTime)
import Data.Word (Word64)
import GHC.Clock (getMonotonicTime)
import Network.NATS.Client (flush)
import Network.NATS.JetStream
import Network.NATS.Tools.Consumer.Queues (Place (..))
import Network.NatsAdmin (StoredMessage (..), apiRequest)
import Prelude

-- | A message as the stream keeps it, and what is known of its deliveries.
data First = First
  { firstStored :: !StoredMessage,
    firstDelivered :: !Delivered,
    -- | Whether it may be one that the consumer has delivered as often as it does, and has given up.
    firstMayBeGivenUp :: !Bool
  }
  deriving stock (Eq, Show)

-- | How often a message was delivered. The server tells it exactly to nobody but who gets the message.
data Delivered = Never | Once | MoreThanOnce | AtLeastOnce
  deriving stock (Eq, Show)

-- | The first message that a consumer has not settled; 'Nothing' if there is none.
--
-- It is read from the stream, and not pulled: so it is no delivery, none that counts against the most that the consumer
-- allows, and nobody else has to wait. The server tells up to where all is settled, and not of each message behind that, so if
-- there was one that the consumer has given up, this may be that one. Server 2.9 tells nothing of a consumer for new messages
-- before the first is settled, so if one is in work then, this may be an old message.
firstMessage :: JetStream -> Place -> IO (Maybe First)
firstMessage js (Place stream consumer) = do
  info <- consumerInfo js stream consumer
  let filters = ccFilterSubjects (ciConfig info)
      -- With nothing in work, what was delivered and is not settled is given up, as it was delivered too often.
      begin = 1 + (if ciNumAckPending info > 0 then ciAckFloor info else ciDelivered info)
  found <- catMaybes <$> traverse (nextStored js stream begin) (if null filters then [">"] else filters)
  pure (describe info <$> listToMaybe (sortOn smSequence found))
  where
    describe info stored = First stored (delivered info stored) (any (> 0) (ccMaxDeliver (ciConfig info)))
    delivered info stored
      | smSequence stored > ciDelivered info = Never
      | ciNumRedelivered info <= 0 = Once
      | ciNumRedelivered info >= ciNumAckPending info = MoreThanOnce
      | otherwise = AtLeastOnce

-- | The first message of a stream from this number on, of subjects like this.
nextStored :: JetStream -> Text -> Word64 -> Text -> IO (Maybe StoredMessage)
nextStored js stream begin subjects = do
  answer <- try (apiRequest js ("STREAM.MSG.GET." <> stream) (Just body))
  case answer of
    Right stored -> pure (Just stored)
    Left (Refused failure) | apiCode failure == noMessage -> pure Nothing
    Left failure -> throwIO failure
  where
    body = object ["seq" .= begin, "next_by_subj" .= subjects]
    noMessage = 10037

-- | The same, but it waits for one, no longer than this.
awaitFirst :: JetStream -> Place -> NominalDiffTime -> IO (Maybe First)
awaitFirst js place limit = getMonotonicTime >>= go . (+ realToFrac limit)
  where
    go end = do
      found <- firstMessage js place
      now <- getMonotonicTime
      case found of
        Nothing | now < end -> threadDelay (microseconds (min 0.25 (end - now))) >> go end
        _ -> pure found
    microseconds seconds = ceiling (seconds * 1000000 :: Double)

-- | What came of dropping a message.
data Dropped
  = -- | It is out, after so many deliveries, this one included.
    DroppedAfter !Word64
  | -- | It was not the first any more, so nothing was pulled.
    NotFirst
  | -- | Another one came, by its number, as somebody has this one. It was given back.
    OtherCame !Word64
  | -- | None came.
    NoneCame
  | -- | The consumer settles nothing, so no message that comes could be given back.
    NeverSettles
  deriving stock (Eq, Show)

-- | Take the message with this number out, if it still is the first: pull until it comes, settle it, and give all others back
-- in their order. What waits to be delivered again comes before what is new, so with the first new one it is clear that
-- somebody holds the message. For a single active consumer this waits until no other one is active, but no longer than
-- this, or a second if it is less.
dropFirst :: JetStream -> Place -> Word64 -> NominalDiffTime -> IO Dropped
dropFirst js place@(Place stream consumer) number limit = do
  info <- consumerInfo js stream consumer
  found <- firstMessage js place
  case smSequence . firstStored <$> found of
    _ | ccAckPolicy (ciConfig info) == AckNone -> pure NeverSettles
    Just still | still == number -> bracket (newIORef []) giveBack (pullUntil info)
    _ -> pure NotFirst
  where
    pullUntil info held = do
      next <- pullOne js place (max 1 limit) held
      case next of
        Nothing -> pure NoneCame
        Just delivery
          | came == number -> DroppedAfter (diDelivered (deliveryInfo delivery)) <$ ackSync delivery (jsTimeout js)
          | came <= ciDelivered info -> pullUntil info held
          | otherwise -> pure (OtherCame came)
          where
            came = diStreamSequence (deliveryInfo delivery)

    giveBack held = do
      left <- readIORef held >>= filterM (fmap not . isSettled) . sortOn (diStreamSequence . deliveryInfo)
      mapM_ nak left
      unless (null left) (flush (jsConnection js) (jsTimeout js))

-- | Pull one message, and put it to those that are held, so that it is given back whatever happens. Each is pulled by itself,
-- as a request for several would take more than are needed.
pullOne :: JetStream -> Place -> NominalDiffTime -> IORef [Delivery] -> IO (Maybe Delivery)
pullOne js (Place stream consumer) limit held =
  bracket (openPull js stream consumer oneByOne) closePull $ \pull -> mask_ $ do
    next <- nextDeliveryWithin pull limit
    next <$ modifyIORef held (maybe id (:) next)
  where
    -- Short requests, so that no priority timeout is shorter.
    oneByOne = defaultPullOptions {pullMaxInFlight = 1, pullExpires = 2, pullHeartbeat = 1}
