{-# LANGUAGE ImportQualifiedPost #-}

-- | A message and the content header that carries its properties.
module Network.AMQP.Internal.Message
  ( Message (..),
    DeliveryMode (..),
    newMsg,
    putContentHeader,
    getContentHeader,
  )
where

import Data.Binary.Get
import Data.Bits (setBit, testBit)
import Data.ByteString.Builder
import Data.ByteString.Lazy qualified as BL
import Data.List (foldl')
import Data.Text (Text)
import Data.Word (Word16, Word64, Word8)
import Network.AMQP.Internal.Codec
import Network.AMQP.Types

data DeliveryMode = Persistent | NonPersistent
  deriving (Eq, Ord, Read, Show)

data Message = Message
  { msgBody :: BL.ByteString,
    msgDeliveryMode :: Maybe DeliveryMode,
    msgTimestamp :: Maybe Timestamp,
    msgID :: Maybe Text,
    msgType :: Maybe Text,
    msgUserID :: Maybe Text,
    msgApplicationID :: Maybe Text,
    msgClusterID :: Maybe Text,
    msgContentType :: Maybe Text,
    msgContentEncoding :: Maybe Text,
    msgReplyTo :: Maybe Text,
    msgPriority :: Maybe Octet,
    msgCorrelationID :: Maybe Text,
    msgExpiration :: Maybe Text,
    msgHeaders :: Maybe FieldTable
  }
  deriving (Eq, Ord, Read, Show)

-- | Empty, and without any property: a broker takes it as not persistent.
newMsg :: Message
newMsg =
  Message
    { msgBody = BL.empty,
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

-- | All content there is belongs to the class basic.
basicClass :: Word16
basicClass = 60

putContentHeader :: Message -> Builder
putContentHeader message =
  word16BE basicClass
    <> word16BE 0
    <> word64BE (fromIntegral (BL.length (msgBody message)))
    <> word16BE (foldl' setBit 0 [bit | (bit, Just _) <- zip [15, 14 ..] properties])
    <> mconcat [encoded | Just encoded <- properties]
  where
    -- In the order of the flags, which start at the highest bit.
    properties =
      [ text msgContentType,
        text msgContentEncoding,
        putTable <$> msgHeaders message,
        word8 . modeOctet <$> msgDeliveryMode message,
        word8 <$> msgPriority message,
        text msgCorrelationID,
        text msgReplyTo,
        text msgExpiration,
        text msgID,
        word64BE <$> msgTimestamp message,
        text msgType,
        text msgUserID,
        text msgApplicationID,
        text msgClusterID
      ]
    text field = putShortText <$> field message

-- | The size of the body that follows, and the message without it.
getContentHeader :: Get (Word64, Message)
getContentHeader = do
  skip 4
  size <- getWord64be
  flags <- getWord16be
  let at bit field = if testBit flags bit then Just <$> field else pure Nothing
  contentType <- at 15 getShortText
  contentEncoding <- at 14 getShortText
  headers <- at 13 getTable
  mode <- at 12 getWord8
  priority <- at 11 getWord8
  correlationID <- at 10 getShortText
  replyTo <- at 9 getShortText
  expiration <- at 8 getShortText
  messageID <- at 7 getShortText
  timestamp <- at 6 getWord64be
  kind <- at 5 getShortText
  userID <- at 4 getShortText
  applicationID <- at 3 getShortText
  clusterID <- at 2 getShortText
  pure
    ( size,
      newMsg
        { msgContentType = contentType,
          msgContentEncoding = contentEncoding,
          msgHeaders = headers,
          msgDeliveryMode = octetMode <$> mode,
          msgPriority = priority,
          msgCorrelationID = correlationID,
          msgReplyTo = replyTo,
          msgExpiration = expiration,
          msgID = messageID,
          msgTimestamp = timestamp,
          msgType = kind,
          msgUserID = userID,
          msgApplicationID = applicationID,
          msgClusterID = clusterID
        }
    )

modeOctet :: DeliveryMode -> Word8
modeOctet NonPersistent = 1
modeOctet Persistent = 2

octetMode :: Word8 -> DeliveryMode
octetMode 1 = NonPersistent
octetMode 2 = Persistent
octetMode other = error ("AMQP: no such delivery mode: " <> show other)
