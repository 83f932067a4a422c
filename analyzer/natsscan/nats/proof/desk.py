"""What is known while a trial runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from natsscan.nats.proof.jetstream import JetStream, Received
from natsscan.nats.proof.samples import Instance

SOME = 3.0  # seconds to wait for a message that should come
NONE = 0.4  # seconds after which one that should not come is taken not to
_MANY = 500


@dataclass
class Desk:
    """What is known while a trial runs: the connection, and the pin of each consumer that has one."""

    server: JetStream
    replicas: bool
    pins: dict[str, str] = field(default_factory=dict)

    def group(self, instance: Instance) -> dict[str, str]:
        """Return what a pull says of the priority group of a consumer, and the pin if it has been given one."""
        groups = instance.config.get("priority_groups")
        if not isinstance(groups, list):
            return {}
        pin = self.pins.get(instance.name)
        return {"group": str(groups[0])} | ({"id": pin} if pin else {})

    async def pull(self, instance: Instance, count: int, wait: float) -> list[Received]:
        """Return at most `count` messages of a queue that come within `wait` seconds."""
        found = await self.server.pull(instance.plan.stream, instance.name, count, wait, self.group(instance))
        for message in found:
            if message.pin:
                self.pins[instance.name] = message.pin
        return found

    async def drain(self, instance: Instance, wait: float) -> list[Received]:
        """Return and acknowledge all messages of a queue, until none has come for `wait` seconds."""
        found: list[Received] = []
        batch = 1 if instance.config.get("max_ack_pending") == 1 else _MANY
        while messages := await self.pull(instance, batch, wait):
            found += messages
            for message in messages:
                await self.server.settle(message, "+ACK")
        return found
