# SPDX-License-Identifier: Apache-2.0
"""Callers of the API that ask without a pause: `python -m benchmarks.answering_load PORT TOKEN…`, one caller a token.

Asked over its standard input: `load SECONDS PATH` asks there and tells how long each answer took, in ms, and how many
there were a second. Each caller has an address of its own besides: the limits count tokens and addresses.
"""

import asyncio
import sys
import time
from typing import Any

from benchmarks.answering_http import Client
from benchmarks.scale_talk import asked, say


async def load(clients: list[Client], path: str, for_s: float) -> dict[str, Any]:
    """Have every client ask there for so long."""
    took_ms: list[float] = []
    began = time.perf_counter()

    async def ask(client: Client) -> None:
        while (now := time.perf_counter()) < began + for_s:
            await client.get(path)
            took_ms.append((time.perf_counter() - now) * 1000)

    await asyncio.gather(*map(ask, clients))
    return {"took_ms": took_ms, "per_s": len(took_ms) / (time.perf_counter() - began)}


async def _main(port: int, tokens: list[str]) -> None:
    clients = [
        await Client.connected(port, token, host=f"127.0.0.{number}") for number, token in enumerate(tokens, start=2)
    ]
    say({"ready": True})
    async for words in asked():
        _load, for_s, path = words.split()
        say(await load(clients, path, float(for_s)))
    for client in clients:
        await client.aclose()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), sys.argv[2:]))
