-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Declaring, binding and deleting exchanges.
module Network.NATS.Amqp.Internal.Exchanges
  ( declareExchange,
    deleteExchange,
    bindExchange,
    bindExchange',
    unbindExchange,
    unbindExchange',
  )
where

import Control.Concurrent.STM
import Control.Monad (forM_, void, when)
import Data.Map.Strict qualified as Map
import Data.Maybe (isJust, isNothing)
import Data.Text (Text)
import Data.Text qualified as Text
import Network.NATS.Amqp.Internal.Bindings
import Network.NATS.Amqp.Internal.Definitions
import Network.NATS.Amqp.Internal.Forwarding
import Network.NATS.Amqp.Internal.Plan
import Network.NATS.Amqp.Internal.Routing
import Network.NATS.Amqp.Internal.Session
import Network.NATS.Amqp.Internal.Topics
import Network.NATS.Amqp.Internal.Values
import Prelude

-- | Declare an exchange, or see that it is there.
declareExchange :: Channel -> ExchangeOpts -> IO ()
declareExchange chan opts = do
  failIfEnded chan
  if exchangePassive opts then natsErrors chan (void (existing chan name)) else declared
  where
    conn = chConnection chan
    js = cnJetStream conn
    name = exchangeName opts
    wanted =
      ExchangeDefinition
        { edType = exchangeType opts,
          edDurable = exchangeDurable opts,
          edAutoDelete = exchangeAutoDelete opts,
          edInternal = exchangeInternal opts,
          edArguments = exchangeArguments opts
        }
    declared = do
      when (isNothing (exchangeTypeOf (exchangeType opts))) $
        channelError chan ("NOT_IMPLEMENTED - exchanges of type '" <> Text.unpack (exchangeType opts) <> "'")
      when (isJust (field "alternate-exchange" (exchangeArguments opts))) $
        channelError chan "NOT_IMPLEMENTED - alternate exchanges"
      natsErrors chan $ do
        before <- lookupExchange js name
        made <- case before of
          Just same | same == wanted -> pure (Right (Just wanted))
          _ -> changeExchange js name $ \found -> case found of
            Just other | other /= wanted -> Left (channelError chan differs)
            Just _ -> Right Nothing
            Nothing -> Right (Just wanted)
        case made of
          Left failed -> failed
          Right _ -> do
            ensurePlanned conn (placeStream (exchangePlace (cnPlan conn) name))
            rememberExchange conn name wanted
    differs = "PRECONDITION_FAILED - exchange '" <> Text.unpack name <> "' was declared in another way"

existing :: Channel -> Text -> IO ExchangeDefinition
existing chan name = lookupExchange (cnJetStream (chConnection chan)) name >>= maybe (channelError chan missing) pure
  where
    missing = "NOT_FOUND - no exchange '" <> Text.unpack name <> "'"

-- | Delete an exchange with its bindings. What queues have got through it stays in them.
deleteExchange :: Channel -> Text -> IO ()
deleteExchange chan name = do
  failIfEnded chan
  natsErrors chan $ do
    queues <- listQueues (cnJetStream conn)
    forM_ queues $ \(queue, definition) ->
      forM_ (filter ((== name) . bdExchange) (qdBindings definition)) $ \binding ->
        removeBinding conn queue name (bdKey binding) (bdArguments binding)
    -- What was passed on from here, or to here.
    forM_ queues $ \(queue, _) -> forM_ (readForward queue) $ \(source, to) ->
      when (source == name || to == ">" <> name) (removeQueue conn queue)
    atomically (modifyTVar' (cnExchanges conn) (Map.delete name))
    forgetExchange (cnJetStream conn) name
  where
    conn = chConnection chan

-- | Bind an exchange, the first, to another one: it gets what is published there, as far as the key says.
bindExchange :: Channel -> Text -> Text -> Text -> IO ()
bindExchange chan destination source key = bindExchange' chan destination source key noFields

bindExchange' :: Channel -> Text -> Text -> Text -> FieldTable -> IO ()
bindExchange' chan destination source key arguments = do
  failIfEnded chan
  natsErrors chan $ do
    _ <- existing chan destination
    definition <- existing chan source
    forward conn source (ToExchange destination)
    addBinding conn (forwardName source (ToExchange destination)) source definition key arguments
  where
    conn = chConnection chan

-- | Undo 'bindExchange': what is on the way arrives.
unbindExchange :: Channel -> Text -> Text -> Text -> IO ()
unbindExchange chan destination source key = unbindExchange' chan destination source key noFields

unbindExchange' :: Channel -> Text -> Text -> Text -> FieldTable -> IO ()
unbindExchange' chan destination source key arguments = do
  failIfEnded chan
  natsErrors chan $ do
    found <- lookupQueue js between
    forM_ found $ \_ -> do
      removeBinding conn between source key arguments
      left <- lookupQueue js between
      when (maybe False (null . qdBindings) left) $ do
        stop <- atomically (stateTVar (cnForwards conn) (\all' -> (Map.lookup between all', Map.delete between all')))
        sequence_ stop
        removeQueue conn between
  where
    conn = chConnection chan
    js = cnJetStream conn
    between = forwardName source (ToExchange destination)
