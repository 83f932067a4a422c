{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}
{-# LANGUAGE ScopedTypeVariables #-}

-- | From a host and a port to a connection that is open.
module Network.AMQP.Internal.Handshake
  ( openConnection,
    openConnection',
    openConnection'',
  )
where

import Control.Exception
import Control.Monad
import Data.ByteString (ByteString)
import Data.ByteString.Char8 qualified as BC
import Data.List (find)
import Data.Map qualified as Map
import Data.Maybe (fromMaybe, isJust)
import Data.Text (Text)
import Data.Text qualified as T
import Data.Text.Encoding (decodeUtf8With, encodeUtf8)
import Data.Text.Encoding.Error (lenientDecode)
import Network.AMQP.Internal.Connection
import Network.AMQP.Internal.Frame
import Network.AMQP.Internal.Method
import Network.AMQP.Internal.Options
import Network.AMQP.Types
import Network.Socket
import Network.Socket.ByteString (sendAll)
import Network.Socket.ByteString.Lazy qualified as Lazy

-- | Host, virtual host, user, password.
openConnection :: String -> Text -> Text -> Text -> IO Connection
openConnection host = openConnection' host 5672

openConnection' :: String -> PortNumber -> Text -> Text -> Text -> IO Connection
openConnection' host port vhost user password =
  openConnection''
    defaultConnectionOpts
      { coServers = [(host, port)],
        coVHost = vhost,
        coAuth = [plain user password]
      }

openConnection'' :: ConnectionOpts -> IO Connection
openConnection'' options = do
  when (isJust (coTLSSettings options)) $
    ioError (userError "AMQP: this client is for tests on one machine and has no TLS")
  sock <- firstThatAnswers (coServers options)
  (`onException` close sock) . abnormal $ do
    source <- newSource sock
    sendAll sock "AMQP\0\0\9\1"
    settings <- greet options sock source
    startConnection sock source settings
  where
    -- A broker may hang up instead of saying what it does not like.
    abnormal action =
      action `catch` \(problem :: IOException) -> throwIO (ConnectionClosedException Abnormal (show problem))

firstThatAnswers :: [(String, PortNumber)] -> IO Socket
firstThatAnswers servers = go servers
  where
    go [] = throwIO (ConnectionClosedException Abnormal ("no broker answers at " <> show servers))
    go ((host, port) : others) = dial host port `catch` \(_ :: IOException) -> go others

dial :: String -> PortNumber -> IO Socket
dial host port = getAddrInfo (Just hints) (Just host) (Just (show port)) >>= try1
  where
    hints = defaultHints {addrSocketType = Stream}
    try1 [] = ioError (userError ("no address of " <> host))
    try1 [address] = reach address
    try1 (address : others) = reach address `catch` \(_ :: IOException) -> try1 others
    reach address = do
      sock <- socket (addrFamily address) Stream (addrProtocol address)
      (`onException` close sock) $ do
        setSocketOption sock NoDelay 1
        sock <$ connect sock (addrAddress address)

greet :: ConnectionOpts -> Socket -> Source -> IO Settings
greet options sock source = do
  (properties, offered) <- hear $ \method -> case method of
    ConnectionStart properties offered -> Just (properties, offered)
    _ -> Nothing
  mechanism <- choose offered
  say (connectionStartOk (clientProperties (coName options)) (saslName mechanism) (saslInitialResponse mechanism))
  settings <- challenge mechanism properties
  say $
    connectionTuneOk
      (fromIntegral (setChannelMax settings))
      (fromIntegral (setFrameMax settings))
      (fromIntegral (setHeartbeat settings))
  say (connectionOpen (coVHost options))
  settings <$ hear (\method -> case method of Done -> Just (); _ -> Nothing)
  where
    say = methodFrame 0 >=> Lazy.sendAll sock
    hear :: (ServerMethod -> Maybe a) -> IO a
    hear wanted = do
      Frame _ payload <- readFrame source
      case payload of
        MethodPayload (ConnectionClose _ text) -> do
          say connectionCloseOk `catch` \(_ :: IOException) -> pure ()
          throwIO (ConnectionClosedException Abnormal (T.unpack text))
        MethodPayload method | Just found <- wanted method -> pure found
        Heartbeat -> hear wanted
        _ -> throwIO (ConnectionClosedException Abnormal "the broker breaks the order of the greeting")

    choose offered =
      maybe (throwIO (ConnectionClosedException Abnormal ("no way to log in: the broker offers " <> BC.unpack offered))) pure $
        find ((`elem` T.words (decodeUtf8With lenientDecode offered)) . saslName) (coAuth options)

    challenge mechanism properties = do
      next <- hear $ \method -> case method of
        ConnectionSecure question -> Just (Left question)
        ConnectionTune channels frame heartbeat -> Just (Right (tune options properties channels frame heartbeat))
        _ -> Nothing
      either (respond mechanism >=> const (challenge mechanism properties)) pure next

    respond :: SASLMechanism -> ByteString -> IO ()
    respond mechanism question = do
      let unable = throwIO (ConnectionClosedException Abnormal "no answer to a challenge")
      answer <- maybe unable ($ question) (saslChallengeFunc mechanism)
      say (connectionSecureOk answer)

-- | Limits are the lower ones, where 0 means none; of heartbeats the client decides.
tune :: ConnectionOpts -> FieldTable -> ShortInt -> LongInt -> ShortInt -> Settings
tune options properties channels frame heartbeat =
  Settings
    { setServerProperties = properties,
      setChannelMax = case lower (fromIntegral channels) (maybe 0 fromIntegral (coMaxChannel options)) of
        0 -> 65535
        n -> n,
      setFrameMax = lower (fromIntegral frame) (maybe 0 fromIntegral (coMaxFrameSize options)),
      setHeartbeat = fromIntegral (fromMaybe heartbeat (coHeartbeatDelay options))
    }
  where
    lower 0 b = b
    lower a 0 = a
    lower a b = min a b

clientProperties :: Maybe Text -> FieldTable
clientProperties name =
  FieldTable . Map.fromList $
    [ ("product", text "natsscan test client"),
      ("platform", text "Haskell"),
      ("capabilities", FVFieldTable (FieldTable (Map.fromList [(each, FVBool True) | each <- capabilities])))
    ]
      <> [("connection_name", text given) | Just given <- [name]]
  where
    text = FVString . encodeUtf8
    capabilities =
      [ "authentication_failure_close",
        "basic.nack",
        "connection.blocked",
        "consumer_cancel_notify",
        "exchange_exchange_bindings",
        "publisher_confirms"
      ]
