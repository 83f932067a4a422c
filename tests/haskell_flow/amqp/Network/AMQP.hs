{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE LambdaCase #-}

-- | A small AMQP 0-9-1 client with the public face of the package amqp, so that
-- tests can run programs written for it against a broker.
module Network.AMQP
  ( -- * Connections
    Connection,
    ConnectionOpts (..),
    TLSSettings (..),
    defaultConnectionOpts,
    openConnection,
    openConnection',
    openConnection'',
    closeChannel,
    closeConnection,
    addConnectionClosedHandler,
    addConnectionBlockedHandler,
    getServerProperties,

    -- * Channels
    Channel,
    openChannel,
    addReturnListener,
    addChannelExceptionHandler,
    isNormalChannelClose,
    qos,

    -- * Exchanges
    ExchangeOpts (..),
    newExchange,
    declareExchange,
    bindExchange,
    bindExchange',
    unbindExchange,
    unbindExchange',
    deleteExchange,

    -- * Queues
    QueueOpts (..),
    newQueue,
    declareQueue,
    bindQueue,
    bindQueue',
    unbindQueue,
    unbindQueue',
    purgeQueue,
    deleteQueue,

    -- * Messages
    Message (..),
    DeliveryMode (..),
    PublishError (..),
    ReturnReplyCode (..),
    newMsg,
    Envelope (..),
    ConsumerTag,
    Ack (..),
    consumeMsgs,
    consumeMsgs',
    cancelConsumer,
    publishMsg,
    publishMsg',
    getMsg,
    rejectMsg,
    rejectEnv,
    recoverMsgs,
    ackMsg,
    ackEnv,
    nackMsg,
    nackEnv,

    -- * Transactions, confirms, flow
    txSelect,
    txCommit,
    txRollback,
    confirmSelect,
    waitForConfirms,
    waitForConfirmsUntil,
    addConfirmationListener,
    ConfirmationResult (..),
    AckType (..),
    flow,

    -- * Logging in
    SASLMechanism (..),
    plain,
    amqplain,
    rabbitCRdemo,

    -- * Failures
    AMQPException (..),
    ChanThreadKilledException,
    CloseType (..),
    fromURI,
  )
where

import Control.Concurrent (forkIO, killThread, threadDelay)
import Control.Concurrent.STM
import Control.Exception (bracket, throwIO)
import Control.Monad
import Data.Text (Text)
import Data.Word (Word16, Word32)
import Network.AMQP.Internal.Channel
import Network.AMQP.Internal.Codec (noFields)
import Network.AMQP.Internal.Connection
import Network.AMQP.Internal.Handshake
import Network.AMQP.Internal.Message
import Network.AMQP.Internal.Method
import Network.AMQP.Internal.Options
import Network.AMQP.Types

-- | Whether the broker waits for an acknowledgement of each message.
data Ack = Ack | NoAck
  deriving (Eq, Ord, Read, Show)

-- | The answer does not fit the question: then both sides disagree about all
-- that follows, too.
confused :: IO a
confused = throwIO (ChannelClosedException Abnormal "an answer to another question")

-- | Prefetch size, prefetch count, and whether they are for the whole channel.
qos :: Channel -> Word32 -> Word16 -> Bool -> IO ()
qos chan size count global = command chan (basicQos size count global)

flow :: Channel -> Bool -> IO ()
flow chan active = command chan (channelFlow active)

declareExchange :: Channel -> ExchangeOpts -> IO ()
declareExchange chan opts = command chan (exchangeDeclare (exchangeName opts) (exchangeType opts) flags (exchangeArguments opts))
  where
    flags = map ($ opts) [exchangePassive, exchangeDurable, exchangeAutoDelete, exchangeInternal]

-- | Destination, source, routing key.
bindExchange, unbindExchange :: Channel -> Text -> Text -> Text -> IO ()
bindExchange chan destination source key = bindExchange' chan destination source key noFields
unbindExchange chan destination source key = unbindExchange' chan destination source key noFields

bindExchange', unbindExchange' :: Channel -> Text -> Text -> Text -> FieldTable -> IO ()
bindExchange' chan destination source key = command chan . exchangeBind destination source key
unbindExchange' chan destination source key = command chan . exchangeUnbind destination source key

deleteExchange :: Channel -> Text -> IO ()
deleteExchange chan = command chan . exchangeDelete

-- | The name of the queue, and how many messages and consumers it has.
declareQueue :: Channel -> QueueOpts -> IO (Text, Int, Int)
declareQueue chan opts =
  request chan (queueDeclare (queueName opts) flags (queueHeaders opts)) >>= \case
    Reply (QueueDeclareOk name messages consumers) _ -> pure (name, fromIntegral messages, fromIntegral consumers)
    _ -> confused
  where
    flags = map ($ opts) [queuePassive, queueDurable, queueExclusive, queueAutoDelete]

-- | Queue, exchange, routing key.
bindQueue, unbindQueue :: Channel -> Text -> Text -> Text -> IO ()
bindQueue chan queue exchange key = bindQueue' chan queue exchange key noFields
unbindQueue chan queue exchange key = unbindQueue' chan queue exchange key noFields

bindQueue', unbindQueue' :: Channel -> Text -> Text -> Text -> FieldTable -> IO ()
bindQueue' chan queue exchange key = command chan . queueBind queue exchange key
unbindQueue' chan queue exchange key = command chan . queueUnbind queue exchange key

-- | How many messages are gone.
purgeQueue, deleteQueue :: Channel -> Text -> IO Word32
purgeQueue chan = counted chan . queuePurge
deleteQueue chan = counted chan . queueDelete

counted :: Channel -> Method -> IO Word32
counted chan =
  request chan >=> \case
    Reply (MessageCount count) _ -> pure count
    _ -> confused

consumeMsgs :: Channel -> Text -> Ack -> ((Message, Envelope) -> IO ()) -> IO ConsumerTag
consumeMsgs chan queue mode callback = consumeMsgs' chan queue mode callback (const (pure ())) noFields

-- | Does not wait for the broker: that a queue is missing shows when the broker
-- closes the channel.
consumeMsgs' :: Channel -> Text -> Ack -> ((Message, Envelope) -> IO ()) -> (ConsumerTag -> IO ()) -> FieldTable -> IO ConsumerTag
consumeMsgs' chan queue mode callback onCancel arguments = do
  tag <- atomically (addConsumer chan (Consumer callback onCancel))
  tag <$ send chan (basicConsume queue tag [False, mode == NoAck, False, True] arguments)

-- | Returns when the callbacks of all that came before have returned.
cancelConsumer :: Channel -> ConsumerTag -> IO ()
cancelConsumer chan tag = command chan (basicCancel tag) >> removeConsumer chan tag

-- | Exchange, routing key. With confirms, the number of the message comes back.
publishMsg :: Channel -> Text -> Text -> Message -> IO (Maybe Int)
publishMsg chan exchange key = publishMsg' chan exchange key False

-- | With True, a message that reaches no queue goes to the return listeners.
publishMsg' :: Channel -> Text -> Text -> Bool -> Message -> IO (Maybe Int)
publishMsg' chan exchange key mandatory = sendMessage chan (basicPublish exchange key mandatory)

getMsg :: Channel -> Ack -> Text -> IO (Maybe (Message, Envelope))
getMsg chan mode queue =
  request chan (basicGet queue (mode == NoAck)) >>= \case
    Reply BasicGetEmpty _ -> pure Nothing
    Reply (BasicGetOk tag redelivered exchange key) (Just message) ->
      pure (Just (message, Envelope tag redelivered exchange key chan))
    _ -> confused

-- | With True all up to the tag, and all of the channel if the tag is 0.
ackMsg :: Channel -> LongLongInt -> Bool -> IO ()
ackMsg chan tag = send chan . basicAck tag

ackEnv :: Envelope -> IO ()
ackEnv env = ackMsg (envChannel env) (envDeliveryTag env) False

-- | Tag, multiple, requeue.
nackMsg :: Channel -> LongLongInt -> Bool -> Bool -> IO ()
nackMsg chan tag multiple = send chan . basicNack tag multiple

-- | Does not requeue.
nackEnv :: Envelope -> IO ()
nackEnv env = nackMsg (envChannel env) (envDeliveryTag env) False False

-- | Tag, requeue.
rejectMsg :: Channel -> LongLongInt -> Bool -> IO ()
rejectMsg chan tag = send chan . basicReject tag

rejectEnv :: Envelope -> Bool -> IO ()
rejectEnv env = rejectMsg (envChannel env) (envDeliveryTag env)

-- | RabbitMQ knows only True and closes the connection otherwise.
recoverMsgs :: Channel -> Bool -> IO ()
recoverMsgs chan = command chan . basicRecover

txSelect, txCommit, txRollback :: Channel -> IO ()
txSelect chan = command chan txSelectMethod
txCommit chan = command chan txCommitMethod
txRollback chan = command chan txRollbackMethod

-- | With True without waiting for the broker.
confirmSelect :: Channel -> Bool -> IO ()
confirmSelect chan nowait = do
  startConfirms chan
  (if nowait then send else command) chan (confirmSelectMethod nowait)

-- | Waits for ever if the channel ends before the confirms are there.
waitForConfirms :: Channel -> IO ConfirmationResult
waitForConfirms chan = Complete <$> atomically (takeConfirms chan)

-- | Microseconds.
waitForConfirmsUntil :: Channel -> Int -> IO ConfirmationResult
waitForConfirmsUntil chan limit = do
  late <- newTVarIO False
  -- 'registerDelay' would ask for the threaded runtime.
  bracket (forkIO (threadDelay limit >> atomically (writeTVar late True))) killThread . const . atomically $
    (Complete <$> takeConfirms chan) `orElse` (readTVar late >>= check >> Partial <$> takeConfirmsSoFar chan)
