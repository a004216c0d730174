# SPDX-License-Identifier: Apache-2.0
"""Where a site's two databases are: two files of its state directory, or with DATABASE_URL one on a server."""

from pathlib import Path
from typing import Any

from adapters.store.postgresql.address import on_server, server_settings
from adapters.store.private import opened_only

LOG_FILE = "log.sqlite"
SITE_FILE = "site.sqlite"


def databases(state: Path) -> dict[str, dict[str, Any]]:
    """Return the settings of both aliases for the site of this state directory.

    Raises:
        StateUnusable: DATABASE_URL cannot be understood.
    """
    if on_server():
        return {"default": server_settings(), "log": server_settings()}
    return {
        # Requests: written by web and command line, in short transactions.
        "default": _sqlite(state / SITE_FILE, busy_s=2.0),
        # The event log: written by the runtime only, whose writer tries again by itself.
        "log": _sqlite(state / LOG_FILE, busy_s=0.5),
    }


def _sqlite(file: Path, busy_s: float) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": opened_only(file),
        "OPTIONS": {
            "timeout": busy_s,
            # A transaction that began as a reader cannot wait for the write lock: it would fail at once.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        },
    }
