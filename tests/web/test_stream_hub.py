# SPDX-License-Identifier: Apache-2.0
"""The hub and its viewers, on a log that is played: who is dropped, who is not, and what each was sent."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any

import pytest

from web.accounts.auth import Caller
from web.accounts.scopes import Scope
from web.stream.connection import serve
from web.stream.hub import Hub, Start
from web.stream.said import Batch, Beat, Part, Picture
from web.stream.viewer import ROOM, Viewer

CALLER = Caller(actor="anna", scope=Scope.VIEW)
LIMIT_S = 10.0


class PlayedLog:
    """Positions 1 … `newest`, all of hall h1; `away` says that nothing can be read."""

    def __init__(self) -> None:
        self.newest_pos, self.away, self.most = 0, False, 1000

    def look(self) -> None:
        if self.away:
            raise OSError("the database is away")

    def newest(self) -> int:
        return self.newest_pos

    def start(self, cursor: int) -> Start:
        return Start(cursor, gap=False)

    def batch(self, after: int, upto: int | None = None) -> Batch | None:
        self.look()
        positions = range(after + 1, (self.newest_pos if upto is None else upto) + 1)[: self.most]
        events = tuple(Part("h1", b'{"pos":%d}' % pos) for pos in positions)
        return Batch(positions[-1], events, (), 0, full=len(events) == self.most) if events else None

    def picture(self, pos: int) -> Picture:
        return Picture(pos, b"{}", ())

    def beat(self) -> Beat:
        self.look()
        return Beat(b"{}", ())

    def no_longer_good(self, callers: Iterable[Caller]) -> set[Caller]:
        return set()


class Line:
    """A viewer's connection: `taken` is what it has read; it reads while `reads` is set."""

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.reads.set()
        self.taken = b""
        self.ended = False
        self._changed = asyncio.Event()

    async def until(self, so: Callable[["Line"], bool]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not so(self):
                self._changed.clear()
                await self._changed.wait()

    async def until_row(self, newest: int) -> None:
        await self.until(lambda line: line.positions[-1:] == [newest])

    async def send(self, message: Mapping[str, Any]) -> None:
        await self.reads.wait()
        self.taken += message["body"]
        self.ended = not message["more_body"]
        self._changed.set()

    @property
    def positions(self) -> list[int]:
        return [event["pos"] for told in self.said("rows") for event in told["events"]]

    def said(self, name: str) -> list[dict[str, Any]]:
        events = (block for block in self.taken.decode().split("\n\n") if f"event: {name}\n" in block)
        return [json.loads(event.partition("data: ")[2]) for event in events]


class Booth:
    """A hub, and the viewers that sit in it."""

    def __init__(self) -> None:
        self.log = PlayedLog()
        self.hub = Hub(self.log)
        self.tasks: list[asyncio.Task[None]] = []

    async def sit(self, cursor: int = 0) -> tuple[Viewer, Line]:
        await self.hub.start()
        viewer, line = Viewer(CALLER, "", cursor), Line()
        self.hub.seat(viewer)
        picture = await self.hub.picture()
        hello = picture.spelled("", cursor, gap=False)
        self.tasks.append(asyncio.create_task(serve(self.hub, viewer, hello, line.send)))
        return viewer, line


@pytest.fixture
async def booth() -> AsyncIterator[Booth]:
    booth = Booth()
    yield booth
    booth.hub.close()
    async with asyncio.timeout(LIMIT_S):
        await asyncio.gather(*booth.tasks)
        await booth.hub.stop()


async def test_whoever_does_not_read_is_told_to_come_again_and_nobody_else_waits(
    monkeypatch: pytest.MonkeyPatch, booth: Booth
) -> None:
    for rest in ("PACE_S", "LOOK_S"):
        monkeypatch.setattr(f"web.stream.hub.{rest}", 0.001)
    slow, slow_line = await booth.sit()
    _viewer, line = await booth.sit()
    booth.log.newest_pos = 1
    await slow_line.until_row(1)
    slow_line.reads.clear()
    async with asyncio.timeout(LIMIT_S):
        while slow.ended_for is None:
            booth.log.newest_pos += 1
            await line.until_row(booth.log.newest_pos)
    assert line.positions == list(range(1, booth.log.newest_pos + 1))
    assert booth.log.newest_pos > ROOM
    slow_line.reads.set()
    await asyncio.wait_for(booth.tasks[0], LIMIT_S)
    (bye,) = slow_line.said("bye")
    assert "too slowly" in bye["reason"]
    assert slow_line.positions == list(range(1, bye["resume"] + 1))
    assert slow_line.ended
    _again, line = await booth.sit(bye["resume"])
    await line.until_row(booth.log.newest_pos)
    assert line.positions == list(range(bye["resume"] + 1, booth.log.newest_pos + 1))


async def test_while_the_database_is_away_nobody_is_told_that_all_lives_and_then_nothing_is_missing(
    booth: Booth,
) -> None:
    _viewer, line = await booth.sit()
    booth.log.newest_pos = 2
    await line.until_row(2)
    booth.log.away = True
    booth.log.newest_pos = 5
    await line.until(lambda line: b"\n\n:\n\n" in line.taken)
    assert line.positions == [1, 2]
    beats = len(line.said("beat"))
    booth.log.away = False
    await line.until_row(5)
    assert line.positions == [1, 2, 3, 4, 5]
    await line.until(lambda line: len(line.said("beat")) > beats)


async def test_of_many_rows_told_of_once_none_waits_for_the_next_notice(booth: Booth) -> None:
    class Notices:
        """Tells once of everything that comes."""

        def __init__(self) -> None:
            self.told = asyncio.Event()

        async def wait(self) -> None:
            await self.told.wait()
            self.told.clear()

        async def close(self) -> None:
            """Nothing is held."""

    notices = Notices()
    booth.hub, booth.log.most = Hub(booth.log, wakeups=notices), 2
    _viewer, line = await booth.sit()
    booth.log.newest_pos = 7
    notices.told.set()
    await line.until_row(7)
    assert line.positions == [1, 2, 3, 4, 5, 6, 7]


async def test_who_knows_of_rows_that_the_tailer_has_yet_to_read_gets_only_those_after_them(booth: Booth) -> None:
    booth.log.newest_pos = 3
    await booth.hub.start()
    booth.log.newest_pos = 6  # written, but not read yet
    _viewer, line = await booth.sit(cursor=5)
    await line.until_row(6)
    assert line.positions == [6]


async def test_no_more_are_seated_than_there_is_room_for(booth: Booth) -> None:
    booth.hub = Hub(booth.log, most=1)
    viewer, _line = await booth.sit()
    assert booth.hub.full
    viewer.end("")
    await asyncio.wait_for(booth.tasks[0], LIMIT_S)
    booth.hub.leave(viewer)
    assert not booth.hub.full
