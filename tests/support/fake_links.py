# SPDX-License-Identifier: Apache-2.0
"""Links to a model device without SSH: as slow, mute or broken as a test wants them."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from adapters.ssh.answers import RingLine, Welcome
from adapters.ssh.errors import AnswerOverdue, HelloRefused, LinkError, LinkLost
from hall_runtime.session_ports import Opened
from statemachines.snapshot import Snapshot
from statemachines.words import Role
from tests.support.model_device import Answered, CommandLine, HelloLine, ModelDevice, Welcomed
from tests.support.virtual_time import now_ns

T = TypeVar("T")
ROUND_TRIP_S = 0.001
LIFE_NS = 900 * 1_000_000_000


class FakeLink:
    """Answers after a round trip; nothing when `mute`, no good-bye when `rude`, no typed error when `defective`."""

    def __init__(self, device: ModelDevice) -> None:
        self.device = device
        self.mute = False
        self.rude = False
        self.is_closed = False
        self.defective = False
        self._end: asyncio.Future[LinkError] = asyncio.get_running_loop().create_future()
        self._waiting: set[asyncio.Future[str]] = set()

    @property
    def closed(self) -> asyncio.Future[LinkError]:
        return asyncio.shield(self._end)

    def lose(self, reason: str) -> None:
        """The connection breaks."""
        if not self._end.done():
            self._end.set_result(LinkLost(reason))
        for answer in self._waiting:
            if not answer.done():
                answer.set_exception(LinkLost(reason))
                answer.exception()

    def _later(self, make: Callable[[], str]) -> asyncio.Future[str]:
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.add(answer)
        asyncio.get_running_loop().call_later(ROUND_TRIP_S, self._answer, answer, make)
        return answer

    def _answer(self, answer: asyncio.Future[str], make: Callable[[], str]) -> None:
        if not (self.mute or self._end.done() or answer.done()):
            answer.set_result(make())

    async def _ask(self, what: str, limit_s: float, make: Callable[[], T]) -> T:
        made: list[T] = []

        def keep() -> str:
            made.append(make())
            return ""

        if self._end.done():
            raise LinkLost(str(self._end.result()))
        try:
            async with asyncio.timeout(limit_s):
                await self._later(keep)
        except TimeoutError as late:
            raise AnswerOverdue(what, limit_s) from late
        return made[0]

    async def hello(  # noqa: PLR0917  # in the order of the line
        self, hall: str, role: str, fence: int, gen: int, controller: str, seq: int, limit_s: float
    ) -> Welcome:
        if self.defective:
            raise RuntimeError("a defect")
        line = HelloLine(fence, gen, controller, seq)
        said = await self._ask("hello", limit_s, lambda: self.device.hello(line))
        if not isinstance(said, Welcomed):
            raise HelloRefused(said.code)
        return Welcome(version="1", abi=1, epoch=said.epoch, last=said.last, result=said.result, unix_s=0)

    def command(self, fence: int, gen: int, seq: int, verb: str, arg: str = "") -> asyncio.Future[str]:
        def act() -> str:
            said = self.device.take(CommandLine(fence, gen, seq, verb, "us"))
            assert isinstance(said, Answered)
            return said.result

        return self._later(act)

    async def ping(self, limit_s: float) -> int:
        return await self._ask("ping", limit_s, lambda: round(ROUND_TRIP_S * 1e6))

    async def snapshot(self, limit_s: float) -> Snapshot:
        gate = self.device.gate
        return await self._ask(
            "snapshot",
            limit_s,
            partial(
                Snapshot,
                epoch=self.device.epoch,
                seq=9,
                lease_fed=self.device.lease_fed,
                fence=gate.fence,
                last=gate.last,
            ),
        )

    async def ring(self, epoch: int, from_seq: int, limit_s: float) -> tuple[RingLine, ...]:
        line = RingLine(seq=from_seq, ns=0, word="frame", frame=0, val="")
        return await self._ask("ring", limit_s, lambda: (line,))

    async def bye(self, limit_s: float) -> None:
        self.mute = self.mute or self.rude
        await self._ask("bye", limit_s, lambda: None)

    async def close(self, limit_s: float) -> None:
        self.lose("closed by us")
        if self.rude:
            await asyncio.sleep(limit_s)
        self.is_closed = True


class FakeOpener:
    """Opens links to one device. `troubles` are met first, one an attempt; None means that it works."""

    def __init__(self, device: ModelDevice) -> None:
        self.device = device
        self.links: dict[int, FakeLink] = {}
        self.troubles: list[Exception | None] = []
        self.always: Exception | None = None
        self.asked_ns: list[int] = []
        self.hangs = False
        self.defects = 0
        self.opened = asyncio.Event()

    async def __call__(self, role: Role, gen: int) -> Opened:
        self.asked_ns.append(now_ns())
        minted_ns = now_ns()
        await asyncio.sleep(3600 if self.hangs else 0.05)
        trouble = self.troubles.pop(0) if self.troubles else self.always
        if trouble is not None:
            raise trouble
        link = self.links[gen] = FakeLink(self.device)
        link.defective, self.defects = self.defects > 0, max(self.defects - 1, 0)
        self.opened.set()
        return Opened(link=link, serial=100 + gen, minted_ns=minted_ns, life_ns=LIFE_NS)
