-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Keys of NATS: Ed25519, written in base 32 with a prefix and a checksum.
module Network.NATS.Internal.NKey
  ( NKey,
    parseSeed,
    publicKey,
    sign,
    parseCredentials,
  )
where

import Crypto.Error (CryptoFailable (..))
import Crypto.PubKey.Ed25519 qualified as Ed25519
import Data.Bits (shiftL, shiftR, testBit, xor, (.&.), (.|.))
import Data.ByteArray (convert)
import Data.ByteArray.Encoding (Base (Base32, Base64URLUnpadded), convertFromBase, convertToBase)
import Data.ByteString (ByteString)
import Data.ByteString qualified as B
import Data.ByteString.Char8 qualified as BC
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Encoding (decodeLatin1, encodeUtf8)
import Data.Word (Word16, Word8)
import Network.NATS.Types (NatsError (InvalidCredentials))
import Prelude

-- | A key of a user, to sign with.
data NKey = NKey !Ed25519.SecretKey !Ed25519.PublicKey

-- | Read the seed of a user's key.
parseSeed :: Text -> Either NatsError NKey
parseSeed text = do
  bytes <- decode32 (encodeUtf8 (Text.strip text))
  let (content, end) = B.splitAt 34 bytes
  case B.unpack (B.take 2 content) of
    [first, second]
      | B.length content == 34,
        end == checksum content,
        first .&. 0xF8 == seedPrefix,
        ((first .&. 7) `shiftL` 5) .|. (second `shiftR` 3) == userPrefix,
        CryptoPassed secret <- Ed25519.secretKey (B.drop 2 content) ->
          Right (NKey secret (Ed25519.toPublic secret))
    _ -> Left (InvalidCredentials "not the seed of a user's nkey")

-- | The public key, beginning with @U@.
publicKey :: NKey -> Text
publicKey (NKey _ public) = decodeLatin1 (BC.takeWhile (/= '=') (convertToBase Base32 (content <> checksum content)))
  where
    content = B.cons userPrefix (convert public) :: ByteString

-- | A signature, in base 64 for URLs.
sign :: NKey -> ByteString -> Text
sign (NKey secret public) message = decodeLatin1 (convertToBase Base64URLUnpadded (Ed25519.sign secret public message))

-- | The JWT and the key in a file with credentials.
parseCredentials :: Text -> Either NatsError (Text, NKey)
parseCredentials text = case (section "NATS USER JWT", section "USER NKEY SEED") of
  (Just jwt, Just seed) -> (,) jwt <$> parseSeed seed
  _ -> Left (InvalidCredentials "no JWT or no seed in the file with credentials")
  where
    section name = case dropWhile (not . begins name) (map Text.strip (Text.lines text)) of
      _ : content : _ | not (Text.null content) -> Just content
      _ -> Nothing
    begins name line = ("-----BEGIN " <> name) `Text.isPrefixOf` line

decode32 :: ByteString -> Either NatsError ByteString
decode32 text = either (const (Left (InvalidCredentials "an nkey is written in base 32"))) Right (convertFromBase Base32 padded)
  where
    padded = text <> BC.replicate ((-B.length text) `mod` 8) '='

-- | The lower byte first.
checksum :: ByteString -> ByteString
checksum bytes = B.pack [fromIntegral (sum16 .&. 0xFF), fromIntegral (sum16 `shiftR` 8)]
  where
    sum16 = B.foldl' step 0 bytes

-- | CRC-16 as XMODEM has it.
step :: Word16 -> Word8 -> Word16
step before byte = iterateTimes (8 :: Int) shifted (before `xor` (fromIntegral byte `shiftL` 8))
  where
    shifted crc = if testBit crc 15 then (crc `shiftL` 1) `xor` 0x1021 else crc `shiftL` 1
    iterateTimes times f value = if times <= 0 then value else iterateTimes (times - 1) f (f value)

seedPrefix, userPrefix :: Word8
seedPrefix = 18 `shiftL` 3
userPrefix = 20 `shiftL` 3
