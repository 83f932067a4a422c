"""Everything that is not a program: one file for each kind, from bytes to usages."""
