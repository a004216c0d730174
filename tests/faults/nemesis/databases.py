# SPDX-License-Identifier: Apache-2.0
"""A database that somebody else holds, or that is not where it was."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from tests.faults.nemesis.deeds import Deeds

COMPANIONS = ("", "-wal", "-shm")


@contextmanager
def locked(deeds: Deeds, *databases: Path) -> Iterator[None]:
    """Hold the write lock of each database."""
    with ExitStack() as held:
        for database in databases:
            connection = held.enter_context(closing(sqlite3.connect(database, isolation_level=None, timeout=5)))
            connection.execute("BEGIN EXCLUSIVE")
        with deeds.lasting(f"locked {', '.join(each.name for each in databases)}"):
            yield


@contextmanager
def vanished(deeds: Deeds, *databases: Path) -> Iterator[None]:
    """Move each database and its companions away; at the end they are moved back over whatever is there then."""
    moves = [
        (database.with_name(database.name + end), database.with_name(f"gone-{database.name}{end}"))
        for database in databases
        for end in COMPANIONS
    ]
    with deeds.lasting(f"moved away {', '.join(each.name for each in databases)}"):
        taken = [(here, away) for here, away in moves if here.exists()]
        try:
            for here, away in taken:
                here.rename(away)
            yield
        finally:
            for here, away in taken:
                if away.exists():
                    away.rename(here)
