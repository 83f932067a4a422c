"""The mapping as files that people and NATS tools read."""
