# SPDX-License-Identifier: Apache-2.0
"""The line source against a booth that is late, goes away, comes back, and talks rubbish."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.kernel import LineSource, Reason
from tests.support.kernel_events import Ears, LineServer, keys


@pytest.fixture
async def booth(tmp_path: Path) -> AsyncIterator[LineServer]:
    server = LineServer(tmp_path / "booth")
    yield server
    await server.close()


@pytest.fixture
async def source(tmp_path: Path, booth: LineServer) -> AsyncIterator[LineSource]:
    source = LineSource(tmp_path / "booth")
    yield source
    await source.close()


async def test_a_booth_that_starts_late_is_found(source: LineSource, booth: LineServer) -> None:
    ears = Ears()
    await ears.listen(source)
    assert len(ears.lost) == 1
    assert "does not answer" in ears.lost[0]
    await booth.open()
    await ears.wait_for(lambda: ears.ups == 1)
    assert len(ears.lost) == 1


async def test_a_booth_that_restarts_is_heard_again(source: LineSource, booth: LineServer) -> None:
    ears = Ears()
    await booth.open()
    await ears.listen(source)
    await booth.joined()
    await booth.close()
    await ears.wait_for(lambda: bool(ears.lost))
    assert "closed" in ears.lost[0]
    await booth.open()
    await ears.wait_for(lambda: ears.ups == 2)
    await booth.joined()
    booth.say(keys(9))
    await ears.wait_for(lambda: bool(ears.heard))
    assert len(ears.lost) == 1


async def test_rubbish_is_counted_and_the_next_event_is_heard(source: LineSource, booth: LineServer) -> None:
    ears = Ears()
    await booth.open()
    await ears.listen(source)
    await booth.joined()
    booth.send(b"\x00\xff\n" + b"x" * 1_000_000 + b"\n" + keys(4).encode() + b"\n")
    await ears.wait_for(lambda: bool(ears.heard))
    assert ears.seqs == [4]
    assert source.refused == {Reason.MALFORMED: 1, Reason.OVERSIZED: 1}


async def test_a_flood_leaves_the_loop_to_others(source: LineSource, booth: LineServer) -> None:
    ears = Ears()
    await booth.open()
    await ears.listen(source)
    await booth.joined()
    turns = 0

    async def another_hall() -> None:
        nonlocal turns
        while len(ears.heard) < 5000:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(another_hall())
    booth.send(b"".join(keys(seq).encode() + b"\n" for seq in range(1, 5001)))
    await asyncio.wait_for(other, 20)
    assert ears.seqs == list(range(1, 5001))
    assert turns > 10
