# SPDX-License-Identifier: Apache-2.0
"""Opening a site: Django configured, its state directory there and private, its databases migrated.

The databases are two files of the state directory, or one on a PostgreSQL server: see `settings`.
"""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.store.databases import LOG_FILE, SITE_FILE, databases
from adapters.store.errors import StateUnusable
from adapters.store.postgresql.address import on_server
from adapters.store.private import lock_at_once, open_private

__all__ = ["LOG_FILE", "SITE_FILE", "holds_site", "open_site", "opened_state"]

_MIGRATING_S = 30.0


def open_site(state: Path) -> None:
    """Configure Django for this state directory and bring both databases up to date.

    Makes the directory (0700) and the files (0600) where they are missing. Calling it again is cheap; with
    another directory it turns the process to that one. Not on an event loop: it reads the databases.

    Raises:
        StateUnusable: the directory cannot be made, the server cannot be used, or another process migrates for longer
            than 30 s.
    """
    state = state.absolute()
    _make_private(state)
    os.environ["PROJECTIONIST_STATE"] = str(state)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "adapters.store.settings")
    import django

    django.setup()
    _turn_to(state)
    if on_server():
        _open_server()
        return
    for alias in ("log", "default"):
        if _is_behind(alias):
            with _one_at_a_time(state):
                _migrate(alias)


def opened_state() -> Path:
    """Return the state directory of the site that is open."""
    return Path(os.environ["PROJECTIONIST_STATE"])


def holds_site(state: Path) -> bool:
    """Say whether this directory is a site's, such that it can be opened without making a new one."""
    return state.is_dir() if on_server() else (state / LOG_FILE).exists()


def _open_server() -> None:
    from adapters.store.postgresql.opening import one_at_a_time, require_usable

    require_usable()
    if _is_behind("default"):
        with one_at_a_time():
            _migrate("default")


def _make_private(state: Path) -> None:
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in () if on_server() else (LOG_FILE, SITE_FILE):
            _make_file(state / name)
    except OSError as wrong:
        raise StateUnusable(f"state directory {state}: {wrong.strerror}; give it to this user") from wrong


def _make_file(path: Path) -> None:
    """Make a database's file; SQLite gives its -wal and -shm files the same mode.

    One that is there is not even opened: closing any descriptor of it would drop the locks of this process's own
    connections, and the next command that ends would take the log away from under a running site.
    """
    if not path.exists():
        os.close(open_private(path))
    elif not os.access(path, os.R_OK | os.W_OK):
        raise PermissionError(errno.EACCES, f"{path.name} is not ours to read and write")


def _turn_to(state: Path) -> None:
    from django.db import connections

    for alias, wanted in databases(state).items():
        database = connections.settings[alias]
        if any(database[key] != value for key, value in wanted.items()):
            connections[alias].close()
            database.update(wanted)


def _is_behind(alias: str) -> bool:
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections[alias])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _migrate(alias: str) -> None:
    from django.core.management import call_command

    if _is_behind(alias):  # another process may have done it meanwhile
        call_command("migrate", database=alias, verbosity=0, interactive=False)


@contextmanager
def _one_at_a_time(state: Path) -> Iterator[None]:
    limit = time.monotonic() + _MIGRATING_S
    held = open_private(state / "migrate.lock")
    try:
        while not lock_at_once(held):
            if time.monotonic() > limit:
                raise StateUnusable(f"{state}: another process has been migrating it for 30 s; end that one")
            time.sleep(0.05)
        yield
    finally:
        os.close(held)
