-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Tables: headers of messages, and arguments of exchanges, queues and bindings.
--
-- As JSON they have the type of each value: @{"x-queue-type": {"text": "quorum"}}@. Bytes are written as characters of Latin-1,
-- so nothing is lost.
module Network.NATS.Amqp.Internal.Tables
  ( FieldTable (..),
    FieldValue (..),
    DecimalValue (..),
    noFields,
    field,
    textField,
    numberField,
    ShortString (..),
    LongString (..),
    Octet,
    Bit,
    ChannelID,
    PayloadSize,
    ShortInt,
    LongInt,
    LongLongInt,
    ConsumerTag,
    Timestamp,
    Decimals,
  )
where

import Data.Aeson
import Data.Aeson.KeyMap qualified as KeyMap
import Data.Aeson.Types (Parser)
import Data.ByteString (ByteString)
import Data.ByteString.Char8 qualified as Char8
import Data.Int (Int16, Int32, Int64, Int8)
import Data.Map (Map)
import Data.Map qualified as Map
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Encoding (decodeLatin1, decodeUtf8')
import Data.Word (Word16, Word32, Word64, Word8)
import Prelude

type Octet = Word8

type Bit = Bool

type ChannelID = ShortInt

type PayloadSize = LongInt

type ShortInt = Word16

type LongInt = Word32

type LongLongInt = Word64

type ConsumerTag = Text

-- | Seconds since 1970.
type Timestamp = Word64

type Decimals = Octet

newtype ShortString = ShortString Text
  deriving stock (Eq, Ord, Read, Show)

newtype LongString = LongString ByteString
  deriving stock (Eq, Ord, Read, Show)

-- | Headers of messages, and arguments of exchanges, queues and bindings.
newtype FieldTable = FieldTable (Map Text FieldValue)
  deriving stock (Eq, Ord, Read, Show)

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
  deriving stock (Eq, Ord, Read, Show)

data DecimalValue = DecimalValue Decimals LongInt
  deriving stock (Eq, Ord, Read, Show)

noFields :: FieldTable
noFields = FieldTable Map.empty

field :: Text -> FieldTable -> Maybe FieldValue
field name (FieldTable fields) = Map.lookup name fields

-- | A field that is a text.
textField :: Text -> FieldTable -> Maybe Text
textField name table = case field name table of
  Just (FVString bytes) -> either (const Nothing) Just (decodeUtf8' bytes)
  _ -> Nothing

-- | A field that is a whole number, of whatever size.
numberField :: Text -> FieldTable -> Maybe Integer
numberField name table = case field name table of
  Just (FVInt8 number) -> Just (toInteger number)
  Just (FVInt16 number) -> Just (toInteger number)
  Just (FVInt32 number) -> Just (toInteger number)
  Just (FVInt64 number) -> Just (toInteger number)
  _ -> Nothing

instance ToJSON FieldTable where
  toJSON (FieldTable fields) = toJSON fields

instance FromJSON FieldTable where
  parseJSON value = FieldTable <$> parseJSON value

instance ToJSON FieldValue where
  toJSON given = case given of
    FVBool value -> typed "bool" value
    FVInt8 value -> typed "int8" value
    FVInt16 value -> typed "int16" value
    FVInt32 value -> typed "int32" value
    FVInt64 value -> typed "int64" value
    FVFloat value -> typed "float" value
    FVDouble value -> typed "double" value
    FVDecimal (DecimalValue places number) -> typed "decimal" (places, number)
    FVString value -> typed "text" (decodeLatin1 value)
    FVFieldArray values -> typed "array" values
    FVTimestamp value -> typed "timestamp" value
    FVFieldTable value -> typed "table" value
    FVVoid -> typed "void" ()
    FVByteArray value -> typed "bytes" (decodeLatin1 value)
    where
      typed :: ToJSON a => Key -> a -> Value
      typed name value = object [name .= value]

instance FromJSON FieldValue where
  parseJSON = withObject "field" $ \o -> case KeyMap.toList o of
    [("bool", value)] -> FVBool <$> parseJSON value
    [("int8", value)] -> FVInt8 <$> parseJSON value
    [("int16", value)] -> FVInt16 <$> parseJSON value
    [("int32", value)] -> FVInt32 <$> parseJSON value
    [("int64", value)] -> FVInt64 <$> parseJSON value
    [("float", value)] -> FVFloat <$> parseJSON value
    [("double", value)] -> FVDouble <$> parseJSON value
    [("decimal", value)] -> FVDecimal . uncurry DecimalValue <$> parseJSON value
    [("text", value)] -> FVString <$> latin value
    [("array", value)] -> FVFieldArray <$> parseJSON value
    [("timestamp", value)] -> FVTimestamp <$> parseJSON value
    [("table", value)] -> FVFieldTable <$> parseJSON value
    [("void", _)] -> pure FVVoid
    [("bytes", value)] -> FVByteArray <$> latin value
    _ -> fail "no type of a field"
    where
      latin :: Value -> Parser ByteString
      latin value = Char8.pack . Text.unpack <$> (parseJSON value :: Parser Text)
