"""More Haskell modules that move to the layer or stay: what GHC accepts, and what one would hardly write."""

from __future__ import annotations

# By what is tricky: the file's path, what it is before, and after.
MORE_MOVED: dict[str, tuple[str, str, str]] = {
    "imports on one line": (
        "C01.hs",
        "module C01 where\nimport Data.List; import Network.AMQP; import Network.AMQP.Types (FieldTable); f = newMsg\n",
        "module C01 where\nimport Data.List; import Network.NATS.Amqp; import Network.NATS.Amqp.Types (FieldTable); f = newMsg\n",
    ),
    "braces without blanks": (
        "C02.hs",
        "module C02(f)where{;;import Network.AMQP;import qualified Network.AMQP.Types as T;f=Network.AMQP.newMsg}\n",
        "module C02(f)where{;;import Network.NATS.Amqp;import qualified Network.NATS.Amqp.Types as T;f=Network.NATS.Amqp.newMsg}\n",
    ),
    "braces without a header": (
        "C03.hs",
        "{import Network.AMQP;main=newMsg`seq`pure()}\n",
        "{import Network.NATS.Amqp;main=newMsg`seq`pure()}\n",
    ),
    "an import on the line of the header": (
        "C04.hs",
        "module C04 (f)where import Network.AMQP as Q;f = Q.newMsg\n",
        "module C04 (f)where import Network.NATS.Amqp as Q;f = Q.newMsg\n",
    ),
    "lists that are empty or end in a comma": (
        "C05.hs",
        "module C05 where\nimport Network.AMQP()\nimport Network.AMQP hiding()\nimport Network.AMQP.Types(FieldTable,FieldValue(..),)\nf = newMsg\n",
        "module C05 where\nimport Network.NATS.Amqp()\nimport Network.NATS.Amqp hiding()\n"
        "import Network.NATS.Amqp.Types(FieldTable,FieldValue(..),)\nf = newMsg\n",
    ),
    "a list with namespaces": (
        "C06.hs",
        "{-# LANGUAGE ExplicitNamespaces, PatternSynonyms #-}\nmodule C06 where\n"
        "import Network.AMQP (type Message (..), type Channel, pattern Persistent)\nf = Persistent\n",
        "{-# LANGUAGE ExplicitNamespaces, PatternSynonyms #-}\nmodule C06 where\n"
        "import Network.NATS.Amqp (type Message (..), type Channel, pattern Persistent)\nf = Persistent\n",
    ),
    "comments between the words of an import": (
        "C07.hs",
        "module C07 where\nimport {- Network.AMQP -} qualified{--}Network.AMQP -- as X\n  {- as Y -} as {- Z -} Q -- done\n  (newMsg)\nf = Q.newMsg\n",
        "module C07 where\nimport {- Network.AMQP -} qualified{--}Network.NATS.Amqp -- as X\n"
        "  {- as Y -} as {- Z -} Q -- done\n  (newMsg)\nf = Q.newMsg\n",
    ),
    "each word of an import on its own line": (
        "C08.hs",
        "module C08\n  where\nimport\n\n qualified\n  Network.AMQP\n   as\n    Q\n     (\n newMsg)\nf = Q.newMsg\n",
        "module C08\n  where\nimport\n\n qualified\n  Network.NATS.Amqp\n   as\n    Q\n     (\n newMsg)\nf = Q.newMsg\n",
    ),
    "an alias of another script": (
        "C09.hs",
        "module C09 where\nimport qualified Network.AMQP as Ä\nf = Ä.newMsg\n",
        "module C09 where\nimport qualified Network.NATS.Amqp as Ä\nf = Ä.newMsg\n",
    ),
    "an alias that says the name again": (
        "C10.hs",
        "module C10 where\nimport qualified Network.AMQP as Network.AMQP\nf = Network.AMQP.newMsg\n",
        "module C10 where\nimport qualified Network.NATS.Amqp as Network.AMQP\nf = Network.AMQP.newMsg\n",
    ),
    "another library under the same qualifier": (
        "C12.hs",
        "{-# LANGUAGE QualifiedDo #-}\nmodule C12 (module Network.AMQP) where\nimport Network.AMQP\nimport Data.Functor as Network.AMQP\n"
        "f a = Network.AMQP.do\n  a Network.AMQP.<&> Network.AMQP.msgBody\n",
        "{-# LANGUAGE QualifiedDo #-}\nmodule C12 (module Network.NATS.Amqp) where\nimport Network.NATS.Amqp\n"
        "import Data.Functor as Network.NATS.Amqp\nf a = Network.NATS.Amqp.do\n  a Network.NATS.Amqp.<&> Network.NATS.Amqp.msgBody\n",
    ),
    "another library under the qualifier of a module that is not imported": (
        "C13.hs",
        "module C13 where\nimport qualified Network.AMQP\nimport qualified Data.List as Network.AMQP.Types\n"
        "f = (Network.AMQP.newMsg, Network.AMQP.Types.nub)\n",
        "module C13 where\nimport qualified Network.NATS.Amqp\nimport qualified Data.List as Network.AMQP.Types\n"
        "f = (Network.NATS.Amqp.newMsg, Network.AMQP.Types.nub)\n",
    ),
    "a name within a name, beside an alias": (
        "C14.hs",
        "module C14 where\nimport qualified Network.AMQP as Network\nimport qualified Network.AMQP.Types\n"
        "f :: Network.AMQP.Types.FieldTable -> Network.Message\nf _ = Network.newMsg\n",
        "module C14 where\nimport qualified Network.NATS.Amqp as Network\nimport qualified Network.NATS.Amqp.Types\n"
        "f :: Network.NATS.Amqp.Types.FieldTable -> Network.Message\nf _ = Network.newMsg\n",
    ),
    "operators that have dashes": (
        "C15.hs",
        "module C15 where\nimport qualified Network.AMQP\na |-- b = a\na --> b = b\na --| b = a\n"
        "f a = a |-- Network.AMQP.newMsg --> Network.AMQP.newMsg --| Network.AMQP.newMsg --- Network.AMQP.newMsg\n",
        "module C15 where\nimport qualified Network.NATS.Amqp\na |-- b = a\na --> b = b\na --| b = a\n"
        "f a = a |-- Network.NATS.Amqp.newMsg --> Network.NATS.Amqp.newMsg --| Network.NATS.Amqp.newMsg --- Network.AMQP.newMsg\n",
    ),
    "fields with a qualifier": (
        "C16.hs",
        "{-# LANGUAGE NamedFieldPuns, RecordWildCards #-}\nmodule C16 where\nimport qualified Network.AMQP\n"
        "f Network.AMQP.Message{Network.AMQP.msgBody}=Network.AMQP.newMsg{Network.AMQP.msgBody=msgBody}\ng Network.AMQP.Message{..}=()\n",
        "{-# LANGUAGE NamedFieldPuns, RecordWildCards #-}\nmodule C16 where\nimport qualified Network.NATS.Amqp\n"
        "f Network.NATS.Amqp.Message{Network.NATS.Amqp.msgBody}=Network.NATS.Amqp.newMsg{Network.NATS.Amqp.msgBody=msgBody}\n"
        "g Network.NATS.Amqp.Message{..}=()\n",
    ),
    "fields behind a dot": (
        "C17.hs",
        "{-# LANGUAGE OverloadedRecordDot #-}\nmodule C17 where\nimport qualified Network.AMQP\n"
        "f = (Network.AMQP.newMsg.msgBody, (Network.AMQP.newMsg).msgBody, (.msgBody) Network.AMQP.newMsg)\n",
        "{-# LANGUAGE OverloadedRecordDot #-}\nmodule C17 where\nimport qualified Network.NATS.Amqp\n"
        "f = (Network.NATS.Amqp.newMsg.msgBody, (Network.NATS.Amqp.newMsg).msgBody, (.msgBody) Network.NATS.Amqp.newMsg)\n",
    ),
    "arguments that are types, and marks before names": (
        "C18.hs",
        "{-# LANGUAGE BangPatterns, DataKinds, TypeApplications #-}\nmodule C18 where\nimport qualified Network.AMQP\n"
        "f = g @Network.AMQP.Message @'[ 'Network.AMQP.Ack, ' Network.AMQP.NoAck] $!Network.AMQP.newMsg\nh !Network.AMQP.Ack ~Network.AMQP.Ack = ()\n",
        "{-# LANGUAGE BangPatterns, DataKinds, TypeApplications #-}\nmodule C18 where\nimport qualified Network.NATS.Amqp\n"
        "f = g @Network.NATS.Amqp.Message @'[ 'Network.NATS.Amqp.Ack, ' Network.NATS.Amqp.NoAck] $!Network.NATS.Amqp.newMsg\n"
        "h !Network.NATS.Amqp.Ack ~Network.NATS.Amqp.Ack = ()\n",
    ),
    "linear arrows": (
        "C19.hs",
        "{-# LANGUAGE LinearTypes, UnicodeSyntax #-}\nmodule C19 where\nimport qualified Network.AMQP\n"
        "f::Network.AMQP.Message %1->Network.AMQP.Channel⊸Network.AMQP.Message %m->()\nf = f\n",
        "{-# LANGUAGE LinearTypes, UnicodeSyntax #-}\nmodule C19 where\nimport qualified Network.NATS.Amqp\n"
        "f::Network.NATS.Amqp.Message %1->Network.NATS.Amqp.Channel⊸Network.NATS.Amqp.Message %m->()\nf = f\n",
    ),
    "hashes behind literals and names": (
        "C20.hs",
        "{-# LANGUAGE MagicHash #-}\nmodule C20 where\nimport qualified Network.AMQP\n"
        "f x# = (x#, '\"'#, \"Network.AMQP\"#, '\\''#, 1#, 2##, Network.AMQP.newMsg)\n",
        "{-# LANGUAGE MagicHash #-}\nmodule C20 where\nimport qualified Network.NATS.Amqp\n"
        "f x# = (x#, '\"'#, \"Network.AMQP\"#, '\\''#, 1#, 2##, Network.NATS.Amqp.newMsg)\n",
    ),
    "arrows": (
        "C21.hs",
        "{-# LANGUAGE Arrows #-}\nmodule C21 where\nimport Control.Arrow\nimport qualified Network.AMQP\n"
        "f = proc x -> do { y <- arr Network.AMQP.msgBody-<Network.AMQP.newMsg; (|untilA (returnA-<Network.AMQP.newMsg) (returnA-<y)|) }\n",
        "{-# LANGUAGE Arrows #-}\nmodule C21 where\nimport Control.Arrow\nimport qualified Network.NATS.Amqp\n"
        "f = proc x -> do { y <- arr Network.NATS.Amqp.msgBody-<Network.NATS.Amqp.newMsg; "
        "(|untilA (returnA-<Network.NATS.Amqp.newMsg) (returnA-<y)|) }\n",
    ),
    "directives in a list": (
        "C22.hs",
        "{-# LANGUAGE CPP #-}\nmodule C22 where\nimport Network.AMQP\n  ( newMsg\n#ifdef MORE\n  , publishMsg -- Network.AMQP\n#endif\n  )\nf = newMsg\n",
        "{-# LANGUAGE CPP #-}\nmodule C22 where\nimport Network.NATS.Amqp\n  ( newMsg\n#ifdef MORE\n  , publishMsg -- Network.AMQP\n#endif\n  )\n"
        "f = newMsg\n",
    ),
    "directives between the module and its list": (
        "C23.hs",
        "{-# LANGUAGE CPP #-}\nmodule C23 where\nimport Network.AMQP\n#if MORE\n  hiding (flow)\n#else\n  (newMsg)\n#endif\nf = newMsg\n",
        "{-# LANGUAGE CPP #-}\nmodule C23 where\nimport Network.NATS.Amqp\n#if MORE\n  hiding (flow)\n#else\n  (newMsg)\n#endif\nf = newMsg\n",
    ),
    "an alias in one branch": (
        "C24.hs",
        "{-# LANGUAGE CPP #-}\nmodule C24 where\nimport qualified Network.AMQP\n#ifdef SHORT\n  as Q\nf = Q.newMsg\n#else\n\n"
        "f = Network.AMQP.newMsg\n#endif\n",
        "{-# LANGUAGE CPP #-}\nmodule C24 where\nimport qualified Network.NATS.Amqp\n#ifdef SHORT\n  as Q\nf = Q.newMsg\n#else\n\n"
        "f = Network.NATS.Amqp.newMsg\n#endif\n",
    ),
    "a header for each branch": (
        "C25.hs",
        "{-# LANGUAGE CPP #-}\n#ifdef MORE\nmodule C25 (module Network.AMQP, f\n#else\nmodule C25 (module Network.AMQP\n#endif\n  ) where\n"
        "import Network.AMQP\nf = ()\n",
        "{-# LANGUAGE CPP #-}\n#ifdef MORE\nmodule C25 (module Network.NATS.Amqp, f\n#else\nmodule C25 (module Network.NATS.Amqp\n#endif\n  ) where\n"
        "import Network.NATS.Amqp\nf = ()\n",
    ),
    "an export list with pragmas and namespaces": (
        "C26.hs",
        "{-# LANGUAGE ExplicitNamespaces, PatternSynonyms #-}\n"
        'module C26 {-# WARNING "import Network.AMQP" #-} (module {- of -} Network.AMQP -- all\n  , type Network.AMQP.Message (..)\n'
        '  , pattern Network.AMQP.Ack, {-# DEPRECATED "Network.AMQP" #-} Network.AMQP.newMsg) where\nimport Network.AMQP\n',
        "{-# LANGUAGE ExplicitNamespaces, PatternSynonyms #-}\n"
        'module C26 {-# WARNING "import Network.AMQP" #-} (module {- of -} Network.NATS.Amqp -- all\n  , type Network.NATS.Amqp.Message (..)\n'
        '  , pattern Network.NATS.Amqp.Ack, {-# DEPRECATED "Network.AMQP" #-} Network.NATS.Amqp.newMsg) where\nimport Network.NATS.Amqp\n',
    ),
    "several hundred imports": (
        "C27.hs",
        "module C27 where\n" + "import Network.AMQP\nimport Data.List\n" * 300 + "f = newMsg\n",
        "module C27 where\n" + "import Network.NATS.Amqp\nimport Data.List\n" * 300 + "f = newMsg\n",
    ),
    "instances by way of a type": (
        "C29.hs",
        "{-# LANGUAGE DerivingVia, StandaloneDeriving #-}\nmodule C29 where\nimport qualified Network.AMQP\n"
        "newtype T = T Network.AMQP.Message deriving Show via Network.AMQP.Message\nderiving via Network.AMQP.Message instance Eq T\n",
        "{-# LANGUAGE DerivingVia, StandaloneDeriving #-}\nmodule C29 where\nimport qualified Network.NATS.Amqp\n"
        "newtype T = T Network.NATS.Amqp.Message deriving Show via Network.NATS.Amqp.Message\n"
        "deriving via Network.NATS.Amqp.Message instance Eq T\n",
    ),
    "imports for a level of Template Haskell": (
        "C30.hs",
        "{-# LANGUAGE ExplicitLevelImports #-}\nmodule C30 where\nimport splice qualified Network.AMQP as Q\n"
        "import quote Network.AMQP.Types (FieldTable)\nf = ()\n",
        "{-# LANGUAGE ExplicitLevelImports #-}\nmodule C30 where\nimport splice qualified Network.NATS.Amqp as Q\n"
        "import quote Network.NATS.Amqp.Types (FieldTable)\nf = ()\n",
    ),
    "a package's name without blanks, and qualified behind": (
        "C31.hs",
        '{-# LANGUAGE ImportQualifiedPost, PackageImports #-}\nmodule C31 where\nimport"amqp"Network.AMQP(newMsg)\n'
        'import "amqp"\n  Network.AMQP qualified as Q\nf = Q.newMsg\n',
        '{-# LANGUAGE ImportQualifiedPost, PackageImports #-}\nmodule C31 where\nimport"nats-amqp"Network.NATS.Amqp(newMsg)\n'
        'import "nats-amqp"\n  Network.NATS.Amqp qualified as Q\nf = Q.newMsg\n',
    ),
    "a file for hsc2hs": (
        "C32.hsc",
        '#include <Network.AMQP.h>\n#include "it\'s"\nmodule C32 where\nimport qualified Network.AMQP\n#let x = "1"\nf = #{const AMQP} Network.AMQP.newMsg\n',
        '#include <Network.AMQP.h>\n#include "it\'s"\nmodule C32 where\nimport qualified Network.NATS.Amqp\n#let x = "1"\n'
        "f = #{const AMQP} Network.NATS.Amqp.newMsg\n",
    ),
    "a file for c2hs": (
        "C33.chs",
        "module C33 where\nimport Network.AMQP\n{#import Own #}\nf = ({#call pure amqp#}, newMsg)\n",
        "module C33 where\nimport Network.NATS.Amqp\n{#import Own #}\nf = ({#call pure amqp#}, newMsg)\n",
    ),
    "a script": (
        "scripts/C34.hs",
        "#!/usr/bin/env -S runghc -- Network.AMQP it's\n\nimport Network.AMQP (newMsg)\n\nmain = newMsg `seq` pure ()\n",
        "#!/usr/bin/env -S runghc -- Network.AMQP it's\n\nimport Network.NATS.Amqp (newMsg)\n\nmain = newMsg `seq` pure ()\n",
    ),
    "the script that builds a package": (
        "Setup.hs",
        "import Distribution.Simple\nimport Network.AMQP ()\nmain = defaultMain\n",
        "import Distribution.Simple\nimport Network.NATS.Amqp ()\nmain = defaultMain\n",
    ),
    "a path with blanks and other scripts": (
        "größe, 大 (1)/C 37.hs",
        "module Main where\nimport Network.AMQP\nmain = pure ()\n",
        "module Main where\nimport Network.NATS.Amqp\nmain = pure ()\n",
    ),
    "literate, with directives, and birds without a blank": (
        "C38.lhs",
        "import Network.AMQP\n\n>{-# LANGUAGE CPP #-}\n>module C38 where\n#ifdef MORE\n>import Network.AMQP\n#endif\n>\n>f = ()\n\n< import Network.AMQP\n",
        "import Network.AMQP\n\n>{-# LANGUAGE CPP #-}\n>module C38 where\n#ifdef MORE\n>import Network.NATS.Amqp\n#endif\n>\n>f = ()\n\n"
        "< import Network.AMQP\n",
    ),
    "literate, with Windows line ends": (
        "C39.lhs",
        'It\'s "so":\r\n\\begin{code}\r\nmodule C39 where\r\nimport Network.AMQP\r\n\\end{code}\r\nimport Network.AMQP\r\n',
        'It\'s "so":\r\n\\begin{code}\r\nmodule C39 where\r\nimport Network.NATS.Amqp\r\n\\end{code}\r\nimport Network.AMQP\r\n',
    ),
    "texts in three quotes": (
        "C40.hs",
        '{-# LANGUAGE MultilineStrings #-}\nmodule C40 where\nimport qualified Network.AMQP\nf = """\nimport Network.AMQP\n"Network.AMQP.newMsg "" {-\n'
        '\\""" """ <> Network.AMQP.msgBody Network.AMQP.newMsg\n',
        '{-# LANGUAGE MultilineStrings #-}\nmodule C40 where\nimport qualified Network.NATS.Amqp\nf = """\nimport Network.AMQP\n'
        '"Network.AMQP.newMsg "" {-\n\\""" """ <> Network.NATS.Amqp.msgBody Network.NATS.Amqp.newMsg\n',
    ),
    "blanks that are neither spaces nor tabs": (
        "C41.hs",
        "module C41 where\n\f\nimport\vNetwork.AMQP\f(newMsg)\n\v\nf = newMsg\n",
        "module C41 where\n\f\nimport\vNetwork.NATS.Amqp\f(newMsg)\n\v\nf = newMsg\n",
    ),
    "characters that open something elsewhere": (
        "C42.hs",
        "module C42 where\nimport qualified Network.AMQP\n"
        "f = ['{', '-', '[', '|', '\\\\', '\\\"', '\\DEL', '\\^\\', '\\x22', '→'] `seq` Network.AMQP.newMsg\n",
        "module C42 where\nimport qualified Network.NATS.Amqp\n"
        "f = ['{', '-', '[', '|', '\\\\', '\\\"', '\\DEL', '\\^\\', '\\x22', '→'] `seq` Network.NATS.Amqp.newMsg\n",
    ),
    "names with primes": (
        "C43.hs",
        "module C43 where\nimport qualified Network.AMQP\nf' a'b'=(Network.AMQP.openConnection'',Network.AMQP.publishMsg' a'b','\\'',a''.Network.AMQP.msgBody)\n"
        "  where{a''=id;b'='\"'}\n",
        "module C43 where\nimport qualified Network.NATS.Amqp\n"
        "f' a'b'=(Network.NATS.Amqp.openConnection'',Network.NATS.Amqp.publishMsg' a'b','\\'',a''.Network.NATS.Amqp.msgBody)\n"
        "  where{a''=id;b'='\"'}\n",
    ),
    "comments that look like the start or the end of others": (
        "C44.hs",
        'module C44 where\n-- {- not open\nimport qualified Network.AMQP\n{- -- -}\nf = Network.AMQP.newMsg --- {- "\n'
        'g = Network.AMQP.newMsg {--} {---} {-}-} {-"-}\nh = Network.AMQP.newMsg\n',
        'module C44 where\n-- {- not open\nimport qualified Network.NATS.Amqp\n{- -- -}\nf = Network.NATS.Amqp.newMsg --- {- "\n'
        'g = Network.NATS.Amqp.newMsg {--} {---} {-}-} {-"-}\nh = Network.NATS.Amqp.newMsg\n',
    ),
    "labels and implicit parameters": (
        "C45.hs",
        "{-# LANGUAGE ImplicitParams, OverloadedLabels #-}\nmodule C45 where\nimport qualified Network.AMQP\n"
        "f :: (?amqp::Network.AMQP.Channel) => a\nf = g\n  #amqp ?amqp\n  #amqp' Network.AMQP.newMsg\n",
        "{-# LANGUAGE ImplicitParams, OverloadedLabels #-}\nmodule C45 where\nimport qualified Network.NATS.Amqp\n"
        "f :: (?amqp::Network.NATS.Amqp.Channel) => a\nf = g\n  #amqp ?amqp\n  #amqp' Network.NATS.Amqp.newMsg\n",
    ),
    "families, defaults and kinds": (
        "C46.hs",
        "{-# LANGUAGE DataKinds, DefaultSignatures, RankNTypes, TypeFamilies #-}\nmodule C46 where\nimport qualified Network.AMQP\n"
        "class C a where\n  type T a\n  type T a = Network.AMQP.Message\n  c :: a -> T a\n  default c :: T a ~ Network.AMQP.Message => a -> T a\n"
        "  c _ = Network.AMQP.newMsg\ntype family F (a::Network.AMQP.AckType) where\n  F 'Network.AMQP.Ack=Network.AMQP.Message\nd::forall(b :: *).Network.AMQP.Message\nd=d\n",
        "{-# LANGUAGE DataKinds, DefaultSignatures, RankNTypes, TypeFamilies #-}\nmodule C46 where\nimport qualified Network.NATS.Amqp\n"
        "class C a where\n  type T a\n  type T a = Network.NATS.Amqp.Message\n  c :: a -> T a\n"
        "  default c :: T a ~ Network.NATS.Amqp.Message => a -> T a\n  c _ = Network.NATS.Amqp.newMsg\n"
        "type family F (a::Network.NATS.Amqp.AckType) where\n  F 'Network.NATS.Amqp.Ack=Network.NATS.Amqp.Message\nd::forall(b :: *).Network.NATS.Amqp.Message\nd=d\n",
    ),
    "patterns, cases and guards": (
        "C47.hs",
        "{-# LANGUAGE LambdaCase, MultiWayIf, ViewPatterns #-}\nmodule C47 where\nimport qualified Network.AMQP\n"
        "f (Network.AMQP.msgBody->b) m@Network.AMQP.Message{}|Network.AMQP.Ack<-b=if|b->Network.AMQP.newMsg|Network.AMQP.Ack<-b->m\n"
        "g = \\case{Network.AMQP.Ack->();Network.AMQP.NoAck->()}\n",
        "{-# LANGUAGE LambdaCase, MultiWayIf, ViewPatterns #-}\nmodule C47 where\nimport qualified Network.NATS.Amqp\n"
        "f (Network.NATS.Amqp.msgBody->b) m@Network.NATS.Amqp.Message{}|Network.NATS.Amqp.Ack<-b"
        "=if|b->Network.NATS.Amqp.newMsg|Network.NATS.Amqp.Ack<-b->m\ng = \\case{Network.NATS.Amqp.Ack->();Network.NATS.Amqp.NoAck->()}\n",
    ),
    "typed quotations and whole declarations": (
        "C48.hs",
        "{-# LANGUAGE TemplateHaskell #-}\nmodule C48 where\nimport qualified Network.AMQP\n"
        "f = [d|g = do {x <- y; Network.AMQP.closeChannel x}|]\nh = [||Network.AMQP.newMsg||]\ni = [e||Network.AMQP.newMsg||]\n",
        "{-# LANGUAGE TemplateHaskell #-}\nmodule C48 where\nimport qualified Network.NATS.Amqp\n"
        "f = [d|g = do {x <- y; Network.NATS.Amqp.closeChannel x}|]\nh = [||Network.NATS.Amqp.newMsg||]\ni = [e||Network.NATS.Amqp.newMsg||]\n",
    ),
    "ranges": (
        "C49.hs",
        "module C49 where\nimport qualified Network.AMQP\nf x = [[x..Network.AMQP.NonPersistent], [Network.AMQP.Persistent ..]]\n",
        "module C49 where\nimport qualified Network.NATS.Amqp\nf x = [[x..Network.NATS.Amqp.NonPersistent], [Network.NATS.Amqp.Persistent ..]]\n",
    ),
    "directives with open quotes around": (
        "C50.hs",
        "{-# LANGUAGE CPP #-}\nmodule C50 where\n#ifdef OLD\n#warning \"don't use {- this\n#error it isn't [x| there\n# endif\nimport qualified Network.AMQP\n"
        "f = Network.AMQP.newMsg\n",
        "{-# LANGUAGE CPP #-}\nmodule C50 where\n#ifdef OLD\n#warning \"don't use {- this\n#error it isn't [x| there\n# endif\n"
        "import qualified Network.NATS.Amqp\nf = Network.NATS.Amqp.newMsg\n",
    ),
    "output of the preprocessor": (
        "C51.hs",
        '# 1 "Network.AMQP.hs"\n# 1 "<built-in>" 1\nmodule C51 where\n#line 9 "Network.AMQP"\nimport qualified Network.AMQP\nf = Network.AMQP.newMsg\n',
        '# 1 "Network.AMQP.hs"\n# 1 "<built-in>" 1\nmodule C51 where\n#line 9 "Network.AMQP"\nimport qualified Network.NATS.Amqp\n'
        "f = Network.NATS.Amqp.newMsg\n",
    ),
    "quotations that end early": (
        "C52.hs",
        "{-# LANGUAGE QuasiQuotes #-}\nmodule C52 where\nimport qualified Network.AMQP\n"
        "f = ([q||], [Q.q|[r|\"{-|], [größe|'|])\ng = Network.AMQP.newMsg -- |]\n",
        "{-# LANGUAGE QuasiQuotes #-}\nmodule C52 where\nimport qualified Network.NATS.Amqp\n"
        "f = ([q||], [Q.q|[r|\"{-|], [größe|'|])\ng = Network.NATS.Amqp.newMsg -- |]\n",
    ),
    "names that only look qualified, beside some that are": (
        "C53.hs",
        "module C53 where\nimport qualified AMQP\nimport My.Network.AMQP\nimport Network.AMQP.AMQP\nimport qualified Network.AMQP\n"
        "f = _Network.AMQP.x.Network.AMQP.msgBody\ng = My.Network.AMQP.x . Network.AMQP.AMQP.x . Network.AMQP.msgBody\n",
        "module C53 where\nimport qualified AMQP\nimport My.Network.AMQP\nimport Network.AMQP.AMQP\nimport qualified Network.NATS.Amqp\n"
        "f = _Network.AMQP.x.Network.NATS.Amqp.msgBody\ng = My.Network.AMQP.x . Network.AMQP.AMQP.x . Network.NATS.Amqp.msgBody\n",
    ),
}

# Files in which nothing changes while others move.
MORE_KEPT: dict[str, tuple[str, str]] = {
    "an example to be tested": (
        "D01.hs",
        "module D01 where\n-- $setup\n-- >>> import Network.AMQP\n\n-- | >>> Network.AMQP.newMsg\nf = ()\n",
    ),
    "a foreign import over two lines": (
        "D02.hs",
        'module D02 where\nforeign\n  import\n  ccall safe "Network.AMQP" amqp :: IO ()\n',
    ),
    "a note on the whole module": (
        "D03.hs",
        'module D03 where\n{-# ANN module ("import Network.AMQP" :: String) #-}\n{-# ANN module "Network.AMQP.newMsg" #-}\nf = ()\n',
    ),
    "a warning in the header": (
        "D04.hs",
        'module D04 {-# DEPRECATED ["import", "Network.AMQP"] #-} (f) where\nf = ()\n',
    ),
    "a text in a type": (
        "D05.hs",
        '{-# LANGUAGE DataKinds #-}\nmodule D05 where\nimport Data.Proxy\nf :: Proxy \'["Network.AMQP", "import Network.AMQP"]\nf = Proxy\n',
    ),
    "a label that is a text": (
        "D06.hs",
        '{-# LANGUAGE OverloadedLabels #-}\nmodule D06 where\nf = #"import Network.AMQP" #Network\'AMQP\n',
    ),
    "a text in three quotes": (
        "D07.hs",
        '{-# LANGUAGE MultilineStrings #-}\nmodule D07 where\nf = """import Network.AMQP\n  "Network.AMQP\n  "" import Network.AMQP\n  """\n',
    ),
    "a quotation by a quoter with a qualifier": (
        "D08.hs",
        "{-# LANGUAGE QuasiQuotes #-}\nmodule D08 where\nimport qualified A.B as Q\nf = [Q.größe'|\nimport Network.AMQP\n|]\n",
    ),
    "a quotation in a quotation": (
        "D09.hs",
        '{-# LANGUAGE QuasiQuotes #-}\nmodule D09 where\nf = [i|[j|"\nimport Network.AMQP\n|]\ng = "|]"\n',
    ),
    "a long quotation": (
        "D10.hs",
        "{-# LANGUAGE QuasiQuotes #-}\nmodule D10 where\nf = [i|" + "\nimport Network.AMQP" * 2000 + "|]\n",
    ),
    "a long comment": ("D11.hs", "module D11 where\n{-" + "\nimport Network.AMQP" * 5000 + "\n-}\nf = ()\n"),
    "a comment of many levels": (
        "D12.hs",
        "module D12 where\n"
        + "{-" * 2000
        + "\nimport Network.AMQP\n"
        + "-}" * 1999
        + "\nimport Network.AMQP\n-}\nf = ()\n",
    ),
    "a comment with the start of one in a text": (
        "D13.hs",
        'module D13 where\n{- "{-"\nimport Network.AMQP\n-}\nimport Network.AMQP\n-- -}\nf = ()\n',
    ),
    "a comment with pragmas in it": (
        "D14.hs",
        'module D14 where\n{-\n{-# RULES "x" f = Network.AMQP.newMsg #-}\nimport Network.AMQP\n{-# INLINE f #-}\n-}\nf = ()\n',
    ),
}
