# SPDX-License-Identifier: Apache-2.0
"""`python -m adapters.booth PLAN.json`: a booth as a process of its own, so that it outlives whoever controls it.

Prints one JSON line (`plan.BoothReady`) when everything listens; ends on SIGTERM, SIGINT or after its lifetime.
Exit status 2 and a sentence on stderr: the plan cannot be carried out.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from adapters.booth.booth import Booth
from adapters.booth.emit import SUBSYSTEM, open_emitter
from adapters.booth.errors import BoothRefused
from adapters.booth.hands_server import HandsServer
from adapters.booth.plan import BoothPlan, BoothReady, read_plan
from adapters.booth.servers import open_servers

CLOSE_LIMIT_S = 1.5


async def _run(plan: BoothPlan) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    state = Path(plan.state)
    events, hands = _sockets(state)
    async with contextlib.AsyncExitStack() as opened:
        emitter = await open_emitter(plan.events, events)
        opened.push_async_callback(emitter.close)
        booth = Booth(plan, emitter)
        opened.callback(booth.close)
        booth.open()
        server = HandsServer(booth.do)
        await server.listen(hands)
        opened.push_async_callback(server.close)
        ready = await opened.enter_async_context(open_servers(plan, state, CLOSE_LIMIT_S))
        _tell(
            BoothReady(
                way="uevents" if emitter.uuid else "socket",
                uuid=emitter.uuid,
                subsystem=SUBSYSTEM if emitter.uuid else "",
                events_socket="" if emitter.uuid else str(events),
                hands_socket=str(hands),
                devices=plan.devices,
                servers=ready,
            )
        )
        await _until(stop, booth, plan.lifetime_s)


async def _until(stop: asyncio.Event, booth: Booth, lifetime_s: int | None) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(lifetime_s), asyncio.TaskGroup() as group:
            people = group.create_task(booth.staff())
            await stop.wait()
            people.cancel()


def _sockets(state: Path) -> tuple[Path, Path]:
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    events, hands = state / "events.sock", state / "hands.sock"
    for path in (events, hands):
        path.unlink(missing_ok=True)
    return events, hands


def _tell(ready: BoothReady) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(ready) + b"\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Run the booth that `arguments` name and return the exit status."""
    try:
        if len(arguments) != 1:
            raise BoothRefused("usage: python -m adapters.booth PLAN.json")
        asyncio.run(_run(read_plan(Path(arguments[0]))))
    except (BoothRefused, OSError) as refused:
        sys.stderr.write(f"booth: {refused}\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
