-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Any text as a part of subjects, and of names of streams and consumers.
--
-- Subjects are made of tokens, with dots between them, and servers take neither spaces nor wildcards in what is published to.
-- Letters, digits, @_@ and @-@ stand for themselves here; other bytes are written as @=@ and two hexadecimal digits, and the
-- empty text is @=0@. So no two texts share a token, and what is published to a name with a dot in it goes to that name alone.
module Network.NATS.Subject
  ( -- * Tokens
    token,
    readToken,

    -- * Keys of several words
    keyTokens,
    keySubject,
    readKey,

    -- * Names
    assetName,
  )
where

import Crypto.Hash (Digest, SHA256, hash)
import Data.ByteArray.Encoding (Base (Base16), convertToBase)
import Data.ByteString (ByteString)
import Data.ByteString qualified as B
import Data.ByteString.Char8 qualified as Char8
import Data.Char (chr, digitToInt, isAlphaNum, isAscii, isHexDigit, toUpper)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Encoding (decodeLatin1, decodeUtf8', encodeUtf8)
import Data.Word (Word8)
import Network.NATS.Types (Subject)
import Prelude

-- | A text as one token; its dots are data.
token :: Text -> Text
token "" = "=0"
token text = decodeLatin1 (B.concatMap escaped (encodeUtf8 text))
  where
    escaped byte
      | isPlain (chr (fromIntegral byte)) = B.singleton byte
      | otherwise = "=" <> Char8.map toUpper (convertToBase Base16 (B.singleton byte))
    isPlain char = isAscii char && (isAlphaNum char || char == '_' || char == '-')

-- | The text that a token stands for; 'Nothing' for what 'token' never gives.
readToken :: Text -> Maybe Text
readToken "=0" = Just ""
readToken text = bytes (encodeUtf8 text) >>= either (const Nothing) Just . decodeUtf8' . B.pack

bytes :: ByteString -> Maybe [Word8]
bytes text = case B.uncons text of
  Nothing -> Just []
  Just (61, rest)
    | (code, after) <- Char8.splitAt 2 rest, [high, low] <- Char8.unpack code, all isHexDigit [high, low] ->
        (fromIntegral (16 * digitToInt high + digitToInt low) :) <$> bytes after
    | otherwise -> Nothing
  Just (byte, rest) -> (byte :) <$> bytes rest

-- | The tokens of a key, one for each of its words, which have dots between them; the empty key has none.
keyTokens :: Text -> [Text]
keyTokens "" = []
keyTokens key = map token (Text.splitOn "." key)

-- | The subject of a key below another one.
keySubject :: Subject -> Text -> Subject
keySubject root key = Text.intercalate "." (root : keyTokens key)

-- | The key that tokens with dots between them stand for.
readKey :: Text -> Maybe Text
readKey tokens = Text.intercalate "." <$> traverse readToken (Text.splitOn "." tokens)

-- | A name for a stream or a consumer: as a token, but that a long one ends in a digest.
assetName :: Text -> Text
assetName name
  | Text.length escaped <= 200 = escaped
  | otherwise = Text.take 180 escaped <> "=-" <> Text.take 16 digest
  where
    escaped = token name
    digest = decodeLatin1 (convertToBase Base16 (hash (encodeUtf8 name) :: Digest SHA256))
