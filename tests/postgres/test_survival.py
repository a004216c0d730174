# SPDX-License-Identifier: Apache-2.0
"""Whatever becomes of the server, no row is lost or doubled, and people are told within seconds."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.store.verify import verify
from statemachines.record import Record
from tests.support.heard import Heard
from tests.support.postgres import Server, end_sessions
from tests.support.store import draft, value_after

if TYPE_CHECKING:
    from adapters.store.writer import LogWriter

NOW_NS = 1_700_000_000_000_000_000
TOLD_S = 15.0


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def writer(state: Path, heard: Heard) -> Iterator["LogWriter"]:
    from adapters.store.writer import LogWriter

    made = LogWriter(state, on_trouble=heard.trouble, on_healthy=heard.healthy.set)
    made.start()
    yield made
    made.close(30)


def rows() -> list[Record]:
    from adapters.store.selectors import records

    return list(records())


async def stored() -> list[Record]:
    """Read what is in the log; a thread that had a connection finds it lost once."""
    try:
        return await asyncio.to_thread(rows)
    except Exception:
        return await asyncio.to_thread(rows)


def cut(server: Server) -> None:
    """End the writer's session, as soon as it has one."""
    until = time.monotonic() + TOLD_S
    while end_sessions() == 0:
        assert time.monotonic() < until
        time.sleep(0.01)


def restart(server: Server) -> None:
    server.stop("fast")
    server.start()


def crash(server: Server) -> None:
    server.stop("immediate")
    server.start()


@pytest.mark.parametrize("befalls", [cut, restart, crash])
async def test_rows_that_are_written_while_it_happens_are_all_there_once(
    writer: "LogWriter", server: Server, befalls: Callable[[Server], None]
) -> None:
    given: list[Record] = []

    async def write() -> None:
        while True:
            given.append(writer.append(draft(n=len(given) + 1), value=value_after(len(given) + 1)))
            await asyncio.sleep(0.001)

    writing = asyncio.create_task(write())
    for _ in range(3):
        reached = len(given) + 50
        while len(given) < reached:  # noqa: ASYNC110 the writing task tells nobody
            await asyncio.sleep(0.01)
        await asyncio.to_thread(befalls, server)
    writing.cancel()
    await writer.flush(20)
    found = await stored()
    assert [row.digest for row in found] == [row.digest for row in given]
    assert [row.pos for row in found] == sorted(row.pos for row in found)
    assert verify(found).ok


async def test_a_server_that_is_down_is_told_and_its_rows_wait(
    writer: "LogWriter", server: Server, heard: Heard
) -> None:
    await asyncio.to_thread(server.stop)
    given = [writer.append(draft(n=n)) for n in range(1, 301)]
    assert await asyncio.to_thread(heard.troubled.wait, TOLD_S)
    assert heard.words[0].startswith("PostgreSQL database ")
    await asyncio.to_thread(server.start)
    assert await asyncio.to_thread(heard.healthy.wait, TOLD_S)
    await writer.flush(10)
    assert [row.digest for row in await stored()] == [row.digest for row in given]


async def test_a_frozen_server_is_told_and_its_rows_wait(writer: "LogWriter", server: Server, heard: Heard) -> None:
    given = [writer.append(draft(n=1))]
    await writer.flush()
    with server.frozen():
        given += [writer.append(draft(n=n)) for n in range(2, 101)]
        assert await asyncio.to_thread(heard.troubled.wait, TOLD_S)
    assert await asyncio.to_thread(heard.healthy.wait, TOLD_S)
    await writer.flush(10)
    assert [row.digest for row in await stored()] == [row.digest for row in given]


def test_who_reads_finds_a_lost_connection_once_and_then_a_new_one(state: Path) -> None:
    from django.db import OperationalError

    from adapters.store.selectors import pending_requests
    from adapters.store.services import ask_operator_request

    asked = ask_operator_request(hall="h1", verb="start", actor="anna", now_ns=NOW_NS)
    assert end_sessions() > 0
    with pytest.raises(OperationalError):
        pending_requests(now_ns=NOW_NS)
    assert [request.id for request in pending_requests(now_ns=NOW_NS)] == [asked.id]


def test_a_reader_is_kept_waiting_for_some_seconds_at_most(state: Path, server: Server) -> None:
    from django.db import OperationalError

    from adapters.store.selectors import halls_now

    assert halls_now() == []
    with server.frozen():
        began = time.monotonic()
        with pytest.raises(OperationalError, match="no answer within 6 s"):
            halls_now()
        assert time.monotonic() - began < TOLD_S
    assert halls_now() == []


@pytest.mark.parametrize("befalls", [cut, crash])
def test_a_process_that_is_killed_while_it_happens_leaves_whole_rows(
    state: Path, server: Server, befalls: Callable[[Server], None]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.store_writing", str(state)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        befalls(server)
        durable = [int(child.stdout.readline()) for _ in range(3)][-1]
        child.kill()
        child.wait(10)
    found = asyncio.run(stored())
    report = verify(found)
    assert report.ok
    assert {head.log_seq >= durable for head in report.heads.values()} == {True}
