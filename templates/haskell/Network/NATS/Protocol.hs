-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | The NATS client protocol: what is read, and what is written. Nothing here does I\/O.
module Network.NATS.Protocol
  ( -- * What servers send
    ServerOp (..),
    serverOp,
    parseHeaders,

    -- * What clients send
    connectLine,
    pingLine,
    pongLine,
    subLine,
    unsubLine,
    pubFrame,
    showHeaders,

    -- * What may be sent
    checkPublishSubject,
    checkSubscribeSubject,
    checkHeaders,
  )
where

import Control.Applicative ((<|>))
import Control.Monad (unless, when)
import Data.Aeson (ToJSON, eitherDecodeStrict', encode)
import Data.Attoparsec.ByteString.Char8 (Parser, (<?>))
import Data.Attoparsec.ByteString.Char8 qualified as A
import Data.ByteString (ByteString)
import Data.ByteString.Char8 qualified as B
import Data.ByteString.Lazy qualified as L
import Data.Char (isControl, isDigit, isSpace, toUpper)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Encoding (decodeUtf8With, encodeUtf8)
import Data.Text.Encoding.Error (lenientDecode)
import Network.NATS.Types
import Prelude

-- | One thing that a server sends.
data ServerOp
  = OpInfo !ServerInfo
  | -- | A message, with the number of its subscription.
    OpMessage !Int !Message
  | OpPing
  | OpPong
  | OpOk
  | OpErr !ServerError
  deriving stock (Eq, Show)

-- | The longest line, in bytes: that of INFO grows with the cluster.
maxLine :: Int
maxLine = 1024 * 1024

-- | The most that one message may have: what servers can be configured to take, with room for headers.
maxFrame :: Int
maxFrame = 80 * 1024 * 1024

-- | Reads one operation. It takes input in any pieces, fails on what is no NATS protocol, and keeps no more than
-- one line or message.
serverOp :: Parser ServerOp
serverOp = do
  line <- controlLine
  let (name, rest) = B.break isBlank line
      arguments = B.dropWhile isBlank rest
  case B.map toUpper name of
    "MSG" -> plainMessage (fields arguments)
    "HMSG" -> headerMessage (fields arguments)
    "PING" -> pure OpPing
    "PONG" -> pure OpPong
    "+OK" -> pure OpOk
    "-ERR" -> pure (OpErr (serverError (decode (B.filter (/= '\'') arguments))))
    "INFO" -> either (fail . ("INFO: " <>)) (pure . OpInfo) (eitherDecodeStrict' arguments)
    _ -> fail "unknown operation"

controlLine :: Parser ByteString
controlLine = do
  line <- A.scan (0 :: Int) (\n char -> if char == '\n' || n >= maxLine then Nothing else Just (n + 1))
  _ <- A.char '\n' <?> "end of line"
  pure (if "\r" `B.isSuffixOf` line then B.init line else line)

plainMessage :: [ByteString] -> Parser ServerOp
plainMessage arguments = case arguments of
  [subject, sid, size] -> message subject sid Nothing size
  [subject, sid, reply, size] -> message subject sid (Just reply) size
  _ -> fail "MSG: wrong number of arguments"
  where
    message subject sid reply size = do
      number <- natural sid
      bytes <- natural size
      body <- payload bytes
      pure (OpMessage number (Message (decode subject) (decode <$> reply) [] Nothing body))

headerMessage :: [ByteString] -> Parser ServerOp
headerMessage arguments = case arguments of
  [subject, sid, headers, size] -> message subject sid Nothing headers size
  [subject, sid, reply, headers, size] -> message subject sid (Just reply) headers size
  _ -> fail "HMSG: wrong number of arguments"
  where
    message subject sid reply headers size = do
      number <- natural sid
      before <- natural headers
      bytes <- natural size
      when (before > bytes) (fail "HMSG: headers are larger than the message")
      (block, body) <- B.splitAt before <$> payload bytes
      let (status, pairs) = parseHeaders block
      pure (OpMessage number (Message (decode subject) (decode <$> reply) pairs status body))

payload :: Int -> Parser ByteString
payload bytes = do
  when (bytes > maxFrame) (fail "a message is too large")
  body <- A.take bytes
  _ <- A.string "\r\n" <|> fail "a message does not end where it should"
  pure body

natural :: ByteString -> Parser Int
natural digits
  | B.all isDigit digits, B.length digits <= 15, Just (number, "") <- B.readInt digits = pure number
  | otherwise = fail "not a number"

fields :: ByteString -> [ByteString]
fields = filter (not . B.null) . B.splitWith isBlank

isBlank :: Char -> Bool
isBlank char = char == ' ' || char == '\t'

-- | Read a block of headers, the status in its first line too. Other clients write them and no server checks them, so lines
-- that are no headers are passed over.
parseHeaders :: ByteString -> (Maybe Status, Headers)
parseHeaders block = case map withoutReturn (B.split '\n' block) of
  first : rest
    | Just status <- B.stripPrefix "NATS/1.0" first -> (statusOf (B.dropWhile isBlank status), concatMap header rest)
  _ -> (Nothing, [])
  where
    withoutReturn line = if "\r" `B.isSuffixOf` line then B.init line else line
    statusOf line = case B.readInt (B.take 3 line) of
      Just (code, "") | B.length line >= 3 -> Just (Status code (Text.strip (decode (B.drop 3 line))))
      _ -> Nothing
    header line = case B.break (== ':') line of
      (name, value) | not (B.null name), not (B.null value) -> [(name, B.dropWhile isBlank (B.drop 1 value))]
      _ -> []

serverError :: Text -> ServerError
serverError text
  | any (`Text.isPrefixOf` lower) authorization = AuthorizationViolation text
  | "permissions violation" `Text.isPrefixOf` lower = PermissionsViolation text
  | "slow consumer" `Text.isPrefixOf` lower = SlowConsumerViolation
  | "stale connection" `Text.isPrefixOf` lower = StaleConnection
  | "maximum payload" `Text.isPrefixOf` lower = MaximumPayloadViolation
  | otherwise = OtherServerError text
  where
    lower = Text.toLower text
    authorization = ["authorization", "authentication", "user authentication", "account authentication"]

-- | Log in.
connectLine :: ToJSON options => options -> ByteString
connectLine options = "CONNECT " <> L.toStrict (encode options) <> "\r\n"

-- | Ask whether the other side is there.
pingLine :: ByteString
pingLine = "PING\r\n"

-- | Answer that.
pongLine :: ByteString
pongLine = "PONG\r\n"

-- | Subscribe: subject, queue group, number.
subLine :: Subject -> Maybe Text -> Int -> ByteString
subLine subject group sid =
  B.unwords (["SUB", encodeUtf8 subject] <> maybe [] (pure . encodeUtf8) group <> [shown sid]) <> "\r\n"

-- | End a subscription, at once or after so many messages.
unsubLine :: Int -> Maybe Int -> ByteString
unsubLine sid most = B.unwords (["UNSUB", shown sid] <> maybe [] (pure . shown) most) <> "\r\n"

-- | Publish: subject, reply subject, headers, body.
pubFrame :: Subject -> Maybe Subject -> Headers -> ByteString -> [ByteString]
pubFrame subject reply headers body
  | null headers = [start "PUB" [B.length body], body, "\r\n"]
  | otherwise = [start "HPUB" [B.length block, B.length block + B.length body], block, body, "\r\n"]
  where
    block = showHeaders headers
    answer = maybe [] (pure . encodeUtf8) reply
    start name sizes = B.unwords ([name, encodeUtf8 subject] <> answer <> map shown sizes) <> "\r\n"

-- | Headers as they are sent.
showHeaders :: Headers -> ByteString
showHeaders headers =
  B.concat (["NATS/1.0\r\n"] <> concat [[name, ": ", value, "\r\n"] | (name, value) <- headers] <> ["\r\n"])

shown :: Int -> ByteString
shown = B.pack . show

-- | A subject to publish to: no wildcards.
checkPublishSubject :: Subject -> Either NatsError ()
checkPublishSubject subject = do
  tokens <- checkTokens subject
  when (any (`elem` ["*", ">"]) tokens) (Left (InvalidSubject subject))

-- | A subject to subscribe to: @>@ at the end only.
checkSubscribeSubject :: Subject -> Either NatsError ()
checkSubscribeSubject subject = do
  tokens <- checkTokens subject
  when (">" `elem` drop 1 (reverse tokens)) (Left (InvalidSubject subject))

checkTokens :: Subject -> Either NatsError [Text]
checkTokens subject
  | any Text.null tokens || Text.any (\char -> isSpace char || isControl char) subject = Left (InvalidSubject subject)
  | otherwise = Right tokens
  where
    tokens = Text.splitOn "." subject

-- | Headers that others can read again.
checkHeaders :: Headers -> Either NatsError ()
checkHeaders = mapM_ $ \(name, value) -> do
  unless (not (B.null name) && B.all (\char -> char > ' ' && char < '\DEL' && char /= ':') name) (Left (InvalidHeader name))
  when (B.any (`elem` ("\r\n" :: String)) value) (Left (InvalidHeader name))

decode :: ByteString -> Text
decode = decodeUtf8With lenientDecode
