# Made by natsscan generate python-amqp; written anew when it runs again.
"""Where this package logs."""

from __future__ import annotations

import logging

logger = logging.getLogger("aio_pika")
