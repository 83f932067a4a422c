-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Asking in two steps: what is asked is in line to be sent when the first returns.
module Network.NATS.Internal.Request
  ( Question,
    ask,
    awaitAnswer,
    abandon,
    checkMessage,
  )
where

import Control.Concurrent.STM
import Control.Exception (onException, throwIO)
import Control.Monad (forM_, when)
import Data.ByteString (ByteString)
import Data.ByteString qualified as B
import Data.Foldable (traverse_)
import Data.Map.Strict qualified as Map
import Data.Time.Clock (NominalDiffTime)
import GHC.Clock (getMonotonicTime)
import Network.NATS.Internal.Receiving
import Network.NATS.Internal.State
import Network.NATS.Protocol
import Network.NATS.Types
import Prelude

-- | An answer that is awaited: from which subject, where, and what will hold it.
data Question = Question !Connection !Subject !Subject !(Reply Message)

-- | Ask, for an answer within this time. With so many answers awaited already, it blocks. The answer has to be awaited, or
-- the question abandoned.
ask :: Connection -> Int -> Subject -> Headers -> ByteString -> NominalDiffTime -> IO Question
ask conn most subject headers body limit = do
  checkMessage conn subject Nothing headers body
  now <- getMonotonicTime
  atomically $ do
    open <- Map.size <$> readTVar (cReplies conn)
    when (open >= most) retry
    (inbox, reply) <- expectReply conn (now + realToFrac limit)
    sendData conn (pubFrame subject (Just inbox) headers body)
    pure (Question conn subject inbox reply)

-- | The answer, if it comes in time. Throws 'NoResponders', 'RequestTimeout' and 'ConnectionLost'.
awaitAnswer :: Question -> IO Message
awaitAnswer question@(Question _ subject _ reply) = do
  answer <- atomically (readTMVar reply) `onException` abandon question
  case answer of
    Left (RequestTimeout _) -> throwIO (RequestTimeout subject)
    Left failure -> throwIO failure
    Right message
      | (statusCode <$> msgStatus message) == Just 503, B.null (msgBody message) -> throwIO (NoResponders subject)
      | otherwise -> pure message

-- | Await an answer no longer.
abandon :: Question -> IO ()
abandon (Question conn _ inbox _) = atomically (forgetReply conn inbox)

-- | Throws what is wrong with a message before it is sent: the server would close the connection.
checkMessage :: Connection -> Subject -> Maybe Subject -> Headers -> ByteString -> IO ()
checkMessage conn subject reply headers body = do
  either throwIO pure (checkPublishSubject subject >> traverse_ checkPublishSubject reply >> checkHeaders headers)
  info <- readTVarIO (cInfo conn)
  let size = B.length body + (if null headers then 0 else B.length (showHeaders headers))
  forM_ (infoMaxPayload <$> info) $ \most ->
    when (fromIntegral size > most) (throwIO (PayloadTooLarge size most))
