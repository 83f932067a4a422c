-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Messages of a consumer, pulled so that no more than so many are in flight.
module Network.NATS.JetStream.Pull
  ( Pull,
    PullOptions (..),
    defaultPullOptions,
    holdingFor,
    openPull,
    closePull,
    releasePull,
    haltPull,
    touchPull,
    nextDelivery,
    nextDeliveryWithin,
    fetch,
  )
where

import Control.Concurrent.MVar
import Control.Concurrent.STM
import Control.Exception (mask_, throwIO, try)
import Control.Monad (forM_, void, when)
import Data.Aeson (Object, encode, object, (.=))
import Data.Aeson.Types (Pair)
import Data.ByteString.Lazy qualified as L
import Data.Map.Strict qualified as Map
import Data.Maybe (fromMaybe, listToMaybe, maybeToList)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Encoding (decodeLatin1)
import Data.Text.Read qualified as Text
import Data.Time.Clock (NominalDiffTime)
import GHC.Clock (getMonotonicTime)
import Network.NATS.Client
import Network.NATS.Internal.Held
import Network.NATS.Internal.Json (toNanoseconds)
import Network.NATS.Internal.Receiving (addSubscription, endSubscription, nextQueued)
import Network.NATS.Internal.State (Connection (..), Phase (..), Subscription (..), sendControl)
import Network.NATS.Internal.Workers (waitAtMost)
import Network.NATS.JetStream.Api
import Network.NATS.JetStream.Consumer
import Network.NATS.JetStream.Delivery
import Network.NATS.Protocol (unsubLine)
import Prelude

-- | How to pull.
data PullOptions = PullOptions
  { -- | How many messages may be delivered here and not settled; 'AckNone' counts none that was handed out.
    pullMaxInFlight :: !Int,
    -- | How long one request stands. For a single active consumer, no more than half of its priority timeout.
    pullExpires :: !NominalDiffTime,
    -- | How often the server tells that it is there while it has no message; no more than half of 'pullExpires'.
    pullHeartbeat :: !NominalDiffTime,
    -- | Of all who pull, those with the lowest number are served first; for a consumer that is @prioritized@.
    pullPriority :: !(Maybe Int),
    -- | How long a message may be worked on: so long the server is told that it is, and gives it to nobody else. If this
    -- program is killed, others get it after the consumer's ack wait, so that can be short and work long. 'Nothing': it is
    -- told nothing, and the ack wait counts.
    pullHoldFor :: !(Maybe NominalDiffTime)
  }
  deriving stock (Eq, Show)

-- | A hundred messages in flight, requests of 30 seconds, a heartbeat every 5.
defaultPullOptions :: PullOptions
defaultPullOptions =
  PullOptions {pullMaxInFlight = 100, pullExpires = 30, pullHeartbeat = 5, pullPriority = Nothing, pullHoldFor = Nothing}

-- | The same options, but that what is worked on is held for so long if they do not say for how long.
holdingFor :: NominalDiffTime -> PullOptions -> PullOptions
holdingFor limit options = options {pullHoldFor = Just (fromMaybe limit (pullHoldFor options))}

-- | Messages of one consumer as they come. Several threads may take from it.
data Pull = Pull
  { pJetStream :: !JetStream,
    pStream :: !Text,
    pConsumer :: !Text,
    pOptions :: !PullOptions,
    -- | The group to pull for, if the consumer has any.
    pGroup :: !(Maybe Text),
    pAckPolicy :: !AckPolicy,
    -- | Held by the thread that waits for messages.
    pLock :: !(MVar ()),
    -- | Where messages come to, and in which epoch of the connection it was made.
    pInbox :: !(TVar (Maybe (Int, Subscription))),
    -- | Messages that were asked for and have not come.
    pAsked :: !(TVar Int),
    pHeld :: !Holding,
    -- | When the server was last heard.
    pHeard :: !(TVar Double),
    -- | What the server calls this client while it is the active one.
    pPin :: !(TVar (Maybe Text)),
    pClosed :: !(TVar Bool)
  }

-- | Begin to pull from a consumer. Throws 'Refused' if it is not there. It has to be closed with 'closePull'.
openPull :: JetStream -> Text -> Text -> PullOptions -> IO Pull
openPull js stream consumer options = do
  config <- ciConfig <$> consumerInfo js stream consumer
  pull <-
    Pull js stream consumer options (listToMaybe (ccPriorityGroups config)) (ccAckPolicy config)
      <$> newMVar ()
      <*> newTVarIO Nothing
      <*> newTVarIO 0
      <*> newTVarIO Map.empty
      <*> newTVarIO 0
      <*> newTVarIO Nothing
      <*> newTVarIO False
  forM_ (pullHoldFor options) $ \limit ->
    spawn conn (keepHeld conn (pHeld pull) (readTVar (pClosed pull)) limit (fromMaybe 30 (ccAckWait config) / 3))
  pure pull
  where
    conn = jsConnection js

-- | Pull no more. What has come and was not handed out goes back to the server at once, so that others get it; what was
-- handed out can still be settled. Where one client is the active one, another can be that now.
closePull :: Pull -> IO ()
closePull pull = haltPull pull >>= mapM_ (\delivery -> try (nak delivery) :: IO (Either NatsError ()))

-- | The same, and what was handed out and is not settled goes back first, so that others get all in the order of the stream:
-- as when a program stops that will settle nothing any more. What is settled after all counts as settled.
releasePull :: Pull -> IO ()
releasePull pull = do
  left <- haltPull pull
  giveHeldBack (jsConnection (pJetStream pull)) (pHeld pull)
  forM_ left $ \delivery -> try (nak delivery) :: IO (Either NatsError ())

-- | The same as 'closePull', but what has come and was not handed out is returned; whoever calls it settles that.
haltPull :: Pull -> IO [Delivery]
haltPull pull = do
  wasClosed <- atomically (swapTVar (pClosed pull) True)
  if wasClosed
    then pure []
    else withMVar (pLock pull) $ \_ -> do
      inbox <- readTVarIO (pInbox pull)
      left <- maybe (pure []) (\(_, sub) -> drainSubscription sub 2 >> leftIn sub) inbox
      -- The server looks who is still there when it is asked; else it may choose this client once more.
      quietly (ciNumWaiting <$> consumerInfo (pJetStream pull) (pStream pull) (pConsumer pull))
      pin <- readTVarIO (pPin pull)
      forM_ ((,) <$> pin <*> pGroup pull) (unpin . snd)
      pure left
  where
    unpin group = quietly (apiRequest (pJetStream pull) unpinning (Just (object ["group" .= group])) :: IO Object)
    quietly :: IO a -> IO ()
    quietly action = void (try (try (void action)) :: IO (Either NatsError (Either JetStreamError ())))
    unpinning = "CONSUMER.UNPIN." <> pStream pull <> "." <> pConsumer pull
    leftIn sub = do
      next <- try (atomically (nextQueued sub)) :: IO (Either NatsError (Maybe Message))
      case either (const Nothing) id next of
        Nothing -> pure []
        Just message -> do
          delivery <- if null (msgStatus message) then newDelivery conn (const (pure (pure ()))) message else pure Nothing
          (maybeToList delivery <>) <$> leftIn sub
    conn = jsConnection (pJetStream pull)

-- | Say that this client is there, though it asks for nothing at present, as all that it may hold is in flight: else another one
-- becomes the active one, or a consumer that has a threshold for inactivity goes. No message is as small as is asked for here.
touchPull :: Pull -> IO ()
touchPull pull = do
  pin <- readTVarIO (pPin pull)
  inbox <- newInbox (jsConnection (pJetStream pull))
  let body =
        ["batch" .= (1 :: Int), "no_wait" .= True, "max_bytes" .= (1 :: Int)]
          <> maybe [] (\group -> ["group" .= group]) (pGroup pull)
          <> maybe [] (\name -> ["id" .= name]) pin
  sendPull (pJetStream pull) (pStream pull) (pConsumer pull) inbox body

-- | The next message; blocks until there is one. Throws 'ConsumerGone', 'PullRefused', 'SubscriptionEnded' after 'closePull',
-- and 'ConnectionClosed'. The loss of a server is no end: it pulls from the next one.
nextDelivery :: Pull -> IO Delivery
nextDelivery pull = nextUntil pull Nothing >>= maybe (nextDelivery pull) pure

-- | The next message, if it comes within this time. A message is never lost to the time being over, as it may be with
-- 'System.Timeout.timeout'.
nextDeliveryWithin :: Pull -> NominalDiffTime -> IO (Maybe Delivery)
nextDeliveryWithin pull limit = do
  now <- getMonotonicTime
  nextUntil pull (Just (now + realToFrac limit))

-- | What there is to do next.
data Step
  = Take !Message
  | Open
  | Ask
  | Renew

nextUntil :: Pull -> Maybe Double -> IO (Maybe Delivery)
nextUntil pull deadline = withMVar (pLock pull) (const (mask_ go))
  where
    conn = jsConnection (pJetStream pull)

    go = do
      now <- getMonotonicTime
      heard <- readTVarIO (pHeard pull)
      asked <- readTVarIO (pAsked pull)
      let silence = if asked > 0 then Just (heard + 2 * realToFrac (pullHeartbeat (pOptions pull)) + 1) else Nothing
          until' = minimumOf (maybeToList deadline <> maybeToList silence)
      step <- waitAtMost (realToFrac . subtract now <$> until') (nextStep pull)
      case step of
        Just (Take message) -> received message >>= maybe go (pure . Just)
        Just Open -> openInbox pull >> go
        Just Ask -> askForMore pull >> go
        Just Renew -> renew pull >> go
        Nothing
          | until' == deadline -> pure Nothing
          | otherwise -> renew pull >> go

    received message = do
      now <- getMonotonicTime
      atomically (writeTVar (pHeard pull) now)
      case msgStatus message of
        Nothing -> newDelivery conn (hold pull now message) message
        Just status -> Nothing <$ handleStatus pull message status

    minimumOf [] = Nothing
    minimumOf (time : others) = Just (foldr min time others)

nextStep :: Pull -> STM (Maybe Step)
nextStep pull = do
  isClosed <- readTVar (pClosed pull)
  when isClosed (throwSTM SubscriptionEnded)
  phase <- readTVar (cPhase conn)
  epoch <- readTVar (cEpoch conn)
  inbox <- readTVar (pInbox pull)
  case inbox of
    Nothing -> openWhen phase
    Just (made, sub) -> do
      -- An inbox that has ended is read to its end before there is another, so nothing that came is lost.
      next <- fmap Right (nextQueued sub) `catchSTM` ended
      case next of
        Left () -> openWhen phase
        Right (Just message) -> pure (Just (Take message))
        Right Nothing
          | made /= epoch -> pure (Just Renew)
          | Online _ <- phase -> (\free -> if free > 0 then Just Ask else Nothing) <$> wanted pull
          | otherwise -> pure Nothing
  where
    conn = jsConnection (pJetStream pull)
    openWhen phase = case phase of
      Online _ -> pure (Just Open)
      Ended reason -> throwSTM (ConnectionClosed reason)
      Offline -> pure Nothing
    ended failure = case failure of
      SubscriptionEnded -> pure (Left ())
      _ -> throwSTM failure

-- | How many messages to ask for now. Small requests are put together.
wanted :: Pull -> STM Int
wanted pull = do
  asked <- readTVar (pAsked pull)
  held <- Map.size <$> readTVar (pHeld pull)
  let most = max 1 (pullMaxInFlight (pOptions pull))
      free = most - asked - held
  pure (if free > 0 && (asked == 0 || (2 * asked <= most && 4 * free >= most)) then free else 0)

-- | A new inbox for each session with a server: requests that an old server may still hold find nobody there, so no more
-- comes than was asked for.
openInbox :: Pull -> IO ()
openInbox pull = do
  subject <- newInbox conn
  atomically $ do
    sub <- addSubscription conn (subject <> ".*") unlimited
    epoch <- readTVar (cEpoch conn)
    writeTVar (pInbox pull) (Just (epoch, sub))
    writeTVar (pAsked pull) 0
  where
    conn = jsConnection (pJetStream pull)

-- | No more comes than was asked for, and none of that may be dropped.
unlimited :: SubscribeOptions
unlimited = defaultSubscribeOptions {soPendingMessages = maxBound, soPendingBytes = maxBound}

-- | Hear no more on the present inbox.
renew :: Pull -> IO ()
renew pull = do
  inbox <- readTVarIO (pInbox pull)
  forM_ inbox $ \(_, sub) -> atomically $ do
    sendControl (sConnection sub) (unsubLine (sNumber sub) Nothing)
    endSubscription sub SubscriptionEnded

askForMore :: Pull -> IO ()
askForMore pull = do
  now <- getMonotonicTime
  request' <- atomically $ do
    batch <- wanted pull
    modifyTVar' (pAsked pull) (+ batch)
    writeTVar (pHeard pull) now
    pin <- readTVar (pPin pull)
    fmap (\(_, sub) -> (batch, pin, sub)) <$> readTVar (pInbox pull)
  forM_ request' $ \(batch, pin, sub) -> when (batch > 0) $ do
    let inbox = Text.dropEnd 1 (sSubject sub) <> Text.pack (show batch)
        body =
          ["batch" .= batch, "expires" .= toNanoseconds (pullExpires options)]
            <> ["idle_heartbeat" .= toNanoseconds (pullHeartbeat options)]
            <> maybe [] (\group -> ["group" .= group]) (pGroup pull)
            <> maybe [] (\name -> ["id" .= name]) pin
            <> maybe [] (\number -> ["priority" .= number]) (pullPriority options)
    -- If there is no server any more, the next one is asked anew.
    void (try (sendPull (pJetStream pull) (pStream pull) (pConsumer pull) inbox body) :: IO (Either NatsError ()))
  where
    options = pOptions pull

sendPull :: JetStream -> Text -> Text -> Subject -> [Pair] -> IO ()
sendPull js stream consumer inbox body =
  publishWith (jsConnection js) subject (Just inbox) [] (L.toStrict (encode (object body)))
  where
    subject = jsPrefix js <> ".CONSUMER.MSG.NEXT." <> stream <> "." <> consumer

-- | A message is here; what is returned is to be done when it is settled.
hold :: Pull -> Double -> Message -> DeliveryInfo -> STM (STM ())
hold pull now message info = do
  modifyTVar' (pAsked pull) (max 0 . subtract 1)
  forM_ (lookupHeader "Nats-Pin-Id" message) (writeTVar (pPin pull) . Just . decodeLatin1)
  case pAckPolicy pull of
    AckNone -> pure (pure ())
    policy -> do
      holdOne (pHeld pull) now message number (diConsumerSequence info)
      pure (if policy == AckAll then letGoThrough (pHeld pull) number else letGo (pHeld pull) number (diConsumerSequence info))
  where
    number = diStreamSequence info

-- | What the server says instead of a message.
handleStatus :: Pull -> Message -> Status -> IO ()
handleStatus pull message (Status code text) = case code of
  100 -> pure ()
  404 -> finished batch
  408 -> finished batch
  409
    | says "Consumer Deleted" -> throwIO gone
    | says "Exceeded MaxWaiting" -> finished batch >> pauseFor pull
    | says "Exceeded" || says "Consumer is push based" -> throwIO (PullRefused text)
    | says "Message Size Exceeds" || says "Batch Completed" -> finished 0
    | otherwise -> pauseFor pull >> renew pull -- the server or the consumer's leader changes
  423 -> atomically (writeTVar (pPin pull) Nothing) >> finished batch
  503 -> do
    finished batch
    found <- try (try (consumerInfo (pJetStream pull) (pStream pull) (pConsumer pull)))
    case found of
      Right (Left failure) | isNotFound failure -> throwIO gone
      Left failure | ConnectionClosed _ <- failure -> throwIO failure
      _ -> pauseFor pull
  _ -> throwIO (PullRefused (Text.pack (show code) <> " " <> text))
  where
    says words' = words' `Text.isPrefixOf` text
    gone = ConsumerGone (pStream pull) (pConsumer pull)
    batch = maybe 0 natural (listToMaybe (reverse (Text.splitOn "." (msgSubject message))))
    natural digits = either (const 0) fst (Text.decimal digits) :: Int
    finished without = atomically $ do
      let missing = maybe without (natural . decodeLatin1) (lookupHeader "Nats-Pending-Messages" message)
      modifyTVar' (pAsked pull) (max 0 . subtract missing)

-- | Wait a little before the next request.
pauseFor :: Pull -> IO ()
pauseFor pull = void (waitAtMost (Just 0.5) ((\isClosed -> if isClosed then Just () else Nothing) <$> readTVar (pClosed pull)))

-- | So many messages at most, those that come within this time; with no time, those that are there at once. Not for consumers
-- with priority groups.
fetch :: JetStream -> Text -> Text -> Int -> NominalDiffTime -> IO [Delivery]
fetch js stream consumer batch limit = do
  inbox <- newInbox conn
  withSubscription conn inbox unlimited $ \sub -> do
    let waiting = if limit > 0 then ["expires" .= toNanoseconds limit] else ["no_wait" .= True]
    sendPull js stream consumer inbox (["batch" .= batch] <> waiting)
    now <- getMonotonicTime
    reverse <$> gather sub (now + realToFrac (if limit > 0 then limit + 1 else jsTimeout js)) []
  where
    conn = jsConnection js
    gather sub end found
      | length found >= batch = pure found
      | otherwise = do
          now <- getMonotonicTime
          next <- nextMessageWithin sub (realToFrac (end - now))
          case next of
            Nothing -> pure found
            Just message -> case msgStatus message of
              Nothing -> newDelivery conn (const (pure (pure ()))) message >>= gather sub end . maybe found (: found)
              Just (Status code text)
                | code == 100 -> gather sub end found
                | code `elem` [404, 408] || not (null found) -> pure found
                | code == 503 -> consumerInfo js stream consumer >> throwIO JetStreamUnavailable
                | "Consumer Deleted" `Text.isPrefixOf` text -> throwIO (ConsumerGone stream consumer)
                | otherwise -> throwIO (PullRefused (Text.pack (show code) <> " " <> text))
