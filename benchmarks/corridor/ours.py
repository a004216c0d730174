# SPDX-License-Identifier: Apache-2.0
"""The corridor itself: the whole runtime of a site, and buttons pressed as real uevents.

START takes the hall into a show (12 guards) and sends `motor run`; STOP takes it back. What is measured begins
before the write that makes the kernel send the event and ends when the device's answer to the first command that
follows is in the hall's mailbox; both times are the runtime's own, the second one from the log's row.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from adapters.store.site import open_site
from benchmarks.corridor.scene import HALL, REST_S, Scene
from hall_runtime.keeper import HallKeeper
from hall_runtime.saying import set_up_saying
from statemachines.record import Record
from statemachines.words import Lamp, Role, State

if TYPE_CHECKING:
    from hall_runtime.runtime import Runtime

LIMIT_S = 10.0
_HEARTBEAT_S = 2.0


@dataclass
class Timings:
    """Samples in µs: `heard` until the event is in the mailbox, `acknowledged` until its command's answer is."""

    heard: list[float] = field(default_factory=list)
    acknowledged: list[float] = field(default_factory=list)


class Booth:
    """The devices' side of one round: numbered events, heartbeats, and what the runtime made of them."""

    def __init__(self, scene: Scene, epochs: dict[Role, int]) -> None:
        self._scene, self._epochs = scene, epochs
        self._seqs = dict.fromkeys(Role, 0)
        self._rows: list[Record] = []
        self._changed = asyncio.Event()

    def stepped(self, _keeper: HallKeeper, row: Record) -> None:
        self._rows.append(row)
        self._changed.set()

    def say(self, word: str, role: Role = Role.PROJECTION) -> None:
        self._seqs[role] += 1
        at = f"SEQ={self._seqs[role]} EPOCH={self._epochs[role]} FRAME=0 NS={time.monotonic_ns()} VAL=0"
        self._scene.uevent(f"HALL={HALL} ROLE={role} EVENT={word} {at}")

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not true():
                self._changed.clear()
                await self._changed.wait()

    async def press(self, runtime: "Runtime", word: str, kind: str, timings: Timings) -> None:
        """Press a button, note how long it took, and wait until every command that followed is answered."""
        self.forget()
        began_ns = runtime.clock.now_ns()
        self.say(word)
        await self.answered(kind, began_ns, timings)

    def forget(self) -> None:
        """What comes from now on follows what is done next."""
        self._rows.clear()

    async def answered(self, kind: str, began_ns: int, timings: Timings) -> None:
        """Wait until every command that followed an event is answered, and note how long the first one took."""
        await self.until(lambda: self._settled(kind))
        rows = {row.kind: row for row in reversed(self._rows)}
        timings.heard.append((rows[kind].at_ns - began_ns) / 1000)
        timings.acknowledged.append((rows["command_done"].at_ns - began_ns) / 1000)

    def told(self, kind: str) -> bool:
        return any(row.kind == kind for row in self._rows)

    def _settled(self, kind: str) -> bool:
        pressed = next((row for row in self._rows if row.kind == kind), None)
        if pressed is None:
            return False
        if pressed.verdict != "transition":
            raise RuntimeError(f"{kind} was no transition: {pressed.reason}")
        sent = sum(effect["do"] == "command" for effect in pressed.effects)
        return bool(sum(row.kind == "command_done" for row in self._rows) == sent)


async def run(scene: Scene, shows: int, rest_s: float = REST_S) -> tuple[Timings, Timings]:
    """Start the runtime, press START and STOP `shows` times, end it; return the timings of both buttons."""
    config = scene.config()
    await asyncio.to_thread(open_site, config.state)
    from hall_runtime.bootstrap import site_runtime

    set_up_saying(file=scene.directory / "runtime.log")
    start, stop = Timings(), Timings()
    with scene.devices() as epochs:
        booth = Booth(scene, epochs)
        async with site_runtime(config, booth.stepped) as runtime:
            hall = runtime.halls[HALL].keeper
            await booth.until(lambda: booth.told("runtime_recovered") and ready(hall))
            beats = asyncio.create_task(beat(booth))
            for _ in range(shows):
                await booth.press(runtime, "start", "show_started", start)
                await asyncio.sleep(rest_s)
                await booth.press(runtime, "stop", "show_stopped", stop)
                await asyncio.sleep(rest_s)
            beats.cancel()
            with suppress(asyncio.CancelledError):
                await beats
    return start, stop


def ready(keeper: HallKeeper) -> bool:
    """Tell whether a show can be started."""
    hall = keeper.hall
    linked = all(
        device.link.up and not device.unread and not device.pending for device in (hall.projection, hall.sound)
    )
    return linked and hall.recovered and hall.state is State.THREADING and hall.projector.lamp is Lamp.LIT


async def beat(booth: Booth) -> None:
    """Beat for both devices until cancelled."""
    while True:
        for role in Role:
            booth.say("heartbeat", role)
        await asyncio.sleep(_HEARTBEAT_S)
