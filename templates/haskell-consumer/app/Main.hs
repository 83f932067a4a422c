-- Made by natsscan generate nats-consumer; written anew when it runs again.

-- | Looking at the first message of a queue on NATS, and dropping it.
module Main (main) where

import Network.NATS.Tools.Consumer (consumerMain)
import Prelude

main :: IO ()
main = consumerMain
