"""The Haskell front end: from bytes to modules, scopes, core expressions and usages."""
