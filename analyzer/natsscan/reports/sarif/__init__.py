"""SARIF: the log that code scanning and editors read."""
