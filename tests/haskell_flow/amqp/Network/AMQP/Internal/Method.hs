{-# LANGUAGE ImportQualifiedPost #-}

-- | The methods: those a client says as functions, those it hears as a type.
module Network.AMQP.Internal.Method
  ( Method (..),
    putMethod,
    ServerMethod (..),
    getServerMethod,

    -- * Connection
    connectionStartOk,
    connectionSecureOk,
    connectionTuneOk,
    connectionOpen,
    connectionClose,
    connectionCloseOk,

    -- * Channel
    channelOpen,
    channelClose,
    channelCloseOk,
    channelFlow,
    channelFlowOk,

    -- * Exchange and queue
    exchangeDeclare,
    exchangeDelete,
    exchangeBind,
    exchangeUnbind,
    queueDeclare,
    queueBind,
    queueUnbind,
    queuePurge,
    queueDelete,

    -- * Basic
    basicQos,
    basicConsume,
    basicCancel,
    basicPublish,
    basicGet,
    basicAck,
    basicReject,
    basicNack,
    basicRecover,

    -- * Confirm and tx
    confirmSelectMethod,
    txSelectMethod,
    txCommitMethod,
    txRollbackMethod,
  )
where

import Data.Binary.Get hiding (Done)
import Data.ByteString (ByteString)
import Data.ByteString.Builder
import Data.Text (Text)
import Data.Text qualified as T
import Data.Word (Word16, Word32, Word64)
import Network.AMQP.Internal.Codec
import Network.AMQP.Types (FieldTable)

-- | Class, number within the class, encoded arguments.
data Method = Method Word16 Word16 Builder

putMethod :: Method -> Builder
putMethod (Method kind number arguments) = word16BE kind <> word16BE number <> arguments

-- | Older protocol versions had an access ticket here; it is sent as zero.
ticket :: Builder
ticket = word16BE 0

-- | Nothing to blame: the client closes because the program wants it.
noFault :: Builder
noFault = word16BE 200 <> putShortText T.empty <> word16BE 0 <> word16BE 0

connectionStartOk :: FieldTable -> Text -> ByteString -> Method
connectionStartOk properties mechanism response =
  Method 10 11 (putTable properties <> putShortText mechanism <> putLongBytes response <> putShortText (T.pack "en_US"))

connectionSecureOk :: ByteString -> Method
connectionSecureOk = Method 10 21 . putLongBytes

connectionTuneOk :: Word16 -> Word32 -> Word16 -> Method
connectionTuneOk channels frame heartbeat =
  Method 10 31 (word16BE channels <> word32BE frame <> word16BE heartbeat)

connectionOpen :: Text -> Method
connectionOpen vhost = Method 10 40 (putShortText vhost <> putShortText T.empty <> putBits [])

connectionClose, connectionCloseOk :: Method
connectionClose = Method 10 50 noFault
connectionCloseOk = Method 10 51 mempty

channelOpen, channelClose, channelCloseOk :: Method
channelOpen = Method 20 10 (putShortText T.empty)
channelClose = Method 20 40 noFault
channelCloseOk = Method 20 41 mempty

channelFlow, channelFlowOk :: Bool -> Method
channelFlow active = Method 20 20 (putBits [active])
channelFlowOk active = Method 20 21 (putBits [active])

-- | Flags: passive, durable, auto-delete, internal.
exchangeDeclare :: Text -> Text -> [Bool] -> FieldTable -> Method
exchangeDeclare name kind flags arguments =
  Method 40 10 (ticket <> putShortText name <> putShortText kind <> putBits flags <> putTable arguments)

exchangeDelete :: Text -> Method
exchangeDelete name = Method 40 20 (ticket <> putShortText name <> putBits [])

-- | Destination, source, routing key.
exchangeBind, exchangeUnbind :: Text -> Text -> Text -> FieldTable -> Method
exchangeBind destination source key arguments =
  Method 40 30 (ticket <> foldMap putShortText [destination, source, key] <> putBits [] <> putTable arguments)
exchangeUnbind destination source key arguments =
  Method 40 40 (ticket <> foldMap putShortText [destination, source, key] <> putBits [] <> putTable arguments)

-- | Flags: passive, durable, exclusive, auto-delete.
queueDeclare :: Text -> [Bool] -> FieldTable -> Method
queueDeclare name flags arguments =
  Method 50 10 (ticket <> putShortText name <> putBits flags <> putTable arguments)

-- | Queue, exchange, routing key. Unbinding knows no "no-wait".
queueBind, queueUnbind :: Text -> Text -> Text -> FieldTable -> Method
queueBind queue exchange key arguments =
  Method 50 20 (ticket <> foldMap putShortText [queue, exchange, key] <> putBits [] <> putTable arguments)
queueUnbind queue exchange key arguments =
  Method 50 50 (ticket <> foldMap putShortText [queue, exchange, key] <> putTable arguments)

queuePurge, queueDelete :: Text -> Method
queuePurge queue = Method 50 30 (ticket <> putShortText queue <> putBits [])
queueDelete queue = Method 50 40 (ticket <> putShortText queue <> putBits [])

basicQos :: Word32 -> Word16 -> Bool -> Method
basicQos size count global = Method 60 10 (word32BE size <> word16BE count <> putBits [global])

-- | Flags: no-local, no-ack, exclusive, no-wait.
basicConsume :: Text -> Text -> [Bool] -> FieldTable -> Method
basicConsume queue tag flags arguments =
  Method 60 20 (ticket <> putShortText queue <> putShortText tag <> putBits flags <> putTable arguments)

basicCancel :: Text -> Method
basicCancel tag = Method 60 30 (putShortText tag <> putBits [])

-- | The flag "immediate" is never set: RabbitMQ refuses it.
basicPublish :: Text -> Text -> Bool -> Method
basicPublish exchange key mandatory =
  Method 60 40 (ticket <> putShortText exchange <> putShortText key <> putBits [mandatory])

basicGet :: Text -> Bool -> Method
basicGet queue noAck = Method 60 70 (ticket <> putShortText queue <> putBits [noAck])

-- | Delivery tag, multiple.
basicAck :: Word64 -> Bool -> Method
basicAck tag multiple = Method 60 80 (word64BE tag <> putBits [multiple])

-- | Delivery tag, requeue.
basicReject :: Word64 -> Bool -> Method
basicReject tag requeue = Method 60 90 (word64BE tag <> putBits [requeue])

-- | Delivery tag, multiple, requeue.
basicNack :: Word64 -> Bool -> Bool -> Method
basicNack tag multiple requeue = Method 60 120 (word64BE tag <> putBits [multiple, requeue])

basicRecover :: Bool -> Method
basicRecover requeue = Method 60 110 (putBits [requeue])

confirmSelectMethod :: Bool -> Method
confirmSelectMethod nowait = Method 85 10 (putBits [nowait])

txSelectMethod, txCommitMethod, txRollbackMethod :: Method
txSelectMethod = Method 90 10 mempty
txCommitMethod = Method 90 20 mempty
txRollbackMethod = Method 90 30 mempty

-- | What a broker says. Replies that carry nothing of interest are all 'Done'.
data ServerMethod
  = ConnectionStart FieldTable ByteString
  | ConnectionSecure ByteString
  | -- | Channels, frame size, heartbeat: what the broker proposes.
    ConnectionTune Word16 Word32 Word16
  | ConnectionClose Word16 Text
  | ConnectionCloseOk
  | ConnectionBlocked Text
  | ConnectionUnblocked
  | ChannelFlow Bool
  | ChannelClose Word16 Text
  | ChannelCloseOk
  | -- | Name, messages, consumers.
    QueueDeclareOk Text Word32 Word32
  | -- | How many messages a purge or a deletion threw away.
    MessageCount Word32
  | BasicCancel Text
  | -- | Code, its text, exchange, routing key.
    BasicReturn Word16 Text Text Text
  | -- | Consumer, delivery tag, redelivered, exchange, routing key.
    BasicDeliver Text Word64 Bool Text Text
  | BasicGetOk Word64 Bool Text Text
  | BasicGetEmpty
  | -- | Delivery tag, multiple: confirms of what was published.
    ConfirmAck Word64 Bool
  | ConfirmNack Word64 Bool
  | Done
  deriving (Show)

getServerMethod :: Get ServerMethod
getServerMethod = do
  kind <- getWord16be
  number <- getWord16be
  case (kind, number) of
    (10, 10) -> ConnectionStart <$> (skip 2 *> getTable) <*> getLongBytes
    (10, 20) -> ConnectionSecure <$> getLongBytes
    (10, 30) -> ConnectionTune <$> getWord16be <*> getWord32be <*> getWord16be
    (10, 50) -> ConnectionClose <$> getWord16be <*> getShortText
    (10, 51) -> pure ConnectionCloseOk
    (10, 60) -> ConnectionBlocked <$> getShortText
    (10, 61) -> pure ConnectionUnblocked
    (20, 20) -> ChannelFlow <$> getBit
    (20, 40) -> ChannelClose <$> getWord16be <*> getShortText
    (20, 41) -> pure ChannelCloseOk
    (50, 11) -> QueueDeclareOk <$> getShortText <*> getWord32be <*> getWord32be
    (50, 31) -> MessageCount <$> getWord32be
    (50, 41) -> MessageCount <$> getWord32be
    (60, 30) -> BasicCancel <$> getShortText
    (60, 50) -> BasicReturn <$> getWord16be <*> getShortText <*> getShortText <*> getShortText
    (60, 60) -> BasicDeliver <$> getShortText <*> getWord64be <*> getBit <*> getShortText <*> getShortText
    (60, 71) -> BasicGetOk <$> getWord64be <*> getBit <*> getShortText <*> getShortText
    (60, 72) -> pure BasicGetEmpty
    (60, 80) -> ConfirmAck <$> getWord64be <*> getBit
    (60, 120) -> ConfirmNack <$> getWord64be <*> getBit
    _
      | (kind, number) `elem` plainReplies -> pure Done
      | otherwise -> fail ("unexpected method " <> show (kind, number))

plainReplies :: [(Word16, Word16)]
plainReplies =
  [(10, 41), (20, 11), (20, 21)]
    <> [(40, 11), (40, 21), (40, 31), (40, 51), (50, 21), (50, 51)]
    <> [(60, 11), (60, 21), (60, 31), (60, 111), (85, 11), (90, 11), (90, 21), (90, 31)]
