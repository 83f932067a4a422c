{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Scenarios of JetStream.
module Streams
  ( settle,
    bounds,
    holding,
    publishing,
    gone,
    drained,
    singleActive,
    admin,
  )
where

import Control.Concurrent (newEmptyMVar, putMVar, takeMVar, threadDelay, tryPutMVar)
import Control.Concurrent.Async (wait, withAsync)
import Control.Exception (bracket)
import Control.Monad (forM, forM_, replicateM, replicateM_, void)
import Data.ByteString.Char8 qualified as B
import Data.IORef
import Data.List (isPrefixOf)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Time.Clock (addUTCTime, diffUTCTime, getCurrentTime)
import Network.NATS.Client (connect, drain, msgBody, withConnection)
import Network.NATS.JetStream
import Network.NatsAdmin qualified as Admin
import Report

-- | A work queue for a subject of the same name, and one consumer.
workQueue :: JetStream -> Text -> (ConsumerConfig -> ConsumerConfig) -> IO ()
workQueue js name change = do
  _ <- ensureStream js (defaultStreamConfig name [name]) {scRetention = WorkQueueRetention}
  void (ensureConsumer js name (change (defaultConsumerConfig "worker")))

within :: Settings -> (JetStream -> IO a) -> IO a
within settings use = withConnection (options settings) (use . jetStream)

body :: Delivery -> String
body = B.unpack . msgBody . deliveryMessage

failing :: IO a -> IO (Maybe String)
failing = caught (show :: JetStreamError -> String)

-- | Each way to settle a message, and not to.
settle :: Settings -> IO ()
settle settings = within settings $ \js -> do
  workQueue js "SETTLE" (\config -> config {ccAckWait = Just 1})
  bracket (openPull js "SETTLE" "worker" defaultPullOptions) closePull $ \pull -> do
    let send text = publish js "SETTLE" text >> next
        next = nextDeliveryWithin pull 5 >>= maybe (fail "nothing came") pure
        times = diDelivered . deliveryInfo
    acked <- send "ack"
    ack acked
    say "twice" =<< failing (ack acked)

    delayed <- send "delay"
    before <- getCurrentTime
    nakWithDelay delayed 0.5
    again <- next
    after <- getCurrentTime
    say "delayed" (times again, body again, diffUTCTime after before >= 0.5)
    ack again

    refused <- send "nak"
    nak refused
    once' <- next
    say "nak" (times once', body once')
    ack once'

    ended <- send "term"
    termWith ended "not for us"

    long <- send "long"
    replicateM_ 8 (threadDelay 250000 >> inProgress long)
    say "progress" . fmap body =<< nextDeliveryWithin pull 0.1
    ackSync long 5
    say "late" =<< failing (inProgress long)

    _ <- send "forgotten"
    forgotten <- next
    say "forgotten" (times forgotten, body forgotten, diStream (deliveryInfo forgotten), diConsumer (deliveryInfo forgotten))
    ack forgotten
    say "nothing" . fmap body =<< nextDeliveryWithin pull 1.5
  say "left" . siMessages =<< streamInfo js "SETTLE"

-- | No more in flight than was said; what was not handed out goes back.
bounds :: Settings -> IO ()
bounds settings = within settings $ \js -> do
  workQueue js "BOUNDS" id
  forM_ [1 .. 100 :: Int] $ \number -> publish js "BOUNDS" (B.pack (show number))
  held <- newIORef []
  most <- newIORef (0 :: Int)
  seen <- newIORef []
  let keep delivery = do
        modifyIORef' seen (<> [body delivery])
        now <- atomicModifyIORef' held (\others -> (delivery : others, length others + 1))
        modifyIORef' most (max now)
  withConsumer js "BOUNDS" "worker" defaultPullOptions {pullMaxInFlight = 7} keep $ do
    waitUntil ((== 7) . length <$> readIORef held)
    threadDelay 300000
    info <- consumerInfo js "BOUNDS" "worker"
    say "pending" (ciNumAckPending info, ciNumWaiting info)
    let release = do
          others <- atomicModifyIORef' held (\all' -> ([], all'))
          mapM_ ack others
          total <- length <$> readIORef seen
          if total < 100 || not (null others) then threadDelay 1000 >> release else pure ()
    release
  say "most" =<< readIORef most
  say "order" . (== map show [1 .. 100 :: Int]) =<< readIORef seen

  forM_ [1 .. 20 :: Int] $ \number -> publish js "BOUNDS" (B.pack (show number))
  began <- newEmptyMVar
  go <- newEmptyMVar
  consumption <- consume js "BOUNDS" "worker" defaultPullOptions (\delivery -> putMVar began () >> takeMVar go >> ack delivery)
  takeMVar began
  threadDelay 200000
  putMVar go ()
  takeMVar began -- the second one is in the callback now
  withAsync (stopConsuming consumption) $ \stopping -> do
    threadDelay 200000
    putMVar go ()
    wait stopping
  say "stopped" . show =<< waitConsumption consumption
  back <- replicateM 2 (fetch js "BOUNDS" "worker" 100 1)
  mapM_ ack (concat back)
  say "back" (length (concat back))
  say "empty" . length =<< fetch js "BOUNDS" "worker" 10 0

-- | What is worked on for longer than the ack wait, and what goes back at once when the work stops.
holding :: Settings -> IO ()
holding settings = within settings $ \js -> do
  let opened name most hold = bracket (openPull js name "worker" defaultPullOptions {pullMaxInFlight = most, pullHoldFor = hold}) closePull
      next pull = fmap body <$> nextDeliveryWithin pull 3
  workQueue js "HELD" (\config -> config {ccAckWait = Just 1})
  _ <- publish js "HELD" "long"
  opened "HELD" 1 (Just 4) $ \mine -> opened "HELD" 1 Nothing $ \others -> do
    say "mine" =<< next mine
    say "others meanwhile" =<< next others
    say "others then" =<< next others
  workQueue js "BACK" id
  forM_ ["1", "2", "3", "4"] (publish js "BACK")
  stopped <- openPull js "BACK" "worker" defaultPullOptions {pullMaxInFlight = 3}
  taken <- replicateM 2 (next stopped)
  releasePull stopped
  say "taken" taken
  said <- newEmptyMVar
  dropped <- consume js "BACK" "worker" defaultPullOptions (\delivery -> putMVar said (body delivery) >> threadDelay 60000000 >> ack delivery)
  say "worked on" =<< takeMVar said
  abandonConsuming dropped
  opened "BACK" 9 Nothing $ \pull -> say "again" =<< replicateM 5 (next pull)

-- | What publishing gives, and how it is refused.
publishing :: Settings -> IO ()
publishing settings = within settings $ \js -> do
  let stream = (defaultStreamConfig "PUB" ["pub.>"]) {scMaxMessages = Just 5, scDiscard = DiscardNew, scAllowMessageTtl = Just True}
      with change = publishWith js (change defaultPublishOptions)
  _ <- ensureStream js stream
  say "first" . (\given -> (paStream given, paSequence given, paDuplicate given)) =<< publish js "pub.a" "1"
  _ <- with (\o -> o {poMessageId = MessageId "same"}) "pub.a" "2"
  say "again" . paDuplicate =<< with (\o -> o {poMessageId = MessageId "same"}) "pub.b" "2"
  say "wrong stream" =<< failing (with (\o -> o {poExpectStream = Just "OTHER"}) "pub.a" "3")
  say "wrong sequence" =<< failing (with (\o -> o {poExpectLastSequence = Just 7}) "pub.a" "3")
  say "no stream" =<< failing (with (\o -> o {poAttempts = 2}) "elsewhere" "3")
  acks <- forM [3 .. 5 :: Int] $ \number -> publishAsync js defaultPublishOptions "pub.c" (B.pack (show number))
  say "async" . map paSequence =<< sequence acks
  say "full" =<< failing (publish js "pub.a" "6")
  say "changed" . scMaxMessages . siConfig =<< ensureStream js stream {scMaxMessages = Just 50}
  say "refused" . fmap (takeWhile (/= ',')) =<< failing (ensureStream js stream {scStorage = MemoryStorage})
  say "different" . fmap (takeWhile (/= ',')) =<< failing (createStream js stream)
  _ <- with (\o -> o {poTtl = Just 0.7, poHeaders = [("Kind", "short")]}) "pub.ttl" "7"
  stored <- Admin.getLastMessage js "PUB" "pub.ttl"
  say "stored" (B.unpack (Admin.smBody stored), fmap B.unpack (lookup "Kind" (Admin.smHeaders stored)), fmap B.unpack (lookup "Nats-TTL" (Admin.smHeaders stored)))
  waitUntil ((/= Nothing) <$> failing (Admin.getLastMessage js "PUB" "pub.ttl"))
  say "expired" . fmap (isPrefixOf "Refused") =<< failing (Admin.getLastMessage js "PUB" "pub.ttl")

-- | A consumer that goes while it is used.
gone :: Settings -> IO ()
gone settings = within settings $ \js -> do
  workQueue js "GONE" id
  say "missing" . fmap (takeWhile (/= ',')) =<< failing (openPull js "GONE" "nobody" defaultPullOptions)
  got <- newEmptyMVar
  consumption <- consume js "GONE" "worker" defaultPullOptions (\delivery -> ack delivery >> putMVar got ())
  _ <- publish js "GONE" "x"
  takeMVar got
  deleteConsumer js "GONE" "worker"
  say "end" . show =<< waitConsumption consumption
  -- Without a request that stands, it is the next one that finds nobody.
  workQueue js "GONE" id
  bracket (openPull js "GONE" "worker" defaultPullOptions {pullMaxInFlight = 1}) closePull $ \pull -> do
    _ <- publish js "GONE" "y"
    delivery <- nextDelivery pull
    deleteConsumer js "GONE" "worker"
    ack delivery
    say "later" =<< failing (nextDelivery pull)

-- | Draining the connection while a consumer is at work: what has come is dealt with.
drained :: Settings -> IO ()
drained settings = do
  conn <- connect (options settings)
  let js = jetStream conn
  workQueue js "DRAIN" id
  forM_ [1 .. 40 :: Int] $ \number -> publish js "DRAIN" (B.pack (show number))
  seen <- newIORef (0 :: Int)
  began <- newEmptyMVar
  consumption <- consume js "DRAIN" "worker" defaultPullOptions {pullMaxInFlight = 10} $ \delivery -> do
    _ <- tryPutMVar began ()
    threadDelay 20000
    modifyIORef' seen (+ 1)
    ack delivery
  takeMVar began
  threadDelay 50000
  drain conn 10
  say "end" . show =<< waitConsumption consumption
  done <- readIORef seen
  within settings $ \again -> do
    info <- consumerInfo again "DRAIN" "worker"
    say "unsettled" (ciNumAckPending info)
    say "all" (done + fromIntegral (ciNumPending info))

-- | Two programs, of which one is active.
singleActive :: Settings -> IO ()
singleActive settings = withConnection (options settings) $ \first -> within settings $ \second -> do
  let js = jetStream first
      pinned config =
        config
          { ccPriorityGroups = ["one"],
            ccPriorityPolicy = Just "pinned_client",
            ccPriorityTimeout = Just 2,
            ccMaxAckPending = Just 1
          }
      quick = defaultPullOptions {pullExpires = 1, pullHeartbeat = 0.5}
  workQueue js "SINGLE" pinned
  seen <- newIORef ([] :: [(Int, String)])
  let note who delivery = atomicModifyIORef' seen (\others -> ((who, body delivery) : others, ())) >> ack delivery
      send from to = forM_ [from .. to :: Int] $ \number -> publish second "SINGLE" (B.pack (show number))
      come number = waitUntil ((>= number) . length <$> readIORef seen)
  active <- consume js "SINGLE" "worker" quick (note 1)
  send 1 5
  come 5
  withConsumer second "SINGLE" "worker" quick (note 2) $ do
    threadDelay 500000
    send 6 10
    come 10
    stopConsuming active
    send 11 15
    come 15
  say "seen" . reverse =<< readIORef seen

-- | Looking after streams.
admin :: Settings -> IO ()
admin settings = within settings $ \js -> do
  forM_ [1 .. count settings] $ \number -> do
    let name = "A" <> Text.pack (show number)
    createStream js (defaultStreamConfig name [name <> ".>"]) {scStorage = MemoryStorage}
  say "streams" . length =<< Admin.listStreams js Nothing
  say "names" . length =<< Admin.listStreamNames js Nothing
  say "one" =<< Admin.listStreamNames js (Just "A7.x")
  forM_ [1 .. count settings] $ \number -> createConsumer js "A1" (defaultConsumerConfig ("c" <> Text.pack (show number)))
  consumers <- Admin.listConsumers js "A1"
  say "consumers" (length consumers)
  say "policy" (all ((== AckExplicit) . ccAckPolicy . ciConfig) consumers)
  say "consumer names" . length =<< Admin.listConsumerNames js "A1"
  say "different" . fmap (takeWhile (/= ',')) =<< failing (createConsumer js "A1" (defaultConsumerConfig "c1") {ccMaxDeliver = Just 3})
  say "changed" . ccMaxDeliver . ciConfig =<< ensureConsumer js "A1" (defaultConsumerConfig "c1") {ccMaxDeliver = Just 3}
  replicateM_ 10 (publish js "A1.x" "x" >> publish js "A1.y" "y")
  Admin.deleteMessage js "A1" 2
  say "deleted" =<< failing (Admin.getMessage js "A1" 2)
  say "kept" . B.unpack . Admin.smBody =<< Admin.getMessage js "A1" 3
  say "purged" =<< Admin.purgeStream js "A1" Admin.purgeEverything {Admin.purgeSubject = Just "A1.x", Admin.purgeKeep = Just 3}
  say "left" . siMessages =<< streamInfo js "A1"
  now <- getCurrentTime
  Admin.pauseConsumer js "A1" "c2" (addUTCTime 60 now)
  say "paused" . length =<< fetch js "A1" "c2" 1 0.2
  Admin.pauseConsumer js "A1" "c2" now
  say "resumed" . length =<< fetch js "A1" "c2" 1 5
  deleteConsumer js "A1" "c2"
  say "no consumer" . fmap (takeWhile (/= ',')) =<< failing (consumerInfo js "A1" "c2")
  say "account" . Admin.aiStreams =<< Admin.accountInfo js
  deleteStream js "A1"
  say "no stream" . fmap (takeWhile (/= ',')) =<< failing (streamInfo js "A1")
