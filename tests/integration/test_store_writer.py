# SPDX-License-Identifier: Apache-2.0
"""The log's writer against real databases: order, groups, and what happens when the disk says no."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from adapters.store.errors import LogNotWritable
from adapters.store.verify import verify
from statemachines.record import Record
from tests.support.heard import Heard
from tests.support.sites import locked, open_site, outside, place_of
from tests.support.store import SECOND_NS, draft, value_after

if TYPE_CHECKING:
    from adapters.store.writer import LogWriter


@pytest.fixture
def state(tmp_path: Path) -> Path:
    open_site(tmp_path / "state")
    return tmp_path / "state"


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def writer(state: Path, heard: Heard) -> Iterator["LogWriter"]:
    from adapters.store.writer import LogWriter

    made = LogWriter(state, on_trouble=heard.trouble, on_healthy=heard.healthy.set, room=400)
    made.start()
    yield made
    made.close()


def log(stream: str | None = None) -> list[Record]:
    from adapters.store.selectors import records

    return list(records(stream=stream))


async def stored(stream: str | None = None) -> list[Record]:
    return await asyncio.to_thread(log, stream)


def numbers(rows: list[Record]) -> list[tuple[str, int]]:
    return [(row.stream, row.log_seq) for row in rows]


async def test_rows_are_stored_in_the_order_of_their_appending(writer: "LogWriter") -> None:
    given = [writer.append(draft(f"hall{n % 3}", n)) for n in range(1, 350)]
    await writer.flush()
    rows = await stored()
    assert numbers(rows) == numbers(given)
    assert [row.digest for row in rows] == [row.digest for row in given]
    assert [row.pos for row in rows] == sorted(row.pos for row in rows)
    assert all(row.recorded_ns > 0 for row in rows)
    assert rows[0].payload == given[0].payload
    assert rows[0].effects == given[0].effects
    assert verify(rows).ok


async def test_a_record_is_durable_once_it_is_committed(writer: "LogWriter", state: Path) -> None:
    row = writer.append(draft())
    await writer.committed(row)
    with outside(state) as other:
        assert other.all("SELECT log_seq, digest FROM event") == [(1, row.digest)]


async def test_a_halls_value_is_stored_with_its_row_and_beats_tell_that_it_lives(writer: "LogWriter") -> None:
    from adapters.store.selectors import hall_now, halls_now

    row = [writer.append(draft("hall1", n), value=value_after(n)) for n in (1, 2, 3)][-1]
    writer.append(draft("hall2", 1), value=value_after(1))
    await writer.flush()
    now = await asyncio.to_thread(hall_now, hall="hall1")
    assert now is not None
    assert (now.value.encode(), now.log_seq, now.at_ns) == (value_after(3), row.log_seq, 3 * SECOND_NS)

    writer.heartbeat("hall1", 99 * SECOND_NS)
    async with asyncio.timeout(5):
        while [n.heartbeat_ns for n in await asyncio.to_thread(halls_now)] != [99 * SECOND_NS, SECOND_NS]:  # noqa: ASYNC110 a table tells nobody
            await asyncio.sleep(0.02)
    assert await asyncio.to_thread(hall_now, hall="hall9") is None


async def test_a_writer_goes_on_where_the_log_ends(writer: "LogWriter", state: Path) -> None:
    from adapters.store.selectors import last_record
    from adapters.store.writer import LogWriter

    writer.append(draft(n=1))
    last = writer.append(draft(n=2))
    await asyncio.to_thread(writer.close)
    found = await asyncio.to_thread(last_record, stream="hall1")
    assert found is not None
    assert found.digest == last.digest

    second = LogWriter(state)
    second.start()
    assert second.append(draft(n=3)).prev == last.digest
    await asyncio.to_thread(second.close)
    assert verify(await stored()).ok


async def test_a_locked_database_loses_nothing_and_is_told(writer: "LogWriter", heard: Heard, state: Path) -> None:
    with locked(state):
        given = [writer.append(draft(n=n), value=value_after(n)) for n in range(1, 301)]
        assert await asyncio.to_thread(heard.troubled.wait, 10)
        assert "lock" in heard.words[0]
        assert place_of(state) in writer.trouble
        with pytest.raises(LogNotWritable, match="lock"):
            await writer.flush(0.05)
        given += [writer.append(draft(n=n), value=value_after(n)) for n in range(301, 350)]

    await writer.flush(10)
    assert await asyncio.to_thread(heard.healthy.wait, 5)
    assert writer.trouble == ""
    assert len(heard.words) == 1
    rows = await stored()
    assert [row.digest for row in rows] == [row.digest for row in given]
    assert verify(rows).ok


async def test_more_rows_than_can_wait_are_a_declared_hole(writer: "LogWriter", heard: Heard, state: Path) -> None:
    with locked(state):
        given = [writer.append(draft(n=n), value=value_after(n)) for n in range(1, 451)]
        assert given[-1].digest == ""
        with pytest.raises(LogNotWritable, match="not in the log"):
            await writer.committed(given[-1])
    await writer.flush(10)
    writer.append(draft(n=451))
    await writer.flush(10)

    rows = await stored()
    assert verify(rows).ok
    gap = rows[400]
    assert (gap.kind, gap.subject, gap.log_seq) == ("log_gap", "hall", 401)
    assert gap.payload == {"rows": 50, "first": 401 * SECOND_NS, "last": 450 * SECOND_NS}
    assert rows[401].payload["n"] == 451


@pytest.mark.on_files
async def test_a_log_that_was_moved_away_is_noticed_and_nothing_is_written_elsewhere(
    writer: "LogWriter", heard: Heard, state: Path
) -> None:
    writer.append(draft(n=1))
    await writer.flush()
    (state / "log.sqlite").rename(state / "away")
    writer.append(draft(n=2))
    assert await asyncio.to_thread(heard.troubled.wait, 10)
    assert "No such file" in heard.words[0]

    (state / "log.sqlite").touch(0o600)
    with pytest.raises(LogNotWritable):
        await writer.flush(0.3)
    assert (state / "log.sqlite").stat().st_size == 0

    (state / "away").rename(state / "log.sqlite")
    await writer.flush(10)
    assert numbers(await stored()) == [("hall1", 1), ("hall1", 2)]


@pytest.mark.on_files
async def test_a_full_disk_is_waited_out(writer: "LogWriter", heard: Heard) -> None:
    from django.db import connections

    from adapters.store import commit

    # The limit of SQLite on the writer's own connection gives the same error as a full disk.
    full = threading.Event()
    full.set()
    real = commit.insert_records

    def limited(records: list[Record], recorded_ns: int) -> None:
        if full.is_set():
            with connections["log"].cursor() as cursor:
                cursor.execute("PRAGMA max_page_count = 1")
        real(records, recorded_ns)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commit, "insert_records", limited)
        given = [writer.append(draft(n=n)) for n in range(1, 301)]
        assert await asyncio.to_thread(heard.troubled.wait, 10)
        assert "full" in heard.words[0]
        full.clear()
        await writer.flush(10)
    assert [row.digest for row in await stored()] == [row.digest for row in given]


async def test_a_repeated_request_keeps_its_row_but_not_its_id(writer: "LogWriter") -> None:
    from adapters.store.selectors import request_seen

    request = str(uuid.uuid4())
    assert not await asyncio.to_thread(request_seen, request=request)
    writer.append(draft(n=1, request=request))
    await writer.flush()
    assert await asyncio.to_thread(request_seen, request=request)
    writer.append(draft(n=2, request=request))
    writer.append(draft(n=3))
    await writer.flush()
    rows = await stored()
    assert [row.request for row in rows] == [request, "", ""]
    assert verify(rows).ok


async def test_a_commit_that_succeeded_although_it_failed_is_not_stored_twice(
    writer: "LogWriter", monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    from adapters.store.commit import commit_group

    calls: list[int] = []

    def answer_lost(*args: Any) -> None:
        commit_group(*args)
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("disk I/O error")

    monkeypatch.setattr("adapters.store.writer.commit_group", answer_lost)
    writer.append(draft(n=1))
    writer.append(draft(n=2))
    await writer.flush(10)
    assert numbers(await stored()) == [("hall1", 1), ("hall1", 2)]


async def test_a_listener_that_raises_does_not_end_the_log(state: Path) -> None:
    from adapters.store.writer import LogWriter

    told = threading.Event()

    def gone(words: str) -> None:
        told.set()
        raise RuntimeError("Event loop is closed")

    writer = LogWriter(state, on_trouble=gone)
    writer.start()
    with locked(state):
        writer.append(draft())
        assert await asyncio.to_thread(told.wait, 10)
    await writer.flush(10)
    await asyncio.to_thread(writer.close)
    assert numbers(await stored()) == [("hall1", 1)]


async def test_closing_says_what_could_not_be_written(state: Path) -> None:
    from adapters.store.writer import LogWriter

    writer = LogWriter(state)
    writer.start()
    with locked(state):
        for n in (1, 2):
            writer.append(draft(n=n))
        with pytest.raises(LogNotWritable, match="2 rows were not written"):
            await asyncio.to_thread(writer.close, 0.2)


async def test_awaiting_can_be_cancelled_and_the_row_is_written_all_the_same(writer: "LogWriter", state: Path) -> None:
    with locked(state):
        waiting = asyncio.ensure_future(writer.committed(writer.append(draft())))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await writer.flush(10)
    assert numbers(await stored()) == [("hall1", 1)]


@pytest.mark.on_files
def test_a_log_that_cannot_be_read_is_told_at_the_start(state: Path) -> None:
    from adapters.store.writer import LogWriter

    for file in state.glob("log.sqlite*"):
        file.unlink()
    (state / "log.sqlite").write_bytes(b"this is no database, it is a letter of a hundred bytes" * 10)
    with pytest.raises(LogNotWritable, match=r"log\.sqlite cannot be read"):
        LogWriter(state).start()


@pytest.mark.parametrize("rounds", [1, 3, 6])
def test_kill_9_leaves_whole_rows_without_holes(state: Path, rounds: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.store_writing", str(state)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        durable = [int(child.stdout.readline()) for _ in range(rounds)][-1]
        os.kill(child.pid, signal.SIGKILL)
        child.wait(10)

    rows = log()
    report = verify(rows)
    assert report.ok
    assert min(head.log_seq for head in report.heads.values()) >= durable
    assert [row.payload["n"] for row in rows if row.stream == "hall1"] == list(
        range(1, report.heads["hall1"].log_seq + 1)
    )

    from adapters.store.selectors import hall_now
    from adapters.store.writer import LogWriter

    now = hall_now(hall="hall1")
    assert now is not None
    assert now.log_seq == report.heads["hall1"].log_seq  # the value is never ahead of its rows, nor behind
    assert now.value.encode() == value_after(now.log_seq)

    writer = LogWriter(state)
    writer.start()
    writer.append(draft(n=1))
    writer.close()
    assert verify(log()).ok
