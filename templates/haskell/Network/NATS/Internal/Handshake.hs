-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | From dialling a server to being logged in.
module Network.NATS.Internal.Handshake
  ( Session (..),
    withSession,
    nextOp,
  )
where

import Control.Exception (IOException, throwIO, try)
import Control.Monad (unless, when)
import Data.Aeson (Value, object, (.=))
import Data.Aeson.Types (Pair)
import Data.Attoparsec.ByteString qualified as A
import Data.ByteString qualified as B
import Data.IORef (IORef, newIORef, readIORef, writeIORef)
import Data.Maybe (fromMaybe, isJust)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Encoding (encodeUtf8)
import Data.Text.IO qualified as Text
import Network.NATS.Internal.NKey
import Network.NATS.Internal.Transport
import Network.NATS.Protocol
import Network.NATS.Options
import Network.NATS.Types
import Prelude

-- | A server that has let this client in.
data Session = Session
  { sessionTransport :: !Transport,
    -- | What is received and not yet understood.
    sessionInput :: !(IORef B.ByteString),
    sessionInfo :: !ServerInfo
  }

-- | Dial a server whose certificate has this name, log in, and hang up in any case.
withSession :: ConnectOptions -> Server -> Text -> (Session -> IO a) -> IO a
withSession options server name use = withTcp limit server $ \socket -> do
  session <- within limit $ do
    open <- startTls Nothing socket
    input <- newIORef B.empty
    info <- nextOp open input >>= expectInfo
    secure <- tlsFor options server info
    early <- readIORef input
    when (isJust secure && not (B.null early)) $
      throwIO (ProtocolError "the server sent plain text where TLS begins")
    transport <- startTls (fmap (\tls -> (tls, fromMaybe name (tlsServerName tls))) secure) socket
    login <- credentials (coCredentials options) info
    send transport (connectLine (connectOptions options (isJust secure) login) <> pingLine)
    expectPong transport input
    pure (Session transport input info)
  use session
  where
    limit = coConnectTimeout options
    expectInfo (OpInfo info) = pure info
    expectInfo (OpErr failure) = throwIO (ServerRefused failure)
    expectInfo _ = throwIO (ProtocolError "a server begins with INFO")
    expectPong transport input = do
      op <- nextOp transport input
      case op of
        OpErr failure -> throwIO (ServerRefused failure)
        _ -> unless (op == OpPong) (expectPong transport input)

-- | The next operation. Throws 'NetworkError' when the server has hung up, and 'ProtocolError'.
nextOp :: Transport -> IORef B.ByteString -> IO ServerOp
nextOp transport input = readIORef input >>= continue . A.parse serverOp
  where
    continue (A.Done rest op) = writeIORef input rest >> pure op
    continue (A.Fail _ _ why) = throwIO (ProtocolError (Text.pack why))
    continue (A.Partial more) = do
      bytes <- receive transport
      when (B.null bytes) (throwIO (NetworkError "the server closed the connection"))
      continue (more bytes)

tlsFor :: ConnectOptions -> Server -> ServerInfo -> IO (Maybe TlsOptions)
tlsFor options server info
  | wanted && not (infoTlsRequired info || infoTlsAvailable info) = throwIO (TlsFailed "the server offers no TLS")
  | wanted || infoTlsRequired info = pure (Just (fromMaybe defaultTlsOptions (coTls options)))
  | otherwise = pure Nothing
  where
    wanted = isJust (coTls options) || serverTls server

credentials :: Credentials -> ServerInfo -> IO [Pair]
credentials given info = case given of
  NoCredentials -> pure []
  UserPassword user password -> pure ["user" .= user, "pass" .= password]
  Token token -> pure ["auth_token" .= token]
  NKeySeed seed -> do
    key <- orThrow (parseSeed seed)
    pure (("nkey" .= publicKey key) : signature key)
  CredentialsFile path -> do
    text <- try (Text.readFile path)
    (jwt, key) <- orThrow (either (unreadable path) Right text >>= parseCredentials)
    pure (("jwt" .= jwt) : signature key)
  where
    signature key = maybe [] (\nonce -> ["sig" .= sign key (encodeUtf8 nonce)]) (infoNonce info)
    unreadable path failure = const (Left (InvalidCredentials (Text.pack path <> " cannot be read"))) (failure :: IOException)
    orThrow = either throwIO pure

connectOptions :: ConnectOptions -> Bool -> [Pair] -> Value
connectOptions options secure login =
  object $
    [ "verbose" .= False,
      "pedantic" .= False,
      "tls_required" .= secure,
      "lang" .= ("haskell" :: Text),
      "version" .= ("1" :: Text),
      "protocol" .= (1 :: Int),
      "echo" .= True,
      "headers" .= True,
      "no_responders" .= True
    ]
      <> maybe [] (\name -> ["name" .= name]) (coName options)
      <> login
