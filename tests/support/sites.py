# SPDX-License-Identifier: Apache-2.0
"""Sites for tests, on whichever database the run is about: files, or with DATABASE_URL a PostgreSQL server."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg

from adapters.store import site
from adapters.store.postgresql.address import VARIABLE
from tests.support.postgres import Databases, Server

_SERVER = os.environ.get(VARIABLE, "")
ON_POSTGRES = bool(_SERVER)
DATABASES = Databases(_SERVER)


def the_server() -> Server:
    """Return the server that this run is about."""
    return Server(Path(unquote(urlsplit(_SERVER).hostname or "")))


def open_site(state: Path) -> None:
    """Open the site of this state directory, as `adapters.store.site.open_site`, on databases of its own."""
    own_databases(state)
    site.open_site(state)


def own_databases(state: Path) -> None:
    """Let what a test does, and the programs that it starts, have databases that no other test had or has."""
    if ON_POSTGRES:
        DATABASES.turn_to(state)


def end_databases() -> None:
    """Leave nothing on the server of what a test opened there."""
    if not ON_POSTGRES:
        return
    from django.db import connections

    connections.close_all()
    DATABASES.drop()


class Outside:
    """The log's database as another program sees it, that knows nothing of us. Places in SQL are `%s`."""

    def __init__(self, connection: "sqlite3.Connection | psycopg.Connection[Any]") -> None:
        self._connection = connection

    def all(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return list(self._do(query, values).fetchall())

    def change(self, query: str, values: Sequence[object] = ()) -> None:
        """Run a statement and commit it.

        Raises:
            DatabaseRefused: the database takes no such value.
        """
        try:
            self._do(query, values)
        except (sqlite3.IntegrityError, psycopg.IntegrityError, psycopg.DataError) as refused:
            self._connection.rollback()
            raise DatabaseRefused(str(refused)) from refused
        self._connection.commit()

    @contextmanager
    def locking(self) -> Iterator[None]:
        """Keep writers of the log out."""
        self._do("LOCK TABLE event IN SHARE ROW EXCLUSIVE MODE" if ON_POSTGRES else "BEGIN IMMEDIATE", ())
        try:
            yield
        finally:
            self._connection.rollback()

    def _do(self, query: str, values: Sequence[object]) -> Any:
        if isinstance(self._connection, sqlite3.Connection):
            return self._connection.execute(query.replace("%s", "?"), values)
        return self._connection.execute(query.encode(), values)


class DatabaseRefused(Exception):
    """A change that the database itself does not take."""


@contextmanager
def outside(state: Path) -> Iterator[Outside]:
    """Open the log of the site that was opened last, whose directory is `state`, from outside."""
    opened: sqlite3.Connection | psycopg.Connection[Any]
    opened = psycopg.connect(os.environ[VARIABLE]) if ON_POSTGRES else sqlite3.connect(state / site.LOG_FILE)
    with closing(opened):
        yield Outside(opened)


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """Let another program keep the log of the site that was opened last to itself."""
    with outside(state) as other, other.locking():
        yield


@contextmanager
def requests_locked(state: Path) -> Iterator[None]:
    """Let another program keep writers away from what the web writes, in the site that was opened last."""
    if ON_POSTGRES:
        with closing(psycopg.connect(os.environ[VARIABLE])) as server:
            server.execute("LOCK TABLE operator_request, audit IN EXCLUSIVE MODE")
            yield
    else:
        with closing(sqlite3.connect(state / site.SITE_FILE)) as file:
            file.execute("BEGIN IMMEDIATE")
            yield


def place_of(state: Path) -> str:
    """Return what people must be told of where the log of this site is."""
    return urlsplit(os.environ[VARIABLE]).path.strip("/") if ON_POSTGRES else str(state)
