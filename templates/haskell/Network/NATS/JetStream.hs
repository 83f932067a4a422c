-- Made by natsscan generate haskell-client; written anew when it runs again.

-- | JetStream: messages that are kept until they are dealt with.
--
-- > withConnection options $ \conn -> do
-- >   let js = jetStream conn
-- >   _ <- ensureStream js (defaultStreamConfig "ORDERS" ["orders.>"]) {scRetention = WorkQueueRetention}
-- >   _ <- ensureConsumer js "ORDERS" (defaultConsumerConfig "billing")
-- >   _ <- publish js "orders.eu.paid" "..."
-- >   withConsumer js "ORDERS" "billing" defaultPullOptions (\delivery -> bill delivery >> ack delivery) $
-- >     threadDelay 1000000
--
-- A publisher knows that a message is kept when 'publish' returns. Whoever consumes settles each message; what is not settled
-- is delivered again, so it may come more than once. One consumer delivers in the order of the stream, but for what it
-- delivers again.
--
-- Names are those of "Network.NATS.Client" where they do the same, so one of the two is best imported qualified.
module Network.NATS.JetStream
  ( -- * JetStream
    JetStream (..),
    jetStream,
    JetStreamError (..),
    ApiError (..),
    isNotFound,

    -- * Streams
    ensureStream,
    createStream,
    streamInfo,
    deleteStream,
    StreamInfo (..),
    module Network.NATS.JetStream.Stream,

    -- * Consumers
    ensureConsumer,
    createConsumer,
    consumerInfo,
    deleteConsumer,
    ConsumerInfo (..),
    module Network.NATS.JetStream.Consumer,

    -- * Publishing
    module Network.NATS.JetStream.Publish,

    -- * Consuming with a callback
    module Network.NATS.JetStream.Consume,

    -- * Pulling
    module Network.NATS.JetStream.Pull,

    -- * Settling
    Delivery,
    deliveryMessage,
    deliveryInfo,
    DeliveryInfo (..),
    ack,
    ackSync,
    nak,
    nakWithDelay,
    term,
    termWith,
    inProgress,
    isSettled,
    module Network.NATS.JetStream.DeadLetter,
  )
where

import Network.NATS.JetStream.Api
import Network.NATS.JetStream.Consume
import Network.NATS.JetStream.Consumer
import Network.NATS.JetStream.DeadLetter
import Network.NATS.JetStream.Delivery
import Network.NATS.JetStream.Publish
import Network.NATS.JetStream.Pull
import Network.NATS.JetStream.Stream
