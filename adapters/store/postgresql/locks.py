# SPDX-License-Identifier: Apache-2.0
"""The site's locks on its PostgreSQL server. Each ends with the session that took it, however that ends."""

from enum import IntEnum
from typing import Any

import psycopg

from adapters.store.errors import SiteLocked, StateUnusable
from adapters.store.postgresql.address import connect_parameters, server_name
from adapters.store.postgresql.limited import LimitedConnection

_OURS = 0x5265656C
"""Our half of each key: other programs may take locks in the same database."""
_TAKE = "SELECT pg_advisory_lock(%s, %s)"
_GIVE = "SELECT pg_advisory_unlock(%s, %s)"
_HOLDER = (
    "SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE locktype = 'advisory' AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND classid = %s AND objid = %s"
)


class Lock(IntEnum):
    """What only one session may do at a time."""

    SITE = 1
    """Own the site: a runtime, or a command in its place."""
    LOG = 2
    """Append to the log. Taken by the writer's own connection, so it is never written without it."""
    TABLES = 3
    """Migrate."""


class LockHeld(Exception):
    """Another session has the lock; the message names it."""


def take(cursor: Any, lock: Lock) -> None:
    """Take a lock for the session of this cursor, which may be Django's or psycopg's; wait as its lock_timeout says.

    A session that was cut off gives its locks back only a moment later.

    Raises:
        LockHeld: another session has it.
    """
    try:
        cursor.execute(_TAKE, (_OURS, lock))
    except Exception as wrong:
        if not isinstance(wrong.__cause__ or wrong, psycopg.errors.LockNotAvailable):
            raise
        cursor.execute(_HOLDER, (_OURS, lock))
        found = cursor.fetchone()
        raise LockHeld(found[0] if found else "somebody who has just gone") from wrong


class ServerLock:
    """The site's lock on the server, on a connection of its own."""

    def __init__(self) -> None:
        self._session: LimitedConnection | None = None

    def acquire(self) -> None:
        """Take it, or find within a second that another runtime has it.

        Where that runtime's session was cut, its log's lock still shows that it is there.

        Raises:
            SiteLocked: another runtime has it; the message names its machine and pid.
            StateUnusable: the server cannot be reached.
        """
        try:
            session = LimitedConnection.connect(**connect_parameters(), autocommit=True)
        except psycopg.Error as wrong:
            raise StateUnusable(f"{server_name()} cannot be reached: {wrong}") from wrong
        try:
            with session.cursor() as cursor:
                take(cursor, Lock.SITE)
                take(cursor, Lock.LOG)
                cursor.execute(_GIVE, (_OURS, Lock.LOG))
        except (LockHeld, psycopg.Error) as wrong:
            session.close()
            raise _words(wrong) from wrong
        self._session = session

    def release(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None


def _words(wrong: Exception) -> SiteLocked | StateUnusable:
    if isinstance(wrong, LockHeld):
        return SiteLocked(
            f"{server_name()}: a runtime runs on this site already ({wrong}); "
            "end it first, or give this one another database"
        )
    return StateUnusable(f"{server_name()} cannot be used: {wrong}")
