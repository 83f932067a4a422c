-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Bytes to and from a server, plain or with TLS.
module Network.NATS.Internal.Transport
  ( Transport (..),
    withTcp,
    startTls,
    within,
    microseconds,
  )
where

import Control.Exception (IOException, bracket, bracketOnError, catch, handle, throwIO, try)
import Data.ByteString (ByteString)
import Data.ByteString qualified as B
import Data.ByteString.Lazy qualified as L
import Data.Maybe (fromMaybe, isJust, listToMaybe)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.X509 qualified as X509
import Data.X509.CertificateStore (CertificateStore, readCertificateStore)
import Data.X509.Validation qualified as X509
import Data.Time.Clock (NominalDiffTime)
import Network.NATS.Options
import Network.NATS.Types
import Network.Socket (Socket)
import Network.Socket qualified as Socket
import Network.Socket.ByteString qualified as Socket
import Network.TLS qualified as TLS
import Network.TLS.Extra.Cipher (ciphersuite_strong)
import System.Timeout (timeout)
import System.X509 (getSystemCertificateStore)
import Prelude

-- | A way to a server. Both throw 'NetworkError'.
data Transport = Transport
  { -- | What has come; nothing at the end.
    receive :: IO ByteString,
    send :: ByteString -> IO ()
  }

-- | Dial a server within a time, trying each of its addresses, and hang up in any case.
withTcp :: NominalDiffTime -> Server -> (Socket -> IO a) -> IO a
withTcp limit server = bracket (within limit (networkErrors (resolve >>= dial))) Socket.close
  where
    resolve = Socket.getAddrInfo (Just hints) (Just (Text.unpack (serverHost server))) (Just (show (serverPort server)))
    hints = Socket.defaultHints {Socket.addrSocketType = Socket.Stream}
    dial [] = throwIO (NetworkError "the host has no address")
    dial [address] = open address
    dial (address : others) = open address `catch` \failure -> const (dial others) (failure :: IOException)
    open address = bracketOnError (Socket.openSocket address) Socket.close $ \socket -> do
      Socket.setSocketOption socket Socket.NoDelay 1
      Socket.connect socket (Socket.addrAddress address)
      pure socket

-- | What is sent over a socket as it is.
plain :: Socket -> Transport
plain socket = Transport (networkErrors (Socket.recv socket 16384)) (networkErrors . Socket.sendAll socket)

-- | Agree on TLS with a server whose certificate has this name; 'Nothing' for staying with plain text.
startTls :: Maybe (TlsOptions, Text) -> Socket -> IO Transport
startTls Nothing socket = pure (plain socket)
startTls (Just (options, host)) socket = do
  store <- maybe getSystemCertificateStore trusted (tlsCaFile options)
  own <- traverse credential (tlsClientCertificate options)
  octets <- ipOctets host
  context <- TLS.contextNew socket (fromMaybe (parameters options host octets store own) (tlsParameters options))
  tlsErrors (TLS.handshake context)
  pure (Transport (tlsErrors (TLS.recvData context)) (tlsErrors . TLS.sendData context . L.fromStrict))
  where
    trusted path = networkErrors (readCertificateStore path) >>= maybe (throwIO (TlsFailed (noCertificate path))) pure
    credential (certificate, key) =
      networkErrors (TLS.credentialLoadX509 certificate key) >>= either (throwIO . TlsFailed . Text.pack) pure
    noCertificate path = "no certificate in " <> Text.pack path

parameters :: TlsOptions -> Text -> Maybe ByteString -> CertificateStore -> Maybe TLS.Credential -> TLS.ClientParams
parameters options host octets store own =
  basic
    { TLS.clientUseServerNameIndication = not (isJust octets),
      TLS.clientSupported =
        (TLS.clientSupported basic)
          { TLS.supportedVersions = [TLS.TLS13, TLS.TLS12],
            TLS.supportedCiphers = ciphersuite_strong
          },
      TLS.clientShared = (TLS.clientShared basic) {TLS.sharedCAStore = store},
      TLS.clientHooks =
        (TLS.clientHooks basic)
          { TLS.onServerCertificate = if tlsInsecureSkipVerify options then \_ _ _ _ -> pure [] else check,
            TLS.onCertificateRequest = const (pure own)
          }
    }
  where
    basic = TLS.defaultParamsClient (Text.unpack host) B.empty
    check = X509.validate X509.HashSHA256 X509.defaultHooks {X509.hookValidateName = checkName} X509.defaultChecks
    checkName name certificate
      | Just address <- octets =
          if X509.AltNameIP address `elem` alternatives certificate then [] else [X509.NameMismatch name]
      | otherwise = X509.hookValidateName X509.defaultHooks name certificate
    alternatives certificate = case X509.extensionGet (X509.certExtensions certificate) of
      Just (X509.ExtSubjectAltName names) -> names
      Nothing -> []

-- | The bytes of an IP address, if a host is one: certificates have addresses apart from names.
ipOctets :: Text -> IO (Maybe ByteString)
ipOctets host = do
  found <- try (Socket.getAddrInfo (Just numeric) (Just (Text.unpack host)) Nothing)
  pure (either ignore (fmap Socket.addrAddress . listToMaybe) found >>= octets)
  where
    numeric = Socket.defaultHints {Socket.addrFlags = [Socket.AI_NUMERICHOST]}
    ignore failure = const Nothing (failure :: IOException)
    octets (Socket.SockAddrInet _ address) =
      let (a, b, c, d) = Socket.hostAddressToTuple address in Just (B.pack [a, b, c, d])
    octets (Socket.SockAddrInet6 _ _ address _) =
      let (a, b, c, d, e, f, g, h) = Socket.hostAddress6ToTuple address
          bytes word = [fromIntegral (word `div` 256), fromIntegral (word `mod` 256)]
       in Just (B.pack (concatMap bytes [a, b, c, d, e, f, g, h]))
    octets _ = Nothing

-- | Give up after a time.
within :: NominalDiffTime -> IO a -> IO a
within limit action = timeout (microseconds limit) action >>= maybe (throwIO (NetworkError "it took too long")) pure

-- | A duration for 'timeout' and 'threadDelay', which take no more than an 'Int'.
microseconds :: NominalDiffTime -> Int
microseconds duration = fromInteger (max 0 (min (10 ^ (15 :: Int)) (ceiling (duration * 1000000))))

networkErrors :: IO a -> IO a
networkErrors = handle (\failure -> throwIO (NetworkError (Text.pack (show (failure :: IOException)))))

tlsErrors :: IO a -> IO a
tlsErrors = handle (\failure -> throwIO (TlsFailed (Text.pack (show (failure :: TLS.TLSException))))) . networkErrors
