{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE LambdaCase #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Scenarios of core NATS.
module Core
  ( tryToConnect,
    watch,
    slowConsumer,
    fromEndpoint,
    drainSlowly,
    pendingBuffer,
    messages,
  )
where

import Control.Concurrent (newEmptyMVar, putMVar, takeMVar, threadDelay)
import Control.Exception (throwIO, try)
import Control.Monad (forM, forM_, replicateM, when)
import Data.Aeson (Result (..), fromJSON)
import Data.ByteString.Char8 qualified as B
import Data.Foldable (toList)
import Data.IORef
import Data.Maybe (isJust, mapMaybe)
import Network.NATS.Client
import Network.NATS.Extended
import Report
import System.Directory (listDirectory)
import System.Posix.Files (readSymbolicLink)

-- | Connect, ask oneself, close; tell what it came to.
tryToConnect :: Settings -> IO ()
tryToConnect settings = do
  outcome <- try . withConnection (options settings) {coOnEvent = const (pure ())} $ \conn -> do
    _ <- subscribeWith conn "echo.*" defaultSubscribeOptions (\message -> respond conn message (msgBody message))
    msgBody <$> request conn "echo.me" "hello" 5
  say "outcome" $ case outcome of
    Left failure -> show (failure :: NatsError)
    Right body -> B.unpack body
  say "sockets" =<< sockets

sockets :: IO Int
sockets = do
  files <- listDirectory "/proc/self/fd"
  targets <- forM files $ \file -> try (readSymbolicLink ("/proc/self/fd/" <> file)) :: IO (Either IOError FilePath)
  pure (length (filter (either (const False) ((== "socket") . takeWhile (/= ':'))) targets))

-- | Stay connected, and do what the test says.
watch :: Settings -> IO ()
watch settings = withConnection (options settings) $ \conn -> do
  addClosedHandler conn (say "closed" . show)
  _ <- subscribeWith conn "echo.*" defaultSubscribeOptions (\message -> respond conn message (msgBody message))
  let loop = hear >>= \case
        "request" -> answer (request conn "echo.me" "hello" 5) >> loop
        "nobody" -> answer (request conn "nobody.there" "hello" 5) >> loop
        "publish" -> publish conn "secret" "hello" >> flush conn 5 >> say "done" () >> loop
        _ -> pure ()
      answer action = (try action :: IO (Either NatsError Message)) >>= say "answer" . either show (B.unpack . msgBody)
  say "ready" ()
  loop

-- | A subscription that nobody reads, and one beside it.
slowConsumer :: Settings -> IO ()
slowConsumer settings = withConnection (options settings) $ \conn -> do
  slow <- subscribe conn "flood" defaultSubscribeOptions {soPendingMessages = limit settings}
  seen <- newIORef (0 :: Int)
  _ <- subscribeWith conn "flood" defaultSubscribeOptions (const (modifyIORef' seen (+ 1)))
  forM_ [1 .. count settings] $ \number -> publish conn "flood" (B.pack (show number))
  flush conn 10
  waitUntil ((== count settings) <$> readIORef seen)
  say "dropped" =<< droppedMessages slow
  kept <- replicateM (limit settings) (fmap (B.unpack . msgBody) <$> nextMessageWithin slow 5)
  say "kept" (mapMaybe (fmap read') kept)
  more <- nextMessageWithin slow 0.1
  say "more" (isJust more)
  where
    read' = maybe (-1 :: Int) fst . B.readInt . B.pack

-- | Connect as a configuration file and the environment say, for as long as it takes.
fromEndpoint :: Settings -> IO ()
fromEndpoint settings = case fromJSON (endpoint settings) of
  Error why -> say "outcome" why
  Success found -> do
    given <- mkConnectOptions found (Just "extended") (say "event" . show)
    say "options" (map showServer (toList (coServers given)), show (coCredentials given), show (coTls given))
    withNatsConnection given (`flush` 5)
    say "outcome" ("connected" :: String)

-- | Drain while callbacks are slow.
drainSlowly :: Settings -> IO ()
drainSlowly settings = do
  conn <- connect (options settings)
  seen <- newIORef (0 :: Int)
  _ <- subscribeWith conn "work" defaultSubscribeOptions $ \_ -> threadDelay 1000 >> modifyIORef' seen (+ 1)
  forM_ [1 .. count settings] $ \number -> publish conn "work" (B.pack (show number))
  drain conn 20
  say "seen" =<< readIORef seen
  say "after" =<< caught (show :: NatsError -> String) (publish conn "work" "late")
  close conn

-- | Publish without a server until no more fits; the test brings it back.
pendingBuffer :: Settings -> IO ()
pendingBuffer settings = withConnection (options settings) $ \conn -> do
  sub <- subscribe conn "later" defaultSubscribeOptions
  say "ready" ()
  _ <- hear
  waitUntil ((== Nothing) <$> connectedServer conn)
  taken <- fill conn (0 :: Int)
  say "full" taken
  waitUntil ((/= Nothing) <$> connectedServer conn)
  flush conn 10
  received <- replicateM taken (fmap (B.length . msgBody) <$> nextMessageWithin sub 5)
  say "received" (received == map Just [1000 .. 999 + taken])
  where
    fill conn number = try (publish conn "later" (B.replicate (1000 + number) 'x')) >>= \case
      Right () -> fill conn (number + 1)
      Left PendingBufferFull -> pure number
      Left failure -> throwIO failure

-- | What messages carry, how subscriptions end, and what is refused before it is sent.
messages :: Settings -> IO ()
messages settings = withConnection (options settings) $ \conn -> do
  let failing action = caught (show :: NatsError -> String) action
      plain = defaultSubscribeOptions
      headers = [("A", "1"), ("a", "two words: and a colon"), ("A", ""), ("Ünicode", "\195\164")]
  withSubscription conn "m.>" plain $ \sub -> do
    publishWith conn "m.x" (Just "answer.here") (take 3 headers) "\0\r\n\255"
    message <- nextMessage sub
    say "message" (message == Message "m.x" (Just "answer.here") (take 3 headers) Nothing "\0\r\n\255")
  say "header" =<< failing (publishWithHeaders conn "m.x" headers "")
  say "break" =<< failing (publishWithHeaders conn "m.x" [("A", "x\r\nB: y")] "")
  say "subjects" =<< mapM (\subject -> failing (publish conn subject "")) ["", "a b", "a..b", "a.*", "a\r\nPUB b 0", "a.>"]
  say "large" =<< failing (publish conn "m.x" (B.replicate 1048577 'x'))

  three <- subscribe conn "three" plain
  unsubscribeAfter three 3
  forM_ [1 .. 10 :: Int] $ \_ -> publish conn "three" ""
  flush conn 5
  got <- replicateM 3 (nextMessageWithin three 1)
  say "three" (length (filter (/= Nothing) got))
  say "ended" =<< failing (nextMessage three)

  counts <- replicateM 3 (newIORef (0 :: Int))
  forM_ counts $ \each -> subscribeWith conn "group" plain {soQueueGroup = Just "g"} (const (modifyIORef' each (+ 1)))
  forM_ [1 .. 300 :: Int] $ \_ -> publish conn "group" ""
  waitUntil ((== 300) . sum <$> mapM readIORef counts)
  say "group" . map (> 0) =<< mapM readIORef counts

  say "nobody" =<< failing (request conn "nobody" "" 5)
  _ <- subscribe conn "silent" plain
  say "silent" =<< failing (request conn "silent" "" 0.2)

  seen <- newIORef (0 :: Int)
  _ <- subscribeWith conn "thrown" plain $ \message -> do
    when (msgBody message == "bad") (throwIO (userError "thrown by a callback"))
    modifyIORef' seen (+ 1)
  forM_ ["bad", "good"] (publish conn "thrown")
  waitUntil ((== 1) <$> readIORef seen)

  told <- newEmptyMVar
  addClosedHandler conn (putMVar told . show)
  _ <- subscribeWith conn "closer" plain (const (close conn))
  publish conn "closer" ""
  say "closed" =<< takeMVar told
  say "silence" =<< failing (subscribe conn "three" plain)
