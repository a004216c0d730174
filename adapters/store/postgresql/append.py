# SPDX-License-Identifier: Apache-2.0
"""Appending rows to the log on a server, and telling whoever listens. COPY takes a third of what INSERTs take."""

from collections.abc import Sequence
from typing import Any

from django.db import connections

from adapters.store.postgresql.address import CHANNEL
from adapters.store.router import LOG
from adapters.store.rows import COLUMNS

_COPY = f"COPY event ({', '.join(COLUMNS)}) FROM STDIN"
_TELL = f"SELECT pg_notify('{CHANNEL}', lastval()::text)"


def append_rows(rows: Sequence[Sequence[Any]]) -> None:
    """Append rows in this order, values of COLUMNS each. In a transaction of `log`: told if and when it commits."""
    log = connections[LOG]
    with log.wrap_database_errors, log.cursor() as cursor:
        with cursor.copy(_COPY) as copying:
            for row in rows:
                copying.write_row(row)
        cursor.execute(_TELL)
