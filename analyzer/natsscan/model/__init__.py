"""The nouns of natsscan: immutable values without I/O, parser or rule."""
