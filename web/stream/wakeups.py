# SPDX-License-Identifier: Apache-2.0
"""How the tailer learns that rows may have been written."""

from typing import Protocol

from adapters.store.postgresql.address import on_server


class Wakeups(Protocol):
    """Waited for by one tailer, on its event loop."""

    async def wait(self) -> None:
        """Return when rows may have been written, and from time to time even if nothing is known of any."""

    async def close(self) -> None:
        """Nobody waits any more."""


class Polling:
    """Nobody tells: look at every turn."""

    async def wait(self) -> None:
        """Return at once; the tailer itself rests between two looks."""

    async def close(self) -> None:
        """There is nothing to end."""


def wakeups() -> Wakeups:
    """Return what tells of rows in this site's log: its server, where it is on one."""
    if not on_server():
        return Polling()
    from adapters.store.listen import LogNotices  # late: psycopg is not loaded where nobody needs it

    return LogNotices()
