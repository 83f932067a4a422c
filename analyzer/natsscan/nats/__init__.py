"""From the messaging system that a code base describes to the one it becomes on NATS."""
