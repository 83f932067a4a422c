-- Made by natsscan generate nats-consumer; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | The commands, and what they print.
module Network.NATS.Tools.Consumer.Commands (runCommand) where

import Data.Text (Text)
import Data.Text qualified as Text
import Data.Text.Encoding (decodeUtf8With)
import Data.Text.Encoding.Error (lenientDecode)
import Data.Text.IO qualified as Text
import Data.Time.Format (defaultTimeLocale, formatTime)
import Network.NATS.JetStream (JetStream)
import Network.NATS.Tools.Consumer.First
import Network.NATS.Tools.Consumer.Json
import Network.NATS.Tools.Consumer.Options
import Network.NATS.Tools.Consumer.Queues (Place (..))
import Network.NatsAdmin (StoredMessage (..))
import System.IO (hFlush, isEOF, stdout)
import Prelude

-- | Do what is asked for, and tell whether it is done.
runCommand :: Options -> JetStream -> IO Bool
runCommand options js = do
  found <- awaitFirst js place (optTimeout options)
  case (found, optCommand options) of
    (Nothing, _) -> False <$ say (isEmpty <> waited options)
    (Just message, Head) -> True <$ printFirst place message
    (Just message, DropHead conditions) -> do
      printFirst place message
      case filter (not . (`holds` smBody (firstStored message))) conditions of
        [] -> dropShown options js message
        other : _ -> False <$ say ("not dropped: " <> conditionField other <> " is not " <> conditionValue other)
    (Just message, Interactive) -> interact' options js message
  where
    place = optPlace options

-- | Ask what to do with a message; if it is dropped, go on to the next.
interact' :: Options -> JetStream -> First -> IO Bool
interact' options js message = printFirst place message >> ask
  where
    place = optPlace options
    ask = do
      Text.putStr "drop it, leave it and look again, or quit? [drop/back/quit] "
      hFlush stdout
      ended <- isEOF
      answer <- if ended then "quit" <$ Text.putStrLn "" else Text.strip <$> Text.getLine
      case answer of
        "drop" -> dropShown options js message >>= \dropped -> if dropped then next else pure False
        "back" -> next
        "quit" -> True <$ say "it stays where it is"
        _ -> ask
    next = firstMessage js place >>= maybe (True <$ say isEmpty) (interact' options js)

-- | Drop the message that was shown, and no other one.
dropShown :: Options -> JetStream -> First -> IO Bool
dropShown options js message = do
  dropped <- dropFirst js (optPlace options) number (optTimeout options)
  case dropped of
    DroppedAfter times -> True <$ say ("dropped: number " <> count number <> ", delivery " <> count times)
    NotFirst -> False <$ say "not dropped: it is not the first any more"
    OtherCame other ->
      False <$ say ("not dropped: " <> holder <> "; number " <> count other <> " came instead, and was given back")
    NoneCame -> False <$ say ("not dropped: " <> holder <> waited options)
    NeverSettles -> False <$ say "not dropped: this consumer settles nothing (ack policy none), so none could be given back"
  where
    number = smSequence (firstStored message)
    count = Text.pack . show
    holder = "somebody else holds it" <> orGivenUp message

printFirst :: Place -> First -> IO ()
printFirst place message@(First stored delivered _) = do
  mapM_ (uncurry field) $
    [ ("stream", placeStream place),
      ("consumer", placeConsumer place),
      ("subject", smSubject stored),
      ("number", Text.pack (show (smSequence stored))),
      ("published", Text.pack (formatTime defaultTimeLocale "%Y-%m-%dT%H:%M:%S%QZ" (smTime stored))),
      ("delivered", times)
    ]
      <> [("header", plain name <> ": " <> plain value) | (name, value) <- smHeaders stored]
  Text.putStrLn ""
  Text.putStrLn (readable (smBody stored))
  Text.putStrLn ""
  where
    field name value = Text.putStrLn (Text.justifyLeft 11 ' ' (name <> ":") <> visible value)
    plain = decodeUtf8With lenientDecode
    times = case delivered of
      Never -> "never"
      Once -> "once" <> unsettled
      MoreThanOnce -> "more than once" <> unsettled
      AtLeastOnce -> "at least once" <> unsettled
    unsettled = "; somebody may be working on it" <> orGivenUp message

-- | What else may be if a message is delivered and not settled.
orGivenUp :: First -> Text
orGivenUp message = if firstMayBeGivenUp message then ", or it was delivered as often as the consumer does" else ""

isEmpty :: Text
isEmpty = "the queue is empty"

waited :: Options -> Text
waited options = "; waited for " <> Text.pack (show (optTimeout options))

say :: Text -> IO ()
say text = Text.putStrLn (visible text) >> hFlush stdout
