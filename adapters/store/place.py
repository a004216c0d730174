# SPDX-License-Identifier: Apache-2.0
"""Where the log is, as its writer sees it: a file, or a table on a server; and whether it is still the same one."""

from pathlib import Path
from typing import Protocol

from typing_extensions import override

from adapters.store.databases import LOG_FILE
from adapters.store.errors import LogNotWritable
from adapters.store.postgresql.address import on_server


class LogPlace(Protocol):
    """`str` of it is how people call it."""

    def claim(self) -> None:
        """Make sure that what is written next goes where everything before went. On the writer's thread.

        Raises:
            LogNotWritable: it would go elsewhere, or another runtime writes there too.
        """


class LogFile:
    """SQLite goes on writing into a file that was deleted or moved away; nobody would see those rows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode: int | None = None

    @override
    def __str__(self) -> str:
        return str(self._path)

    def claim(self) -> None:
        inode = self._path.stat().st_ino
        if self._inode is None:
            self._inode = inode
        if inode != self._inode:
            raise LogNotWritable("it was exchanged for another file; put the old one back or restart the runtime")


def log_place(state: Path) -> LogPlace:
    """Return where the log of the site with this state directory is."""
    if not on_server():
        return LogFile(state / LOG_FILE)
    from adapters.store.postgresql.table import LogTable  # late: psycopg is not loaded where nobody needs it

    return LogTable()
