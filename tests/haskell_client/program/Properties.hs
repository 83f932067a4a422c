{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Properties of the protocol and of what is written as JSON.
module Properties (check) where

import Control.Monad (unless)
import Data.Aeson (decode, encode)
import Data.Attoparsec.ByteString qualified as A
import Data.ByteString (ByteString)
import Data.ByteString qualified as BW
import Data.ByteString.Char8 qualified as B
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Encoding (encodeUtf8)
import Network.NATS.Client
import Network.NATS.JetStream
import Network.NATS.JetStream.Delivery (parseDeliveryInfo)
import Network.NATS.Protocol
import System.Exit (exitFailure)
import Test.QuickCheck

check :: IO ()
check = do
  results <- sequence [run operations, run garbage, run damaged, run headers, run subjects, run streams, run replies, run servers]
  unless (all isSuccess results) exitFailure
  where
    run :: Property -> IO Result
    run = quickCheckWithResult stdArgs {maxSuccess = 500}

-- | Operations as a server writes them.
newtype Sent = Sent [(ServerOp, ByteString)] deriving stock (Show)

instance Arbitrary Sent where
  arbitrary = Sent <$> listOf (oneof [message, pure (OpPing, "PING\r\n"), pure (OpPong, "pong\r\n"), pure (OpOk, "+OK\r\n"), refusal])
    where
      refusal = pure (OpErr (AuthorizationViolation "Authorization Violation"), "-ERR 'Authorization Violation'\r\n")
      message = do
        subject <- subjectText
        reply <- oneof [pure Nothing, Just <$> subjectText]
        sid <- choose (1, 99999)
        body <- bytes
        given <- headerList
        status <- oneof [pure Nothing, Just . flip Status "No Messages" <$> choose (100, 999)]
        let block = statusLine status (showHeaders given)
            start = B.unwords ([encodeUtf8 subject, B.pack (show sid)] <> maybe [] (pure . encodeUtf8) reply)
            size = B.pack . show . B.length
            plain = B.concat ["MSG ", start, " ", size body, "\r\n", body, "\r\n"]
            full = B.concat ["HMSG ", start, " ", size block, " ", size (block <> body), "\r\n", block, body, "\r\n"]
        pure $
          if null given && status == Nothing
            then (OpMessage sid (Message subject reply [] Nothing body), plain)
            else (OpMessage sid (Message subject reply given status body), full)
      statusLine Nothing block = block
      statusLine (Just (Status code text)) block = B.concat ["NATS/1.0 ", B.pack (show code), " ", encodeUtf8 text, B.drop 8 block]

subjectText :: Gen Text
subjectText = Text.intercalate "." <$> listOf1 (Text.pack <$> listOf1 (elements "abcXYZ019-_$ä"))

bytes :: Gen ByteString
bytes = BW.pack <$> listOf arbitrary

headerList :: Gen Headers
headerList = listOf ((,) <$> (B.pack <$> listOf1 (elements "ABCabc-019")) <*> value)
  where
    value = B.dropWhile (`elem` (" \t" :: String)) . B.filter (`notElem` ("\r\n" :: String)) <$> bytes

-- | All that can be read of pieces, and whether it failed.
readAll :: [ByteString] -> ([ServerOp], Bool)
readAll = go (A.parse serverOp "") . filter (not . B.null)
  where
    go (A.Fail {}) _ = ([], True)
    go (A.Partial more) (piece : others) = go (more piece) others
    go (A.Partial _) [] = ([], False)
    go (A.Done rest op) others =
      let (ops, failed) = go (A.parse serverOp rest) others in (op : ops, failed)

pieces :: ByteString -> Gen [ByteString]
pieces whole
  | B.null whole = pure []
  | otherwise = do
      size <- choose (1, min 7 (B.length whole))
      (B.take size whole :) <$> pieces (B.drop size whole)

operations :: Property
operations = property $ \(Sent sent) -> forAll (pieces (B.concat (map snd sent))) $ \parts ->
  readAll parts === (map fst sent, False)

-- | Any bytes at all: no crash, and nothing made of nothing.
garbage :: Property
garbage = forAll (listOf (oneof [bytes, elements nearly])) $ \parts ->
  4 * length (fst (readAll parts)) <= B.length (B.concat parts)
  where
    nearly =
      ["MSG a 1 5\r\n", "HMSG a 1 4 2\r\n", "HMSG a 1 2 4\r\nxxxx\r\n", "INFO {", "INFO {}\r\n", "\r\n", "PING", "-ERR"]
        <> ["MSG a 1 99999999999999999999\r\n", "MSG a 1 -1\r\n", "HMSG a 1 0 0\r\n\r\n", "MSG a 1 b c d 1\r\n"]

-- | One byte is another: what came before is read as it was.
damaged :: Property
damaged = property $ \(Sent sent) byte -> not (null sent) ==> forAll (choose (0, B.length (B.concat (map snd sent)) - 1)) $ \place ->
  let whole = B.concat (map snd sent)
      (before, after) = B.splitAt place whole
      whole' = B.concat [before, BW.singleton byte, B.drop 1 after]
      intact = length (takeWhile (<= place) (drop 1 (scanl (+) 0 (map (B.length . snd) sent))))
   in take intact (fst (readAll [whole'])) === take intact (map fst sent)

headers :: Property
headers = forAll headerList $ \given -> parseHeaders (showHeaders given) === (Nothing, given)

-- | What passes the check is one word on the line, so nobody can smuggle in an operation.
subjects :: Property
subjects = forAll (oneof [subjectText, Text.pack <$> arbitrary]) $ \subject ->
  case checkPublishSubject subject of
    Left _ -> property True
    Right () ->
      let line = B.concat (take 1 (pubFrame subject Nothing [] ""))
       in length (filter (not . B.null) (B.splitWith (`elem` (" \t\r\n" :: String)) line)) === 3 .&&. B.count '\n' line === 1

streams :: Property
streams = forAll config $ \given -> decode (encode given) === Just given
  where
    config = do
      name <- subjectText
      names <- listOf subjectText
      retention <- elements [LimitsRetention, InterestRetention, WorkQueueRetention]
      age <- oneof [pure Nothing, Just . fromInteger <$> choose (0, 10 ^ (6 :: Int))]
      sources <- listOf (defaultStreamSource <$> subjectText)
      pure (defaultStreamConfig name names) {scRetention = retention, scMaxAge = age, scSources = sources, scAllowMessageTtl = Just True}

replies :: Property
replies = conjoin
  [ (diStreamSequence <$> parseDeliveryInfo "$JS.ACK.S.c.3.12.7.1700000000123456789.5") === Just 12,
    (diDelivered <$> parseDeliveryInfo "$JS.ACK.hub.hash.S.c.3.12.7.1700000000123456789.5.random") === Just 3,
    (diConsumer <$> parseDeliveryInfo "$JS.ACK._.hash.S.c.3.12.7.1700000000123456789.5") === Just "c",
    property (forAll subjectText (\subject -> parseDeliveryInfo subject === Nothing))
  ]

servers :: Property
servers = conjoin
  [ parseServer "nats://a.example:4223/" === Right (Server "a.example" 4223 False),
    parseServer "tls://a" === Right (Server "a" 4222 True),
    parseServer "[::1]:1" === Right (Server "::1" 1 False),
    (length <$> parseServers "a, nats://b:1 ,c") === Right 3,
    conjoin [property (either (const True) (const False) (parseServer bad)) | bad <- ["", "http://a", "u:p@a", "a:0", "a:99999", "a:b", "a b", "nats://"]],
    forAll (Text.pack <$> arbitrary) (\text -> either (const True) (\server -> parseServer (showServer server) == Right server {serverTls = False}) (parseServer text))
  ]
