-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Connecting as services do it: where to, read from the configuration file; who, read from the environment; and for as long
-- as it takes.
module Network.NATS.Extended
  ( NatsEndpoint (..),
    NatsTlsOpts (..),
    readCredentialsFromEnv,
    mkConnectOptions,
    connectWithRetries,
    withNatsConnection,
  )
where

import Control.Concurrent (threadDelay)
import Control.Exception (bracket, throwIO, try)
import Data.Aeson
import Data.List.NonEmpty (NonEmpty (..))
import Data.Text (Text)
import Data.Text qualified as Text
import Network.NATS.Client
import System.Environment (lookupEnv)
import Prelude

-- | Whom to trust.
data NatsTlsOpts = NatsTlsOpts
  { -- | A file with certificates in PEM; 'Nothing' for what the system trusts.
    caCert :: !(Maybe FilePath),
    -- | Take any certificate: for tests only.
    insecureSkipVerifyTls :: !Bool
  }
  deriving stock (Eq, Show)

-- | Where NATS is.
--
-- > nats:
-- >   host: nats.example.com
-- >   port: 4222               # may be left out
-- >   servers: nats://a:4222,nats://b:4222   # instead of host and port
-- >   enableTls: true          # else only if the server asks for it
-- >   caCert: /etc/ssl/nats-ca.pem
-- >   insecureSkipVerifyTls: false
data NatsEndpoint = NatsEndpoint
  { natsServers :: !(NonEmpty Server),
    natsTls :: !(Maybe NatsTlsOpts)
  }
  deriving stock (Eq, Show)

instance FromJSON NatsEndpoint where
  parseJSON = withObject "NatsEndpoint" $ \o -> do
    urls <- o .:? "servers"
    servers <- case urls of
      Just text -> either (fail . show) pure (parseServers text)
      Nothing -> (:| []) <$> (Server <$> o .: "host" <*> o .:? "port" .!= 4222 <*> pure False)
    wanted <- o .:? "enableTls" .!= False
    tls <- NatsTlsOpts <$> o .:? "caCert" <*> o .:? "insecureSkipVerifyTls" .!= False
    pure (NatsEndpoint servers (if wanted then Just tls else Nothing))

-- | Who connects, by the first of these that is set: @NATS_CREDENTIALS_FILE@, @NATS_NKEY_SEED@, @NATS_TOKEN@,
-- @NATS_USERNAME@ with @NATS_PASSWORD@. Throws 'InvalidCredentials' for a user without a password.
readCredentialsFromEnv :: IO Credentials
readCredentialsFromEnv = do
  file <- lookupEnv "NATS_CREDENTIALS_FILE"
  seed <- text "NATS_NKEY_SEED"
  token <- text "NATS_TOKEN"
  user <- text "NATS_USERNAME"
  password <- text "NATS_PASSWORD"
  case (file, seed, token, user, password) of
    (Just path, _, _, _, _) -> pure (CredentialsFile path)
    (_, Just given, _, _, _) -> pure (NKeySeed given)
    (_, _, Just given, _, _) -> pure (Token given)
    (_, _, _, Just name, Just secret) -> pure (UserPassword name secret)
    (_, _, _, Just _, Nothing) -> throwIO (InvalidCredentials "NATS_USERNAME is set, and NATS_PASSWORD is not")
    _ -> pure NoCredentials
  where
    text name = fmap Text.pack <$> lookupEnv name

-- | Options for an endpoint, with credentials from the environment: the name is what monitoring shows.
mkConnectOptions :: NatsEndpoint -> Maybe Text -> (Event -> IO ()) -> IO ConnectOptions
mkConnectOptions endpoint name onEvent = do
  credentials <- readCredentialsFromEnv
  pure
    defaultConnectOptions
      { coServers = natsServers endpoint,
        coName = name,
        coCredentials = credentials,
        coTls = tlsOptions <$> natsTls endpoint,
        coOnEvent = onEvent
      }
  where
    tlsOptions given = defaultTlsOptions {tlsCaFile = caCert given, tlsInsecureSkipVerify = insecureSkipVerifyTls given}

-- | Connect, and try again for as long as no server is there; each attempt that fails is told as 'ConnectFailed'. Credentials
-- that are refused are tried again too, as they may be about to be made.
connectWithRetries :: ConnectOptions -> IO Connection
connectWithRetries options = go 100000
  where
    go delay = do
      made <- try (connect options)
      case made of
        Right conn -> pure conn
        Left (ConnectionFailed _) -> threadDelay delay >> go (min 5000000 (2 * delay))
        Left failure -> throwIO failure

-- | Connect with 'connectWithRetries', use the connection, and close it.
withNatsConnection :: ConnectOptions -> (Connection -> IO a) -> IO a
withNatsConnection options = bracket (connectWithRetries options) close
