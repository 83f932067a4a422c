-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE FlexibleContexts #-}
{-# LANGUAGE ImportQualifiedPost #-}

-- | Consumers whose callbacks run in a stack of monads.
module Network.NATS.Amqp.Internal.Lifted
  ( consumeMsgs,
    consumeMsgs',
  )
where

import Control.Monad (void)
import Control.Monad.Trans.Control (MonadBaseControl (..))
import Data.Text (Text)
import Network.NATS.Amqp.Internal.Consuming qualified as Consuming
import Network.NATS.Amqp.Internal.Session (Channel, Envelope)
import Network.NATS.Amqp.Internal.Values
import Prelude

-- | Have a callback called for each message of a queue. What it changes of the state of its monad is forgotten.
consumeMsgs :: MonadBaseControl IO m => Channel -> Text -> Ack -> ((Message, Envelope) -> m ()) -> m ConsumerTag
consumeMsgs chan name mode callback = liftBaseWith $ \run -> Consuming.consumeMsgs chan name mode (void . run . callback)

-- | The same with a callback for when the queue is deleted, and arguments.
consumeMsgs' ::
  MonadBaseControl IO m =>
  Channel ->
  Text ->
  Ack ->
  ((Message, Envelope) -> m ()) ->
  (ConsumerTag -> m ()) ->
  FieldTable ->
  m ConsumerTag
consumeMsgs' chan name mode callback onCancel arguments = liftBaseWith $ \run ->
  Consuming.consumeMsgs' chan name mode (void . run . callback) (void . run . onCancel) arguments
