# SPDX-License-Identifier: Apache-2.0
"""A site's state directory: private, migrated, owned by one runtime; its requests and its names."""

import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.store.controller import controller_id
from adapters.store.errors import RequestRefused, SiteLocked, StateUnusable
from adapters.store.lock import SiteLock
from tests.support.sites import open_site

NOW = 1_700_000_000_000_000_000


@pytest.fixture
def state(tmp_path: Path) -> Path:
    open_site(tmp_path / "state")
    return tmp_path / "state"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.on_files
def test_only_the_sites_own_user_may_read_anything(state: Path) -> None:
    from adapters.store.services import ask_operator_request, next_incarnation

    controller_id(state)
    next_incarnation()
    ask_operator_request(hall="hall1", verb="start", actor="anna", now_ns=NOW)
    with SiteLock(state):
        files = {path.name: mode(path) for path in state.iterdir()}
    assert mode(state) == 0o700
    assert set(files.values()) == {0o600}
    assert {"log.sqlite", "log.sqlite-wal", "site.sqlite", "site.sqlite-wal", "runtime.lock", "controller"} <= set(
        files
    )


def test_opening_again_and_opening_another_site(state: Path, tmp_path: Path) -> None:
    from adapters.store.services import next_incarnation

    assert [next_incarnation(), next_incarnation()] == [1, 2]
    open_site(tmp_path / "other")
    assert next_incarnation() == 1
    open_site(state)
    assert next_incarnation() == 3


@pytest.mark.on_files
def test_who_looks_while_the_log_is_away_leaves_no_empty_one_in_its_place(state: Path) -> None:
    """An empty file there would have had SQLite delete the write-ahead log of the one that comes back."""
    from django.db import OperationalError, connections

    from adapters.store.selectors import halls_now
    from adapters.store.services import next_incarnation

    next_incarnation()
    connections["log"].close()
    (state / "log.sqlite").rename(state / "away")
    with pytest.raises(OperationalError):
        halls_now()
    assert not (state / "log.sqlite").exists()
    (state / "away").rename(state / "log.sqlite")
    assert next_incarnation() == 2


@pytest.mark.on_files
def test_a_state_directory_may_have_any_name(tmp_path: Path) -> None:
    odd = tmp_path / "a state?mode=memory&x=%2f#1"
    open_site(odd)
    from adapters.store.services import next_incarnation

    assert next_incarnation() == 1
    assert (odd / "log.sqlite").stat().st_size > 0


@pytest.mark.on_files
def test_log_tables_are_in_the_log_and_requests_in_the_site_database(state: Path) -> None:
    from django.db import connections

    log = set(connections["log"].introspection.table_names())
    site = set(connections["default"].introspection.table_names())
    assert {"event", "hall_now", "incarnation", "checkpoint"} <= log - site
    assert {"operator_request"} <= site - log


@pytest.mark.on_files
def test_both_databases_survive_kill_9_and_let_readers_in(state: Path) -> None:
    from django.db import connections

    for alias in ("log", "default"):
        with connections[alias].cursor() as cursor:
            cursor.execute("PRAGMA journal_mode")
            assert cursor.fetchone() == ("wal",)
            cursor.execute("PRAGMA synchronous")
            assert cursor.fetchone() == (1,)


def test_no_migration_is_missing(state: Path) -> None:
    from django.core.management import call_command

    told = io.StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=told)
    assert "No changes detected" in told.getvalue()


def test_a_state_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateUnusable, match="file/state"):
        open_site(tmp_path / "file" / "state")


def test_a_second_runtime_is_refused_by_the_pid_of_the_first(state: Path) -> None:
    other = (
        "import sys; from pathlib import Path; from adapters.store.lock import SiteLock\n"
        "SiteLock(Path(sys.argv[1])).acquire()"
    )
    with SiteLock(state):
        with pytest.raises(SiteLocked, match=rf"pid {os.getpid()} runs on this site; end it first"):
            SiteLock(state).acquire()
        refused = subprocess.run(
            [sys.executable, "-c", other, str(state)], capture_output=True, text=True, timeout=30, check=False
        )
    assert "SiteLocked" in refused.stderr
    with SiteLock(state):
        pass


def test_a_lock_ends_with_its_process(state: Path) -> None:
    holding = (
        "import sys; from pathlib import Path; from adapters.store.lock import SiteLock\n"
        "SiteLock(Path(sys.argv[1])).acquire(); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(SiteLocked, match=f"pid {holder.pid} "):
            SiteLock(state).acquire()
        holder.kill()
        holder.wait(10)
        with SiteLock(state):
            pass


def test_a_lock_without_a_state_directory_is_no_traceback_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(StateUnusable, match=r"runtime\.lock"):
        SiteLock(tmp_path / "nowhere").acquire()


def test_the_controllers_id_is_drawn_once(state: Path, tmp_path: Path) -> None:
    drawn = controller_id(state)
    assert len(drawn) == 16
    assert drawn.isascii()
    assert drawn.isalnum()
    assert drawn == drawn.lower()
    assert controller_id(state) == drawn
    assert controller_id(tmp_path) != drawn
    assert [path.name for path in tmp_path.glob("controller*")] == ["controller"]


def test_a_spoilt_controller_file_is_told_not_used(state: Path) -> None:
    (state / "controller").write_text("Booth One\n")
    with pytest.raises(StateUnusable, match="remove it"):
        controller_id(state)


def test_a_request_waits_until_the_log_knows_it_also_beyond_its_end(state: Path) -> None:
    from adapters.store.selectors import pending_requests
    from adapters.store.services import ask_operator_request

    asked = ask_operator_request(hall="hall1", verb="shelve", args=["sync lost", "30"], actor="anna", now_ns=NOW)
    assert asked.expires_ns == NOW + 10_000_000_000
    later = ask_operator_request(hall="", verb="keys", args=["rotate"], actor="root", now_ns=NOW + 1)

    found = pending_requests(now_ns=NOW + 20_000_000_000)
    assert [(r.id, r.hall, r.verb, r.args) for r in found] == [
        (asked.id, "hall1", "shelve", ["sync lost", "30"]),
        (later.id, "", "keys", ["rotate"]),
    ]
    assert pending_requests(now_ns=NOW + 3_600_000_000_000) == []


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"hall": "Hall 1", "verb": "start"}, "'Hall 1' is no hall id"),
        ({"hall": "x" * 17, "verb": "start"}, "is no hall id"),
        ({"hall": "hall1\n", "verb": "start"}, "is no hall id"),
        ({"hall": "hall1", "verb": "explode"}, "it knows start, stop, rewind"),
        ({"hall": "hall1", "verb": "start", "args": ["now"]}, "expected 'start'"),
        ({"hall": "hall1", "verb": "acknowledge"}, "expected 'acknowledge ALARM'"),
        ({"hall": "hall1", "verb": "shelve", "args": ["sync", "0"]}, "1 to 1440 minutes"),
        ({"hall": "hall1", "verb": "shelve", "args": ["sync", "²"]}, "1 to 1440 minutes"),
        ({"hall": "hall1", "verb": "shelve", "args": ["sync", "9" * 5000]}, "1 to 1440 minutes"),
        ({"hall": "hall1", "verb": "acknowledge", "args": ["a\nb"]}, "printable"),
        ({"hall": "", "verb": "start"}, "the site cannot be asked"),
        ({"hall": "", "verb": "keys", "args": ["eat"]}, r"rotate\|revoke"),
        ({"hall": "hall1", "verb": "start", "actor": " "}, "name who asks"),
    ],
)
def test_a_request_that_no_hall_could_understand_is_refused(state: Path, asked: dict[str, object], words: str) -> None:
    from adapters.store.selectors import pending_requests
    from adapters.store.services import ask_operator_request

    with pytest.raises(RequestRefused, match=words):
        ask_operator_request(**({"actor": "anna", "now_ns": NOW} | asked))  # type: ignore[arg-type]
    assert pending_requests(now_ns=NOW) == []
