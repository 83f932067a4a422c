-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Connecting as programs for RabbitMQ do it, to NATS. The account that a user belongs to stands for the virtual host: all
-- programs of an account have to name the same one.
module Network.NATS.Amqp.Internal.Connecting
  ( ConnectionOpts (..),
    defaultConnectionOpts,
    TLSSettings (..),
    SASLMechanism (..),
    plain,
    amqplain,
    fromURI,
    openConnection,
    openConnection',
    openConnection'',
  )
where

import Control.Exception (Handler (..), catches, handle, onException, throwIO)
import Control.Monad (forM, unless)
import Data.Aeson (FromJSON (..), withObject, (.:?))
import Data.ByteString (ByteString)
import Data.ByteString qualified as B
import Data.Char (digitToInt, isHexDigit)
import Data.List.NonEmpty qualified as NonEmpty
import Data.Maybe (listToMaybe, mapMaybe)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Encoding (decodeUtf8', encodeUtf8)
import Data.Text.Read qualified as Text
import Data.Time.Clock (NominalDiffTime, UTCTime, addUTCTime, diffUTCTime, getCurrentTime)
import Data.Word (Word16, Word32)
import Network.Connection qualified as Conn
import Network.NATS.Amqp.Internal.Definitions (claimVirtualHost)
import Network.NATS.Amqp.Internal.Expiry (sweepExpired)
import Network.NATS.Amqp.Internal.Plan
import Network.NATS.Amqp.Internal.Session
import Network.NATS.Amqp.Internal.Values
import Network.NATS.Amqp.Plan (plan)
import Network.NATS.Client (Credentials (..), NatsError, TlsOptions (..), defaultConnectOptions, defaultTlsOptions)
import Network.NATS.Client qualified as Nats
import Network.NATS.JetStream (JetStream, JetStreamError, StreamConfig (..), jetStream)
import Network.NATS.JetStream.Api (apiRequest)
import Network.Socket (PortNumber)
import Prelude

data ConnectionOpts = ConnectionOpts
  { -- | Servers of one cluster.
    coServers :: ![(String, PortNumber)],
    coVHost :: !Text,
    -- | The first of these that has a user and a password.
    coAuth :: ![SASLMechanism],
    -- | Without meaning for NATS, as are the next two.
    coMaxFrameSize :: !(Maybe Word32),
    coHeartbeatDelay :: !(Maybe Word16),
    coMaxChannel :: !(Maybe Word16),
    coTLSSettings :: !(Maybe TLSSettings),
    coName :: !(Maybe Text)
  }

data TLSSettings
  = TLSTrusted
  | TLSUntrusted
  | TLSCustom Conn.TLSSettings

data SASLMechanism = SASLMechanism
  { saslName :: !Text,
    saslInitialResponse :: !ByteString,
    saslChallengeFunc :: !(Maybe (ByteString -> IO ByteString))
  }

-- | A server on this machine.
defaultConnectionOpts :: ConnectionOpts
defaultConnectionOpts =
  ConnectionOpts [("localhost", 4222)] "/" [plain "guest" "guest"] (Just 131072) Nothing Nothing Nothing Nothing

-- | A user and a password.
plain :: Text -> Text -> SASLMechanism
plain user password = SASLMechanism "PLAIN" (encodeUtf8 (Text.intercalate "\0" ["", user, password])) Nothing

-- | The same: NATS has one way to say them.
amqplain :: Text -> Text -> SASLMechanism
amqplain user password = (plain user password) {saslName = "AMQPLAIN"}

-- | Read @amqp:\/\/user:password\@host:port\/vhost@, or @nats@, with @amqps@ or @tls@ for TLS. Several hosts have commas between.
fromURI :: String -> Either String ConnectionOpts
fromURI uri = case Text.breakOn "://" (Text.pack uri) of
  (scheme, rest)
    | Just tls <- lookup scheme schemes, Just address <- Text.stripPrefix "://" rest -> address `readBy` tls
  _ -> Left ("neither amqp:// nor nats:// in " <> uri)
  where
    schemes = [("amqp", Nothing), ("nats", Nothing), ("amqps", Just TLSTrusted), ("tls", Just TLSTrusted)]
    readBy address tls = do
      let (authority, path) = Text.breakOn "/" address
          (credentials, hosts) = case Text.breakOnEnd "@" authority of
            ("", all') -> ("guest:guest", all')
            (before, after) -> (Text.dropEnd 1 before, after)
          (user, password) = Text.drop 1 <$> Text.breakOn ":" credentials
          vhost = if Text.length path < 2 then "/" else decoded (Text.drop 1 path)
      servers <- forM (Text.splitOn "," hosts) server
      pure
        defaultConnectionOpts
          { coServers = servers,
            coVHost = vhost,
            coAuth = [plain (decoded user) (decoded password)],
            coTLSSettings = tls
          }
    server text = do
      let (host, port) = case Text.stripPrefix "[" text of
            Just rest -> (\(inside, after) -> (inside, Text.drop 1 after)) (Text.breakOn "]" rest)
            Nothing -> Text.breakOn ":" text
      (,) (Text.unpack host) <$> maybe (Left ("no port in " <> Text.unpack text)) Right (portOf (Text.drop 1 port))
    portOf "" = Just 4222
    portOf digits = case Text.decimal digits of
      Right (number, "") | number < (65536 :: Integer) -> Just (fromInteger number)
      _ -> Nothing

-- | A text without its escapes.
decoded :: Text -> Text
decoded text = either (const text) id (decodeUtf8' (B.pack (go (Text.unpack text))))
  where
    go ('%' : high : low : rest)
      | isHexDigit high, isHexDigit low = fromIntegral (16 * digitToInt high + digitToInt low) : go rest
    go (char : rest) = B.unpack (encodeUtf8 (Text.singleton char)) <> go rest
    go [] = []

-- | Connect to a host with a virtual host, a user and a password.
openConnection :: String -> Text -> Text -> Text -> IO Connection
openConnection host = openConnection' host 4222

-- | The same with a port.
openConnection' :: String -> PortNumber -> Text -> Text -> Text -> IO Connection
openConnection' host port vhost user password =
  openConnection'' defaultConnectionOpts {coServers = [(host, port)], coVHost = vhost, coAuth = [plain user password]}

-- | Connect. Throws 'ConnectionClosedException' if no server lets this program in, if it has no JetStream, or is older than 2.11.
openConnection'' :: ConnectionOpts -> IO Connection
openConnection'' opts = do
  servers <- maybe (failed "no server is given") pure (NonEmpty.nonEmpty (map server (coServers opts)))
  credentials <- maybe (failed "neither PLAIN nor AMQPLAIN is given") pure (listToMaybe (mapMaybe login (coAuth opts)))
  nats <- refused (Nats.connect (options servers credentials))
  (prepare nats `catches` [Handler (failed . shownNats), Handler (failed . shownJetStream)]) `onException` Nats.close nats
  where
    server (host, port) = Nats.Server (Text.pack host) (fromIntegral port) False
    options servers credentials =
      defaultConnectOptions
        { Nats.coServers = servers,
          Nats.coName = coName opts,
          Nats.coCredentials = credentials,
          Nats.coTls = tlsOptions <$> coTLSSettings opts
        }
    shownNats failure = show (failure :: NatsError)
    shownJetStream failure = show (failure :: JetStreamError)
    refused = handle (\failure -> failed (show (failure :: NatsError)))
    prepare nats = do
      version <- maybe "" Nats.infoVersion <$> Nats.serverInfo nats
      unless (isRecent version) (failed ("the server is NATS " <> Text.unpack version <> "; 2.11 or later is needed"))
      let js = jetStream nats
      makeStream js definitions
      claimed <- claimVirtualHost js (coVHost opts)
      unless (claimed == coVHost opts) (failed ("the account stands for the virtual host " <> Text.unpack claimed))
      name <- Nats.newName
      conn <- serverClock js >>= newConnection js plan name
      conn <$ sweepExpired conn

isRecent :: Text -> Bool
isRecent version = [number | Right (number, _) <- map Text.decimal (Text.splitOn "." version)] >= [2, 11 :: Int]

-- | The user and the password of a mechanism that has some.
login :: SASLMechanism -> Maybe Credentials
login mechanism
  | saslName mechanism `elem` ["PLAIN", "AMQPLAIN"],
    Right ["", user, password] <- traverse decodeUtf8' (B.split 0 (saslInitialResponse mechanism)) =
      Just (UserPassword user password)
  | otherwise = Nothing

tlsOptions :: TLSSettings -> TlsOptions
tlsOptions TLSTrusted = defaultTlsOptions
tlsOptions TLSUntrusted = defaultTlsOptions {tlsInsecureSkipVerify = True}
tlsOptions (TLSCustom (Conn.TLSSettings parameters)) = defaultTlsOptions {tlsParameters = Just parameters}
tlsOptions (TLSCustom Conn.TLSSettingsSimple {Conn.settingDisableCertificateValidation = isOff}) =
  defaultTlsOptions {tlsInsecureSkipVerify = isOff}

-- | How much the server's clock is before the one here, as exact as an answer is quick.
serverClock :: JetStream -> IO NominalDiffTime
serverClock js = do
  before <- getCurrentTime
  Answered time <- apiRequest js ("STREAM.INFO." <> scName definitions) Nothing
  after <- getCurrentTime
  let middle = addUTCTime (diffUTCTime after before / 2) before
  pure (maybe 0 (`diffUTCTime` middle) time)

-- | When an answer was given; servers say so for some.
newtype Answered = Answered (Maybe UTCTime)

instance FromJSON Answered where
  parseJSON = withObject "answer" $ \o -> Answered <$> o .:? "ts"

failed :: String -> IO a
failed = throwIO . ConnectionClosedException Abnormal
