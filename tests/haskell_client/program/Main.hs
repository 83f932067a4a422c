{-# LANGUAGE ImportQualifiedPost #-}
{-# LANGUAGE OverloadedStrings #-}

-- | Runs one scenario with the client: @scenarios NAME JSON@.
module Main (main) where

import Core qualified
import Data.Aeson (eitherDecodeStrict')
import Data.ByteString.Char8 qualified as B
import Properties qualified
import Report (Settings)
import Steady qualified
import Streams qualified
import System.Environment (getArgs)
import System.Exit (die)

main :: IO ()
main = do
  arguments <- getArgs
  case arguments of
    ["properties"] -> Properties.check
    [name, json] | Just scenario <- lookup name scenarios -> either die scenario (eitherDecodeStrict' (B.pack json))
    _ -> die ("one of " <> unwords (map fst scenarios))

scenarios :: [(String, Settings -> IO ())]
scenarios =
  [ ("connect", Core.tryToConnect),
    ("watch", Core.watch),
    ("slow", Core.slowConsumer),
    ("endpoint", Core.fromEndpoint),
    ("drain", Core.drainSlowly),
    ("pending", Core.pendingBuffer),
    ("messages", Core.messages),
    ("load", Steady.load),
    ("steady", Steady.steady),
    ("settle", Streams.settle),
    ("bounds", Streams.bounds),
    ("holding", Streams.holding),
    ("publish", Streams.publishing),
    ("gone", Streams.gone),
    ("drained", Streams.drained),
    ("single", Streams.singleActive),
    ("admin", Streams.admin)
  ]
