-- Made by natsscan generate haskell-amqp; written anew when it runs again.

-- | For code that leaves the API of @amqp@ step by step: JetStream on the connection that is there already.
--
-- What is published so reaches the queues that programs declare here, and the other way round, as both are on the same streams:
-- those of @natsscan map@, with its subjects. Consumers are shared too; a message goes to one of all who consume from one.
module Network.NATS.Amqp.JetStream
  ( connectionJetStream,
    channelJetStream,
  )
where

import Network.NATS.Amqp.Internal.State
import Network.NATS.JetStream (JetStream)

-- | JetStream on a connection. It goes when the connection is closed.
connectionJetStream :: Connection -> JetStream
connectionJetStream = cnJetStream

-- | JetStream on the connection of a channel. What is consumed with it does not end with the channel.
channelJetStream :: Channel -> JetStream
channelJetStream = connectionJetStream . chConnection
