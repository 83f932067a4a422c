"""Proving a mapping: the same messages through the model of AMQP, through NATS, and through RabbitMQ if it is given."""
