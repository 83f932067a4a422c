-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | How to connect and to subscribe, and what is told meanwhile.
module Network.NATS.Options
  ( -- * Connecting
    ConnectOptions (..),
    defaultConnectOptions,
    Credentials (..),
    TlsOptions (..),
    defaultTlsOptions,

    -- * Subscribing
    SubscribeOptions (..),
    defaultSubscribeOptions,

    -- * What happens meanwhile
    Event (..),
  )
where

import Control.Exception (SomeException)
import Data.List.NonEmpty (NonEmpty (..))
import Data.Text (Text)
import Data.Time.Clock (NominalDiffTime)
import Network.NATS.Types
import Network.TLS (ClientParams)
import Prelude

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
    tlsInsecureSkipVerify :: !Bool,
    -- | Exactly these parameters; all other fields are without meaning then.
    tlsParameters :: !(Maybe ClientParams)
  }
  deriving stock (Show)

-- | Trust what the system trusts, and check names.
defaultTlsOptions :: TlsOptions
defaultTlsOptions =
  TlsOptions {tlsCaFile = Nothing, tlsServerName = Nothing, tlsClientCertificate = Nothing, tlsInsecureSkipVerify = False, tlsParameters = Nothing}

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
