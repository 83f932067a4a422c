-- Made by natsscan generate haskell-client; written anew when it runs again.
{-# LANGUAGE ImportQualifiedPost #-}

-- | Fields of JSON that may be absent, words for values, and durations in nanoseconds.
module Network.NATS.Internal.Json
  ( toNanoseconds,
    fromNanoseconds,
    fieldsOf,
    optional,
    unlessEmpty,
    listOf,
    durationOf,
    wordOf,
    without,
  )
where

import Data.Aeson
import Data.Aeson.KeyMap qualified as KeyMap
import Data.Aeson.Types (Parser)
import Data.Int (Int64)
import Data.Maybe (catMaybes, fromMaybe)
import Data.Text (Text)
import Data.Time.Clock (NominalDiffTime)
import Prelude

-- | A duration as JetStream has it.
toNanoseconds :: NominalDiffTime -> Int64
toNanoseconds duration = round (duration * 1000000000)

-- | The other way round.
fromNanoseconds :: Int64 -> NominalDiffTime
fromNanoseconds = (/ 1000000000) . fromIntegral

-- | An object of the fields that are given, and others.
fieldsOf :: Object -> [Maybe (Key, Value)] -> Value
fieldsOf other given = Object (KeyMap.union (KeyMap.fromList (catMaybes given)) other)

-- | A field, if there is a value.
optional :: ToJSON a => Key -> Maybe a -> Maybe (Key, Value)
optional key = fmap (key .=)

-- | A field, if there are values.
unlessEmpty :: (Foldable f, ToJSON (f a)) => Key -> f a -> Maybe (Key, Value)
unlessEmpty key values = if null values then Nothing else Just (key .= values)

-- | Values, if the field is there.
listOf :: FromJSON a => Object -> Key -> Parser [a]
listOf o key = fromMaybe [] <$> o .:? key

-- | A duration in nanoseconds.
durationOf :: Object -> Key -> Parser (Maybe NominalDiffTime)
durationOf o key = fmap fromNanoseconds <$> o .:? key

-- | A value that is written as a word, or what it is without one.
wordOf :: (Bounded a, Enum a) => Object -> Key -> (a -> Text) -> a -> Parser a
wordOf o key word absent = o .:? key >>= maybe (pure absent) found
  where
    found text = maybe (fail (show text <> " is not known")) pure (lookup text [(word each, each) | each <- [minBound ..]])

-- | What is left of an object.
without :: Object -> [Key] -> Object
without = foldr KeyMap.delete
