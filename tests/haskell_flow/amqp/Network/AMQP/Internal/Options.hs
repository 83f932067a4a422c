{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | What a program chooses: where to connect, how to log in, what to declare.
module Network.AMQP.Internal.Options
  ( ConnectionOpts (..),
    TLSSettings (..),
    defaultConnectionOpts,
    fromURI,
    SASLMechanism (..),
    plain,
    amqplain,
    rabbitCRdemo,
    ExchangeOpts (..),
    newExchange,
    QueueOpts (..),
    newQueue,
  )
where

import Data.ByteString (ByteString)
import Data.ByteString qualified as B
import Data.ByteString.Builder (toLazyByteString)
import Data.ByteString.Lazy qualified as BL
import Data.Char (digitToInt, isHexDigit)
import Data.List (isPrefixOf)
import Data.Map qualified as Map
import Data.Text (Text)
import Data.Text qualified as T
import Data.Text.Encoding (decodeUtf8With, encodeUtf8)
import Data.Text.Encoding.Error (lenientDecode)
import Data.Word (Word16, Word32)
import Network.AMQP.Internal.Codec
import Network.AMQP.Types
import Network.Connection qualified as Conn
import Network.Socket (PortNumber)
import Text.Read (readMaybe)

data ConnectionOpts = ConnectionOpts
  { -- | Tried in this order, each once.
    coServers :: ![(String, PortNumber)],
    coVHost :: !Text,
    -- | In order of preference.
    coAuth :: ![SASLMechanism],
    coMaxFrameSize :: !(Maybe Word32),
    -- | Seconds; Nothing leaves it to the broker, 0 switches heartbeats off.
    coHeartbeatDelay :: !(Maybe Word16),
    coMaxChannel :: !(Maybe Word16),
    -- | Not supported here: connecting with it fails.
    coTLSSettings :: Maybe TLSSettings,
    coName :: !(Maybe Text)
  }

data TLSSettings
  = TLSTrusted
  | TLSUntrusted
  | TLSCustom Conn.TLSSettings

defaultConnectionOpts :: ConnectionOpts
defaultConnectionOpts =
  ConnectionOpts
    { coServers = [("localhost", 5672)],
      coVHost = "/",
      coAuth = [plain "guest" "guest"],
      coMaxFrameSize = Just 131072,
      coHeartbeatDelay = Nothing,
      coMaxChannel = Nothing,
      coTLSSettings = Nothing,
      coName = Nothing
    }

data SASLMechanism = SASLMechanism
  { saslName :: !Text,
    saslInitialResponse :: !ByteString,
    saslChallengeFunc :: !(Maybe (ByteString -> IO ByteString))
  }

plain, amqplain, rabbitCRdemo :: Text -> Text -> SASLMechanism
plain user password = SASLMechanism "PLAIN" (B.intercalate "\0" ["", encodeUtf8 user, encodeUtf8 password]) Nothing
amqplain user password = SASLMechanism "AMQPLAIN" (BL.toStrict (toLazyByteString (putPairs table))) Nothing
  where
    table = FieldTable (Map.fromList [("LOGIN", string user), ("PASSWORD", string password)])
    string = FVString . encodeUtf8
rabbitCRdemo user password = SASLMechanism "RABBIT-CR-DEMO" (encodeUtf8 user) (Just answer)
  where
    answer _ = pure ("My password is " <> encodeUtf8 password)

data ExchangeOpts = ExchangeOpts
  { exchangeName :: Text,
    exchangeType :: Text,
    exchangePassive :: Bool,
    exchangeDurable :: Bool,
    exchangeAutoDelete :: Bool,
    exchangeInternal :: Bool,
    exchangeArguments :: FieldTable
  }
  deriving (Eq, Ord, Read, Show)

newExchange :: ExchangeOpts
newExchange =
  ExchangeOpts
    { exchangeName = "",
      exchangeType = "",
      exchangePassive = False,
      exchangeDurable = True,
      exchangeAutoDelete = False,
      exchangeInternal = False,
      exchangeArguments = noFields
    }

data QueueOpts = QueueOpts
  { queueName :: Text,
    queuePassive :: Bool,
    queueDurable :: Bool,
    queueExclusive :: Bool,
    queueAutoDelete :: Bool,
    -- | The arguments of the declaration, in spite of the name.
    queueHeaders :: FieldTable
  }
  deriving (Eq, Ord, Read, Show)

newQueue :: QueueOpts
newQueue =
  QueueOpts
    { queueName = "",
      queuePassive = False,
      queueDurable = True,
      queueExclusive = False,
      queueAutoDelete = False,
      queueHeaders = noFields
    }

-- | @amqp[s]:\/\/[user[:password]\@]host[:port][,host[:port]…][\/vhost]@
fromURI :: String -> Either String ConnectionOpts
fromURI uri = do
  (rest, port, tls) <- scheme
  let (authority, path) = break (`elem` ("/?#" :: String)) rest
      (account, hosts) = splitLast '@' authority
      (user, password) = maybe ("guest", "guest") (splitFirst ':') account
  servers <- traverse (server port) (splitAll ',' hosts)
  pure
    defaultConnectionOpts
      { coServers = servers,
        coVHost = case takeWhile (`notElem` ("?#" :: String)) (drop 1 path) of
          vhost | "/" `isPrefixOf` path, not (null vhost) -> unescape vhost
          _ -> "/",
        coAuth = [plain (unescape user) (unescape password)],
        coTLSSettings = if tls then Just TLSTrusted else Nothing
      }
  where
    scheme
      | Just rest <- after "amqp://" uri = Right (rest, 5672, False)
      | Just rest <- after "amqps://" uri = Right (rest, 5671, True)
      | otherwise = Left ("neither amqp:// nor amqps://: " <> uri)

server :: PortNumber -> String -> Either String (String, PortNumber)
server port text = case text of
  '[' : rest | (host, ']' : more) <- break (== ']') rest -> (,) host <$> portOf more
  _ -> let (host, more) = break (== ':') text in (,) (if null host then "localhost" else host) <$> portOf more
  where
    portOf "" = Right port
    portOf (':' : digits) | Just n <- readMaybe digits, n > 0, n < (65536 :: Int) = Right (fromIntegral n)
    portOf _ = Left ("not a host and a port: " <> text)

after :: String -> String -> Maybe String
after prefix text
  | prefix `isPrefixOf` text = Just (drop (length prefix) text)
  | otherwise = Nothing

splitAll :: Char -> String -> [String]
splitAll c text = case break (== c) text of
  (part, _ : rest) -> part : splitAll c rest
  (part, "") -> [part]

splitFirst :: Char -> String -> (String, String)
splitFirst c text = let (before, rest) = break (== c) text in (before, drop 1 rest)

-- | What stands before the last such character, if there is one, and the rest.
splitLast :: Char -> String -> (Maybe String, String)
splitLast c text = case break (== c) (reverse text) of
  (end, _ : start) -> (Just (reverse start), reverse end)
  _ -> (Nothing, text)

-- | Percent signs stand for bytes, and only all bytes together are UTF-8.
unescape :: String -> Text
unescape = decodeUtf8With lenientDecode . B.concat . go
  where
    go ('%' : a : b : rest) | isHexDigit a, isHexDigit b = hex a b : go rest
    go (c : rest) = encodeUtf8 (T.singleton c) : go rest
    go "" = []
    hex a b = B.singleton (fromIntegral (16 * digitToInt a + digitToInt b))
