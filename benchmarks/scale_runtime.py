# SPDX-License-Identifier: Apache-2.0
"""What is measured: the runtime of a configuration, begun as `projectionist run` begins it, and asked for figures.

`python -m benchmarks.scale_runtime CONFIG` is asked over its standard input: `sessions` counts halls and sessions by
state; `warm COUNT` wants the sessions of the last COUNT halls, film or not; `handshakes LIMIT` sets how many may run
at a time; `rotate PER_S FOR_S` asks for rotations at that rate; `profile on|off` samples where CPU time is spent.
"""

import asyncio
import gc
import logging
import sys
import time
from collections import Counter
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.ssh.handshakes import HandshakeGate
from adapters.store.site import open_site
from benchmarks.scale_profile import Profile
from benchmarks.scale_talk import asked, say
from hall_runtime.config import SiteConfig, load_config
from hall_runtime.saying import set_up_saying
from statemachines.events import Source, WarmUpAsked
from statemachines.session_events import RotationAsked
from statemachines.words import Role

if TYPE_CHECKING:
    from hall_runtime.runtime import Runtime


LAG_EVERY_S = 0.01
WARM_NS = 3_600_000_000_000


class _Gate(HandshakeGate):
    """A gate whose limit can be set while it works."""

    made: "_Gate"

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._limit = limit
        _Gate.made = self

    def set(self, limit: int) -> None:
        self._free += limit - self._limit
        self._limit = limit


class _Asked:
    def __init__(self, runtime: "Runtime") -> None:
        self._halls, self._profile = runtime.halls, Profile()

    async def answer(self, words: list[str]) -> dict[str, Any]:
        match words:
            case ["sessions"]:
                return self._sessions()
            case ["profile", "off"]:
                return self._profile.stop()
            case ["profile", "on"]:
                self._profile.start()
            case ["warm", count]:
                self._warm(int(count))
            case ["handshakes", limit]:
                _Gate.made.set(int(limit))
            case ["rotate", per_s, for_s]:
                await self._rotate(float(per_s), float(for_s))
            case ["lag", for_s]:
                return await _lag(float(for_s))
            case _:
                raise ValueError(words)
        return {}

    def _sessions(self) -> dict[str, Any]:
        keepers = [parts.keeper for parts in self._halls.values()]
        return {
            "sessions": Counter(str(session.state) for keeper in keepers for session in keeper.sessions.values()),
            "halls": Counter(str(keeper.hall.state) for keeper in keepers),
            "recovered": sum(keeper.hall.recovered for keeper in keepers),
            "steps": sum(keeper.mailbox.taken for keeper in keepers),
            "alarms": Counter(alarm.name for keeper in keepers for alarm in keeper.hall.alarms),
        }

    def _warm(self, count: int) -> None:
        numbered = sorted(self._halls, key=lambda hall: int(hall.removeprefix("h")))  # the site lists them by server
        for parts in (self._halls[hall] for hall in numbered[-count:]):
            until_ns = parts.keeper.time_ns + WARM_NS
            parts.keeper.post(WarmUpAsked(until_ns=until_ns), Source.RUNTIME)

    async def _rotate(self, per_s: float, for_s: float) -> None:
        keepers = [parts.keeper for parts in self._halls.values()]
        turns = cycle([(keeper, role) for role in Role for keeper in keepers])
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number, (keeper, role) in enumerate(islice(turns, int(per_s * for_s))):
            await asyncio.sleep(max(began + number / per_s - loop.time(), 0))
            keeper.post(RotationAsked(role=role), Source.RUNTIME)
        await asyncio.sleep(max(began + for_s - loop.time(), 0))


async def _lag(for_s: float) -> dict[str, Any]:
    """Return how much later than asked the event loop woke this task each time, and how long collections took: µs."""
    loop, pauses, late = asyncio.get_running_loop(), list[float](), list[float]()
    began = 0.0

    def collected(phase: str, _info: dict[str, int]) -> None:
        nonlocal began
        if phase == "start":
            began = time.perf_counter()
        else:
            pauses.append((time.perf_counter() - began) * 1e6)

    gc.callbacks.append(collected)
    ends = loop.time() + for_s
    while (due := loop.time() + LAG_EVERY_S) < ends:
        await asyncio.sleep(LAG_EVERY_S)
        late.append((loop.time() - due) * 1e6)
    gc.callbacks.remove(collected)
    return {"late": late, "collections": pauses}


async def _main(site: SiteConfig) -> None:
    from hall_runtime import bootstrap  # its models want an open site

    vars(bootstrap)["HandshakeGate"] = _Gate
    async with bootstrap.site_runtime(site) as runtime:
        gc.freeze()  # as `run` does
        desk = _Asked(runtime)
        say({})
        async for line in asked():
            say(await desk.answer(line.split(" ")))


if __name__ == "__main__":
    config = load_config(Path(sys.argv[1]))
    set_up_saying(level=logging.INFO)
    open_site(config.state)
    asyncio.run(_main(config))
