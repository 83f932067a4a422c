{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | How scenarios and the tests that run them speak: JSON on lines.
module Report
  ( Settings (..),
    say,
    hear,
    caught,
    waitUntil,
  )
where

import Control.Concurrent (threadDelay)
import Control.Exception (Exception, try)
import Control.Monad (unless)
import Data.Aeson
import Data.ByteString.Char8 qualified as B
import Data.ByteString.Lazy qualified as L
import Data.Maybe (isJust)
import Data.Text (Text)
import Data.Text qualified as Text
import Network.NATS.Client
import System.IO (hFlush, stdin, stdout)

-- | What a test asks a scenario for: how to connect, and numbers that only the scenario understands.
data Settings = Settings
  { options :: ConnectOptions,
    count :: Int,
    limit :: Int,
    -- | What a configuration file has.
    endpoint :: Value
  }

instance FromJSON Settings where
  parseJSON = withObject "settings" $ \o -> do
    urls <- o .: "servers"
    servers <- either (fail . show) pure (parseServers urls)
    user <- o .:? "user"
    password <- o .:? "password" .!= ""
    token <- o .:? "token"
    seed <- o .:? "seed"
    file <- o .:? "credentials"
    ca <- o .:? "ca"
    name <- o .:? "name"
    certificate <- o .:? "certificate"
    insecure <- o .:? "insecure" .!= False
    ping <- o .:? "ping" .!= 30
    pending <- o .:? "pending" .!= coPendingBytes defaultConnectOptions
    rounds <- o .:? "rounds"
    let given =
          [UserPassword each password | Just each <- [user]]
            <> [Token each | Just each <- [token]]
            <> [NKeySeed each | Just each <- [seed]]
            <> [CredentialsFile each | Just each <- [file]]
        tls = defaultTlsOptions {tlsCaFile = ca, tlsServerName = name, tlsClientCertificate = certificate, tlsInsecureSkipVerify = insecure}
        isGiven = isJust ca || isJust name || isJust certificate || insecure
    Settings
      defaultConnectOptions
        { coServers = servers,
          coCredentials = case given of
            one : _ -> one
            [] -> NoCredentials,
          coTls = if isGiven then Just tls else Nothing,
          coPingInterval = fromRational (toRational (ping :: Double)),
          coPendingBytes = pending,
          coReconnectRounds = rounds,
          coReconnectMaxWait = 0.5,
          coOnEvent = say "event" . show
        }
      <$> o .:? "count" .!= 0
      <*> o .:? "limit" .!= 0
      <*> o .:? "endpoint" .!= Null

-- | Tell the test something.
say :: ToJSON a => Text -> a -> IO ()
say name value = do
  B.hPut stdout (L.toStrict (encode (object ["name" .= name, "value" .= value]) <> "\n"))
  hFlush stdout

-- | Wait for the test.
hear :: IO Text
hear = Text.pack . B.unpack <$> B.hGetLine stdin

-- | What an action throws, as text.
caught :: Exception e => (e -> String) -> IO a -> IO (Maybe String)
caught explain action = either (Just . explain) (const Nothing) <$> try action

-- | Look again until it is so; the test has a time limit.
waitUntil :: IO Bool -> IO ()
waitUntil look = do
  isSo <- look
  unless isSo (threadDelay 5000 >> waitUntil look)
