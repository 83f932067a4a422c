-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | What NATS is about: messages, servers, and what goes wrong.
module Network.NATS.Types
  ( -- * Messages
    Subject,
    Headers,
    Message (..),
    Status (..),
    lookupHeader,

    -- * Servers
    Server (..),
    ServerInfo (..),
    parseServer,
    parseServers,
    showServer,

    -- * Errors
    NatsError (..),
    CloseReason (..),
    ServerError (..),
  )
where

import Control.Exception (Exception)
import Data.Aeson (FromJSON (..), withObject, (.!=), (.:?))
import Data.ByteString (ByteString)
import Data.Char (isAlphaNum)
import Data.Int (Int64)
import Data.List.NonEmpty (NonEmpty (..))
import Data.List.NonEmpty qualified as NonEmpty
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Read qualified as Text
import Prelude

-- | Where a message goes: words with dots between, such as @orders.eu.paid@. Subscriptions take @*@ for one word and @>@
-- for one or more at the end.
type Subject = Text

-- | Names and values in the order in which they are sent. Names are case-sensitive, and may come more than once.
type Headers = [(ByteString, ByteString)]

-- | The first line of headers that the server itself writes: 503 for no responders, 100 for a heartbeat.
data Status = Status
  { statusCode :: !Int,
    statusText :: !Text
  }
  deriving stock (Eq, Show)

-- | A message as it was received.
data Message = Message
  { -- | What it was published to.
    msgSubject :: !Subject,
    -- | Where an answer is awaited.
    msgReply :: !(Maybe Subject),
    msgHeaders :: !Headers,
    -- | Only on messages that the server itself makes.
    msgStatus :: !(Maybe Status),
    msgBody :: !ByteString
  }
  deriving stock (Eq, Show)

-- | The first value of a header.
lookupHeader :: ByteString -> Message -> Maybe ByteString
lookupHeader name = lookup name . msgHeaders

-- | Where a server listens.
data Server = Server
  { serverHost :: !Text,
    serverPort :: !Int,
    -- | Whether it must be spoken to with TLS, as a URL with @tls:\/\/@ says.
    serverTls :: !Bool
  }
  deriving stock (Eq, Ord, Show)

-- | A server as people read it: host and port.
showServer :: Server -> Text
showServer server = host <> ":" <> Text.pack (show (serverPort server))
  where
    host
      | ":" `Text.isInfixOf` serverHost server = "[" <> serverHost server <> "]"
      | otherwise = serverHost server

-- | Read a server: @nats:\/\/host:4222@, @tls:\/\/host@, @host:port@, @[::1]:4222@. Without a port it is 4222. Credentials in
-- a URL are refused, as URLs end up in logs: they belong into 'coCredentials'.
parseServer :: Text -> Either NatsError Server
parseServer url = maybe (Left (InvalidServer url)) Right $ do
  (secure, rest) <- scheme
  (host, port) <- address (Text.dropWhileEnd (== '/') rest)
  if Text.null host || Text.any (not . isHostChar) host then Nothing else Just (Server host port secure)
  where
    scheme = case Text.breakOn "://" url of
      (plain, "") -> Just (False, plain)
      (name, rest)
        | name == "nats" -> Just (False, Text.drop 3 rest)
        | name == "tls" -> Just (True, Text.drop 3 rest)
        | otherwise -> Nothing
    address text
      | Just rest <- Text.stripPrefix "[" text =
          let (host, end) = Text.breakOn "]" rest in (,) host <$> (Text.stripPrefix "]" end >>= portOf)
      | otherwise = let (host, end) = Text.breakOn ":" text in (,) host <$> portOf end
    portOf "" = Just 4222
    portOf text = case Text.decimal <$> Text.stripPrefix ":" text of
      Just (Right (number, ""))
        | number > (0 :: Integer), number < 65536 -> Just (fromInteger number)
      _ -> Nothing
    isHostChar char = isAlphaNum char || char `elem` (".-_:%" :: String)

-- | Read servers with commas between. At least one is needed.
parseServers :: Text -> Either NatsError (NonEmpty Server)
parseServers urls =
  traverse (parseServer . Text.strip) (Text.splitOn "," urls) >>= maybe (Left (InvalidServer urls)) Right . NonEmpty.nonEmpty

-- | What a server says of itself.
data ServerInfo = ServerInfo
  { infoServerName :: !Text,
    infoVersion :: !Text,
    -- | The most bytes that headers and body may have together.
    infoMaxPayload :: !Int64,
    infoTlsRequired :: !Bool,
    infoTlsAvailable :: !Bool,
    -- | What to sign with an nkey.
    infoNonce :: !(Maybe Text),
    -- | Other servers of the cluster, as host and port.
    infoConnectUrls :: ![Text],
    -- | Whether it is about to shut down.
    infoLameDuck :: !Bool,
    infoJetStream :: !Bool
  }
  deriving stock (Eq, Show)

instance FromJSON ServerInfo where
  parseJSON = withObject "INFO" $ \o ->
    ServerInfo
      <$> o .:? "server_name" .!= ""
      <*> o .:? "version" .!= ""
      <*> o .:? "max_payload" .!= 1048576
      <*> o .:? "tls_required" .!= False
      <*> o .:? "tls_available" .!= False
      <*> o .:? "nonce"
      <*> o .:? "connect_urls" .!= []
      <*> o .:? "ldm" .!= False
      <*> o .:? "jetstream" .!= False

-- | Why a connection is closed for good.
data CloseReason
  = -- | By this program.
    ClosedByUser
  | -- | No server was reached in all rounds, or credentials are refused again and again; with the last error.
    GaveUp !NatsError
  deriving stock (Eq, Show)

-- | What a server says with @-ERR@.
data ServerError
  = -- | Credentials are wrong, have expired or are revoked.
    AuthorizationViolation !Text
  | -- | Publishing or subscribing is not allowed; the text names the subject.
    PermissionsViolation !Text
  | -- | This client did not read fast enough.
    SlowConsumerViolation
  | -- | This client did not answer a PING in time.
    StaleConnection
  | -- | A message was too large.
    MaximumPayloadViolation
  | OtherServerError !Text
  deriving stock (Eq, Show)

-- | What goes wrong. Every function of the client throws nothing else of its own.
data NatsError
  = -- | No server could be connected to: each one tried, with the reason.
    ConnectionFailed ![(Server, NatsError)]
  | -- | The server could not be dialled, or the system could not send or receive.
    NetworkError !Text
  | -- | The connection broke while an answer was awaited; whether the server did what was asked is not known.
    ConnectionLost
  | -- | The connection is closed for good.
    ConnectionClosed !CloseReason
  | -- | 'Network.NATS.Client.drain' has begun, so nothing new is subscribed to.
    ConnectionDraining
  | -- | The server ended the connection, or refused it, with this.
    ServerRefused !ServerError
  | -- | No TLS could be spoken, or a certificate is not to be trusted.
    TlsFailed !Text
  | -- | A seed or a file with credentials is not what it should be.
    InvalidCredentials !Text
  | InvalidServer !Text
  | -- | The server sent what is no NATS protocol.
    ProtocolError !Text
  | -- | An empty subject or word, white space, or a wildcard where none may be.
    InvalidSubject !Text
  | -- | A name with a colon or white space, or a value with a line break.
    InvalidHeader !ByteString
  | -- | Bytes of the message, and the most the server takes.
    PayloadTooLarge !Int !Int64
  | -- | Too much waits to be sent while there is no connection.
    PendingBufferFull
  | -- | Nobody listens on the subject of a request.
    NoResponders !Subject
  | -- | Nobody answered in time.
    RequestTimeout !Subject
  | -- | The subscription has ended, and what it received is read.
    SubscriptionEnded
  deriving stock (Eq, Show)

instance Exception NatsError
