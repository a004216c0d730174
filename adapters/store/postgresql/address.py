# SPDX-License-Identifier: Apache-2.0
"""Where a site's PostgreSQL is: DATABASE_URL, read for everybody who connects to it."""

import os
import socket
from typing import Any
from urllib.parse import urlsplit

import dj_database_url

from adapters.store.errors import StateUnusable

VARIABLE = "DATABASE_URL"
CHANNEL = "projectionist_log"
"""There a commit of log rows is told (NOTIFY), with the newest `pos`."""
_SCHEMES = ("postgres", "postgresql")
_CONNECT_S = 3
_STATEMENT_MS = 5_000
_LOCK_MS = 500
_NAME_MOST = 63
_GONE = {"keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
"""After some 11 s of silence the other end is gone: our side of it, in seconds and counts."""
_SERVER_SIDE = (
    f"-c statement_timeout={_STATEMENT_MS} -c lock_timeout={_LOCK_MS} "
    # The same at the server, such that the locks of a machine that vanished do not outlive it for hours.
    "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
)


def on_server() -> bool:
    """Say whether the databases are on a PostgreSQL server; otherwise they are files in the state directory."""
    return bool(_url())


def server_settings() -> dict[str, Any]:
    """Return Django's settings of a connection to the server that DATABASE_URL names.

    Raises:
        StateUnusable: it names no database of a PostgreSQL server. The URL itself is not told: it may hold a password.
    """
    url = _url()
    try:
        named = urlsplit(url).scheme in _SCHEMES
        found: dict[str, Any] = {**dj_database_url.parse(url)} if named else {}
    except ValueError:
        found = {}
    if not found.get("NAME"):
        raise StateUnusable(
            f"{VARIABLE} must read postgres://USER:PASSWORD@HOST/DATABASE, special characters as %XX; "
            "without it the databases are files in the state directory"
        )
    asked: dict[str, Any] = found.pop("OPTIONS", {})
    given = str(asked.pop("options", ""))
    options = {
        "connect_timeout": _CONNECT_S,
        "tcp_user_timeout": 2 * _STATEMENT_MS,
        "application_name": _own_name(),
        **_GONE,
        **asked,
        "options": f"{_SERVER_SIDE} {given}".strip(),
    }
    return found | {"ENGINE": "adapters.store.postgresql", "OPTIONS": options}


def connect_parameters() -> dict[str, Any]:
    """Return what psycopg connects with, for whoever needs a connection beside Django's.

    Raises:
        StateUnusable: as `server_settings`.
    """
    found = server_settings()
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    return {**found["OPTIONS"], **{ours: found[theirs] for theirs, ours in names.items() if found.get(theirs)}}


def server_name() -> str:
    """Return how people call the database, without its password."""
    found = server_settings()
    host = found["HOST"] or found["OPTIONS"].get("host") or "this machine"
    return f"PostgreSQL database {found['NAME']} on {host}"


def _url() -> str:
    return os.environ.get(VARIABLE, "").strip()


def _own_name() -> str:
    """Return how the server knows our connections, and so who holds a lock."""
    return f"projectionist {socket.gethostname()} pid {os.getpid()}"[-_NAME_MOST:]
