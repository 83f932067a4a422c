"""Many repositories scanned as one: where they come from, who scans them, and what they are together."""
