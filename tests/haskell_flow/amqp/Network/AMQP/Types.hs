-- | The protocol-level types, with the names that programs know them by.
module Network.AMQP.Types
  ( AMQPException (..),
    Octet,
    Bit,
    ChannelID,
    PayloadSize,
    ShortInt,
    LongInt,
    LongLongInt,
    ShortString (..),
    LongString (..),
    ConsumerTag,
    Timestamp,
    FieldTable (..),
    FieldValue (..),
    Decimals,
    DecimalValue (..),
    ConfirmationResult (..),
    CloseType (..),
  )
where

import Control.Exception (Exception)
import Data.ByteString (ByteString)
import Data.Int (Int16, Int32, Int64, Int8)
import Data.IntSet (IntSet)
import Data.Map (Map)
import Data.Text (Text)
import Data.Word (Word16, Word32, Word64, Word8)

-- | Normal: the program asked for it. Abnormal: the broker or the network did.
data CloseType = Normal | Abnormal
  deriving (Show, Ord, Eq)

data AMQPException
  = ChannelClosedException CloseType String
  | ConnectionClosedException CloseType String
  | AllChannelsAllocatedException Int
  deriving (Show, Ord, Eq)

instance Exception AMQPException

type Octet = Word8

type Bit = Bool

type ChannelID = ShortInt

type PayloadSize = LongInt

type ShortInt = Word16

type LongInt = Word32

type LongLongInt = Word64

type ConsumerTag = Text

type Timestamp = Word64

type Decimals = Octet

newtype ShortString = ShortString Text
  deriving (Eq, Ord, Read, Show)

newtype LongString = LongString ByteString
  deriving (Eq, Ord, Read, Show)

data FieldTable = FieldTable (Map Text FieldValue)
  deriving (Eq, Ord, Read, Show)

data FieldValue
  = FVBool Bool
  | FVInt8 Int8
  | FVInt16 Int16
  | FVInt32 Int32
  | FVInt64 Int64
  | FVFloat Float
  | FVDouble Double
  | FVDecimal DecimalValue
  | FVString ByteString
  | FVFieldArray [FieldValue]
  | FVTimestamp Timestamp
  | FVFieldTable FieldTable
  | FVVoid
  | FVByteArray ByteString
  deriving (Eq, Ord, Read, Show)

data DecimalValue = DecimalValue Decimals LongInt
  deriving (Eq, Ord, Read, Show)

-- | Sequence numbers: acknowledged, refused and, in a partial result, open.
data ConfirmationResult
  = Complete (IntSet, IntSet)
  | Partial (IntSet, IntSet, IntSet)
  deriving (Show)
