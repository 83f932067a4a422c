-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | From connected to closed: each step is one transaction.
module Network.NATS.Internal.Phases
  ( goOnline,
    goOffline,
    goClosed,
    learn,
  )
where

import Control.Concurrent.STM
import Control.Monad (forM_, when)
import Data.ByteString qualified as B
import Data.IntMap.Strict qualified as IntMap
import Data.Map.Strict qualified as Map
import Data.Sequence qualified as Seq
import Data.Text (Text)
import Data.Text qualified as Text
import Network.NATS.Internal.Receiving
import Network.NATS.Internal.State
import Network.NATS.Options
import Network.NATS.Protocol
import Network.NATS.Types
import Prelude

-- | A server let this client in: subscriptions first, then what waits.
goOnline :: Connection -> Server -> Text -> ServerInfo -> STM ()
goOnline conn server name info = do
  failIfClosed conn
  writeTVar (cPhase conn) (Online server)
  modifyTVar' (cEpoch conn) (+ 1)
  subscriptions <- readTVar (cSubscriptions conn)
  again <- traverse resubscribe (IntMap.elems subscriptions)
  let control = (False, subLine (cInbox conn <> ".*") Nothing inboxNumber : concat again)
  modifyTVar' (cPending conn) (\(Pending size frames) -> Pending (size + sum (map B.length (snd control))) (frames <> [control]))
  learn conn server name info
  emit conn (Connected server)
  where
    resubscribe sub = do
      most <- readTVar (sMost sub)
      received <- readTVar (sReceived sub)
      pure (subscribeLines sub (subtract received <$> most))

-- | The server is lost: what is no data is dropped, and whoever awaits an answer is told.
goOffline :: Connection -> Server -> NatsError -> STM ()
goOffline conn server why = do
  failIfClosed conn
  writeTVar (cPhase conn) Offline
  modifyTVar' (cPending conn) $ \(Pending _ frames) ->
    let kept = filter fst frames in Pending (sum (map (sum . map B.length . snd) kept)) kept
  failReplies conn ConnectionLost
  emit conn (Disconnected server why)

-- | The end. Nothing changes if it has come before.
goClosed :: Connection -> CloseReason -> STM ()
goClosed conn reason = do
  phase <- readTVar (cPhase conn)
  case phase of
    Ended _ -> pure ()
    _ -> do
      writeTVar (cPhase conn) (Ended reason)
      writeTVar (cPending conn) (Pending 0 [])
      failReplies conn (ConnectionClosed reason)
      subscriptions <- readTVar (cSubscriptions conn)
      forM_ subscriptions (\sub -> endSubscription sub (ConnectionClosed reason))
      emit conn (Closed reason)

failReplies :: Connection -> NatsError -> STM ()
failReplies conn failure = do
  replies <- swapTVar (cReplies conn) Map.empty
  pongs <- swapTVar (cPongs conn) Seq.empty
  forM_ replies (\(_, reply) -> tryPutTMVar reply (Left failure))
  forM_ pongs (\reply -> tryPutTMVar reply (Left failure))

-- | What a server says of itself and its cluster. Servers that are new are tried after those that are known.
learn :: Connection -> Server -> Text -> ServerInfo -> STM ()
learn conn server name info = do
  before <- swapTVar (cInfo conn) (Just info)
  when (infoLameDuck info && not (maybe False infoLameDuck before)) (emit conn (LameDuck server))
  when (coDiscoverServers (cOptions conn)) $
    modifyTVar' (cServers conn) $ \known ->
      known
        <> [ (found, if isAddress (serverHost found) then name else serverHost found)
             | Right plain <- map parseServer (infoConnectUrls info),
               let found = plain {serverTls = serverTls server},
               (serverHost found, serverPort found) `notElem` [(serverHost each, serverPort each) | (each, _) <- known]
           ]
  where
    isAddress = Text.all (`elem` ("0123456789abcdefABCDEF.:%" :: String))
