"""What of the `nats` command the scripts use, on nats-py: there is no package of the command itself to test with."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import nats


def flag(name: str, default: str = "") -> str:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


def show(lines: Iterable[str | None]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


async def main() -> None:
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    if words[0] == "bench":
        sys.stdout.write(" ".join(sys.argv[1:]) + "\n")
        return
    client = await asyncio.wait_for(nats.connect(os.environ["NATS_URL"]), 3)
    stream = client.jetstream()
    match words:
        case ["rtt"]:
            await client.flush()
        case ["stream", "ls"]:
            show(info.config.name for info in await stream.streams_info())
        case ["stream", "info", name]:
            show([json.dumps({"state": asdict((await stream.stream_info(name)).state)}, indent=2, default=str)])
        case ["stream", "add", _, _, *_]:
            config = json.loads(Path(flag("--config")).read_text())
            config["num_replicas"] = int(flag("--replicas", "1"))
            await client.request("$JS.API.STREAM.CREATE." + config["name"], json.dumps(config).encode())
        case ["stream", "rm", name]:
            await stream.delete_stream(name)
        case ["stream", "backup", name, folder]:
            Path(folder).mkdir()
            Path(folder, "backup.json").write_text(name)
        case ["consumer", "ls", name]:
            show(info.name for info in await stream.consumers_info(name))
        case ["consumer", "info", name, consumer]:
            info = await stream.consumer_info(name, consumer)
            show([json.dumps({"num_ack_pending": info.num_ack_pending, "num_pending": info.num_pending}, indent=2)])
        case ["consumer", "add", name, *_]:
            config = json.loads(Path(flag("--config")).read_text())
            body = json.dumps({"stream_name": name, "config": config}).encode()
            await client.request(f"$JS.API.CONSUMER.DURABLE.CREATE.{name}.{config['durable_name']}", body)
        case ["reply", subject, _]:
            done = asyncio.Event()

            async def answer(message: nats.aio.msg.Msg) -> None:
                await message.respond(message.data)
                done.set()

            await client.subscribe(subject, cb=answer)
            await asyncio.wait_for(done.wait(), 20)
        case ["request", subject, body]:
            show([(await client.request(subject, body.encode(), timeout=2)).data.decode()])
        case other:
            sys.exit(f"stand-in: {other}")
    await client.close()


asyncio.run(main())
