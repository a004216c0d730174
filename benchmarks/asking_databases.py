# SPDX-License-Identifier: Apache-2.0
"""The databases that the web's figures are measured on: files, and a PostgreSQL of its own where there is one."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from adapters.store.postgresql.address import VARIABLE
from tests.support.postgres import private_server

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
_SERVERS = Path("/usr/lib/postgresql")
_AS_IN_EARNEST = ("fsync", "full_page_writes")


@contextmanager
def databases() -> Iterator[dict[str, dict[str, str]]]:
    """Give the databases' names, each with the environment of a process that is to use it. The server is ours alone."""
    found = {SQLITE: {VARIABLE: ""}}
    if not any(_SERVERS.glob("*/bin/postgres")):
        print("PostgreSQL: left out, not installed", file=sys.stderr)
        yield found
        return
    with private_server() as server:
        with psycopg.connect(server.url, autocommit=True) as admin:
            for setting in _AS_IN_EARNEST:  # tests do without
                admin.execute(f"ALTER SYSTEM SET {setting} = on")
            admin.execute("SELECT pg_reload_conf()")
        yield found | {POSTGRESQL: {VARIABLE: server.url}}
