# SPDX-License-Identifier: Apache-2.0
"""A log that a test fills, as the runtime would."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from statemachines.hall import new_hall
from statemachines.now import Now
from statemachines.settings import Settings
from statemachines.values import canonical
from tests.support.store import draft


class Writing:
    """The log of a site that is open in this process."""

    def __init__(self, state: Path) -> None:
        from adapters.store.writer import LogWriter

        self._writer = LogWriter(state)
        self._n = 0

    def start(self) -> None:
        self._writer.start()

    def rows(self, count: int, hall: str = "h1") -> int:
        """Write so many rows of a hall; return the position of the last one, which is durable."""
        from adapters.store.selectors_now import newest_pos

        for _ in range(count):
            self._n += 1
            self._writer.append(draft(hall, self._n), value=canonical(Now(hall=new_hall(hall, Settings()))))
        asyncio.run(self._writer.flush())
        return newest_pos()

    def close(self) -> None:
        self._writer.close()


@contextmanager
def writing(state: Path) -> Iterator[Writing]:
    """Write the log of this site."""
    log = Writing(state)
    log.start()
    try:
        yield log
    finally:
        log.close()
