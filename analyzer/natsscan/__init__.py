"""natsscan: finds every use of AMQP in a code base and shows what moving to NATS takes."""

__version__ = "0.1.0"
