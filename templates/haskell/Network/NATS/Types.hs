-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | What a NATS connection is made of: messages, servers, options, events and errors.
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

    -- * Options
    ConnectOptions (..),
    defaultConnectOptions,
    Credentials (..),
    TlsOptions (..),
    defaultTlsOptions,
    SubscribeOptions (..),
    defaultSubscribeOptions,

    -- * What happens meanwhile
    Event (..),
    CloseReason (..),

    -- * Errors
    NatsError (..),
    ServerError (..),
  )
where

import Control.Exception (Exception, SomeException)
import Data.Aeson (FromJSON (..), withObject, (.!=), (.:?))
import Data.ByteString (ByteString)
import Data.Char (isAlphaNum)
import Data.Int (Int64)
import Data.List.NonEmpty (NonEmpty (..))
import Data.List.NonEmpty qualified as NonEmpty
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Read qualified as Text
import Data.Time.Clock (NominalDiffTime)
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

-- | Who connects.
data Credentials
  = -- | For a server that asks for nothing, or takes the certificate of a TLS client.
    NoCredentials
  | -- | A user and a password.
    UserPassword !Text !Text
  | Token !Text
  | -- | The seed of an nkey, beginning with @SU@.
    NKeySeed !Text
  | -- | A file with a JWT and a seed, as @nsc@ writes it. It is read again for each connection.
    CredentialsFile !FilePath

-- | Without what is secret.
instance Show Credentials where
  showsPrec _ NoCredentials = showString "NoCredentials"
  showsPrec _ (UserPassword user _) = showString "UserPassword " . shows user . showString " ***"
  showsPrec _ (Token _) = showString "Token ***"
  showsPrec _ (NKeySeed _) = showString "NKeySeed ***"
  showsPrec _ (CredentialsFile path) = showString "CredentialsFile " . shows path

-- | How to speak TLS. Versions are 1.2 and 1.3.
data TlsOptions = TlsOptions
  { -- | A file with the certificates to trust, in PEM; 'Nothing' for those of the system.
    tlsCaFile :: !(Maybe FilePath),
    -- | The name that the server's certificate must have, if it is not the host that is dialled.
    tlsServerName :: !(Maybe Text),
    -- | Files with the certificate of this client and its key, in PEM.
    tlsClientCertificate :: !(Maybe (FilePath, FilePath)),
    -- | Take any certificate. For tests only: whoever is in between can read and change everything.
    tlsInsecureSkipVerify :: !Bool
  }
  deriving stock (Eq, Show)

-- | Trust what the system trusts, and check names.
defaultTlsOptions :: TlsOptions
defaultTlsOptions =
  TlsOptions {tlsCaFile = Nothing, tlsServerName = Nothing, tlsClientCertificate = Nothing, tlsInsecureSkipVerify = False}

-- | How to connect.
data ConnectOptions = ConnectOptions
  { -- | Tried one after the other, then those that the servers name.
    coServers :: !(NonEmpty Server),
    -- | What the server's monitoring calls this connection.
    coName :: !(Maybe Text),
    coCredentials :: !Credentials,
    -- | TLS is also spoken, with 'defaultTlsOptions', if the server asks for it or a URL says @tls:\/\/@.
    coTls :: !(Maybe TlsOptions),
    -- | For dialling one server, and again for TLS and logging in.
    coConnectTimeout :: !NominalDiffTime,
    -- | After this time without an answer to a PING, a second is sent; without an answer to that, the connection is lost.
    coPingInterval :: !NominalDiffTime,
    -- | How long to wait when no server could be reached; doubled each time, with some chance.
    coReconnectWait :: !NominalDiffTime,
    -- | The most that it is doubled to.
    coReconnectMaxWait :: !NominalDiffTime,
    -- | After how many vain rounds through all servers to give up; 'Nothing' for never. The first connection has one round.
    coReconnectRounds :: !(Maybe Int),
    -- | How many bytes may wait to be sent. Beyond, publishing blocks while connected, and throws 'PendingBufferFull' while not.
    coPendingBytes :: !Int,
    -- | Also use servers that the cluster names. Switch it off if these are not to be reached from here.
    coDiscoverServers :: !Bool,
    -- | What inboxes begin with; permissions may ask for one of one's own.
    coInboxPrefix :: !Subject,
    -- | Told what happens, one event after the other, in a thread of its own. What it throws is ignored.
    coOnEvent :: !(Event -> IO ())
  }

-- | A server on this machine, no credentials, no TLS, reconnect for ever, tell nobody.
defaultConnectOptions :: ConnectOptions
defaultConnectOptions =
  ConnectOptions
    { coServers = Server "127.0.0.1" 4222 False :| [],
      coName = Nothing,
      coCredentials = NoCredentials,
      coTls = Nothing,
      coConnectTimeout = 5,
      coPingInterval = 30,
      coReconnectWait = 0.1,
      coReconnectMaxWait = 5,
      coReconnectRounds = Nothing,
      coPendingBytes = 8 * 1024 * 1024,
      coDiscoverServers = True,
      coInboxPrefix = "_INBOX",
      coOnEvent = const (pure ())
    }

-- | How to subscribe.
data SubscribeOptions = SubscribeOptions
  { -- | Of all subscribers in one group only one gets a message.
    soQueueGroup :: !(Maybe Text),
    -- | End by itself after so many messages.
    soMaxMessages :: !(Maybe Int),
    -- | How many messages may wait to be read. What comes beyond is dropped, counted and told as 'SlowConsumer'.
    soPendingMessages :: !Int,
    -- | The same in bytes.
    soPendingBytes :: !Int
  }
  deriving stock (Eq, Show)

-- | No group, no end, 65,536 messages or 64 MiB.
defaultSubscribeOptions :: SubscribeOptions
defaultSubscribeOptions =
  SubscribeOptions
    { soQueueGroup = Nothing,
      soMaxMessages = Nothing,
      soPendingMessages = 65536,
      soPendingBytes = 64 * 1024 * 1024
    }

-- | What a connection tells while it is in use.
data Event
  = -- | Connected, for the first time or again; subscriptions are in force.
    Connected !Server
  | -- | The connection is lost, and is looked for again.
    Disconnected !Server !NatsError
  | -- | An attempt to connect failed; others follow.
    ConnectFailed !Server !NatsError
  | -- | The server complains, and the connection stays.
    ServerComplained !ServerError
  | -- | A subscription's queue is full: so many of its messages are dropped by now. Told once each time that it fills.
    SlowConsumer !Subject !Int
  | -- | The server is about to shut down, and will close the connection.
    LameDuck !Server
  | -- | A callback of a subscription threw; the subscription goes on.
    CallbackFailed !Subject !SomeException
  | -- | The end; nothing follows.
    Closed !CloseReason
  deriving stock (Show)

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
