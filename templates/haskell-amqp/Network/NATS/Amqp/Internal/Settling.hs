-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}

-- | Acknowledging, rejecting and giving back.
module Network.NATS.Amqp.Internal.Settling
  ( ackMsg,
    ackEnv,
    nackMsg,
    nackEnv,
    rejectMsg,
    rejectEnv,
    recoverMsgs,
  )
where

import Control.Concurrent.STM
import Control.Monad (forM_, join, unless)
import Data.Map.Strict qualified as Map
import Network.NATS.Amqp.Internal.DeadLetters
import Network.NATS.Amqp.Internal.Session
import Network.NATS.Amqp.Internal.Values
import Network.NATS.JetStream qualified as JS
import Prelude

-- | Acknowledge a delivery, or all up to it; with number 0, all of the channel.
ackMsg :: Channel -> LongLongInt -> Bool -> IO ()
ackMsg chan tag multiple = settle chan tag multiple (JS.ack . hdDelivery)

ackEnv :: Envelope -> IO ()
ackEnv envelope = ackMsg (envChannel envelope) (envDeliveryTag envelope) False

-- | Refuse a delivery, or all up to it: they go back to their queue, or are dead letters.
nackMsg :: Channel -> LongLongInt -> Bool -> Bool -> IO ()
nackMsg chan tag multiple requeue = settle chan tag multiple (refuse chan requeue)

-- | Refuse one delivery for good.
nackEnv :: Envelope -> IO ()
nackEnv envelope = nackMsg (envChannel envelope) (envDeliveryTag envelope) False False

-- | Refuse one delivery.
rejectMsg :: Channel -> LongLongInt -> Bool -> IO ()
rejectMsg chan tag = nackMsg chan tag False

rejectEnv :: Envelope -> Bool -> IO ()
rejectEnv envelope = rejectMsg (envChannel envelope) (envDeliveryTag envelope)

-- | Give all back that is not settled. Not to give it back is refused, as RabbitMQ does.
recoverMsgs :: Channel -> Bool -> IO ()
recoverMsgs chan requeue = do
  failIfEnded chan
  unless requeue (connectionError (chConnection chan) "NOT_IMPLEMENTED - to recover without requeueing")
  held <- atomically (swapTVar (chHeld chan) Map.empty)
  natsErrors chan (forM_ (Map.elems held) (JS.nak . hdDelivery))

refuse :: Channel -> Bool -> Held -> IO ()
refuse chan requeue held
  | requeue = JS.nak (hdDelivery held)
  | otherwise = deadLetter (chConnection chan) Rejected held

-- | Settle deliveries, in a transaction at its end. A number that is not one of an unsettled delivery ends the channel.
settle :: Channel -> LongLongInt -> Bool -> (Held -> IO ()) -> IO ()
settle chan tag multiple answer = do
  failIfEnded chan
  join . atomically $ do
    held <- readTVar (chHeld chan)
    transaction <- readTVar (chTransaction chan)
    let chosen
          | multiple && tag == 0 = held
          | multiple = Map.filterWithKey (\number _ -> number <= tag) held
          | otherwise = Map.filterWithKey (\number _ -> number == tag) held
    if Map.null chosen && not (multiple && tag == 0)
      then pure (channelError chan ("PRECONDITION_FAILED - unknown delivery tag " <> show tag))
      else case transaction of
        Just later -> pure () <$ writeTVar (chTransaction chan) (Just (settling chosen : later))
        Nothing -> natsErrors chan (mapM_ answer (Map.elems chosen)) <$ modifyTVar' (chHeld chan) (`Map.difference` chosen)
  where
    settling chosen = do
      still <- atomically (stateTVar (chHeld chan) (\held -> (Map.intersection held chosen, Map.difference held chosen)))
      mapM_ answer (Map.elems still)
