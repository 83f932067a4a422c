"""Files for those who run the system on NATS, made from its own mapping."""
