"""Haskell modules before and after they move to the layer, and modules in which nothing may change."""

from __future__ import annotations

# By what is tricky: the file's path, what it is before, and after.
MOVED: dict[str, tuple[str, str, str]] = {
    "an open import": (
        "A01.hs",
        "module A01 where\nimport Network.AMQP\nf = newMsg\n",
        "module A01 where\nimport Network.NATS.Amqp\nf = newMsg\n",
    ),
    "an alias": (
        "A02.hs",
        "module A02 where\nimport Network.AMQP as Q\nf = Q.newMsg\n",
        "module A02 where\nimport Network.NATS.Amqp as Q\nf = Q.newMsg\n",
    ),
    "qualified before, with an alias": (
        "A03.hs",
        "module A03 where\nimport qualified Network.AMQP as Q\nf = Q.newMsg {Q.msgBody = mempty}\n",
        "module A03 where\nimport qualified Network.NATS.Amqp as Q\nf = Q.newMsg {Q.msgBody = mempty}\n",
    ),
    "qualified behind, with an alias": (
        "A04.hs",
        "{-# LANGUAGE ImportQualifiedPost #-}\nmodule A04 where\nimport Network.AMQP qualified as Q\nf = Q.newMsg\n",
        "{-# LANGUAGE ImportQualifiedPost #-}\nmodule A04 where\nimport Network.NATS.Amqp qualified as Q\nf = Q.newMsg\n",
    ),
    "qualified without an alias: the name is the qualifier": (
        "A05.hs",
        "module A05 where\nimport qualified Network.AMQP\nf :: Network.AMQP.Channel -> IO ()\nf = Network.AMQP.closeChannel\n",
        "module A05 where\nimport qualified Network.NATS.Amqp\nf :: Network.NATS.Amqp.Channel -> IO ()\n"
        "f = Network.NATS.Amqp.closeChannel\n",
    ),
    "open, and a qualifier where the module wants one": (
        "A06.hs",
        "module A06 where\nimport Network.AMQP\nf = Network.AMQP.newMsg {Network.AMQP.msgBody = mempty}\n",
        "module A06 where\nimport Network.NATS.Amqp\nf = Network.NATS.Amqp.newMsg {Network.NATS.Amqp.msgBody = mempty}\n",
    ),
    "a package's name": (
        "A07.hs",
        '{-# LANGUAGE PackageImports #-}\nmodule A07 where\nimport "amqp" Network.AMQP (newMsg)\nf = newMsg\n',
        '{-# LANGUAGE PackageImports #-}\nmodule A07 where\nimport "nats-amqp" Network.NATS.Amqp (newMsg)\nf = newMsg\n',
    ),
    "safe, qualified, and a package's name": (
        "A08.hs",
        '{-# LANGUAGE PackageImports, Safe #-}\nmodule A08 where\nimport safe qualified "amqp" Network.AMQP as Q\nf = Q.newMsg\n',
        '{-# LANGUAGE PackageImports, Safe #-}\nmodule A08 where\nimport safe qualified "nats-amqp" Network.NATS.Amqp as Q\n'
        "f = Q.newMsg\n",
    ),
    "a list over several lines with comments": (
        "A09.hs",
        "module A09 where\nimport Network.AMQP\n  ( -- Network.AMQP has it\n    Message (..),\n    newMsg, -- ^ plain\n  )\nf = newMsg\n",
        "module A09 where\nimport Network.NATS.Amqp\n  ( -- Network.AMQP has it\n    Message (..),\n    newMsg, -- ^ plain\n  )\nf = newMsg\n",
    ),
    "what is hidden": (
        "A10.hs",
        "module A10 where\nimport Network.AMQP hiding (queueName, newMsg)\nimport Network.AMQP qualified as Q\nf = Q.newMsg\n",
        "module A10 where\nimport Network.NATS.Amqp hiding (queueName, newMsg)\nimport Network.NATS.Amqp qualified as Q\nf = Q.newMsg\n",
    ),
    "two modules under one alias": (
        "A11.hs",
        "module A11 where\nimport Network.AMQP qualified as Q\nimport Network.AMQP.Types qualified as Q\nf = Q.FVBool True\n",
        "module A11 where\nimport Network.NATS.Amqp qualified as Q\nimport Network.NATS.Amqp.Types qualified as Q\nf = Q.FVBool True\n",
    ),
    "all three modules": (
        "A12.hs",
        "module A12 where\nimport Network.AMQP\nimport Network.AMQP.Lifted qualified as L\nimport Network.AMQP.Types (FieldTable)\n"
        "f = L.consumeMsgs\n",
        "module A12 where\nimport Network.NATS.Amqp\nimport Network.NATS.Amqp.Lifted qualified as L\n"
        "import Network.NATS.Amqp.Types (FieldTable)\nf = L.consumeMsgs\n",
    ),
    "modules passed on as a whole": (
        "A13.hs",
        "module A13 (module Network.AMQP, module X, own, module Network.AMQP.Types) where\nimport Network.AMQP\n"
        "import Network.AMQP.Types\nimport Data.List as X\nown = newMsg\n",
        "module A13 (module Network.NATS.Amqp, module X, own, module Network.NATS.Amqp.Types) where\nimport Network.NATS.Amqp\n"
        "import Network.NATS.Amqp.Types\nimport Data.List as X\nown = newMsg\n",
    ),
    "names passed on with their module": (
        "A14.hs",
        "module A14\n  ( Network.AMQP.Message (..),\n    Network.AMQP.newMsg,\n  ) where\nimport qualified Network.AMQP\n",
        "module A14\n  ( Network.NATS.Amqp.Message (..),\n    Network.NATS.Amqp.newMsg,\n  ) where\nimport qualified Network.NATS.Amqp\n",
    ),
    "an alias is passed on": (
        "A15.hs",
        "module A15 (module Q) where\nimport Network.AMQP as Q\n",
        "module A15 (module Q) where\nimport Network.NATS.Amqp as Q\n",
    ),
    "branches of the preprocessor": (
        "A16.hs",
        "{-# LANGUAGE CPP #-}\nmodule A16 where\n#if defined(ONE)\nimport Network.AMQP (newMsg)\n#elif TWO\n"
        "import qualified Network.AMQP\n#else\nimport Network.AMQP.Types\n#endif\nf = ()\n",
        "{-# LANGUAGE CPP #-}\nmodule A16 where\n#if defined(ONE)\nimport Network.NATS.Amqp (newMsg)\n#elif TWO\n"
        "import qualified Network.NATS.Amqp\n#else\nimport Network.NATS.Amqp.Types\n#endif\nf = ()\n",
    ),
    "a macro": (
        "A17.hs",
        "{-# LANGUAGE CPP #-}\nmodule A17 where\nimport qualified Network.AMQP\n#define MESSAGE Network.AMQP.newMsg\nf = MESSAGE\n",
        "{-# LANGUAGE CPP #-}\nmodule A17 where\nimport qualified Network.NATS.Amqp\n#define MESSAGE Network.NATS.Amqp.newMsg\nf = MESSAGE\n",
    ),
    "CRLF": (
        "A18.hs",
        "module A18 where\r\nimport Network.AMQP\r\n  ( newMsg\r\n  )\r\nf = newMsg\r\n",
        "module A18 where\r\nimport Network.NATS.Amqp\r\n  ( newMsg\r\n  )\r\nf = newMsg\r\n",
    ),
    "tabs": (
        "A19.hs",
        "module A19 where\nimport\tNetwork.AMQP\tas\tQ\nf =\tQ.newMsg\n",
        "module A19 where\nimport\tNetwork.NATS.Amqp\tas\tQ\nf =\tQ.newMsg\n",
    ),
    "no end of the last line": (
        "A20.hs",
        "module A20 where\nimport Network.AMQP",
        "module A20 where\nimport Network.NATS.Amqp",
    ),
    "no header": (
        "A21.hs",
        "import Network.AMQP (newMsg)\nmain = newMsg `seq` pure ()\n",
        "import Network.NATS.Amqp (newMsg)\nmain = newMsg `seq` pure ()\n",
    ),
    "literate, with birds": (
        "A22.lhs",
        "Network.AMQP is what we use:\n\n> module A22 where\n> import Network.AMQP\n> f = newMsg\n\nimport Network.AMQP\n",
        "Network.AMQP is what we use:\n\n> module A22 where\n> import Network.NATS.Amqp\n> f = newMsg\n\nimport Network.AMQP\n",
    ),
    "literate, as LaTeX": (
        "A23.lhs",
        "import Network.AMQP\n\\begin{code}\nmodule A23 where\nimport Network.AMQP\n\\end{code}\nimport Network.AMQP\n",
        "import Network.AMQP\n\\begin{code}\nmodule A23 where\nimport Network.NATS.Amqp\n\\end{code}\nimport Network.AMQP\n",
    ),
    "other scripts and symbols": (
        "A24.hs",
        "{-# LANGUAGE UnicodeSyntax #-}\nmodule A24 where\nimport qualified Network.AMQP\ngröße ∷ Network.AMQP.Channel→Network.AMQP.Message\n"
        "größe _ = Network.AMQP.newMsg -- Ärger\n",
        "{-# LANGUAGE UnicodeSyntax #-}\nmodule A24 where\nimport qualified Network.NATS.Amqp\n"
        "größe ∷ Network.NATS.Amqp.Channel→Network.NATS.Amqp.Message\ngröße _ = Network.NATS.Amqp.newMsg -- Ärger\n",
    ),
    "names quoted for Template Haskell": (
        "A25.hs",
        "{-# LANGUAGE TemplateHaskell #-}\nmodule A25 where\nimport qualified Network.AMQP\n"
        "f = ('Network.AMQP.newMsg, ''Network.AMQP.Message, [e|Network.AMQP.newMsg|], [t|Network.AMQP.Channel|])\n",
        "{-# LANGUAGE TemplateHaskell #-}\nmodule A25 where\nimport qualified Network.NATS.Amqp\n"
        "f = ('Network.NATS.Amqp.newMsg, ''Network.NATS.Amqp.Message, [e|Network.NATS.Amqp.newMsg|], [t|Network.NATS.Amqp.Channel|])\n",
    ),
    "backquotes, sections and compositions without blanks": (
        "A26.hs",
        "module A26 where\nimport qualified Network.AMQP\nf c = (c `Network.AMQP.rejectEnv`) . fst.Network.AMQP.msgBody.snd\n",
        "module A26 where\nimport qualified Network.NATS.Amqp\nf c = (c `Network.NATS.Amqp.rejectEnv`) . fst.Network.NATS.Amqp.msgBody.snd\n",
    ),
    "a boot file": (
        "A27.hs-boot",
        "module A27 where\nimport Network.AMQP (Channel)\nf :: Channel -> IO ()\n",
        "module A27 where\nimport Network.NATS.Amqp (Channel)\nf :: Channel -> IO ()\n",
    ),
    "a longer module beside it": (
        "A28.hs",
        "module A28 where\nimport Network.AMQP\nimport Network.AMQP.Extended\nimport Network.AMQP.Extended qualified as Network.AMQP.E\nf = g\n",
        "module A28 where\nimport Network.NATS.Amqp\nimport Network.AMQP.Extended\nimport Network.AMQP.Extended qualified as Network.AMQP.E\nf = g\n",
    ),
    "a module below it, with names of its own": (
        "src/Network/AMQP/Extended.hs",
        "module Network.AMQP.Extended (module Network.AMQP.Extended, g) where\nimport qualified Network.AMQP\ng = Network.AMQP.newMsg\n"
        "h = Network.AMQP.Extended.g\n",
        "module Network.AMQP.Extended (module Network.AMQP.Extended, g) where\nimport qualified Network.NATS.Amqp\n"
        "g = Network.NATS.Amqp.newMsg\nh = Network.AMQP.Extended.g\n",
    ),
    "texts, characters and comments between": (
        "A30.hs",
        "module A30 where\nimport qualified Network.AMQP -- Network.AMQP, really\n{- import Network.AMQP {- nested -} -}\n"
        'f = "Network.AMQP.newMsg" : [\'"\', \'\\\'\'] : ["\\"\\\n  \\Network.AMQP.x"]\ng = Network.AMQP.newMsg\n',
        "module A30 where\nimport qualified Network.NATS.Amqp -- Network.AMQP, really\n{- import Network.AMQP {- nested -} -}\n"
        'f = "Network.AMQP.newMsg" : [\'"\', \'\\\'\'] : ["\\"\\\n  \\Network.AMQP.x"]\ng = Network.NATS.Amqp.newMsg\n',
    ),
    "an alias like the module, and the module": (
        "A31.hs",
        "module A31 where\nimport qualified Network.AMQP\nimport qualified Network.AMQP.Types as Network.AMQP\n"
        "f = (Network.AMQP.newMsg, Network.AMQP.FVBool True)\n",
        "module A31 where\nimport qualified Network.NATS.Amqp\nimport qualified Network.NATS.Amqp.Types as Network.NATS.Amqp\n"
        "f = (Network.NATS.Amqp.newMsg, Network.NATS.Amqp.FVBool True)\n",
    ),
    "an alias like the module alone": (
        "A32.hs",
        "module A32 where\nimport qualified Network.AMQP.Types as Network.AMQP\nf = Network.AMQP.FVBool True\n",
        "module A32 where\nimport qualified Network.NATS.Amqp.Types as Network.AMQP\nf = Network.AMQP.FVBool True\n",
    ),
    "pragmas with code in them": (
        "A33.hs",
        'module A33 where\nimport qualified Network.AMQP\n{-# RULES "m" forall c. f c = Network.AMQP.newMsg #-}\n{-# ANN f "Network.AMQP" #-}\n'
        "f c = Network.AMQP.newMsg\n",
        'module A33 where\nimport qualified Network.NATS.Amqp\n{-# RULES "m" forall c. f c = Network.NATS.Amqp.newMsg #-}\n'
        '{-# ANN f "Network.AMQP" #-}\nf c = Network.NATS.Amqp.newMsg\n',
    ),
    "a comprehension that looks like a quotation": (
        "A34.hs",
        "module A34 where\nimport qualified Network.AMQP\nf xs = [x|x<-xs, Network.AMQP.msgBody x == mempty]\ng = [|Network.AMQP.newMsg|]\n",
        "module A34 where\nimport qualified Network.NATS.Amqp\nf xs = [x|x<-xs, Network.NATS.Amqp.msgBody x == mempty]\n"
        "g = [|Network.NATS.Amqp.newMsg|]\n",
    ),
    "a syntax error below": (
        "A35.hs",
        "module A35 where\nimport Network.AMQP qualified as Q\nf = Q.newMsg\ng = = )(\n",
        "module A35 where\nimport Network.NATS.Amqp qualified as Q\nf = Q.newMsg\ng = = )(\n",
    ),
    "a byte order mark": (
        "A36.hs",
        "\ufeffmodule A36 where\nimport Network.AMQP\nf = newMsg\n",
        "\ufeffmodule A36 where\nimport Network.NATS.Amqp\nf = newMsg\n",
    ),
    "types, classes and instances": (
        "A37.hs",
        "module A37 where\nimport qualified Network.AMQP\nclass C a where\n  c :: a -> Network.AMQP.Message\n"
        "instance C Network.AMQP.Message where\n  c = id\ndata D = D {d :: !Network.AMQP.Channel, e :: [Network.AMQP.Message]}\n",
        "module A37 where\nimport qualified Network.NATS.Amqp\nclass C a where\n  c :: a -> Network.NATS.Amqp.Message\n"
        "instance C Network.NATS.Amqp.Message where\n  c = id\n"
        "data D = D {d :: !Network.NATS.Amqp.Channel, e :: [Network.NATS.Amqp.Message]}\n",
    ),
    "a source import": (
        "A38.hs",
        "module A38 where\nimport {-# SOURCE #-} qualified A27\nimport Network.AMQP\n  hiding (newMsg)\nas = A27.f\nhiding = as\n",
        "module A38 where\nimport {-# SOURCE #-} qualified A27\nimport Network.NATS.Amqp\n  hiding (newMsg)\nas = A27.f\nhiding = as\n",
    ),
    "quotations without code of it": (
        "A39.hs",
        "{-# LANGUAGE QuasiQuotes #-}\nmodule A39 where\nimport qualified Network.AMQP\nf = [i|use Network.AMQP, \"it's|] <> Network.AMQP.msgType\n",
        "{-# LANGUAGE QuasiQuotes #-}\nmodule A39 where\nimport qualified Network.NATS.Amqp\n"
        "f = [i|use Network.AMQP, \"it's|] <> Network.NATS.Amqp.msgType\n",
    ),
}

# Files in which nothing changes while others move.
KEPT: dict[str, tuple[str, str]] = {
    "a module that is called like a longer one": ("B01.hs", "module B01 where\nimport Network.AMQP.Extended\nf = g\n"),
    "the same, qualified": (
        "B02.hs",
        "module B02 where\nimport qualified Network.AMQP.Extended\nf = Network.AMQP.Extended.g\n",
    ),
    "a module of another package": ("B03.hs", "module B03 where\nimport Network.AMQP.Worker (connect)\nf = connect\n"),
    "a module whose name only begins alike": (
        "B04.hs",
        "module B04 where\nimport Network.AMQPS\nimport Network.AMQP'\nf = x\n",
    ),
    "a module whose name ends alike": (
        "B05.hs",
        "module B05 where\nimport My.Network.AMQP\nf = My.Network.AMQP.newMsg\n",
    ),
    "a line comment": (
        "B06.hs",
        "module B06 where\n-- import Network.AMQP\n-- | See 'Network.AMQP.publishMsg' and \"Network.AMQP\".\nf = ()\n",
    ),
    "a block comment, nested": ("B07.hs", "module B07 where\n{- {- x -}\nimport Network.AMQP\n-}\nf = ()\n"),
    "a text": ("B08.hs", 'module B08 where\nf = "import Network.AMQP" <> "\\nNetwork.AMQP.newMsg"\n'),
    "a text over several lines": ("B09.hs", 'module B09 where\nf = "a\\\n  \\import Network.AMQP\\\n  \\"\n'),
    "the same module of another package": (
        "B10.hs",
        '{-# LANGUAGE PackageImports #-}\nmodule B10 where\nimport "mine" Network.AMQP\nf = Network.AMQP.newMsg\n',
    ),
    "this package's own": (
        "B11.hs",
        '{-# LANGUAGE PackageImports #-}\nmodule B11 where\nimport qualified "this" Network.AMQP as Q\nf = Q.x\n',
    ),
    "a constructor under an alias": (
        "B12.hs",
        "module B12 where\nimport qualified Network as Network\nf = Network.AMQP 1\n",
    ),
    "a qualifier that something else has": (
        "B13.hs",
        "module B13 where\nimport qualified Data.Map as Network.AMQP\nf = Network.AMQP.empty\n",
    ),
    "names that come through the project": ("B14.hs", "module B14 where\nimport A13\nf = newMsg\n"),
    "an alias that is passed on": (
        "B15.hs",
        "module B15 (module Network.AMQP) where\nimport Data.List as Network.AMQP\n",
    ),
    "names only, under no import": ("B16.hs", "module B16 where\nf = Network.AMQP.newMsg\n"),
    "a quotation": ("B17.hs", "{-# LANGUAGE QuasiQuotes #-}\nmodule B17 where\nf = [i|\nimport Network.AMQP\n|]\n"),
    "prose of a literate file": (
        "B18.lhs",
        "import Network.AMQP\n\n> module B18 where\n> f = ()\n\nimport Network.AMQP\n",
    ),
    "a foreign import": ("B19.hs", 'module B19 where\nforeign import ccall "Network.AMQP" amqp :: IO ()\n'),
    "a variable called as": ("B20.hs", "module B20 where\nimport Data.List as L\nf as = as\n"),
    "an empty file": ("B21.hs", ""),
    "a comment alone": ("B22.hs", "-- Network.AMQP"),
    "text that never ends": ("B23.hs", 'module B23 where\nf = "import Network.AMQP\n'),
    "a comment that never ends": ("B24.hs", "module B24 where\n{- import Network.AMQP\nf = ()\n"),
    "capitals": ("B25.hs", "module B25 where\nimport Network.Amqp\nimport network.AMQP\nf = ()\n"),
    "a haddock section": (
        "B26.hs",
        'module B26\n  ( -- * "Network.AMQP"\n    f,\n    -- ** Network.AMQP.newMsg\n  )\nwhere\nf = ()\n',
    ),
    "an option of the compiler": (
        "B27.hs",
        "{-# OPTIONS_GHC -Wno-missing-import-lists -DX=Network.AMQP #-}\nmodule B27 where\nf = ()\n",
    ),
    "another file's text about it": ("notes.md", "import Network.AMQP\n"),
    "a package with a module that is called after the broker": (
        "other/other.cabal",
        "cabal-version: 2.4\nname: other\nversion: 1\nlibrary\n  exposed-modules: Network.AMQP.Extended\n  build-depends: base\n",
    ),
    "Windows line ends": ("B30.hs", "module B30 where\r\n-- Network.AMQP\r\nimport Network.AMQP.Extended\r\nf = g\r\n"),
    "a directive that is prose": (
        "B31.hs",
        "{-# LANGUAGE CPP #-}\nmodule B31 where\n#ifdef OLD\n#error don't import Network.AMQP\n#endif\nf = ()\n",
    ),
    "what the layer's own package has": (
        "libs/nats-amqp/src/Network/NATS/Amqp/Own.hs",
        "-- Made by natsscan generate haskell-amqp; written anew when it runs again.\nmodule Network.NATS.Amqp.Own where\n-- Network.AMQP\n",
    ),
    "the library itself": (
        "vendor/amqp/src/Network/AMQP.hs",
        "module Network.AMQP (module Network.AMQP, module Network.AMQP.Types) where\nimport Network.AMQP.Types\n",
    ),
    "another module of the library itself": (
        "vendor/amqp/test/Main.hs",
        "module Main where\nimport Network.AMQP\nmain = pure ()\n",
    ),
    "comments in pragmas": (
        "D15.hs",
        "module D15 where\n{-# INLINE f -- Network.AMQP\n #-} -- Network.AMQP\n"
        '{-# RULES {- in\nimport Network.AMQP\n-} "f" f = () -- Network.AMQP\n #-}\nf = ()\n',
    ),
    "a rule of dashes": (
        "D16.hs",
        "module D16 where\n----- import Network.AMQP -----\nf = (+)--import Network.AMQP\ng = ()---- {- Network.AMQP\n",
    ),
    "comments behind quotes that are closed": (
        "D17.hs",
        'module D17 where\nf = "\\\\" -- "import Network.AMQP\ng = \'"\' {-"\nimport Network.AMQP -}\n'
        "h = '\\'' -- ' Network.AMQP\ni = \"\\\"\" {-\nimport Network.AMQP \" -}\n",
    ),
    "functions called almost like the word": (
        "D18.hs",
        "module D18 where\nimport qualified Network\nf = do\n  import' Network.AMQP\n  import_ Network.AMQP\n  imports Network.AMQP\n  ımport Network.AMQP\n",
    ),
    "quoted names that only look alike": (
        "D19.hs",
        "{-# LANGUAGE TemplateHaskell #-}\nmodule D19 where\nimport qualified Network\nf = ['Network.AMQP, ''Network.AMQP]\n",
    ),
    "names behind a lens": (
        "D20.hs",
        "module D20 where\nimport qualified AMQP\nf = _Network.AMQP.newMsg . network'Network.AMQP.newMsg\n",
    ),
    "an alias that is longer, and one that is shorter": (
        "D21.hs",
        "module D21 where\nimport qualified Data.List as Network.AMQP.L\nimport qualified Data.Char as Network\n"
        "f = (Network.AMQP.L.nub, Network.toUpper)\n",
    ),
    "the library's package and a module that it does not have": (
        "D22.hs",
        '{-# LANGUAGE PackageImports #-}\nmodule D22 where\nimport "amqp" Network.AMQP.Own\nf = ()\n',
    ),
    "parts of the name": (
        "D23.hs",
        "module D23 where\n-- Network.AMQP\nimport AMQP\nimport Network\nimport Types\nf = Network -- .AMQP\n  . AMQP\n",
    ),
    "a name that goes on in another script": (
        "D24.hs",
        "module D24 where\nimport Network.AMQPä\nimport Network.AMQP.Größe\nf = Network.AMQPä.f\n",
    ),
    "literate, with code that is none": (
        "D25.lhs",
        "\\begin{spec}\nimport Network.AMQP\n\\end{spec}\n|import Network.AMQP|\n\n< import Network.AMQP\n\n> module D25 where\n> -- Network.AMQP\n",
    ),
    "literate, with birds that are not at the start": (
        "D26.lhs",
        "import Network.AMQP\n\n >import Network.AMQP\n\n>module D26 where\n",
    ),
    "directives that name a file": (
        "D27.hs",
        '{-# LANGUAGE CPP #-}\nmodule D27 where\n#  include "Network.AMQP.h"\n# line 4 "Network.AMQP"\n#pragma import Network.AMQP\nf = ()\n',
    ),
    "a text over Windows lines": (
        "D28.hs",
        'module D28 where\r\nf = "a\\\r\n\t\\import Network.AMQP\\\r\n\\"\r\n-- "\r\n',
    ),
    "a hook of c2hs": ("D29.chs", "module D29 where\n{#import qualified Network.AMQP #}\nf = {#type amqp#}\n"),
    "what a build left": ("dist-newstyle/build/D30.hs", "module D30 where\nimport Network.AMQP\nf = newMsg\n"),
    "a copy that an editor left": ("D31.hs.orig", "module D31 where\nimport Network.AMQP\nf = newMsg\n"),
    "a template of a module": ("D32.hs.tpl", "module {{ .Name }} where\nimport Network.AMQP\nf = newMsg\n"),
    "a patch": ("D33.patch", "--- a/A01.hs\n+++ b/A01.hs\n@@ -1,1 +1,2 @@\n module A01 where\n+import Network.AMQP\n"),
    "a rule of a linter": (
        ".hlint.yaml",
        "- modules:\n  - {name: Network.AMQP, within: [A01]}\n- ignore: {name: Use newMsg}\n",
    ),
    "the code of a document": (
        "docs/use.rst",
        "Use\n===\n\n.. code-block:: haskell\n\n   import qualified Network.AMQP\n   f = Network.AMQP.newMsg\n",
    ),
    "a file with a module's path and another's name": (
        "tools/Network/AMQP.hs",
        "module Main (main) where\n-- Not Network.AMQP.\nmain = pure ()\n",
    ),
}
