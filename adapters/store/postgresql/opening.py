# SPDX-License-Identifier: Apache-2.0
"""Opening a site's database on a PostgreSQL server: can it be used, and who may migrate it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connections

from adapters.store.errors import StateUnusable
from adapters.store.postgresql.address import server_name
from adapters.store.postgresql.locks import Lock, LockHeld, take
from adapters.store.router import SITE

_OTHERS_WAIT_S = 30
_STATEMENT_S = 600.0
_OLDEST = 140_000


def require_usable() -> None:
    """Make sure that the server answers, is new enough, and keeps every character.

    Raises:
        StateUnusable: what is not as it must be, and what to do.
    """
    connection = connections[SITE]
    try:
        connection.ensure_connection()
    except OperationalError as wrong:
        raise StateUnusable(f"{server_name()} cannot be reached: {wrong}") from wrong
    told = connection.connection.info
    if told.server_version < _OLDEST:
        raise StateUnusable(f"{server_name()} is PostgreSQL {told.server_version // 10_000}; 14 or newer is needed")
    if told.parameter_status("server_encoding") != "UTF8":
        raise StateUnusable(
            f"{server_name()} keeps no UTF-8; make another one: "
            "createdb --encoding=UTF8 --locale=C --template=template0"
        )


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let one process migrate, and let its statements last as long as they take. Others wait 30 s.

    Raises:
        StateUnusable: another process migrates for longer.
    """
    connection = connections[SITE]
    connection.close()  # what is set here ends with the session
    try:
        with connection.cursor() as cursor:
            connection.connection.answer_s = _STATEMENT_S
            cursor.execute("SET statement_timeout = 0")  # a year's log takes its time
            cursor.execute("SET lock_timeout = %s", (f"{_OTHERS_WAIT_S}s",))
            take(cursor, Lock.TABLES)
        yield
    except LockHeld as held:
        raise StateUnusable(
            f"{server_name()}: {held} has been migrating it for {_OTHERS_WAIT_S} s; end that one"
        ) from held
    finally:
        connection.close()
