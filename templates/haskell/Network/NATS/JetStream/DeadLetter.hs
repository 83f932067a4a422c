-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Rejecting messages such that somebody else gets them, as dead letters.
module Network.NATS.JetStream.DeadLetter
  ( rejectTo,
    arrivedUnder,
  )
where

import Data.ByteString qualified as B
import Data.Maybe (isNothing, listToMaybe)
import Data.Text (Text)
import Data.Text qualified as Text
import Network.NATS.Client (Headers, Message (..), Subject)
import Network.NATS.JetStream.Api
import Network.NATS.JetStream.Delivery
import Network.NATS.JetStream.Publish
import Prelude

-- | Publish a message to another subject, wait until a stream has it, and only then settle it. If that throws, the message is
-- not settled, and comes again. Its id is made of where it was, so doing it twice leaves one copy. It keeps its headers, and
-- gets those of the given ones whose names it has not.
rejectTo :: JetStream -> Headers -> Subject -> Delivery -> IO ()
rejectTo js headers subject delivery = do
  _ <- publishWith js options subject (msgBody message)
  term delivery
  where
    message = deliveryMessage delivery
    info = deliveryInfo delivery
    number = Text.pack (show (diStreamSequence info))
    options =
      defaultPublishOptions
        { poHeaders = kept <> [header | header <- headers, isNothing (lookup (fst header) kept)],
          poMessageId = MessageId (Text.intercalate "/" [diStream info, diConsumer info, number])
        }
    kept = filter (not . B.isPrefixOf "Nats-" . fst) (msgHeaders message)

-- | The name of the subject, of some with names, that a message came under, and how its own subject goes on, with the dot before
-- that; nothing if it came under none of them.
arrivedUnder :: [(Subject, Text)] -> Delivery -> Maybe (Text, Subject)
arrivedUnder named delivery = listToMaybe (concatMap under named)
  where
    under (root, name) = case Text.stripPrefix root (msgSubject (deliveryMessage delivery)) of
      Just key | Text.null key || "." `Text.isPrefixOf` key -> [(name, key)]
      _ -> []
