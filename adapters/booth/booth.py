# SPDX-License-Identifier: Apache-2.0
"""The booth: every hall's rig with its attribute trees, on one event loop and the real clock."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from adapters.booth import hands
from adapters.booth.emit import Emitter
from adapters.booth.errors import HandRefused
from adapters.booth.film_path import Reel
from adapters.booth.lines import take
from adapters.booth.plan import BoothPlan, HallPlan
from adapters.booth.rig import Rig
from adapters.booth.stagehands import Stagehand
from adapters.booth.tree import DeviceTree
from statemachines.words import Role

SECOND = 1_000_000_000
REFRESH_NS = SECOND // 4
"""While film moves its snapshot is never older than this."""
LOOK_S = 0.25
"""How often people look up when nothing has happened."""


def _draw_epoch() -> int:
    return secrets.randbelow(2**32 - 1) + 1


class Stage:
    """One hall of a running booth: its rig, and the trees and events through which the world sees it."""

    def __init__(self, plan: HallPlan, rig: Rig, devices: Path, emitter: Emitter) -> None:
        self.plan = plan
        self.rig = rig
        self.news = asyncio.Event()
        self._emitter = emitter
        self._wake: asyncio.TimerHandle | None = None
        self._flush: asyncio.Handle | None = None
        self._trees = {role: DeviceTree(devices / f"{rig.hall}-{role}", self._listener(role)) for role in rig.devices}

    def open(self) -> None:
        """Show the devices. Raises OSError."""
        for tree in self._trees.values():
            tree.open()
        self._publish()

    def close(self) -> None:
        """Take the devices away."""
        self._live()
        for device in self.rig.devices.values():
            device.remove()
        self._publish()
        if self._wake is not None:
            self._wake.cancel()
        for tree in self._trees.values():
            tree.close()

    def move(self, wish: str) -> str:
        """Carry out a hand's wish at this instant. Raises HandRefused."""
        self._live()
        answer = hands.move(self.rig, wish)
        self._live()
        self._publish_soon()
        return answer

    def _listener(self, role: Role) -> Callable[[str, str], str | None]:
        def on_line(attribute: str, line: str) -> str | None:
            self._live()
            answer = take(self.rig.devices[role], attribute, line)
            self._live()
            if answer is None:
                self._publish_soon()
            else:
                # Who has read the result may read the snapshot next.
                self._publish()
            return answer

        return on_line

    def _live(self) -> None:
        self.rig.advance(time.monotonic_ns())

    def _publish_soon(self) -> None:
        """What happens within one turn of the loop is written once."""
        if self._flush is None:
            self._flush = asyncio.get_running_loop().call_soon(self._publish)

    def _publish(self) -> None:
        """Write the trees first: whoever hears an event finds it in the ring."""
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        for role, device in self.rig.devices.items():
            self._trees[role].publish(device)
        for role, device in self.rig.devices.items():
            for fact in device.journal.take_unsent():
                if self.rig.lose:
                    self.rig.lose -= 1
                else:
                    self._emitter.send(fact.keys(self.rig.hall, role, device.journal.epoch))
        self.news.set()
        self._arm()

    def _arm(self) -> None:
        if self._wake is not None:
            self._wake.cancel()
        loop = asyncio.get_running_loop()
        wait_ns = self.rig.next_ns() - time.monotonic_ns()
        if self.rig.projector.moves:
            wait_ns = min(wait_ns, REFRESH_NS)
        if self.rig.rattles:
            wait_ns = 0
        self._wake = loop.call_later(max(wait_ns, 0) / SECOND, self._woken)

    def _woken(self) -> None:
        self._live()
        self.rig.rattle()
        self._publish()


class Booth:
    """All halls of a plan. Open it on the event loop; `close` takes every device away."""

    def __init__(self, plan: BoothPlan, emitter: Emitter) -> None:
        now_ns = time.monotonic_ns()
        self.stages = {
            hall.id: Stage(hall, _rig(plan, hall, now_ns), Path(plan.devices), emitter) for hall in plan.halls
        }

    def open(self) -> None:
        """Show every device. Raises OSError."""
        for stage in self.stages.values():
            stage.open()

    def close(self) -> None:
        """Take every device away."""
        for stage in self.stages.values():
            stage.close()

    def do(self, line: str) -> str:
        """Answer a line of hands: `HALL WISH`."""
        hall, _, wish = line.strip().partition(" ")
        stage = self.stages.get(hall)
        if stage is None:
            return f"there is no hall {hall[:40]!r}: choose one of {', '.join(self.stages)}"
        try:
            return stage.move(wish.strip())
        except HandRefused as refused:
            return str(refused)

    async def staff(self) -> None:
        """Let people work in the halls that have some, for as long as this is awaited."""
        async with asyncio.TaskGroup() as people:
            for stage in self.stages.values():
                if stage.plan.people:
                    people.create_task(_work(stage, Stagehand(stage.plan.break_at_frame)))


async def _work(stage: Stage, person: Stagehand) -> None:
    while True:
        wish = person.next_move(stage.rig, time.monotonic_ns())
        if wish is not None:
            # Between the look and the hand the film may have moved on: look again.
            with contextlib.suppress(HandRefused):
                stage.move(wish)
        stage.news.clear()
        try:
            async with asyncio.timeout(LOOK_S):
                await stage.news.wait()
        except TimeoutError:
            continue


def _rig(plan: BoothPlan, hall: HallPlan, now_ns: int) -> Rig:
    return Rig(
        hall.id,
        [Reel(hall.gauge, feet) for feet in hall.feet],
        hall.roles,
        now_ns=now_ns,
        draw_epoch=_draw_epoch,
        fps_milli=plan.projection_fps * 1000,
        runout_ms=plan.runout_ms,
    )
