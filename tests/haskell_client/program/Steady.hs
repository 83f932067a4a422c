{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Scenarios of many messages, with and without trouble.
module Steady
  ( load,
    steady,
  )
where

import Control.Concurrent (threadDelay)
import Control.Concurrent.Async (forConcurrently, forConcurrently_)
import Control.Exception (bracket)
import Control.Monad (forM, forM_, when)
import Data.ByteString.Char8 qualified as B
import Data.IORef
import Data.Map.Strict qualified as Map
import Data.Maybe (fromMaybe)
import Data.Time.Clock (diffUTCTime, getCurrentTime)
import Network.NATS.Client (msgBody, withConnection)
import Network.NATS.JetStream
import Report

-- | What came: how often each message, and the last of each publisher for the order of first deliveries.
data Seen = Seen !(Map.Map (Int, Int) Int) !(Map.Map Int Int) !Int

nothingSeen :: Seen
nothingSeen = Seen Map.empty Map.empty 0

note :: Delivery -> Seen -> Seen
note delivery (Seen times latest disorder) = Seen (Map.insertWith (+) (who, number) 1 times) latest' disorder'
  where
    (who, number) = named (deliveryMessage' delivery)
    deliveryMessage' = msgBody . deliveryMessage
    -- A server that is killed forgets what it has delivered, so what was seen is looked at too.
    again = diDelivered (deliveryInfo delivery) > 1 || Map.member (who, number) times
    latest' = if again then latest else Map.insert who number latest
    disorder' = if not again && number <= fromMaybe (-1) (Map.lookup who latest) then disorder + 1 else disorder

named :: B.ByteString -> (Int, Int)
named body = case map B.readInt (B.words body) of
  Just (who, _) : Just (number, _) : _ -> (who, number)
  _ -> (-1, -1)

tellSeen :: Int -> Seen -> IO ()
tellSeen publishers (Seen times _ disorder) = do
  say "received" (Map.size times)
  say "twice" (Map.size (Map.filter (> 1) times))
  say "disorder" disorder
  say "publishers" (publishers == length (Map.toList (Map.mapKeysWith (+) fst times)))

-- | A stream with two consumers: one with four programs, one with one, which sees all in order.
load :: Settings -> IO ()
load settings =
  withConnection (options settings) $ \one -> withConnection (options settings) $ \two -> do
    let publishing = jetStream one
        consuming = jetStream two
        interest = (defaultStreamConfig "LOAD" ["load.>"]) {scRetention = InterestRetention}
        quick = defaultPullOptions {pullMaxInFlight = 500}
    _ <- ensureStream publishing interest
    forM_ ["shared", "ordered"] $ \name -> ensureConsumer publishing "LOAD" (defaultConsumerConfig name) {ccMaxAckPending = Just 20000}
    shared <- forM [1 .. 4 :: Int] (const (newIORef nothingSeen))
    ordered <- newIORef nothingSeen
    began <- getCurrentTime
    let into seen delivery = modifyIORef' seen (note delivery) >> ack delivery
        total = do
          Seen all' _ _ <- readIORef ordered
          parts <- mapM readIORef shared
          pure (Map.size all', sum [Map.size times | Seen times _ _ <- parts])
    bracket (forM shared (consume consuming "LOAD" "shared" quick . into)) (mapM_ stopConsuming) $ \_ ->
      withConsumer consuming "LOAD" "ordered" quick (into ordered) $ do
        forConcurrently_ [1 .. publishers] $ \who -> do
          acks <- forM [1 .. count settings `div` publishers] $ \number ->
            publishAsync publishing defaultPublishOptions "load.x" (B.pack (show who <> " " <> show number <> " " <> replicate 100 'x'))
          sequence_ acks
        published <- getCurrentTime
        say "publishing" (realToFrac (diffUTCTime published began) :: Double)
        waitUntil ((>= (count settings, count settings)) <$> total)
    ended <- getCurrentTime
    say "seconds" (realToFrac (diffUTCTime ended began) :: Double)
    readIORef ordered >>= tellSeen publishers
    parts <- mapM readIORef shared
    say "shared" (Map.size (Map.unions [times | Seen times _ _ <- parts]))
    say "parts" [Map.size times > 0 | Seen times _ _ <- parts]
    -- Acknowledgements are on their way until the server has heard of all of them.
    waitUntil ((== 0) . siMessages <$> streamInfo publishing "LOAD")
    say "left" . siMessages =<< streamInfo publishing "LOAD"
  where
    publishers = 4

-- | Publish and consume while the test makes trouble. What was published for certain has to come; what was acknowledged for
-- certain must not come again.
steady :: Settings -> IO ()
steady settings =
  withConnection (options settings) $ \conn -> do
    let js = jetStream conn
        queue = (defaultStreamConfig "STEADY" ["steady.>"]) {scRetention = WorkQueueRetention}
    _ <- ensureStream js queue
    _ <- ensureConsumer js "STEADY" (defaultConsumerConfig "worker") {ccAckWait = Just 2}
    seen <- newIORef nothingSeen
    done <- newIORef Map.empty
    again <- newIORef (0 :: Int)
    let work delivery = do
          let message = named (msgBody (deliveryMessage delivery))
          modifyIORef' seen (note delivery)
          wasDone <- Map.member message <$> readIORef done
          when wasDone (modifyIORef' again (+ 1))
          if snd message `mod` 10 == 0
            then ackSync delivery 5 >> modifyIORef' done (Map.insert message ())
            else ack delivery
    withConsumer js "STEADY" "worker" defaultPullOptions {pullHeartbeat = 0.5, pullExpires = 2} work $ do
      confirmed <- forConcurrently [1 .. publishers] $ \who ->
        forM [1 .. count settings `div` publishers] $ \number -> do
          when (who == 1 && number `elem` milestones) (say "milestone" number)
          threadDelay 500
          _ <- publishWith js patient "steady.x" (B.pack (show who <> " " <> show number))
          pure (who, number)
      let wanted = Map.fromList [(each, ()) | each <- concat confirmed]
      say "confirmed" (Map.size wanted)
      waitUntil $ do
        Seen times _ _ <- readIORef seen
        pure (Map.null (Map.difference wanted times))
      waitUntil ((== 0) . siMessages <$> streamInfo js "STEADY")
    readIORef seen >>= tellSeen publishers
    say "again" =<< readIORef again
    say "left" . siMessages =<< streamInfo js "STEADY"
  where
    publishers = 4
    patient = defaultPublishOptions {poTimeout = 1, poAttempts = 20}
    milestones = [count settings `div` (publishers * 4) * part | part <- [1 .. 3]]
