-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | What AMQP is about: messages, tables, options, and what goes wrong. Names, fields and their order are those of the package
-- amqp.
module Network.NATS.Amqp.Internal.Values
  ( -- * Messages
    Message (..),
    newMsg,
    DeliveryMode (..),
    Ack (..),
    PublishError (..),
    ReturnReplyCode (..),
    AckType (..),
    ConfirmationResult (..),

    -- * Exchanges and queues
    ExchangeOpts (..),
    newExchange,
    QueueOpts (..),
    newQueue,

    -- * Tables, and other words for numbers and texts
    module Network.NATS.Amqp.Internal.Tables,

    -- * What goes wrong
    AMQPException (..),
    CloseType (..),
    ChanThreadKilledException (..),
    isNormalChannelClose,
  )
where

import Control.Exception (Exception (..), SomeException)
import Data.ByteString.Lazy qualified as L
import Data.IntSet (IntSet)
import Data.Text (Text)
import Network.NATS.Amqp.Internal.Tables
import Prelude

data Message = Message
  { msgBody :: !L.ByteString,
    -- | Carried along; what a stream keeps on disk is kept for both.
    msgDeliveryMode :: !(Maybe DeliveryMode),
    msgTimestamp :: !(Maybe Timestamp),
    msgID :: !(Maybe Text),
    msgType :: !(Maybe Text),
    msgUserID :: !(Maybe Text),
    msgApplicationID :: !(Maybe Text),
    msgClusterID :: !(Maybe Text),
    msgContentType :: !(Maybe Text),
    msgContentEncoding :: !(Maybe Text),
    msgReplyTo :: !(Maybe Text),
    msgPriority :: !(Maybe Octet),
    msgCorrelationID :: !(Maybe Text),
    -- | Milliseconds.
    msgExpiration :: !(Maybe Text),
    msgHeaders :: !(Maybe FieldTable)
  }
  deriving stock (Eq, Ord, Read, Show)

-- | An empty message without properties.
newMsg :: Message
newMsg =
  Message
    { msgBody = L.empty,
      msgDeliveryMode = Nothing,
      msgTimestamp = Nothing,
      msgID = Nothing,
      msgType = Nothing,
      msgUserID = Nothing,
      msgApplicationID = Nothing,
      msgClusterID = Nothing,
      msgContentType = Nothing,
      msgContentEncoding = Nothing,
      msgReplyTo = Nothing,
      msgPriority = Nothing,
      msgCorrelationID = Nothing,
      msgExpiration = Nothing,
      msgHeaders = Nothing
    }

data DeliveryMode = Persistent | NonPersistent
  deriving stock (Eq, Ord, Read, Show)

-- | Whether deliveries have to be acknowledged.
data Ack = Ack | NoAck
  deriving stock (Eq, Ord, Read, Show)

-- | Why a message came back.
data PublishError = PublishError
  { errReplyCode :: !ReturnReplyCode,
    errExchange :: !(Maybe Text),
    errRoutingKey :: !Text
  }
  deriving stock (Eq, Read, Show)

data ReturnReplyCode
  = Unroutable Text
  | NoConsumers Text
  | NotFound Text
  deriving stock (Eq, Read, Show)

data AckType = BasicAck | BasicNack
  deriving stock (Show)

-- | Numbers of messages that were confirmed, refused, and not yet heard of.
data ConfirmationResult
  = Complete (IntSet, IntSet)
  | Partial (IntSet, IntSet, IntSet)
  deriving stock (Show)

data ExchangeOpts = ExchangeOpts
  { exchangeName :: !Text,
    exchangeType :: !Text,
    exchangePassive :: !Bool,
    exchangeDurable :: !Bool,
    exchangeAutoDelete :: !Bool,
    exchangeInternal :: !Bool,
    exchangeArguments :: !FieldTable
  }
  deriving stock (Eq, Ord, Read, Show)

newExchange :: ExchangeOpts
newExchange = ExchangeOpts "" "" False True False False noFields

data QueueOpts = QueueOpts
  { queueName :: !Text,
    queuePassive :: !Bool,
    queueDurable :: !Bool,
    queueExclusive :: !Bool,
    queueAutoDelete :: !Bool,
    queueHeaders :: !FieldTable
  }
  deriving stock (Eq, Ord, Read, Show)

newQueue :: QueueOpts
newQueue = QueueOpts "" False True False False noFields

data CloseType = Normal | Abnormal
  deriving stock (Eq, Ord, Show)

data AMQPException
  = ChannelClosedException CloseType String
  | ConnectionClosedException CloseType String
  | AllChannelsAllocatedException Int
  deriving stock (Eq, Ord, Show)

instance Exception AMQPException

-- | Thrown at a callback whose channel ends while it runs; a callback that catches everything has to throw it again.
newtype ChanThreadKilledException = ChanThreadKilledException SomeException
  deriving stock (Show)

instance Exception ChanThreadKilledException

-- | Whether a channel or its connection was closed by this program.
isNormalChannelClose :: SomeException -> Bool
isNormalChannelClose failure = case fromException failure of
  Just (ChannelClosedException Normal _) -> True
  Just (ConnectionClosedException Normal _) -> True
  _ -> False
