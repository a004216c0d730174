# SPDX-License-Identifier: Apache-2.0
"""The site's database where it is on a PostgreSQL server."""

from adapters.store.apps import StoreConfig
from adapters.store.errors import StateUnusable
from adapters.store.postgresql.address import server_name
from hall_runtime.doctor.files import judged_migrations
from hall_runtime.doctor.finding import Finding, well, worse, wrong

_ABOUT = "database"


def databases() -> list[Finding]:
    """Judge the one that DATABASE_URL names, read only."""
    from adapters.store.postgresql.look import look  # late: psycopg is not loaded where nobody needs it

    try:
        found, name = look(StoreConfig.label), server_name()
    except StateUnusable as failed:
        return [wrong(_ABOUT, str(failed), "start the server, or correct DATABASE_URL")]
    if found.encoding != "UTF8":
        return [wrong(_ABOUT, f"{name} keeps {found.encoding}", "make one with createdb --encoding=UTF8")]
    if not found.migrations:
        return [worse(_ABOUT, f"{name} is empty", "its tables are made at the first start")]
    if unlike := judged_migrations(_ABOUT, set(found.migrations)):
        return [unlike]
    if not found.checksums:
        mend = "with the server stopped, as its account: pg_checksums --enable -D its data directory"
        return [worse(_ABOUT, f"{name} notices no spoilt page: it has no checksums", mend)]
    return [well(_ABOUT, f"{name}, PostgreSQL {found.version}, up to date")]
