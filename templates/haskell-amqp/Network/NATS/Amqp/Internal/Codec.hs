-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Messages of AMQP as messages of NATS: properties are headers of their own, and so are headers that are texts. What a header
-- cannot hold goes into one that is JSON.
module Network.NATS.Amqp.Internal.Codec
  ( Origin (..),
    encodeMessage,
    originHeaders,
    decodeMessage,
    decodeOrigin,
  )
where

import Data.Aeson (eitherDecodeStrict', encode)
import Data.ByteArray.Encoding (Base (Base64), convertFromBase, convertToBase)
import Data.ByteString (ByteString)
import Data.ByteString qualified as B
import Data.ByteString.Char8 qualified as Char8
import Data.ByteString.Lazy qualified as L
import Data.Char (isAlphaNum)
import Data.Map qualified as Map
import Data.Maybe (catMaybes, isJust)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Encoding (decodeUtf8', decodeUtf8With, encodeUtf8)
import Data.Text.Encoding.Error (lenientDecode)
import Network.NATS.Amqp.Internal.Values
import Network.NATS.Types (Headers)
import Prelude
import Text.Read (readMaybe)

-- | What a message was published to, where its subject does not say so.
data Origin = Origin !Text !Text

-- | The headers of a message.
encodeMessage :: Maybe Origin -> Message -> Headers
encodeMessage origin message =
  catMaybes
    [ text "Content-Type" msgContentType,
      text "Content-Encoding" msgContentEncoding,
      (,) "Delivery-Mode" . mode <$> msgDeliveryMode message,
      number "Priority" msgPriority,
      text "Correlation-Id" msgCorrelationID,
      text "Reply-To" msgReplyTo,
      text "Expiration" msgExpiration,
      text "Message-Id" msgID,
      number "Timestamp" msgTimestamp,
      text "Type" msgType,
      text "User-Id" msgUserID,
      text "App-Id" msgApplicationID,
      text "Cluster-Id" msgClusterID
    ]
    <> maybe [] originHeaders origin
    <> maybe [] tableHeaders (msgHeaders message)
  where
    text name get = (,) name . value . encodeUtf8 <$> get message
    number :: Show a => ByteString -> (Message -> Maybe a) -> Maybe (ByteString, ByteString)
    number name get = (,) name . Char8.pack . show <$> get message
    mode Persistent = "2"
    mode NonPersistent = "1"

-- | Headers that say what a message was published to.
originHeaders :: Origin -> Headers
originHeaders (Origin exchange key) = [(exchangeHeader, value (encodeUtf8 exchange)), (keyHeader, value (encodeUtf8 key))]

-- | The message, from headers and body.
decodeMessage :: Headers -> ByteString -> Message
decodeMessage headers body =
  Message
    { msgBody = L.fromStrict body,
      msgDeliveryMode = get "Delivery-Mode" >>= mode,
      msgTimestamp = number "Timestamp",
      msgID = text "Message-Id",
      msgType = text "Type",
      msgUserID = text "User-Id",
      msgApplicationID = text "App-Id",
      msgClusterID = text "Cluster-Id",
      msgContentType = text "Content-Type",
      msgContentEncoding = text "Content-Encoding",
      msgReplyTo = text "Reply-To",
      msgPriority = number "Priority",
      msgCorrelationID = text "Correlation-Id",
      msgExpiration = text "Expiration",
      msgHeaders = if isJust (get tableHeader) || not (Map.null plain) then Just (FieldTable (typed <> plain)) else Nothing
    }
  where
    get name = lookup name headers
    text name = decodeUtf8With lenientDecode . original <$> get name
    number :: Read a => ByteString -> Maybe a
    number name = get name >>= readMaybe . Char8.unpack
    mode "2" = Just Persistent
    mode "1" = Just NonPersistent
    mode _ = Nothing
    typed = case eitherDecodeStrict' <$> get tableHeader of
      Just (Right (FieldTable fields)) -> fields
      _ -> Map.empty
    plain = Map.fromList [(name, FVString (original text')) | (key, text') <- headers, isOwn key, Right name <- [decodeUtf8' key]]
    isOwn key = key `notElem` reserved && not ("Nats-" `B.isPrefixOf` key)

-- | Where a message was published to, if a header says so.
decodeOrigin :: Headers -> Maybe Origin
decodeOrigin headers = Origin <$> get exchangeHeader <*> get keyHeader
  where
    get name = decodeUtf8With lenientDecode . original <$> lookup name headers

tableHeaders :: FieldTable -> Headers
tableHeaders (FieldTable fields) = Map.foldrWithKey plain rest fields
  where
    plain name (FVString content) others | isPlain name = (encodeUtf8 name, value content) : others
    plain _ _ others = others
    rest = if null typed && not (Map.null fields) then [] else [(tableHeader, L.toStrict (encode (FieldTable typed)))]
    typed = Map.filterWithKey (\name content -> not (isText content && isPlain name)) fields
    isText (FVString _) = True
    isText _ = False
    isPlain name =
      not (Text.null name)
        && Text.all (\char -> isAlphaNum char && char < '\x80' || char `elem` ("-_" :: String)) name
        && encodeUtf8 name `notElem` reserved
        && not ("Nats-" `Text.isPrefixOf` name)

exchangeHeader, keyHeader, tableHeader :: ByteString
exchangeHeader = "Amqp-Exchange"
keyHeader = "Amqp-Routing-Key"
tableHeader = "Amqp-Headers"

reserved :: [ByteString]
reserved =
  ["Content-Type", "Content-Encoding", "Delivery-Mode", "Priority", "Correlation-Id", "Reply-To", "Expiration", "Message-Id"]
    <> ["Timestamp", "Type", "User-Id", "App-Id", "Cluster-Id", exchangeHeader, keyHeader, tableHeader, "Amqp-Via"]

-- | What a header can hold as it is; all else in base 64.
value :: ByteString -> ByteString
value content
  | B.all (\byte -> byte >= 32 && byte /= 127) content, not (base64 `B.isPrefixOf` content), trimmed = content
  | otherwise = base64 <> convertToBase Base64 content
  where
    trimmed = fmap fst (Char8.uncons content) /= Just ' ' && fmap snd (Char8.unsnoc content) /= Just ' '

original :: ByteString -> ByteString
original content = maybe content id (B.stripPrefix base64 content >>= either (const Nothing) Just . decoded)
  where
    decoded :: ByteString -> Either String ByteString
    decoded = convertFromBase Base64

base64 :: ByteString
base64 = "base64:"
