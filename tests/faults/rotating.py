# SPDX-License-Identifier: Apache-2.0
"""A numbered stream of commands over one session on real sshd, while its keys rotate and its old agents freeze."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from typing_extensions import override

from adapters.ssh.credential import Credential
from adapters.ssh.errors import CredentialRefused
from adapters.ssh.krl import KRL_PRINCIPAL
from adapters.ssh.link import open_link
from hall_runtime.session_owner import SessionOwner
from hall_runtime.session_ports import Opened
from statemachines import session_events as se
from statemachines.effects import Command
from statemachines.events import CommandDone, Event
from statemachines.session_effects import CloseLink, OpenLink, RotateLink
from statemachines.words import Role, Verb
from tests.faults.evidence import Act
from tests.faults.nemesis.deeds import Deeds
from tests.faults.nemesis.processes import family, kill, running, stopped
from tests.support.devices import TestDevice
from tests.support.ssh import HALL, LIMIT_S, ROLE, authority, mint, sshd_address
from tests.support.sshd import RealSshd

AT_A_TIME = 3
LIFE_NS = 900 * 10**9
LOOK_S = 0.1


class BookedDevice(TestDevice):
    """A device that writes down each command that took effect, when and from whom."""

    def __init__(self, devices: Path) -> None:
        super().__init__(devices, HALL, ROLE)
        self.book: list[Act] = []

    @override
    def _command(self, fence: str, gen: str, seq: str, verb: str, arg: str = "") -> str:
        before = self.gate.last
        answer = super()._command(fence, gen, seq, verb, arg)
        if self.gate.last != before:
            words = f"{verb} {arg}".strip()
            self.book.append(Act(time.monotonic_ns(), int(fence), int(gen), int(seq), answer, words))
        return answer


@dataclass
class Way:
    """One connection: its credential, the client's port, its agent's process, and when (ns) it was left and gone."""

    credential: Credential
    port: int
    agent: int = 0
    left_ns: int = 0
    gone_ns: int = 0


def connected(port: int) -> set[int]:
    """Return the clients' ports of every connection to `port` that stands, as the kernel sees it."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:])
    ends = ((int(row[1][-4:], 16), int(row[2][-4:], 16)) for row in rows if row[3] == "01")
    return {client for pair in ends for client, server in (pair, pair[::-1]) if server == port}


class Stream:
    """Gives command after command and keeps what comes back, and each connection's life."""

    def __init__(self, sshd: RealSshd, device: BookedDevice, deeds: Deeds) -> None:
        self.sshd, self.device = sshd, device
        self.owner = SessionOwner(
            hall=HALL, role=Role(ROLE), fence=3, controller="us", opener=self._open, post=self._post
        )
        self.sent: dict[int, str] = {}
        self.answers: dict[int, str] = {}
        self.answered_ns: dict[int, int] = {}
        self.ways: dict[int, Way] = {}
        self.troubles: list[Event] = []
        self.gen = 0
        self.going = False
        self._deeds = deeds
        self._changed = asyncio.Event()
        self._freezers: set[asyncio.Task[None]] = set()

    async def _open(self, role: Role, gen: int) -> Opened:
        before = connected(self.sshd.port)
        credential = mint(self.sshd.force_command(HALL, ROLE))
        minted_ns = time.monotonic_ns()
        link = await open_link(sshd_address(self.sshd), credential, limit_s=LIMIT_S)
        (port,) = connected(self.sshd.port) - before
        self.ways[gen] = Way(credential, port)
        return Opened(link=link, serial=credential.serial, minted_ns=minted_ns, life_ns=LIFE_NS)

    def _post(self, event: Event) -> None:
        match event:
            case CommandDone():
                assert event.cmd_seq not in self.answers, "answered twice"
                self.answers[event.cmd_seq] = event.result
                self.answered_ns[event.cmd_seq] = time.monotonic_ns()
                if self.going and self.sent[event.cmd_seq] != Verb.SAFE_STOP:
                    asyncio.get_running_loop().call_soon(self.order)
            case se.Linked():
                if self.gen:
                    self.ways[self.gen].left_ns = time.monotonic_ns()
                self.gen = event.gen
            case se.LinksDrained():
                self.gen = 0
            case _:
                self.troubles.append(event)
        self._tell()

    def _tell(self) -> None:
        """Wake everybody who waits; whoever waits next waits for the next news."""
        self._changed.set()
        self._changed = asyncio.Event()

    def order(self, verb: Verb = Verb.LIGHTS) -> int:
        """Give the next command; neighbours differ, so that one that is lost, doubled or swapped shows."""
        seq = len(self.sent) + 1
        arg = ("down", "up")[seq % 2] if verb is Verb.LIGHTS else ""
        self.sent[seq] = f"{verb} {arg}".strip()
        self.owner.execute(Command(role=Role(ROLE), cmd_seq=seq, verb=verb, arg=arg, safety=verb is Verb.SAFE_STOP))
        return seq

    async def until(self, words: str, done: Callable[[], object]) -> None:
        """Wait until it is done."""
        try:
            async with asyncio.timeout(LIMIT_S):
                while not done():
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"not within {LIMIT_S} s: {words}; {self.troubles}") from None

    async def begin(self) -> None:
        """Open the session and let commands flow."""
        self.owner.execute(OpenLink(role=Role(ROLE), gen=1))
        await self.until("the session is up", lambda: self.gen == 1)
        self.going = True
        for _ in range(AT_A_TIME):
            self.order()

    def rotate(self) -> int:
        """Begin a rotation and return its generation; `rotated` waits for it."""
        assert not self.troubles, self.troubles
        self._note_agent()
        self.owner.execute(RotateLink(role=Role(ROLE), gen=self.gen + 1))
        return self.gen + 1

    async def rotated(self, gen: int) -> None:
        """Wait until the commands go over the link of that generation."""
        await self.until(f"the session has moved to {gen}", lambda: self.gen >= gen or self.troubles)
        assert not self.troubles, self.troubles

    def _note_agent(self) -> None:
        known = {way.agent for way in self.ways.values()}
        agents = running(family(int((self.sshd.root / "sshd.pid").read_text())), "reel-agent")
        (self.ways[self.gen].agent,) = set(agents) - known

    def freeze_old(self) -> None:
        """The agent in use stands still from now until its connection is gone; then it is killed.

        Going on, it could only take bytes out of a FIFO that is no longer its own: sysfs has no such thing.
        """
        task = asyncio.create_task(self._frozen(self.ways[self.gen]))
        self._freezers.add(task)

    async def _frozen(self, way: Way) -> None:
        with stopped(self._deeds, "the old agent", way.agent):
            await self.until("the old connection is gone", lambda: way.gone_ns)
            kill(self._deeds, "the old agent", way.agent)

    async def watch(self) -> None:
        """Until cancelled: look which connections still stand."""
        while True:
            stand = connected(self.sshd.port)
            for way in self.ways.values():
                if way.left_ns and not way.gone_ns and way.port not in stand:
                    way.gone_ns = time.monotonic_ns()
                    self._tell()
            await asyncio.sleep(LOOK_S)

    async def all_gone(self) -> None:
        """Wait until every old connection is gone."""
        left = [way for way in self.ways.values() if way.left_ns]
        await self.until("every old connection is gone", lambda: all(way.gone_ns for way in left))
        await asyncio.gather(*self._freezers)

    async def refused_ns(self, credential: Credential) -> int:
        """Try a credential that must be refused and return how long (ns) that took."""
        began = time.monotonic_ns()
        try:
            link = await open_link(sshd_address(self.sshd), credential, limit_s=LIMIT_S)
        except CredentialRefused:
            return time.monotonic_ns() - began
        await link.close(LIMIT_S)
        raise AssertionError(f"certificate {credential.serial} was taken")

    async def close(self) -> None:
        """Let nothing run on."""
        self.going = False
        for freezer in self._freezers:
            freezer.cancel()
        await asyncio.gather(*self._freezers, return_exceptions=True)
        await self.owner.close(LIMIT_S)

    async def end(self) -> None:
        """Give no more commands, wait for every answer, and close."""
        self.going = False
        await self.until("everything is answered", lambda: len(self.answers) == len(self.sent))
        self.owner.execute(CloseLink(role=Role(ROLE), reason="the test is over"))
        await self.until("all is closed", lambda: self.gen == 0)

    def wrongs(self) -> Iterator[str]:
        """Yield every breach: a command lost, doubled, swapped, or done against its answer."""
        acts = {act.seq: act for act in self.device.book}
        for before, act in pairwise(self.device.book):
            if act.seq <= before.seq:
                yield f"{act.seq} took effect after {before.seq}"
            if act.gen < before.gen:
                yield f"{act.seq} came from generation {act.gen} after {before.gen}"
        for seq, words in self.sent.items():
            act_words = acts[seq].words if seq in acts else "nothing"
            if act_words != (words if self.answers[seq] == "ok" else "nothing"):
                yield f"{seq} ({words}) was answered {self.answers[seq]}, the device did {act_words}"


@asynccontextmanager
async def streaming(deeds: Deeds) -> AsyncIterator[Stream]:
    """A stream that flows, on a server of its own."""
    names = [f"reel-{HALL}-{ROLE}", KRL_PRINCIPAL]
    with RealSshd(ca_public=authority().public_line, principals=names) as sshd, BookedDevice(sshd.devices) as device:
        stream = Stream(sshd, device, deeds)
        watch = asyncio.create_task(stream.watch())
        try:
            await stream.begin()
            yield stream
        finally:
            await stream.close()
            watch.cancel()
