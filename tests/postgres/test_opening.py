# SPDX-License-Identifier: Apache-2.0
"""One database for a site: made once, for both connections; and what people read where it cannot be used."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from adapters.store import site
from adapters.store.errors import StateUnusable
from adapters.store.postgresql.address import VARIABLE
from hall_runtime.doctor import server as doctor
from hall_runtime.doctor.finding import Mark
from tests.support.postgres import Server

_OPENING = (
    "import sys; from pathlib import Path; from adapters.store.site import open_site\nopen_site(Path(sys.argv[1]))"
)
TABLES = {"event", "hall_now", "incarnation", "checkpoint", "waypoint", "runtime_now", "operator_request", "hall_entry"}


def empty_database(server: Server, name: str, more: str = "") -> str:
    """Make one and return its URL."""
    with psycopg.connect(server.url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 {more}".encode())
    return server.url.removesuffix("/postgres") + f"/{name}"


def test_both_connections_lead_to_one_database_with_every_table(state: Path) -> None:
    from django.db import connections

    found = {alias: set(connections[alias].introspection.table_names()) for alias in ("log", "default")}
    assert found["log"] == found["default"]
    assert found["log"] >= TABLES
    assert connections["log"].connection is not connections["default"].connection


def test_no_file_of_a_database_is_made_and_the_directory_is_private(state: Path) -> None:
    assert list(state.glob("*.sqlite*")) == []
    assert state.stat().st_mode & 0o077 == 0


def test_two_processes_that_open_an_empty_database_at_once_make_its_tables_once(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, empty_database(server, "empty"))
    opening = [
        subprocess.Popen([sys.executable, "-c", _OPENING, str(tmp_path / name)], stderr=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    assert [(each.communicate(timeout=60)[1], each.returncode) for each in opening] == [("", 0), ("", 0)]


def test_a_server_that_is_away_is_told_without_its_password(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "postgres://anna:geheim@127.0.0.1:1/cinema")
    with pytest.raises(StateUnusable, match=r"PostgreSQL database cinema on 127\.0\.0\.1 cannot be reached") as told:
        site.open_site(tmp_path / "other")
    assert "geheim" not in str(told.value)
    (finding,) = doctor.databases()
    assert finding.mark is Mark.FAIL
    assert "cannot be reached" in finding.words
    assert "geheim" not in finding.words


def test_a_database_that_cannot_keep_every_character_is_refused(
    state: Path, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = empty_database(server, "latin", "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
    monkeypatch.setenv(VARIABLE, url)
    with pytest.raises(StateUnusable, match="keeps no UTF-8; make another one: createdb"):
        site.open_site(tmp_path / "other")
    assert [finding.mark for finding in doctor.databases()] == [Mark.FAIL]


def test_the_doctor_tells_an_empty_database_from_a_full_one_and_misses_checksums(
    state: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    (full,) = doctor.databases()
    assert (full.mark, "no checksums" in full.words) == (Mark.WARN, True)
    monkeypatch.setenv(VARIABLE, empty_database(server, "unused"))
    (empty,) = doctor.databases()
    assert (empty.mark, "is empty" in empty.words) == (Mark.WARN, True)
