# SPDX-License-Identifier: Apache-2.0
"""Django's PostgreSQL backend with two changes: limited waits, and a lost connection is opened again by itself."""

from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import IsolationLevel
from typing_extensions import override

from adapters.store.postgresql.limited import LimitedConnection


class DatabaseWrapper(base.DatabaseWrapper):
    """Each use outside a transaction begins with a connection that is not known to be lost."""

    @override
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.isolation_level = IsolationLevel.READ_COMMITTED
        return LimitedConnection.connect(**conn_params)

    @override
    def ensure_connection(self) -> None:
        # Django looks only between web requests, and the threads of a runtime have none.
        if self.connection is not None and self.connection.closed and not self.in_atomic_block:
            self.close()
        super().ensure_connection()
