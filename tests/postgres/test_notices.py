# SPDX-License-Identifier: Apache-2.0
"""Whoever follows the log on a server hears of each commit, and of none that fails; a lost ear is found again."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.store.listen import QUIET_S, LogNotices
from tests.support.postgres import Server, end_sessions
from tests.support.store import draft

if TYPE_CHECKING:
    from adapters.store.writer import LogWriter

LIMIT_S = 20.0


@pytest.fixture
def writer(state: Path) -> Iterator["LogWriter"]:
    from adapters.store.writer import LogWriter

    made = LogWriter(state)
    made.start()
    yield made
    made.close(30)


@pytest.fixture
async def notices(state: Path) -> AsyncIterator[LogNotices]:
    heard = LogNotices()
    await heard.wait()  # from here on it listens
    yield heard
    await heard.close()


async def waited_s(notices: LogNotices) -> float:
    began = time.monotonic()
    await notices.wait()
    return time.monotonic() - began


async def test_a_commit_is_heard_at_once_and_silence_ends_by_itself(writer: "LogWriter", notices: LogNotices) -> None:
    assert await waited_s(notices) >= QUIET_S * 0.9
    waiting = asyncio.create_task(waited_s(notices))
    await asyncio.sleep(0)
    await writer.committed(writer.append(draft(n=1)))
    assert await waiting < QUIET_S / 2


async def test_commits_between_two_waits_are_not_missed(writer: "LogWriter", notices: LogNotices) -> None:
    for n in (1, 2, 3):
        await writer.committed(writer.append(draft(n=n)))
    assert await waited_s(notices) < QUIET_S / 2


async def test_a_beat_without_rows_wakes_nobody(writer: "LogWriter", notices: LogNotices) -> None:
    writer.heartbeat("h1", 1)
    assert await waited_s(notices) >= QUIET_S * 0.9


async def test_a_lost_ear_is_found_again_and_nobody_waits_for_it(
    writer: "LogWriter", notices: LogNotices, server: Server
) -> None:
    assert end_sessions(like="LISTEN%") == 1
    await heard_again(notices, writer)
    await asyncio.to_thread(server.stop)
    assert max([await waited_s(notices) for _ in range(20)]) < QUIET_S
    await asyncio.to_thread(server.start)
    await heard_again(notices, writer)


async def heard_again(notices: LogNotices, writer: "LogWriter") -> None:
    """Wait until silence lasts, which it does only where something listens; then a commit must be heard."""
    async with asyncio.timeout(LIMIT_S):
        while await waited_s(notices) < QUIET_S * 0.9:  # noqa: ASYNC110 nothing else tells that it listens
            await asyncio.sleep(0.05)
        waiting = asyncio.create_task(waited_s(notices))
        await asyncio.sleep(0)
        await writer.committed(writer.append(draft(n=1)), LIMIT_S)
        assert await waiting < QUIET_S / 2
