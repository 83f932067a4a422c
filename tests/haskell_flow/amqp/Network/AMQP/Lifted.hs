{-# LANGUAGE ImportQualifiedPost #-}

-- | Consumers whose callbacks run in a transformer stack. What a callback
-- changes in the state of the stack is lost when it returns.
module Network.AMQP.Lifted
  ( consumeMsgs,
    consumeMsgs',
  )
where

import Control.Monad (void)
import Control.Monad.Trans.Control (MonadBaseControl (..))
import Data.Text (Text)
import Network.AMQP qualified as A
import Network.AMQP.Types (ConsumerTag, FieldTable)

consumeMsgs ::
  MonadBaseControl IO m =>
  A.Channel ->
  Text ->
  A.Ack ->
  ((A.Message, A.Envelope) -> m ()) ->
  m A.ConsumerTag
consumeMsgs channel queue mode onMessage =
  liftBaseWith (\inIO -> A.consumeMsgs channel queue mode (void . inIO . onMessage))

consumeMsgs' ::
  MonadBaseControl IO m =>
  A.Channel ->
  Text ->
  A.Ack ->
  ((A.Message, A.Envelope) -> m ()) ->
  (ConsumerTag -> m ()) ->
  FieldTable ->
  m A.ConsumerTag
consumeMsgs' channel queue mode onMessage onCancel arguments =
  liftBaseWith $ \inIO ->
    A.consumeMsgs' channel queue mode (void . inIO . onMessage) (void . inIO . onCancel) arguments
