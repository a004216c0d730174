# SPDX-License-Identifier: Apache-2.0
"""Tests on PostgreSQL: DATABASE_URL names a server, and each state directory gets a database of its own there."""

import hashlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from adapters.store.postgresql.address import VARIABLE

_SCRIPT = Path(__file__).parents[2] / "packaging" / "postgres.sh"
_LIMIT_S = 90.0


class Databases:
    """The databases that this process has made on a server, by state directory."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._template = ""
        self._made: dict[Path, str] = {}
        self._kept: set[Path] = set()

    def keep(self, state: Path) -> None:
        """Leave the database of this state directory until the server ends: several tests share it."""
        self._kept.add(state)

    def turn_to(self, state: Path) -> None:
        """Let DATABASE_URL name the database of this state directory, made where it is missing."""
        if not self._template:
            self._template = f"template_{os.getpid()}"
            self._create(self._template, "template0")
            self._migrate(state)
        if state not in self._made:
            name = hashlib.sha256(f"{os.getpid()} {state}".encode()).hexdigest()[:16]
            self._create(name, self._template)
            self._made[state] = name
        self._name(self._made[state])

    def drop(self) -> None:
        """Drop all that are not kept; sessions that are left are ended."""
        with closing(psycopg.connect(self._server, autocommit=True)) as admin:
            for state in self._made.keys() - self._kept:
                name = self._made.pop(state)
                admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _create(self, name: str, template: str) -> None:
        making = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        with closing(psycopg.connect(self._server, autocommit=True)) as admin:
            admin.execute(making)

    def _migrate(self, state: Path) -> None:
        from django.db import connections

        from adapters.store.site import open_site

        self._name(self._template)
        open_site(state)

        connections.close_all()

    def _name(self, database: str) -> None:
        os.environ[VARIABLE] = urlsplit(self._server)._replace(path=f"/{database}").geturl()


class Server:
    """A PostgreSQL server of its own, for tests that end it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.url = ""

    def start(self) -> None:
        self.url = self._run("start").strip()

    def ensure(self) -> None:
        """Start it again if a test has left it down."""
        if not (self._directory / "data" / "postmaster.pid").exists():
            self.start()

    def stop(self, mode: str = "fast") -> None:
        """End it: `fast` ends its sessions, `immediate` is a crash."""
        self._run("stop", mode)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let nothing of it run: it answers nothing, and closes nothing either."""
        pid = int((self._directory / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
        ours = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
        for each in ours:
            os.kill(each, signal.SIGSTOP)
        try:
            yield
        finally:
            for each in ours:
                os.kill(each, signal.SIGCONT)

    def _run(self, verb: str, *more: str) -> str:
        done = subprocess.run(
            [str(_SCRIPT), verb, str(self._directory), *more],
            check=True,
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=_LIMIT_S,
        )
        return done.stdout


@contextmanager
def private_server() -> Iterator[Server]:
    """Start a server, and end it at last."""
    with tempfile.TemporaryDirectory(prefix="postgres.") as top:
        Path(top).chmod(0o711)
        server = Server(Path(top) / "server")
        server.start()
        try:
            yield server
        finally:
            server.ensure()
            server.stop("immediate")


def end_sessions(*, like: str = "%") -> int:
    """End the sessions of the database that DATABASE_URL names, as an administrator may; return how many there were.

    `like` picks those whose last statement was so.
    """
    ending = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE %s"
    )
    with closing(psycopg.connect(os.environ[VARIABLE], autocommit=True)) as admin:
        return len(admin.execute(ending, (like,)).fetchall())
