{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Services that are written by hand with the modules that natsscan makes for them: @service JSON@.
module Main (main) where

import BackgroundWorker.Nats qualified as Worker
import Cannon.Nats qualified as Cannon
import Control.Concurrent.STM
import Control.Exception (throwIO, try)
import Control.Monad (forM_, unless, void)
import Data.Aeson (eitherDecodeStrict')
import Data.ByteString (ByteString)
import Data.ByteString.Char8 qualified as B
import Data.Text (Text)
import Data.Text.Encoding (decodeLatin1)
import Data.Word (Word64)
import Gundeck.Nats qualified as Gundeck
import Network.NATS.Client (Message (..), withConnection)
import Network.NATS.JetStream
import Report
import System.Environment (getArgs)
import System.Exit (die)
import System.Timeout (timeout)
import Prelude

main :: IO ()
main = do
  arguments <- getArgs
  settings <- either die pure (eitherDecodeStrict' (B.pack (concat arguments)))
  withConnection (options settings) $ \conn -> do
    let js = jetStream conn
    Gundeck.ensureStreams js "cells.events"
    Cannon.ensureStreams js
    Worker.ensureStreams js
    Worker.ensureDeadUserNotifications js
    notify js
    dead <- newTQueueIO
    consumption <- Worker.consumeDeadUserNotifications js defaultPullOptions $ \delivery -> do
      atomically (writeTQueue dead (deliveryMessage delivery))
      ack delivery
    rejectOne js dead
    rejectTwice js dead
    rejectInVain js
    stopConsuming consumption

-- | Two clients, whose names have dots, of which each gets its own.
notify :: JetStream -> IO ()
notify js = do
  let clients = [("ann.b", "1"), ("ann", "1")]
  forM_ clients (uncurry (Gundeck.ensureUserNotifications js))
  ack' <- Gundeck.publishToUserNotificationsUid js "ann.b" defaultPublishOptions "to ann.b"
  say "kept" (paStream ack', paDuplicate ack')
  void (Gundeck.publishToUserNotificationsUid js "ann" defaultPublishOptions "to ann")
  -- A key that is made elsewhere has dots between its words.
  void (Gundeck.publishToUserNotificationsEnvRoutingKey js "ann.1" defaultPublishOptions "to one of ann")
  forM_ clients $ \(uid, cid) -> do
    said <- newTVarIO []
    let (stream, config) = Gundeck.userNotificationsConsumer uid cid
    withConsumer js stream (ccName config) defaultPullOptions (\d -> atomically (modifyTVar said (text d :)) >> ack d) $
      waitUntil ((== 0) <$> left js stream (ccName config))
    readTVarIO said >>= say uid . reverse

left :: JetStream -> Text -> Text -> IO Word64
left js stream consumer = do
  info <- consumerInfo js stream consumer
  pure (ciNumPending info + fromIntegral (ciNumAckPending info))

text :: Delivery -> Text
text = decodeLatin1 . msgBody . deliveryMessage

-- | One message that came through an exchange is rejected.
rejectOne :: JetStream -> TQueue Message -> IO ()
rejectOne js dead = do
  Gundeck.ensureUserNotifications js "eve" "1"
  let (stream, config) = Gundeck.userNotificationsConsumer "eve" "1"
      headers = [("Content-Type", "text/plain"), ("x-first-death-reason", "expired"), ("Nats-Own", "1")]
  void (Gundeck.publishToUserNotificationsUid js "eve" defaultPublishOptions {poHeaders = headers} "bad")
  withConsumer js stream (ccName config) defaultPullOptions (Gundeck.deadLetterUserNotifications js "eve" "1") $
    taken dead >>= say "rejected"

-- | A message is rejected by somebody who is gone before it is settled, and again.
rejectTwice :: JetStream -> TQueue Message -> IO ()
rejectTwice js dead = do
  let queue = "q.user-notifications.eve=2E2.Nothing"
  attempts <- newTVarIO (0 :: Int)
  consumption <- Cannon.consumeUserNotificationsNothing js "eve.2" defaultPullOptions $ \delivery -> do
    atomically (modifyTVar attempts (+ 1))
    if diDelivered (deliveryInfo delivery) == 1
      then do
        -- It is given back first, so that what is published is not settled after it.
        nak delivery
        failed <- try (Cannon.deadLetterUserNotificationsNothing js "eve.2" delivery)
        say "first" (either (show :: JetStreamError -> String) show failed)
      else Cannon.deadLetterUserNotificationsNothing js "eve.2" delivery
  void (publish js queue "worse")
  waitUntil ((== 2) <$> readTVarIO attempts)
  taken dead >>= say "once"
  again <- timeout 1000000 (taken dead)
  say "again" again
  stopConsuming consumption
  let (stream, config) = Cannon.userNotificationsNothingConsumer "eve.2"
  waitUntil ((== 0) <$> left js stream (ccName config))
  streamInfo js stream >>= say "left" . siMessages

-- | Without a stream for dead letters, a message that is rejected is not settled.
rejectInVain :: JetStream -> IO ()
rejectInVain js = do
  deleteStream js "X_dead-user-notifications"
  let (stream, config) = Cannon.userNotificationsNothingConsumer "eve.2"
  void (publish js "q.user-notifications.eve=2E2.Nothing" "worst")
  tried <- newEmptyTMVarIO
  withConsumer js stream (ccName config) defaultPullOptions (vain tried) $ atomically (readTMVar tried) >>= say "vain"
  left js stream (ccName config) >>= say "waits"
  where
    vain tried delivery = do
      failed <- try (Cannon.deadLetterUserNotificationsNothing js "eve.2" delivery)
      settled <- isSettled delivery
      void (atomically (tryPutTMVar tried (either (show :: JetStreamError -> String) show failed, settled)))
      unless settled (either throwIO pure failed)

-- | Body, subject and headers of a dead letter, without the id that it has.
taken :: TQueue Message -> IO (Text, Text, [(Text, Text)])
taken dead = do
  message <- atomically (readTQueue dead)
  pure (decodeLatin1 (msgBody message), msgSubject message, [both each | each <- msgHeaders message])
  where
    both :: (ByteString, ByteString) -> (Text, Text)
    both (name, value) = (decodeLatin1 name, decodeLatin1 value)
