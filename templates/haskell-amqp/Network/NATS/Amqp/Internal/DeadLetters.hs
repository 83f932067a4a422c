-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | What becomes of a message that was rejected, has expired or was delivered too often. The server knows nothing of dead
-- letters: whoever holds the message sends it on, and lets go of it when it is kept elsewhere.
module Network.NATS.Amqp.Internal.DeadLetters
  ( Reason (..),
    deadLetter,
    hasExpired,
    isOverLimit,
  )
where

import Control.Applicative ((<|>))
import Control.Exception (catch, throwIO)
import Data.Int (Int64)
import Data.List (partition)
import Data.Map qualified as Map
import Data.Maybe (catMaybes, fromMaybe)
import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Encoding (encodeUtf8)
import Data.Text.Read qualified as Text
import Data.Time.Clock (NominalDiffTime, UTCTime, addUTCTime)
import Data.Time.Clock.POSIX (getPOSIXTime)
import Network.NATS.Amqp.Internal.Definitions
import Network.NATS.Amqp.Internal.Routing
import Network.NATS.Amqp.Internal.Session
import Network.NATS.Amqp.Internal.Values
import Network.NATS.Client (NatsError (..))
import Network.NATS.JetStream (DeliveryInfo (..), MessageId (..))
import Network.NATS.JetStream qualified as JS
import Prelude

data Reason = Rejected | Expired | DeliveryLimit
  deriving stock (Eq)

reasonText :: Reason -> Text
reasonText Rejected = "rejected"
reasonText Expired = "expired"
reasonText DeliveryLimit = "delivery_limit"

-- | Send a message to the dead-letter exchange of its queue, if there is one, and let go of it. If this program ends in
-- between, the message is delivered again; its copy has a message id, so it is not kept twice.
deadLetter :: Connection -> Reason -> Held -> IO ()
deadLetter conn reason held = do
  target <- maybe (pure Nothing) existing (textField "x-dead-letter-exchange" arguments)
  case target of
    Just exchange | not goesRound -> do
      seconds <- round <$> getPOSIXTime
      -- A message that is nearly too large has no room for its history.
      send conn (MessageId number) exchange key (buried seconds) `catch` \failure -> case failure of
        PayloadTooLarge _ _ -> send conn (MessageId number) exchange key message {msgExpiration = Nothing}
        _ -> throwIO failure
    _ -> pure ()
  JS.termWith (hdDelivery held) (reasonText reason)
  where
    arguments = qdArguments (hdDefinition held)
    message = hdMessage held
    existing "" = pure (Just "")
    existing exchange = (exchange <$) <$> knownExchange conn exchange
    key = fromMaybe (hdKey held) (textField "x-dead-letter-routing-key" arguments)
    info = JS.deliveryInfo (hdDelivery held)
    number = Text.intercalate ":" ["dead", diStream info, diConsumer info, Text.pack (show (diStreamSequence info))]
    deaths = deathsOf message
    -- As in RabbitMQ, a message that nobody rejected goes round once.
    goesRound =
      reason == Expired
        && any (\death -> textField "queue" death == Just (hdQueue held) && textField "reason" death == Just "expired") deaths
        && all ((/= Just "rejected") . textField "reason") deaths
    buried seconds =
      message
        { msgExpiration = Nothing,
          msgHeaders = Just (FieldTable (Map.insert "x-death" (FVFieldArray (map FVFieldTable (died seconds))) lastAndFirst))
        }
    died seconds = case partition isSame deaths of
      (same : _, others) -> again seconds same : others
      ([], others) -> first seconds : others
    isSame death = textField "queue" death == Just (hdQueue held) && textField "reason" death == Just (reasonText reason)
    again seconds (FieldTable death) =
      let count = fromInteger (fromMaybe 1 (numberField "count" (FieldTable death))) + 1 :: Int64
       in FieldTable (Map.insert "count" (FVInt64 count) (Map.insert "time" (FVTimestamp seconds) death))
    first seconds =
      FieldTable . Map.fromList $
        [ ("count", FVInt64 1),
          ("reason", text (reasonText reason)),
          ("queue", text (hdQueue held)),
          ("time", FVTimestamp seconds),
          ("exchange", text (hdExchange held)),
          ("routing-keys", FVFieldArray [text (hdKey held)])
        ]
          <> catMaybes [(,) "original-expiration" . text <$> msgExpiration message]
    lastAndFirst = Map.union (named "x-last-death-") (Map.union given (named "x-first-death-"))
    given = case msgHeaders message of
      Just (FieldTable fields) -> fields
      Nothing -> Map.empty
    named prefix =
      Map.fromList
        [ (prefix <> "reason", text (reasonText reason)),
          (prefix <> "queue", text (hdQueue held)),
          (prefix <> "exchange", text (hdExchange held))
        ]
    text = FVString . encodeUtf8

deathsOf :: Message -> [FieldTable]
deathsOf message = case msgHeaders message >>= field "x-death" of
  Just (FVFieldArray entries) -> [death | FVFieldTable death <- entries]
  _ -> []

-- | Whether a message has waited longer than it may since its stream took it, by its own expiration or by its queue's. What
-- expires at once is for those who wait for it: it has a second to reach them.
hasExpired :: Connection -> QueueDefinition -> Message -> UTCTime -> IO Bool
hasExpired conn queue message since = case limit of
  Nothing -> pure False
  Just milliseconds -> (> addUTCTime (seconds milliseconds) since) <$> serverTime conn
  where
    own = msgExpiration message >>= number
    ofQueue = numberField "x-message-ttl" (qdArguments queue)
    limit = (min <$> own <*> ofQueue) <|> own <|> ofQueue
    number digits = case Text.decimal digits of
      Right (value, "") -> Just value
      _ -> Nothing
    seconds :: Integer -> NominalDiffTime
    seconds milliseconds = if milliseconds == 0 then 1 else fromInteger milliseconds / 1000

-- | Whether a message was delivered more often than its queue allows.
isOverLimit :: QueueDefinition -> DeliveryInfo -> Bool
isOverLimit queue info = case numberField "x-delivery-limit" (qdArguments queue) of
  Just most -> toInteger (diDelivered info) > most + 1
  Nothing -> False
