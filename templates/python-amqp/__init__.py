# Made by natsscan generate python-amqp; written anew when it runs again.
"""The part of the APIs of pika and aio-pika that this code base uses, on NATS JetStream.

Code keeps its calls and imports `pika` and `aio_pika` from here. Where exchanges and queues are is in `the_plan.py`.
"""
