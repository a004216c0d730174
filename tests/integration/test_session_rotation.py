# SPDX-License-Identifier: Apache-2.0
"""Keys rotate over real links and the real agent while numbered commands flow: none is lost, doubled or swapped."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.ssh.link import open_link
from hall_runtime.session_owner import SessionOwner
from hall_runtime.session_ports import Opened
from statemachines import session_events as se
from statemachines.effects import Command
from statemachines.events import CommandDone, Event
from statemachines.session_effects import CloseLink, OpenLink, RotateLink
from statemachines.words import Role, Verb
from tests.support.ssh import HALL, LIMIT_S, Booth, asyncssh_booth, openssh_booth

P = Role.PROJECTION
ROTATIONS = 6
AT_A_TIME = 3


@pytest.fixture(params=[pytest.param("openssh", marks=pytest.mark.real_sshd), "asyncssh"])
async def booth(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Booth]:
    serving = {"openssh": openssh_booth, "asyncssh": asyncssh_booth}[request.param]
    async with serving(tmp_path) as booth:
        yield booth


def arg_of(seq: int) -> str:
    """Neighbours differ, so that a command that is lost, doubled or swapped shows."""
    return "up" if seq % 2 else "down"


class Desk:
    """Gives commands without a pause and keeps what comes back."""

    def __init__(self, booth: Booth) -> None:
        self.booth = booth
        self.owner = SessionOwner(hall=HALL, role=P, fence=3, controller="us", opener=self.open, post=self.post)
        self.heard: list[Event] = []
        self.results: dict[int, str] = {}
        self.seq = 0
        self.going = False
        self._changed = asyncio.Event()

    async def open(self, role: Role, gen: int) -> Opened:
        credential = self.booth.credential()
        link = await open_link(self.booth.address, credential, limit_s=LIMIT_S)
        return Opened(link=link, serial=credential.serial, minted_ns=time.monotonic_ns(), life_ns=900 * 10**9)

    def post(self, event: Event) -> None:
        if isinstance(event, CommandDone):
            assert event.cmd_seq not in self.results
            self.results[event.cmd_seq] = event.result
            self.order()
        else:
            self.heard.append(event)
        self._changed.set()

    def order(self) -> None:
        if self.going:
            self.seq += 1
            command = Command(role=P, cmd_seq=self.seq, verb=Verb.LIGHTS, arg=arg_of(self.seq))
            asyncio.get_running_loop().call_soon(self.owner.execute, command)

    async def until(self, kind: type[Event]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not any(isinstance(event, kind) for event in self.heard):
                self._changed.clear()
                await self._changed.wait()
        self.heard.clear()

    async def all_answered(self) -> None:
        async with asyncio.timeout(LIMIT_S):
            while len(self.results) < self.seq:
                self._changed.clear()
                await self._changed.wait()


async def test_nothing_is_lost_doubled_or_swapped_while_keys_rotate(booth: Booth) -> None:
    desk = Desk(booth)
    desk.owner.execute(OpenLink(role=P, gen=1))
    await desk.until(se.LinkOpened)
    desk.going = True
    for _ in range(AT_A_TIME):
        desk.order()
    for gen in range(2, 2 + ROTATIONS):
        desk.owner.execute(RotateLink(role=P, gen=gen))
        await desk.until(se.LinkRotated)
    desk.going = False
    await desk.all_answered()
    desk.owner.execute(CloseLink(role=P, reason="the test is over"))
    await desk.until(se.LinksDrained)
    await desk.owner.close(LIMIT_S)
    assert set(desk.results.values()) == {"ok"}
    assert desk.seq > ROTATIONS
    assert booth.device.acted == [f"lights {arg_of(seq)}" for seq in range(1, desk.seq + 1)]
    assert booth.device.gate.gen == 1 + ROTATIONS
