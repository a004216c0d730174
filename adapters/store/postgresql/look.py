# SPDX-License-Identifier: Apache-2.0
"""Looking at a site's database on its server without opening the site."""

from typing import NamedTuple

import psycopg

from adapters.store.errors import StateUnusable
from adapters.store.postgresql.address import connect_parameters, server_name
from adapters.store.postgresql.limited import LimitedConnection


class Look(NamedTuple):
    """`migrations` are the store's that were applied; none where the database is empty."""

    version: int
    encoding: str
    checksums: bool
    migrations: frozenset[str]


def look(app: str) -> Look:
    """Read what there is of the Django app with this label.

    Raises:
        StateUnusable: the server cannot be reached.
    """
    try:
        with LimitedConnection.connect(**connect_parameters()) as session:
            version = session.info.server_version // 10_000
            encoding = session.info.parameter_status("server_encoding") or ""
            sums = session.execute("SHOW data_checksums").fetchone()
            made = session.execute("SELECT to_regclass('django_migrations') IS NOT NULL").fetchone()
            query = "SELECT name FROM django_migrations WHERE app = %s"
            rows = session.execute(query, (app,)).fetchall() if made and made[0] else []
    except psycopg.Error as wrong:
        raise StateUnusable(f"{server_name()} cannot be reached: {wrong}") from wrong
    return Look(version, encoding, sums == ("on",), frozenset(str(name) for (name,) in rows))
