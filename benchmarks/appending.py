# SPDX-License-Identifier: Apache-2.0
"""Appending to the log: numbered, chained, sealed and committed, beside raw `sqlite3.executemany` of the same rows."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from adapters.store.rows import COLUMNS, to_row
from adapters.store.site import LOG_FILE, open_site
from benchmarks.logged import Draft, drafts
from benchmarks.measure import Figure, p50, p99, undisturbed
from statemachines.record import Record

ROWS, GROUP, ROUNDS = 16_384, 256, 7
_FLOOR = f"`sqlite3.executemany` of the same finished rows, {GROUP} a transaction, same table, indexes and pragmas"
_INSERT = f"INSERT INTO event ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 our names


def _raw(database: Path, schema: Sequence[str], rows: Sequence[tuple[object, ...]]) -> float:
    """Return how many µs a row takes without us: no number, chain or seal is made, the rows are ready."""
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + ";".join(schema))
        began = time.perf_counter_ns()
        for first in range(0, len(rows), GROUP):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(_INSERT, rows[first : first + GROUP])
            connection.execute("COMMIT")
        return (time.perf_counter_ns() - began) / len(rows) / 1000
    finally:
        connection.close()


def _schema(database: Path) -> list[str]:
    with sqlite3.connect(database) as connection:
        found = connection.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'event' AND sql IS NOT NULL")
        return [sql for (sql,) in found]


async def _ours(state: Path, told: Sequence[Draft]) -> tuple[float, float, list[Record]]:
    """Return the µs a row until all are durable, those that the caller itself waits for, and the rows."""
    from adapters.store.writer import LogWriter

    writer = LogWriter(state)
    writer.start()
    began = time.perf_counter_ns()
    sealed = [writer.append(draft, value=value) for draft, value in told]
    appended = time.perf_counter_ns()
    await writer.flush()
    durable = time.perf_counter_ns()
    await asyncio.to_thread(writer.close)
    return (durable - began) / len(told) / 1000, (appended - began) / len(told) / 1000, sealed


def measure(directory: Path) -> list[Figure]:
    """Append a show's rows in rounds, each into an empty log, raw and ours in turns."""
    told = list(islice(drafts(), ROWS))
    raw, ours, waited = [], [], []
    for turn in range(ROUNDS + 1):
        state = directory / f"log{turn}"
        open_site(state)
        with undisturbed():
            mine, mine_waited, sealed = asyncio.run(_ours(state, told))
        rows = [to_row(record, 1) for record in sealed]
        with undisturbed():
            floor = _raw(directory / f"raw{turn}.sqlite", _schema(state / LOG_FILE), rows)
        if turn:
            raw.append(floor)
            ours.append(mine)
            waited.append(mine_waited)
    return [
        Figure("append_row", f"{ROWS} rows of a show until durable", p50(ours), "µs", len(ours), p50(raw), _FLOOR, 2.0),
        Figure(
            "append_row_p99", "the same, the worst round in a hundred", p99(ours), "µs", len(ours), p99(raw), _FLOOR
        ),
        Figure("append_row_caller", "of it, what the hall's task waits for", p50(waited), "µs", len(waited)),
        Figure("appends_per_second", "rows a second, durable", 1e6 / p50(ours), "/s", len(ours)),
    ]
