# SPDX-License-Identifier: Apache-2.0
"""Reads the log once for all who look, and hands each of them every row once, in order.

The seam between what is read back for one viewer and what goes to all is `Hub.pos`: it moves only together with the
batch that is offered to all who have joined, and a viewer joins only at that very position. Both happen on the event
loop without a wait in between.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol, TypeVar

import structlog

from web.accounts.auth import Caller
from web.metrics.own import DROPPED, LAG, VIEWERS
from web.stream.said import STILL_HERE, Batch, Beat, Picture
from web.stream.viewer import Viewer
from web.stream.wakeups import Polling, Wakeups

_say = structlog.get_logger(__name__)
T = TypeVar("T")

MOST_VIEWERS = 2000
PACE_S = 0.1
"""Batches follow each other no faster, except while a full one says that more is there."""
LOOK_S = 0.05
"""How often the log is looked at where nobody tells of rows: the first row after a rest waits no longer."""
BEAT_S = 2.0
RECHECK_S = 10.0
_TROUBLED_S = 1.0
_PICTURE_S = 0.25
"""How long viewers who come together may share a greeting."""

SLOW = "You read too slowly: come again, from where you are."
LOGIN_ENDED = "Your login or token is no longer good here: log in again."
CLOSING = "The server ends: come again in a moment."


class Start(NamedTuple):
    """From where a viewer goes on. With `gap` some rows after the cursor that it sent will not come."""

    pos: int
    gap: bool


class Source(Protocol):
    """What the hub asks of the store. Each call blocks, and is made on a thread."""

    def newest(self) -> int:
        """Return the newest position."""

    def batch(self, after: int, upto: int | None = None) -> Batch | None:
        """Return the next rows; None when there are none."""

    def start(self, cursor: int) -> Start:
        """Return from where a viewer goes on who has everything up to `cursor`."""

    def picture(self, pos: int) -> Picture:
        """Return how everything stands, which is at least what the rows up to `pos` lead to."""

    def beat(self) -> Beat:
        """Return what lives."""

    def no_longer_good(self, callers: Collection[Caller]) -> set[Caller]:
        """Return those who may not look any more."""


class Hub:
    """Started once, on the event loop on which its viewers are served."""

    def __init__(self, source: Source, *, wakeups: Wakeups | None = None, most: int = MOST_VIEWERS) -> None:
        self.pos = 0
        self._source, self._wakeups, self._most = source, wakeups or Polling(), most
        self._seated: set[Viewer] = set()
        self._joined: set[Viewer] = set()
        self._tailing = ThreadPoolExecutor(1, "stream-tailer")
        self._reading = ThreadPoolExecutor(2, "stream-reader")
        self._started: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._picture: tuple[float, asyncio.Task[Picture]] | None = None
        self._more = False
        self._troubled: set[str] = set()
        self.closing = False

    @property
    def full(self) -> bool:
        """No further viewer can be seated: there are too many, or the server ends."""
        return self.closing or len(self._seated) >= self._most

    async def start(self) -> None:
        """Find the newest row and follow the log from there; calling it again waits for the same start."""
        if self._started is None or (self._started.done() and self._started.exception()):
            self._started = asyncio.create_task(self._start())
        await asyncio.shield(self._started)

    async def _start(self) -> None:
        self.pos = await self._on(self._tailing, self._source.newest)
        self._tasks = [asyncio.create_task(self._for_ever(turn)) for turn in (self._tail, self._beat, self._recheck)]

    def close(self) -> None:
        """Say goodbye to all, and seat nobody any more. Their connections end by themselves."""
        self.closing = True
        for task in self._tasks:
            task.cancel()
        for viewer in self._seated:
            viewer.end(CLOSING)

    async def stop(self) -> None:
        """Wait until nothing of it runs any more. No viewer is left by now."""
        self.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._wakeups.close()
        for pool in (self._tailing, self._reading):
            await asyncio.to_thread(pool.shutdown, cancel_futures=True)

    def seat(self, viewer: Viewer) -> None:
        """Count a viewer in; `leave` counts it out."""
        self._seated.add(viewer)
        VIEWERS.set(len(self._seated))

    def leave(self, viewer: Viewer) -> None:
        self._joined.discard(viewer)
        self._seated.discard(viewer)
        VIEWERS.set(len(self._seated))

    def join(self, viewer: Viewer) -> bool:
        """From here on the viewer is offered all that comes. False: it has not everything before that yet."""
        if viewer.pos != self.pos:
            return False
        self._joined.add(viewer)
        return True

    async def begin(self, cursor: int) -> Start:
        """Return from where a viewer goes on who has everything up to `cursor`."""
        return await self._on(self._reading, self._source.start, cursor)

    async def read(self, after: int) -> tuple[Batch | None, int]:
        """Read on for one viewer, no further than all others have got. Return also up to where it then has all."""
        upto = self.pos
        batch = await self._on(self._reading, self._source.batch, after, upto)
        return batch, batch.last if batch is not None and batch.full else upto

    async def picture(self) -> Picture:
        """Return how everything stands; those who come within a moment share one, while no row comes."""
        now = time.monotonic()
        if self._picture is None or now - self._picture[0] > _PICTURE_S or _is_of_old(self._picture[1], self.pos):
            self._picture = now, asyncio.create_task(self._on(self._reading, self._source.picture, self.pos))
        return await asyncio.shield(self._picture[1])

    async def _on(self, pool: ThreadPoolExecutor, call: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, call, *arguments)

    async def _for_ever(self, turn: Callable[[], Awaitable[float]]) -> None:
        """Take turns; each returns how many seconds after its beginning the next one is due."""
        while True:
            began = time.monotonic()
            try:
                due = began + await turn()
                self._troubled.discard(turn.__name__)
            except Exception:  # the database is away, or it is a defect: viewers stay, and are told nothing false
                if turn.__name__ not in self._troubled:
                    _say.exception("stream_troubled", turn=turn.__name__)
                self._troubled.add(turn.__name__)
                due = time.monotonic() + _TROUBLED_S
            await asyncio.sleep(max(due - time.monotonic(), 0))

    async def _tail(self) -> float:
        if not self._more:
            await self._wakeups.wait()
        batch = await self._on(self._tailing, self._source.batch, self.pos)
        self._more = batch is not None and batch.full
        if batch is None:
            return LOOK_S
        self.pos = batch.last
        LAG.observe(max(time.time_ns() - batch.recorded_ns, 0) / 1e9)
        self._offer(batch.last, batch.spelled)
        return 0 if batch.full else PACE_S

    async def _beat(self) -> float:
        """Say that all lives; while rows cannot be read nothing is said, and whoever looks sees that it is late."""
        beat = None if "_tail" in self._troubled else await self._on(self._tailing, self._source.beat)
        pos = self.pos
        self._offer(pos, lambda hall: STILL_HERE if beat is None else beat.spelled(hall, pos))
        return BEAT_S

    def _offer(self, pos: int, spelled: Callable[[str], bytes | None]) -> None:
        for viewer in list(self._joined):
            said = spelled(viewer.hall)
            if said is not None and not viewer.offer(pos, said):
                self.drop(viewer, SLOW, "slow")

    async def _recheck(self) -> float:
        callers = {viewer.caller for viewer in self._seated}
        gone = await self._on(self._tailing, self._source.no_longer_good, callers) if callers else set()
        for viewer in [viewer for viewer in self._seated if viewer.caller in gone]:
            self.drop(viewer, LOGIN_ENDED, "login_ended")
        return RECHECK_S

    def drop(self, viewer: Viewer, reason: str, kind: str) -> None:
        """Let a viewer go for a reason that is told, counted by its kind, and logged."""
        self._joined.discard(viewer)
        if viewer.ended_for is None:
            DROPPED.labels(kind).inc()
            _say.warning("viewer_dropped", why=kind, actor=viewer.caller.actor, pos=viewer.pos)
        viewer.end(reason)


def _is_of_old(picture: asyncio.Task[Picture], pos: int) -> bool:
    """Tell whether a picture is there, but cannot be taken: it failed, or rows have come since."""
    if not picture.done():
        return False
    return picture.cancelled() or picture.exception() is not None or picture.result().pos < pos
