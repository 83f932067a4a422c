-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Passing messages on, where no filter can: from an exchange to another one, and to a queue that is in another stream. A
-- queue of its own holds what is on the way, and the connections that have bound pass it on; while there is none, it waits.
module Network.NATS.Amqp.Internal.Forwarding
  ( Target (..),
    forward,
    forwardName,
    resume,
  )
where

import Control.Concurrent (threadDelay)
import Control.Concurrent.Async (cancel)
import Control.Concurrent.STM
import Control.Exception (catches, onException, try)
import Control.Monad (forM_, unless)
import Data.ByteString qualified as B
import Data.ByteString.Char8 qualified as Char8
import Data.Map.Strict qualified as Map
import Data.Maybe (fromMaybe)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Encoding (encodeUtf8)
import Network.NATS.Amqp.Internal.Bindings
import Network.NATS.Amqp.Internal.Codec
import Network.NATS.Amqp.Internal.Definitions
import Network.NATS.Amqp.Internal.Deliveries
import Network.NATS.Amqp.Internal.Plan
import Network.NATS.Amqp.Internal.Routing
import Network.NATS.Amqp.Internal.Session
import Network.NATS.Amqp.Internal.Values
import Network.NATS.Client (NatsError)
import Network.NATS.Client qualified as Nats
import Network.NATS.JetStream (DeliveryInfo (..), JetStreamError, MessageId (..), jsConnection)
import Network.NATS.JetStream qualified as JS
import Network.NATS.Subject (token)
import Prelude

-- | Where messages go.
data Target = ToQueue !Text | ToExchange !Text
  deriving stock (Eq, Show)

-- | The queue that holds what is on the way.
forwardName :: Text -> Target -> Text
forwardName exchange (ToQueue name) = forwardQueue exchange name
forwardName exchange (ToExchange name) = forwardQueue exchange (">" <> name)

-- | Pass on what a queue between holds, by its name.
resume :: Connection -> Text -> IO ()
resume conn name = forM_ (readForward name) $ \(exchange, to) ->
  forward conn exchange (maybe (ToQueue to) ToExchange (Text.stripPrefix ">" to))

-- | Have messages of an exchange passed on by this connection, as far as bindings of the queue between say; it is there then.
forward :: Connection -> Text -> Target -> IO ()
forward conn exchange target = do
  isRunning <- Map.member name <$> readTVarIO (cnForwards conn)
  unless isRunning $ do
    _ <- changeQueue js name (\found -> Right (maybe (Just between) (const Nothing) found) :: Either () (Maybe QueueDefinition))
    ensurePlanned conn (queueStream place)
    queue <- fromMaybe between <$> lookupQueue js name
    known <- knowing conn queue
    makeConsumer conn name queue
    pull <- JS.openPull js (queueStream place) (queueConsumer place) (pullOptions queue 100)
    worker <- Nats.spawn (jsConnection js) (go pull known) `onException` JS.closePull pull
    let stop = JS.closePull pull >> cancel worker
    isFirst <- atomically $ do
      running <- readTVar (cnForwards conn)
      writeTVar (cnForwards conn) (Map.insertWith (\_ old -> old) name stop running)
      pure (not (Map.member name running))
    unless isFirst stop
  where
    js = cnJetStream conn
    plan = cnPlan conn
    name = forwardName exchange target
    place = queuePlace plan name
    -- Of several connections one passes on, so messages stay in order.
    between = newDefinition True False False (FieldTable (Map.singleton "x-single-active-consumer" (FVBool True))) Nothing
    go pull known = do
      next <- try (try (JS.nextDelivery pull))
      case next of
        Right (Right delivery) -> do
          again delivery (passed known delivery)
          go pull known
        Right (Left failure) -> const over (failure :: JetStreamError) -- the queue between was deleted
        Left failure -> const over (failure :: NatsError) -- it was stopped
    over = atomically (modifyTVar' (cnForwards conn) (Map.delete name))
    -- What comes after it waits, so that it does not overtake.
    again delivery action =
      action `catches` retrying (threadDelay 500000 >> ignoring (JS.inProgress delivery) >> again delivery action)
    passed known delivery = do
      held <- received conn name known delivery
      case held of
        Nothing -> pure ()
        Just each -> pass each >> JS.ack delivery
    pass held = do
      let native = JS.deliveryMessage (hdDelivery held)
          info = JS.deliveryInfo (hdDelivery held)
          number = Text.intercalate ":" ["forward", diStream info, diConsumer info, Text.pack (show (diStreamSequence info))]
          been = maybe [] (Char8.split ',') (Nats.lookupHeader viaHeader native)
          here = encodeUtf8 (token exchange)
          kept = [header | header@(key, _) <- Nats.msgHeaders native, key /= viaHeader, not ("Nats-" `B.isPrefixOf` key)]
          via = (viaHeader, B.intercalate "," (been <> [here]))
          headers = via : kept <> maybe (originHeaders (Origin (hdExchange held) (hdKey held))) (const []) (decodeOrigin kept)
      subject <- case target of
        ToQueue queue -> subjectOf conn "" queue
        ToExchange other -> subjectOf conn other (keyOf native)
      -- Exchanges that are bound in a circle pass each message round once.
      unless (isBack been) (sendTo conn (MessageId number) subject headers (Nats.msgBody native))
    isBack been = case target of
      ToExchange other -> encodeUtf8 (token other) `elem` been
      ToQueue _ -> False
    keyOf native = fromMaybe "" (readExchangeKey (placeSubject (exchangePlace plan exchange)) (Nats.msgSubject native))

viaHeader :: B.ByteString
viaHeader = "Amqp-Via"
