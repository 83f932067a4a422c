{-# LANGUAGE ImportQualifiedPost #-}

-- | How single values and field tables look on the wire.
module Network.AMQP.Internal.Codec
  ( putShortText,
    putLongBytes,
    putBits,
    putTable,
    putPairs,
    getShortText,
    getLongBytes,
    getBit,
    getTable,
    noFields,
  )
where

import Data.Binary.Get
import Data.Bits (setBit, testBit)
import Data.ByteString (ByteString)
import Data.ByteString qualified as B
import Data.ByteString.Builder
import Data.ByteString.Lazy qualified as BL
import Data.Char (chr)
import Data.List (foldl')
import Data.Map qualified as Map
import Data.Text (Text)
import Data.Text.Encoding (decodeUtf8With, encodeUtf8)
import Data.Text.Encoding.Error (lenientDecode)
import Network.AMQP.Types

noFields :: FieldTable
noFields = FieldTable Map.empty

-- | At most 255 bytes: the length is one octet.
putShortText :: Text -> Builder
putShortText text
  | B.length bytes > 255 = error ("AMQP: longer than 255 bytes: " <> show text)
  | otherwise = word8 (fromIntegral (B.length bytes)) <> byteString bytes
  where
    bytes = encodeUtf8 text

putLongBytes :: ByteString -> Builder
putLongBytes bytes = word32BE (fromIntegral (B.length bytes)) <> byteString bytes

-- | Up to eight neighbouring flags share an octet, the first in the lowest bit.
putBits :: [Bool] -> Builder
putBits flags = word8 (foldl' setBit 0 [n | (n, True) <- zip [0 ..] flags])

putTable :: FieldTable -> Builder
putTable = putSized . putPairs

-- | A table without its length, as AMQPLAIN wants it.
putPairs :: FieldTable -> Builder
putPairs (FieldTable fields) =
  mconcat [putShortText name <> putField value | (name, value) <- Map.toList fields]

putSized :: Builder -> Builder
putSized content = word32BE (fromIntegral (BL.length bytes)) <> lazyByteString bytes
  where
    bytes = toLazyByteString content

putField :: FieldValue -> Builder
putField value = case value of
  FVBool b -> char7 't' <> putBits [b]
  FVInt8 n -> char7 'b' <> int8 n
  FVInt16 n -> char7 's' <> int16BE n
  FVInt32 n -> char7 'I' <> int32BE n
  FVInt64 n -> char7 'l' <> int64BE n
  FVFloat n -> char7 'f' <> floatBE n
  FVDouble n -> char7 'd' <> doubleBE n
  FVDecimal (DecimalValue scale n) -> char7 'D' <> word8 scale <> word32BE n
  FVString bytes -> char7 'S' <> putLongBytes bytes
  FVFieldArray values -> char7 'A' <> putSized (foldMap putField values)
  FVTimestamp seconds -> char7 'T' <> word64BE seconds
  FVFieldTable table -> char7 'F' <> putTable table
  FVVoid -> char7 'V'
  FVByteArray bytes -> char7 'x' <> putLongBytes bytes

getShortText :: Get Text
getShortText = decodeUtf8With lenientDecode <$> (getWord8 >>= getByteString . fromIntegral)

getLongBytes :: Get ByteString
getLongBytes = getWord32be >>= getByteString . fromIntegral

-- | For a flag that has its octet to itself.
getBit :: Get Bool
getBit = (`testBit` 0) <$> getWord8

getTable :: Get FieldTable
getTable = FieldTable . Map.fromList <$> getSized ((,) <$> getShortText <*> getField)

getSized :: Get a -> Get [a]
getSized item = do
  size <- getWord32be
  isolate (fromIntegral size) (untilEmpty [])
  where
    untilEmpty found = do
      done <- isEmpty
      if done then pure (reverse found) else item >>= untilEmpty . (: found)

-- | The unsigned kinds have no constructor; they fit in the next wider one.
getField :: Get FieldValue
getField = do
  tag <- chr . fromIntegral <$> getWord8
  case tag of
    't' -> FVBool <$> getBit
    'b' -> FVInt8 <$> getInt8
    'B' -> FVInt16 . fromIntegral <$> getWord8
    's' -> FVInt16 <$> getInt16be
    'u' -> FVInt32 . fromIntegral <$> getWord16be
    'I' -> FVInt32 <$> getInt32be
    'i' -> FVInt64 . fromIntegral <$> getWord32be
    'l' -> FVInt64 <$> getInt64be
    'f' -> FVFloat <$> getFloatbe
    'd' -> FVDouble <$> getDoublebe
    'D' -> FVDecimal <$> (DecimalValue <$> getWord8 <*> getWord32be)
    'S' -> FVString <$> getLongBytes
    'A' -> FVFieldArray <$> getSized getField
    'T' -> FVTimestamp <$> getWord64be
    'F' -> FVFieldTable <$> getTable
    'V' -> pure FVVoid
    'x' -> FVByteArray <$> getLongBytes
    _ -> fail ("unknown kind of field: " <> show tag)
