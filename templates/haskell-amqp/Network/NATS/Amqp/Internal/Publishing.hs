-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Publishing, confirms, returned messages and transactions. A message is kept when 'publishMsg' returns, whether or not anybody
-- asked for confirms.
module Network.NATS.Amqp.Internal.Publishing
  ( publishMsg,
    publishMsg',
    addReturnListener,
    confirmSelect,
    waitForConfirms,
    waitForConfirmsUntil,
    addConfirmationListener,
    txSelect,
    txCommit,
    txRollback,
  )
where

import Control.Concurrent.STM
import Control.Exception (throwIO, try)
import Control.Monad (forM_, unless, when)
import Data.IntSet qualified as IntSet
import Data.Maybe (isJust)
import Data.Text (Text)
import Data.Text qualified as Text
import Network.NATS.Amqp.Internal.Definitions
import Network.NATS.Amqp.Internal.Routing
import Network.NATS.Amqp.Internal.Session
import Network.NATS.Amqp.Internal.Values
import Network.NATS.JetStream (JetStreamError (..), MessageId (..))
import Prelude

-- | Publish to an exchange, or with an empty name to a queue. The result is the message's number if confirms were asked for.
publishMsg :: Channel -> Text -> Text -> Message -> IO (Maybe Int)
publishMsg chan exchange key = publishMsg' chan exchange key False

-- | The same; a mandatory message that no queue gets comes back to 'addReturnListener'.
publishMsg' :: Channel -> Text -> Text -> Bool -> Message -> IO (Maybe Int)
publishMsg' chan exchange key isMandatory message = do
  failIfEnded chan
  forM_ (unkept message) (channelError chan . ("NOT_IMPLEMENTED - " <>))
  natsErrors chan (checkExchange chan exchange)
  number <- atomically (nextNumber chan)
  transaction <- readTVarIO (chTransaction chan)
  let publish = published number
  case transaction of
    Nothing -> natsErrors chan publish
    Just _ -> atomically (modifyTVar' (chTransaction chan) (fmap (publish :)))
  pure number
  where
    conn = chConnection chan
    published number = do
      comesBack <- if isMandatory then not <$> isRoutable conn exchange key message else pure False
      when comesBack $ do
        listeners <- readTVarIO (chReturnListeners chan)
        forM_ (reverse listeners) ($ (message, PublishError (Unroutable "NO_ROUTE") (Just exchange) key))
      sent <- if comesBack then pure (Right ()) else try (send conn NewMessageId exchange key message)
      case (sent, number) of
        (Right (), _) -> confirm number BasicAck
        (Left (Refused _), Just _) -> confirm number BasicNack
        (Left failure, _) -> confirm number BasicNack >> throwIO failure
    confirm number how = forM_ number $ \each -> do
      atomically (modifyTVar' (chConfirms chan) (fmap (confirmed how each)))
      listeners <- readTVarIO (chConfirmListeners chan)
      forM_ (reverse listeners) ($ (fromIntegral each, False, how))

-- | The first property of a message that is not kept here, if there is one.
unkept :: Message -> Maybe String
unkept message = case [name | name <- ["CC", "BCC"], isJust (msgHeaders message >>= field name)] of
  name : _ -> Just ("messages with the header " <> Text.unpack name)
  [] -> Nothing

checkExchange :: Channel -> Text -> IO ()
checkExchange chan exchange = unless (Text.null exchange) $ do
  found <- knownExchange (chConnection chan) exchange
  case found of
    Nothing -> channelError chan ("NOT_FOUND - no exchange '" <> Text.unpack exchange <> "'")
    Just definition
      | edInternal definition -> channelError chan ("ACCESS_REFUSED - exchange '" <> Text.unpack exchange <> "' is internal")
    Just _ -> pure ()

nextNumber :: Channel -> STM (Maybe Int)
nextNumber chan = do
  confirms <- readTVar (chConfirms chan)
  case confirms of
    Nothing -> pure Nothing
    Just now -> do
      let next = cfNext now
      Just next <$ writeTVar (chConfirms chan) (Just now {cfNext = next + 1, cfOpen = IntSet.insert next (cfOpen now)})

confirmed :: AckType -> Int -> Confirms -> Confirms
confirmed how number now = case how of
  BasicAck -> closed {cfAcked = IntSet.insert number (cfAcked now)}
  BasicNack -> closed {cfNacked = IntSet.insert number (cfNacked now)}
  where
    closed = now {cfOpen = IntSet.delete number (cfOpen now)}

-- | Have something done with messages that come back.
addReturnListener :: Channel -> ((Message, PublishError) -> IO ()) -> IO ()
addReturnListener chan listener = atomically (modifyTVar' (chReturnListeners chan) (listener :))

-- | Number messages from now on, and tell which are kept.
confirmSelect :: Channel -> Bool -> IO ()
confirmSelect chan _ = do
  failIfEnded chan
  isTransaction <- isJust <$> readTVarIO (chTransaction chan)
  when isTransaction (channelError chan "PRECONDITION_FAILED - cannot switch from tx to confirm mode")
  atomically (modifyTVar' (chConfirms chan) (maybe (Just (Confirms 1 IntSet.empty IntSet.empty IntSet.empty)) Just))

-- | What was confirmed and refused since this was asked last, when nothing is under way any more in any thread.
waitForConfirms :: Channel -> IO ConfirmationResult
waitForConfirms chan = failIfEnded chan >> atomically (readTVar (chConfirms chan) >>= check . isSettled >> taken chan)

isSettled :: Maybe Confirms -> Bool
isSettled = maybe True (IntSet.null . cfOpen)

-- | The same after so many microseconds at most.
waitForConfirmsUntil :: Channel -> Int -> IO ConfirmationResult
waitForConfirmsUntil chan microseconds = do
  failIfEnded chan
  isOver <- registerDelay microseconds
  atomically $ do
    settled <- isSettled <$> readTVar (chConfirms chan)
    readTVar isOver >>= check . (settled ||)
    taken chan

taken :: Channel -> STM ConfirmationResult
taken chan = do
  confirms <- readTVar (chConfirms chan)
  case confirms of
    Nothing -> pure (Complete (IntSet.empty, IntSet.empty))
    Just now -> do
      writeTVar (chConfirms chan) (Just now {cfAcked = IntSet.empty, cfNacked = IntSet.empty})
      pure $
        if IntSet.null (cfOpen now)
          then Complete (cfAcked now, cfNacked now)
          else Partial (cfAcked now, cfNacked now, cfOpen now)

-- | Have something done with each number that is confirmed or refused.
addConfirmationListener :: Channel -> ((LongLongInt, Bool, AckType) -> IO ()) -> IO ()
addConfirmationListener chan listener = atomically (modifyTVar' (chConfirmListeners chan) (listener :))

-- | From now on, publish and settle only when 'txCommit' says so.
txSelect :: Channel -> IO ()
txSelect chan = do
  failIfEnded chan
  isConfirming <- isJust <$> readTVarIO (chConfirms chan)
  when isConfirming (channelError chan "PRECONDITION_FAILED - cannot switch from confirm to tx mode")
  atomically (modifyTVar' (chTransaction chan) (maybe (Just []) Just))

-- | Do what has gathered, in order. If this program ends in between, what is not done is as if it had not been asked for: what
-- it would have settled is delivered again. RabbitMQ promises no more for more than one queue.
txCommit :: Channel -> IO ()
txCommit chan = do
  failIfEnded chan
  gathered <- atomically (stateTVar (chTransaction chan) (\all' -> (all', [] <$ all')))
  maybe (notTransactional chan) (natsErrors chan . sequence_ . reverse) gathered

-- | Forget what has gathered. What would have been settled is held still.
txRollback :: Channel -> IO ()
txRollback chan = do
  failIfEnded chan
  gathered <- atomically (stateTVar (chTransaction chan) (\all' -> (all', [] <$ all')))
  maybe (notTransactional chan) (const (pure ())) gathered

notTransactional :: Channel -> IO a
notTransactional chan = channelError chan "PRECONDITION_FAILED - channel is not transactional"
