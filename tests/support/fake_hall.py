# SPDX-License-Identifier: Apache-2.0
"""A hall's keeper and ears without database, SSH and hardware, in virtual time."""

import asyncio
from collections.abc import Awaitable, Callable

from adapters.ssh.answers import RingLine
from adapters.ssh.errors import LinkLost
from hall_runtime.clock import RuntimeClock
from hall_runtime.hearing import Hearing
from hall_runtime.keeper import HallKeeper
from hall_runtime.session_ports import SessionView
from statemachines import events as e
from statemachines import session_events as se
from statemachines.effects import Command, Effect
from statemachines.events import Event, HallConfigured, Source
from statemachines.hall import new_hall
from statemachines.now import Now
from statemachines.record import CHAIN_START, Record, sealed
from statemachines.session_effects import CloseLink, OpenLink, RotateLink
from statemachines.session_value import ControlSession
from statemachines.settings import Settings
from statemachines.snapshot import Snapshot
from statemachines.words import Role
from tests.support.virtual_time import now_ns, run_virtual

EPOCH = 7
OPENS_IN_S = 0.05


class MemoryLog:
    """Rows in a list, chained like the real log's. `broken` is raised once, instead of taking a row."""

    def __init__(self) -> None:
        self.rows: list[Record] = []
        self.broken: Exception | None = None

    def append(self, draft: Record, *, value: bytes | None = None) -> Record:
        if self.broken is not None:
            broken, self.broken = self.broken, None
            raise broken
        values = {name: getattr(draft, name) for name in draft.__struct_fields__} | {"log_seq": len(self.rows) + 1}
        self.rows.append(sealed(Record(**values), self.rows[-1].digest if self.rows else CHAIN_START))
        return self.rows[-1]

    def heartbeat(self, hall: str, now_ns: int) -> None:
        """Nobody looks."""


class FakeOwner:
    """Opens or rotates a link when asked, unless the server is `away`; obeys each command; reads what a test puts here.

    `defect` is raised by the next command.
    """

    def __init__(self, role: Role, post: Callable[[Event], object]) -> None:
        self.role, self.post = role, post
        self.away = False
        self.defect: Exception | None = None
        self.snapshot = Snapshot(epoch=EPOCH, seq=0)
        self.ring: list[RingLine] = []
        self.executed: list[Effect] = []
        self.asked_ring: list[tuple[int, int]] = []

    @property
    def commands(self) -> list[str]:
        return [f"{each.verb} {each.arg}".strip() for each in self.executed if isinstance(each, Command)]

    def execute(self, effect: Effect) -> None:
        if isinstance(effect, Command) and self.defect is not None:
            defect, self.defect = self.defect, None
            raise defect
        self.executed.append(effect)
        loop = asyncio.get_running_loop()
        match effect:
            case Command(cmd_seq=cmd_seq) if self.away:  # as the pipe does: there is nobody to ask
                self.post(e.CommandDone(role=self.role, cmd_seq=cmd_seq, result="failed:down"))
            case Command(cmd_seq=cmd_seq):
                loop.call_soon(self.post, e.CommandDone(role=self.role, cmd_seq=cmd_seq, result="ok"))
            case OpenLink(gen=gen):
                loop.call_later(OPENS_IN_S, self._opened, gen, se.LinkOpened)
            case RotateLink(gen=gen):
                loop.call_later(OPENS_IN_S, self._opened, gen, se.LinkRotated)
            case CloseLink():
                loop.call_soon(self.post, se.LinksDrained(role=self.role))
            case _:
                raise ValueError(f"no effect for an owner: {effect}")

    def _opened(self, gen: int, kind: type[se.Linked]) -> None:
        if self.away:
            failed = se.LinkFailed(role=self.role, gen=gen, words="away", error="Unreachable", jitter_ppm=0)
            self.post(failed)
        else:
            life_ns = 900 * 1_000_000_000
            linked = kind(role=self.role, gen=gen, serial=gen, last=0, age_ns=0, life_ns=life_ns, jitter_ppm=0)
            self.post(linked)

    async def read_snapshot(self, limit_s: float) -> Snapshot:
        if self.away:
            raise LinkLost("away")
        return self.snapshot

    async def read_ring(self, epoch: int, from_seq: int, limit_s: float) -> tuple[RingLine, ...]:
        self.asked_ring.append((epoch, from_seq))
        if self.away:
            raise LinkLost("away")
        return tuple(line for line in self.ring if line.seq >= from_seq)

    def view(self, session: ControlSession, at_ns: int) -> SessionView:
        raise NotImplementedError

    async def close(self, limit_s: float) -> None:
        """Nothing is open."""


class FakeHall:
    """`told` has every row as `subject kind`; the keeper and the ears run from `begin` on."""

    def __init__(
        self,
        *,
        roles: tuple[Role, ...] = tuple(Role),
        settings: Settings | None = None,
        linked: tuple[Role, ...] = (),
        hall: str = "h1",
    ) -> None:
        self.log = MemoryLog()
        self.settings = settings or Settings(roles=roles)
        self.owners: dict[Role, FakeOwner] = {}
        self.clock = RuntimeClock(now_ns, now_ns)
        sessions = tuple(ControlSession(role=role) for role in roles)
        self.keeper = HallKeeper(
            Now(hall=new_hall(hall, self.settings), sessions=sessions),
            log=self.log,
            clock=self.clock,
            version="v",
            owners=self.owners,
            on_step=lambda _keeper, row: self.hearing.stepped(row),
        )
        self.owners |= {role: FakeOwner(role, self._post) for role in roles}
        self.hearing = Hearing(self.keeper, self.owners, linked, now_ns)
        self._tasks: list[asyncio.Task[None]] = []

    def _post(self, event: Event) -> None:
        self.keeper.post(event, Source.SESSION)

    def begin(self, *, hearing: bool = True) -> None:
        """What the runtime does at its start."""
        self.keeper.post(HallConfigured(settings=self.settings, incarnation=1), Source.RUNTIME)
        self.keeper.post_to_sessions(lambda role: se.SessionBegun(role=role))
        self.keeper_task = asyncio.create_task(self.keeper.run())
        self._tasks.append(self.keeper_task)
        if hearing:
            self.hearing.resume()
            self._tasks.append(asyncio.create_task(self.hearing.run()))

    async def until(self, true: Callable[[], bool], limit_s: float = 120) -> None:
        ends = asyncio.get_running_loop().time() + limit_s
        while not true():
            assert asyncio.get_running_loop().time() < ends, f"not within {limit_s} s: {self.told[-20:]}"
            await asyncio.sleep(0.01)

    async def recovered(self) -> None:
        """Wait until the hall has read its hardware."""
        await self.until(lambda: self.keeper.hall.recovered)

    def rows(self, kind: str) -> list[Record]:
        return [row for row in self.log.rows if row.kind == kind]

    @property
    def told(self) -> list[str]:
        return [f"{row.subject} {row.kind}" for row in self.log.rows]

    async def end(self) -> None:
        self.keeper.timers.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def tell(
    story: Callable[[FakeHall], Awaitable[None]],
    *,
    roles: tuple[Role, ...] = tuple(Role),
    linked: tuple[Role, ...] = (),
) -> FakeHall:
    """Tell a story of one hall in virtual time and return it as it was left."""

    async def told() -> FakeHall:
        hall = FakeHall(roles=roles, linked=linked)
        try:
            await story(hall)
        finally:
            await hall.end()
        return hall

    return run_virtual(told())


def line(seq: int, word: str, *, frame: int = 0, val: str = "0") -> RingLine:
    """Return a line of a device's ring."""
    return RingLine(seq=seq, ns=seq * 1000, word=word, frame=frame, val=val)
