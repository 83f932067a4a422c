-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | What has to be said again and again, so that others know that this connection is there and works on what it holds; and what
-- is done by one connection at a time.
module Network.NATS.Amqp.Internal.Keeping
  ( keepHeld,
    keepOwned,
    touch,
    sweeping,
    beOwner,
    isOwnerThere,
    alone,
    ensurePlanned,
    makeStream,
  )
where

import Control.Concurrent (threadDelay)
import Control.Concurrent.STM
import Control.Exception (bracket_, throwIO, try)
import Control.Monad (forM_, forever, unless, void, when)
import Data.IntMap.Strict qualified as IntMap
import Data.Map.Strict qualified as Map
import Data.Set qualified as Set
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Time.Clock (addUTCTime)
import Network.NATS.Amqp.Internal.Definitions
import Network.NATS.Amqp.Internal.Plan
import Network.NATS.Amqp.Internal.State
import Network.NATS.Client qualified as Nats
import Network.NATS.JetStream (ApiError (..), JetStream (..), JetStreamError (..), StreamConfig (..))
import Network.NATS.JetStream qualified as JS
import Prelude

-- | Say every ten seconds that what is held is still worked on, which would be given up after thirty, and that consumers are
-- there that ask for nothing as they hold all they may.
keepHeld :: Connection -> IO ()
keepHeld conn = forever $ do
  threadDelay 10000000
  channels <- IntMap.elems <$> readTVarIO (cnChannels conn)
  held <- traverse (readTVarIO . chHeld) channels
  forM_ (concatMap Map.elems held) $ \each -> ignoring (JS.inProgress (hdDelivery each))
  consumers <- traverse (readTVarIO . chConsumers) channels
  forM_ (concatMap Map.elems consumers) (ignoring . touchConsumer)

-- | Say every ten seconds that this connection is there, and what belongs to it.
keepOwned :: Connection -> IO ()
keepOwned conn = forever $ do
  threadDelay 10000000
  isOwner <- readTVarIO (cnIsOwner conn)
  when isOwner (ignoring (beOwner conn))
  owned <- Map.keys <$> readTVarIO (cnOwned conn)
  forM_ owned (ignoring . touch conn)

-- | Keep a queue from being given up for lack of use. Any word about a delivery counts as use, also about one that there never
-- was; a request for messages would count too, but it puts the first of those that are to come again behind the others.
touch :: Connection -> Text -> IO ()
touch conn name = Nats.publish (jsConnection (cnJetStream conn)) (Text.intercalate "." words') "+WPI"
  where
    place = queuePlace (cnPlan conn) name
    words' = ["$JS.ACK", queueStream place, queueConsumer place, "1.0.0.0.0"]

-- | What one connection does for all.
sweeping :: Text
sweeping = "expiry"

-- | Say that this connection, which exclusive queues belong to, is there.
beOwner :: Connection -> IO ()
beOwner conn = do
  now <- serverTime conn
  atomically (writeTVar (cnIsOwner conn) True)
  void (takeLease (cnJetStream conn) (cnName conn) (cnName conn) now (addUTCTime 30 now))

-- | Whether a connection that exclusive queues belong to is still there.
isOwnerThere :: Connection -> Text -> IO Bool
isOwnerThere conn name
  | name == cnName conn = pure True
  | otherwise = serverTime conn >>= isLeased (cnJetStream conn) name

-- | Change a queue while nobody else does: its definition and its consumer are two things for the server.
alone :: Connection -> Text -> IO a -> IO a
alone conn name action = do
  key <- Nats.newName
  bracket_ (enter key) (ignoring (dropLease js what)) action
  where
    js = cnJetStream conn
    what = "queue." <> name
    enter key = do
      now <- serverTime conn
      isMine <- takeLease js what key now (addUTCTime 15 now)
      unless isMine (threadDelay 10000 >> enter key)

-- | Make sure that a stream of the plan is there.
ensurePlanned :: Connection -> Text -> IO ()
ensurePlanned conn name = do
  isKnown <- Set.member name <$> readTVarIO (cnStreams conn)
  unless isKnown $ do
    makeStream (cnJetStream conn) (streamNamed (cnPlan conn) name)
    atomically (modifyTVar' (cnStreams conn) (Set.insert name))

-- | Make a stream, or leave one of this name as it is. A server that is on its own keeps one replica, as a broker on its own
-- does.
makeStream :: JetStream -> StreamConfig -> IO ()
makeStream js wanted = do
  made <- try (JS.createStream js wanted)
  case made of
    Left (Refused failure)
      | apiCode failure == nameInUse -> pure ()
      | apiCode failure == replicasNeedCluster, scReplicas wanted > 1 -> makeStream js wanted {scReplicas = 1}
    _ -> void (either throwIO pure made)
  where
    nameInUse = 10058
    replicasNeedCluster = 10074
