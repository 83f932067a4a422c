-- Made by natsscan generate haskell-amqp; written anew when it runs again.
{-# LANGUAGE DerivingStrategies #-}
{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Which messages a binding takes: as filters, which may take too much, and exactly.
module Network.NATS.Amqp.Internal.Topics
  ( ExchangeType (..),
    exchangeTypeOf,
    exchangeTypeName,
    filtersOf,
    takes,
    withoutSubsets,
  )
where

import Data.List (nub)
import Data.Map qualified as Map
import Data.Maybe (fromMaybe, isJust)
import Data.Text (Text)
import Data.Text qualified as Text
import Network.NATS.Subject (keySubject, token)
import Network.NATS.Amqp.Internal.Values
import Network.NATS.Types (Subject)
import Prelude

-- | How an exchange chooses.
data ExchangeType = Direct | Fanout | Topic | Headers
  deriving stock (Bounded, Enum, Eq, Show)

exchangeTypeName :: ExchangeType -> Text
exchangeTypeName Direct = "direct"
exchangeTypeName Fanout = "fanout"
exchangeTypeName Topic = "topic"
exchangeTypeName Headers = "headers"

-- | A type by its name; 'Nothing' for those that plugins bring.
exchangeTypeOf :: Text -> Maybe ExchangeType
exchangeTypeOf name = lookup name [(exchangeTypeName each, each) | each <- [minBound ..]]

-- | Filters below an exchange's subject that take all that a binding takes.
filtersOf :: ExchangeType -> Subject -> Text -> [Subject]
filtersOf Direct root key = [keySubject root key]
filtersOf Fanout root _ = [root, root <> ".>"]
filtersOf Headers root _ = [root, root <> ".>"]
filtersOf Topic root pattern'
  | "#" `notElem` words' = [joined words']
  | all (`elem` ["*", "#"]) open = case length (filter (== "*") open) of
      0 -> [joined closed, joined (closed <> [">"])]
      stars -> [joined (closed <> replicate (stars - 1) "*" <> [">"])]
  | otherwise = [joined (takeWhile (/= "#") words' <> replicate (after - 1) "*" <> [">"])]
  where
    words' = if Text.null pattern' then [] else map part (Text.splitOn "." pattern')
    part word = if word `elem` ["*", "#"] then word else token word
    joined tokens = Text.intercalate "." (root : tokens)
    -- Stars right before the first # belong to what is open.
    before = takeWhile (/= "#") words'
    closed = reverse (dropWhile (== "*") (reverse before))
    open = drop (length closed) words'
    after = length (filter (/= "#") words') - length before

-- | Whether a binding takes a message: its type, key and arguments, then the message's key and headers.
takes :: ExchangeType -> Text -> FieldTable -> Text -> FieldTable -> Bool
takes Direct bound _ key _ = bound == key
takes Fanout _ _ _ _ = True
takes Topic bound _ key _ = matches (wordsOf bound) (wordsOf key)
takes Headers _ arguments _ headers = headersMatch arguments headers

wordsOf :: Text -> [Text]
wordsOf key = if Text.null key then [] else Text.splitOn "." key

matches :: [Text] -> [Text] -> Bool
matches ["#"] _ = True
matches ("#" : rest) key = any (matches rest) (suffixes key)
matches (word : rest) (first : others) = (word == "*" || word == first) && matches rest others
matches [] [] = True
matches _ _ = False

suffixes :: [a] -> [[a]]
suffixes list = list : case list of
  _ : rest -> suffixes rest
  [] -> []

-- | All of them, or any with @x-match: any@. A void value asks only that the header is there; names with @x-@ do not count
-- unless the match is one @-with-x@.
headersMatch :: FieldTable -> FieldTable -> Bool
headersMatch arguments headers = (if anyOne then or else and) (map agrees wanted)
  where
    how = fromMaybe "all" (textField "x-match" arguments)
    anyOne = how `elem` ["any", "any-with-x"]
    counts name = name /= "x-match" && (not ("x-" `Text.isPrefixOf` name) || "-with-x" `Text.isSuffixOf` how)
    FieldTable asked = arguments
    wanted = filter (counts . fst) (Map.toList asked)
    agrees (name, FVVoid) = isJust (field name headers)
    agrees (name, value) = field name headers == Just value

-- | Filters without those that another one takes altogether, as servers refuse them.
withoutSubsets :: [Subject] -> [Subject]
withoutSubsets given = [one | one <- filters, not (any (\other -> other /= one && within one other) filters)]
  where
    filters = nub given
    within inner outer = go (Text.splitOn "." inner) (Text.splitOn "." outer)
    go (_ : _) [">"] = True
    go (one : rest) (other : others) = one /= ">" && (other == "*" || other == one) && go rest others
    go [] [] = True
    go _ _ = False
