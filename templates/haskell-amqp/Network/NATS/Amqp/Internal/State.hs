-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}

-- | Connections and channels: what belongs to them.
module Network.NATS.Amqp.Internal.State
  ( Connection (..),
    Channel (..),
    Confirms (..),
    Consumer (..),
    Held (..),
    Envelope (..),
    serverTime,
    failIfEnded,
    giveBack,
    ignoring,
    retrying,
  )
where

import Control.Concurrent.Async (Async)
import Control.Concurrent.STM
import Control.Exception
import Control.Monad (forM_)
import Data.Foldable (traverse_)
import Data.IntMap.Strict (IntMap)
import Data.IntSet (IntSet)
import Data.List (sortOn)
import Data.Map.Strict (Map)
import Data.Set (Set)
import Data.Text (Text)
import Data.Time.Clock (NominalDiffTime, UTCTime, addUTCTime, getCurrentTime)
import Data.Word (Word64)
import Network.NATS.Amqp.Internal.Definitions
import Network.NATS.Amqp.Internal.Plan
import Network.NATS.Amqp.Internal.Values
import Network.NATS.Client (NatsError)
import Network.NATS.JetStream (JetStream, JetStreamError)
import Network.NATS.JetStream qualified as JS
import Prelude

data Connection = Connection
  { cnJetStream :: !JetStream,
    cnPlan :: !Plan,
    -- | Nobody else has this name.
    cnName :: !Text,
    -- | How much the server's clock is before the one here.
    cnClock :: !NominalDiffTime,
    cnChannels :: !(TVar (IntMap Channel)),
    cnNextChannel :: !(TVar Int),
    cnEnd :: !(TVar (Maybe AMQPException)),
    cnClosedHandlers :: !(TVar [IO ()]),
    -- | What to call when publishing has to wait, and when it goes on.
    cnBlockedHandlers :: !(TVar [(Text -> IO (), IO ())]),
    cnIsBlocked :: !(TVar Bool),
    -- | Streams that were seen to be there, and exchanges, with the time of the server until which that counts.
    cnStreams :: !(TVar (Set Text)),
    cnExchanges :: !(TVar (Map Text (UTCTime, ExchangeDefinition))),
    -- | Exclusive queues, each with what takes it away.
    cnOwned :: !(TVar (Map Text (IO ()))),
    -- | What passes messages on from one exchange or stream to another, by the queue that it reads.
    cnForwards :: !(TVar (Map Text (IO ()))),
    -- | Whether anything belongs to it, so that others have to know that it is there.
    cnIsOwner :: !(TVar Bool)
  }

data Channel = Channel
  { chConnection :: !Connection,
    chNumber :: !Int,
    chEnd :: !(TVar (Maybe SomeException)),
    chHandlers :: !(TVar [SomeException -> IO ()]),
    -- | How many deliveries a consumer may have unsettled; 0 for any number. It counts for consumers that start later.
    chPrefetch :: !(TVar Int),
    -- | Whether that is for all consumers of the channel together.
    chIsShared :: !(TVar Bool),
    chNextTag :: !(TVar Word64),
    -- | What was handed out and is not settled.
    chHeld :: !(TVar (Map Word64 Held)),
    chNextConsumer :: !(TVar Int),
    chConsumers :: !(TVar (Map ConsumerTag Consumer)),
    -- | Calls of callbacks, which one thread makes one after the other.
    chJobs :: !(TQueue (ConsumerTag, Word64, IO ())),
    -- | Deliveries whose callback has not begun, by the consumers that they are for.
    chWaiting :: !(TVar (Map Word64 ConsumerTag)),
    chWorker :: !(TVar (Maybe (Async ()))),
    chReturnListeners :: !(TVar [(Message, PublishError) -> IO ()]),
    chConfirms :: !(TVar (Maybe Confirms)),
    chConfirmListeners :: !(TVar [(Word64, Bool, AckType) -> IO ()]),
    -- | What a transaction is to do, the last first.
    chTransaction :: !(TVar (Maybe [IO ()]))
  }

-- | The next number, what is under way, and what was confirmed and refused since somebody asked.
data Confirms = Confirms
  { cfNext :: !Int,
    cfOpen :: !IntSet,
    cfAcked :: !IntSet,
    cfNacked :: !IntSet
  }

-- | A consumer can be stopped: what has come and was not handed out is to go back.
data Consumer = Consumer
  { stopConsumer :: !(IO [JS.Delivery]),
    -- | Say that it is there, though it asks for nothing at present.
    touchConsumer :: !(IO ())
  }

-- | A delivery, the queue that it is of, and what it is.
data Held = Held
  { hdDelivery :: !JS.Delivery,
    hdQueue :: !Text,
    hdDefinition :: !QueueDefinition,
    hdExchange :: !Text,
    hdKey :: !Text,
    hdMessage :: !Message
  }

-- | What belongs to one delivery.
data Envelope = Envelope
  { envDeliveryTag :: !LongLongInt,
    envRedelivered :: !Bool,
    envExchangeName :: !Text,
    envRoutingKey :: !Text,
    envChannel :: !Channel
  }

-- | The time that it is for the server.
serverTime :: Connection -> IO UTCTime
serverTime conn = addUTCTime (cnClock conn) <$> getCurrentTime

-- | Throws why the channel ended, if it has.
failIfEnded :: Channel -> IO ()
failIfEnded chan = readTVarIO (chEnd chan) >>= traverse_ throwIO

-- | Give back, in order.
giveBack :: [JS.Delivery] -> IO ()
giveBack deliveries = forM_ (sortOn (JS.diStreamSequence . JS.deliveryInfo) deliveries) (ignoring . JS.nak)

-- | Do something that need not succeed: what ends tidies up as far as it can.
ignoring :: IO () -> IO ()
ignoring action = action `catches` [Handler natsError, Handler jetStreamError, Handler amqpException]
  where
    natsError failure = const (pure ()) (failure :: NatsError)
    jetStreamError failure = const (pure ()) (failure :: JetStreamError)
    amqpException failure = const (pure ()) (failure :: AMQPException)

-- | What to do if something fails that is to be tried again.
retrying :: IO () -> [Handler ()]
retrying again =
  [ Handler (\failure -> const again (failure :: NatsError)),
    Handler (\failure -> const again (failure :: JetStreamError))
  ]
