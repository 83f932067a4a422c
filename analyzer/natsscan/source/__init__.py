"""What is on disk: which files there are, of what kind, their bytes and the positions in them."""
