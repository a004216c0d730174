# SPDX-License-Identifier: Apache-2.0
"""A connection on which no answer is waited for without end.

The server's own `statement_timeout` says nothing where the server itself is frozen, or its disk.
"""

from typing import Any

import psycopg
from psycopg.errors import _WaitTimeout
from typing_extensions import override

ANSWER_S = 6.0
"""A little longer than the server's own limit, whose words say more."""


class LimitedConnection(psycopg.Connection[Any]):
    """Waits at most `answer_s` for each answer; after that the connection is closed, for nobody knows its state."""

    answer_s = ANSWER_S

    @override
    def __del__(self, *_warn: Any) -> None:
        """Warn of nothing: a thread's connection is open as long as its thread, and libpq's part closes by itself."""

    @override
    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval, self.answer_s if timeout is None else timeout)
        except _WaitTimeout as late:
            if timeout is not None:
                raise
            self.pgconn.finish()
            raise psycopg.OperationalError(f"the server gave no answer within {self.answer_s:.0f} s") from late
