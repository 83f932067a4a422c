-- Made by natsscan generate nats-consumer; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Bodies as people read them, and what is in them.
module Network.NATS.Tools.Consumer.Json
  ( Condition (..),
    holds,
    readable,
    visible,
  )
where

import Control.Applicative ((<|>))
import Data.Aeson (Value (..), decodeStrict')
import Data.Aeson.Key qualified as Key
import Data.Aeson.KeyMap qualified as KeyMap
import Data.ByteString (ByteString)
import Data.Char (isPrint, isSpace, ord)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Encoding (decodeUtf8With, encodeUtf8)
import Data.Text.Encoding.Error (lenientDecode)
import Numeric (showHex)
import Prelude

-- | A field of a JSON object, and the value that it has to have. With dots it is a field of a field, unless a field has a name
-- with dots.
data Condition = Condition
  { conditionField :: !Text,
    conditionValue :: !Text
  }
  deriving stock (Eq, Show)

-- | Whether a body is JSON with this in it. A text is compared as it is, anything else as JSON.
holds :: Condition -> ByteString -> Bool
holds (Condition field wanted) body = (decodeStrict' body >>= lookupField field) `elem` map Just values
  where
    values = String wanted : maybe [] pure (decodeStrict' (encodeUtf8 wanted))

lookupField :: Text -> Value -> Maybe Value
lookupField field value = case value of
  Object fields -> named fields field <|> below fields
  _ -> Nothing
  where
    named fields name = KeyMap.lookup (Key.fromText name) fields
    below fields = case Text.breakOn "." field of
      (_, "") -> Nothing
      (outer, inner) -> named fields outer >>= lookupField (Text.drop 1 inner)

-- | A body: JSON on several lines, all that is in it as it was written; anything else as it is.
readable :: ByteString -> Text
readable body = visible (if isJson then Text.pack (indented 0 (Text.unpack text)) else text)
  where
    text = decodeUtf8With lenientDecode body
    isJson = case decodeStrict' body :: Maybe Value of
      Just _ -> True
      Nothing -> False

-- | Text without what would steer a terminal; lines stay lines.
visible :: Text -> Text
visible = Text.concatMap shown
  where
    shown char
      | isPrint char || char `elem` ("\n\t" :: String) = Text.singleton char
      | otherwise = "\\x" <> Text.pack (showHex (ord char) "")

-- | JSON, laid out anew from this depth on.
indented :: Int -> String -> String
indented depth text = case dropWhile isSpace text of
  '"' : rest -> '"' : quoted depth rest
  open : rest
    | open `elem` ("{[" :: String) -> case dropWhile isSpace rest of
        close : after | close `elem` ("}]" :: String) -> open : close : indented depth after
        inner -> open : line (depth + 1) <> indented (depth + 1) inner
    | open `elem` ("}]" :: String) -> line (depth - 1) <> (open : indented (depth - 1) rest)
  ',' : rest -> ',' : line depth <> indented depth rest
  ':' : rest -> ": " <> indented depth rest
  char : rest -> char : indented depth rest
  "" -> ""
  where
    -- What is very deep is not moved on for ever.
    line to = '\n' : replicate (2 * min 40 to) ' '

-- | The rest of a text in quotes, and what comes after it.
quoted :: Int -> String -> String
quoted depth text = case text of
  '\\' : char : rest -> '\\' : char : quoted depth rest
  '"' : rest -> '"' : indented depth rest
  char : rest -> char : quoted depth rest
  "" -> ""
