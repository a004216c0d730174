# SPDX-License-Identifier: Apache-2.0
"""The log as a table on a server, as its writer sees it."""

from typing import Any

from django.db import connections
from typing_extensions import override

from adapters.store.errors import LogNotWritable
from adapters.store.postgresql.address import server_name
from adapters.store.postgresql.locks import Lock, LockHeld, take
from adapters.store.router import LOG


class LogTable:
    """Holds the log's lock on the connection that writes it: a connection without it never writes."""

    def __init__(self) -> None:
        self._name = server_name()
        self._session: Any = None

    @override
    def __str__(self) -> str:
        return self._name

    def claim(self) -> None:
        log = connections[LOG]
        log.ensure_connection()
        if log.connection is self._session:
            return
        try:
            with log.cursor() as cursor:
                take(cursor, Lock.LOG)
        except LockHeld as held:
            raise LogNotWritable(f"another runtime writes it ({held}); end one of the two") from held
        self._session = log.connection
