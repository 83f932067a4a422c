# Made by natsscan generate python-amqp; written anew when it runs again.
"""Where exchanges and queues are, as `natsscan map` plans it."""

from .plan import Plan

PLAN = Plan()
