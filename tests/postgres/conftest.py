# SPDX-License-Identifier: Apache-2.0
"""A server of its own for these tests, since they end it; `make postgres-test` runs them.

Django has one kind of database a process: they run by themselves, or with other tests on PostgreSQL.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.store import site
from adapters.store.postgresql.address import VARIABLE
from tests.support.postgres import Databases, Server, private_server


@pytest.fixture(scope="session")
def started() -> Iterator[Server]:
    with private_server() as server:
        yield server


@pytest.fixture(scope="session")
def databases(started: Server) -> Databases:
    return Databases(started.url)


@pytest.fixture
def server(started: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server, running. DATABASE_URL is put back after the test."""
    monkeypatch.setenv(VARIABLE, started.url)
    started.ensure()
    return started


@pytest.fixture
def state(server: Server, databases: Databases, tmp_path: Path) -> Iterator[Path]:
    """A site on a database of its own there, opened."""
    from django.db import connections

    databases.turn_to(tmp_path / "state")
    site.open_site(tmp_path / "state")
    yield tmp_path / "state"
    connections.close_all()
    server.ensure()
    databases.drop()
