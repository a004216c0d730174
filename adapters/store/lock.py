# SPDX-License-Identifier: Apache-2.0
"""One runtime a site: the lock on its state directory, and on its PostgreSQL database where it has one."""

import os
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from adapters.store.errors import SiteLocked, StateUnusable, StoreError
from adapters.store.postgresql.address import on_server
from adapters.store.private import lock_at_once, open_private

if TYPE_CHECKING:
    from adapters.store.postgresql.locks import ServerLock


class SiteLock:
    """A lock on STATE/runtime.lock that ends with the process, however that ends. Usable in `with`.

    With DATABASE_URL another machine's runtime is kept away too.
    """

    def __init__(self, state: Path) -> None:
        self._path = state / "runtime.lock"
        self._held: int | None = None
        self._server = _server_lock() if on_server() else None

    def acquire(self) -> None:
        """Take the lock without waiting, but for a server's answer.

        Raises:
            SiteLocked: another runtime has it; the message names its pid.
            StateUnusable: the state directory is missing or not ours, or the server cannot be reached.
        """
        self._acquire_directory()
        if self._server is not None:
            try:
                self._server.acquire()
            except StoreError:
                self.release()
                raise

    def _acquire_directory(self) -> None:
        try:
            opened = open_private(self._path)
        except OSError as wrong:
            raise StateUnusable(f"{self._path}: {wrong.strerror}") from wrong
        if not lock_at_once(opened):
            holder = os.pread(opened, 20, 0).decode(errors="replace").strip() or "unknown"
            os.close(opened)
            raise SiteLocked(
                f"{self._path.parent}: a runtime with pid {holder} runs on this site; "
                "end it first, or give this one another state directory"
            )
        os.ftruncate(opened, 0)
        os.pwrite(opened, f"{os.getpid()}\n".encode(), 0)
        self._held = opened

    def release(self) -> None:
        if self._server is not None:
            self._server.release()
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def __enter__(self) -> "SiteLock":
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _server_lock() -> "ServerLock":
    from adapters.store.postgresql.locks import ServerLock  # late: psycopg is not loaded where nobody needs it

    return ServerLock()
