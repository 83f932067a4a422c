-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | What is received, and who waits for it: subscriptions, answers to requests, answers to PINGs.
module Network.NATS.Internal.Receiving
  ( -- * Subscriptions
    addSubscription,
    endSubscription,
    subscribeLines,
    deliver,
    nextQueued,

    -- * Answers
    expectReply,
    forgetReply,
    expireReplies,
    expectPong,
    receivePong,
  )
where

import Control.Concurrent.STM
import Control.Monad (forM_, unless, when)
import Data.ByteString (ByteString)
import Data.ByteString qualified as B
import Data.IntMap.Strict qualified as IntMap
import Data.Map.Strict qualified as Map
import Data.Maybe (isJust, maybeToList)
import Data.Sequence (ViewL (..), viewl, (|>))
import Data.Text qualified as Text
import Network.NATS.Internal.State
import Network.NATS.Options
import Network.NATS.Protocol
import Network.NATS.Types
import Prelude

-- | A subscription, in force from now on.
addSubscription :: Connection -> Subject -> SubscribeOptions -> STM Subscription
addSubscription conn subject options = do
  failIfClosed conn
  draining <- readTVar (cDraining conn)
  when draining (throwSTM ConnectionDraining)
  number <- fresh conn
  sub <-
    Subscription conn number subject options
      <$> newTQueue
      <*> newTVar (0, 0)
      <*> newTVar 0
      <*> newTVar 0
      <*> newTVar False
      <*> newTVar (soMaxMessages options)
      <*> newTVar Nothing
  modifyTVar' (cSubscriptions conn) (IntMap.insert number sub)
  sendControl conn (B.concat (subscribeLines sub (soMaxMessages options)))
  pure sub

-- | How a subscription is made on a server, with the number of messages after which it ends.
subscribeLines :: Subscription -> Maybe Int -> [ByteString]
subscribeLines sub most =
  subLine (sSubject sub) (soQueueGroup (sOptions sub)) (sNumber sub) : [unsubLine (sNumber sub) (Just n) | n <- maybeToList most]

-- | Receive no more. What waits in the queue can still be read, then the reason is thrown.
endSubscription :: Subscription -> NatsError -> STM ()
endSubscription sub why = do
  modifyTVar' (cSubscriptions (sConnection sub)) (IntMap.delete (sNumber sub))
  end <- readTVar (sEnd sub)
  unless (isJust end) (writeTVar (sEnd sub) (Just why))

-- | A message for a subscription, by its number.
deliver :: Connection -> Int -> Message -> STM ()
deliver conn number message
  | number == inboxNumber = do
      reply <- Map.lookup (msgSubject message) <$> readTVar (cReplies conn)
      forM_ reply $ \(_, each) -> tryPutTMVar each (Right message) >> forgetReply conn (msgSubject message)
  | otherwise = IntMap.lookup number <$> readTVar (cSubscriptions conn) >>= mapM_ (enqueue conn message)

enqueue :: Connection -> Message -> Subscription -> STM ()
enqueue conn message sub = do
  (messages, bytes) <- readTVar (sWaiting sub)
  if messages >= soPendingMessages (sOptions sub) || (messages > 0 && bytes + size > soPendingBytes (sOptions sub))
    then do
      dropped <- stateTVar (sDropped sub) (\n -> (n + 1, n + 1))
      told <- swapTVar (sTold sub) True
      unless told (emit conn (SlowConsumer (sSubject sub) dropped))
    else do
      writeTQueue (sQueue sub) message
      writeTVar (sWaiting sub) $! ((,) $! messages + 1) $! bytes + size
  received <- stateTVar (sReceived sub) (\n -> (n + 1, n + 1))
  most <- readTVar (sMost sub)
  when (maybe False (received >=) most) $ do
    sendControl conn (unsubLine (sNumber sub) Nothing)
    endSubscription sub SubscriptionEnded
  where
    size = B.length (msgBody message)

-- | The next message that waits; 'Nothing' if there is none yet. Throws why it ended once all are read.
nextQueued :: Subscription -> STM (Maybe Message)
nextQueued sub = do
  found <- tryReadTQueue (sQueue sub)
  case found of
    Just message -> do
      (messages, bytes) <- readTVar (sWaiting sub)
      writeTVar (sWaiting sub) $! ((,) $! messages - 1) $! bytes - B.length (msgBody message)
      when (messages <= 1) (writeTVar (sTold sub) False)
      pure (Just message)
    Nothing -> readTVar (sEnd sub) >>= maybe (pure Nothing) throwSTM

-- | A subject of one's own for an answer, which is awaited until then.
expectReply :: Connection -> Double -> STM (Subject, Reply Message)
expectReply conn end = do
  number <- fresh conn
  reply <- newEmptyTMVar
  let subject = cInbox conn <> "." <> Text.pack (show number)
  modifyTVar' (cReplies conn) (Map.insert subject (end, reply))
  pure (subject, reply)

-- | Whoever awaits an answer until before this time has waited in vain.
expireReplies :: Connection -> Double -> STM ()
expireReplies conn now = do
  (over, open) <- Map.partition ((< now) . fst) <$> readTVar (cReplies conn)
  unless (Map.null over) $ do
    writeTVar (cReplies conn) open
    forM_ (Map.toList over) (\(subject, (_, reply)) -> tryPutTMVar reply (Left (RequestTimeout subject)))

-- | Await it no longer.
forgetReply :: Connection -> Subject -> STM ()
forgetReply conn subject = modifyTVar' (cReplies conn) (Map.delete subject)

-- | Send a PING; its PONG tells that the server has seen everything before. Blocks until there is a server.
expectPong :: Connection -> STM (Reply ())
expectPong conn = do
  phase <- readTVar (cPhase conn)
  case phase of
    Ended reason -> throwSTM (ConnectionClosed reason)
    Offline -> retry
    Online _ -> do
      reply <- newEmptyTMVar
      modifyTVar' (cPongs conn) (|> reply)
      sendControl conn pingLine
      pure reply

-- | A PONG has come.
receivePong :: Connection -> STM ()
receivePong conn = do
  waiting <- readTVar (cPongs conn)
  case viewl waiting of
    EmptyL -> pure ()
    reply :< others -> writeTVar (cPongs conn) others >> tryPutTMVar reply (Right ()) >> pure ()
