# SPDX-License-Identifier: Apache-2.0
"""A runtime's own log on its way: exported, replayed elsewhere, damaged, imported, pruned."""

import random
import re
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from adapters.store.lines import line_of
from hall_runtime.cli.common import CommandFailed
from hall_runtime.cli.replay import replay
from statemachines.record import Record, sealed
from statemachines.words import State
from tests.support.multiplex import Multiplex

FLIPS = 60
OUTSIDE = ("recorded_ns", "pos", "request")
"""What the digest does not cover: when and where a row was stored, and by whose request."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Multiplex]:
    """A site whose runtime has ended after two halls had a show begun and a break, and a restart."""
    with Multiplex(tmp_path_factory.mktemp("site"), halls=("h1", "h2"), feet=2000) as made:
        made.start()
        made.project("h1")
        made.thread("h2")
        assert made.end() == 0
        made.start()
        made.do("h1 fault break")
        made.until_state("h1", State.FAULT)
        made.until("all is answered", lambda: made.is_settled("h1"))
        assert made.end() == 0
        yield made


@pytest.fixture(scope="module")
def file(site: Multiplex) -> Path:
    """The site's log, exported."""
    path = site.directory / "log.jsonl"
    exported = site.ask("log", "export", path, "--state", site.state)
    assert exported.returncode == 0, exported.stderr
    assert exported.stdout.startswith(f"{len(path.read_bytes().splitlines())} lines written")
    return path


def told(log: Path) -> str:
    """Return why a log cannot be replayed, in its one sentence."""
    with pytest.raises(CommandFailed) as failed:
        replay(log, "")
    return str(failed.value)


def damaged(directory: Path, lines: Sequence[bytes]) -> Path:
    path = directory / "damaged.jsonl"
    path.write_bytes(b"".join(lines))
    return path


def test_the_replay_of_an_exported_log_is_the_same_in_every_process_and_zone(site: Multiplex, file: Path) -> None:
    here = site.ask("replay", site.state, zone="UTC")
    assert here.returncode == 0, here.stderr
    for zone in ("Asia/Kathmandu", "America/St_Johns"):
        there = site.ask("replay", file, zone=zone)
        assert (there.returncode, there.stdout) == (0, here.stdout)
    assert len(states_in(here.stdout)) == 6
    assert "h1: " in here.stdout
    only = site.ask("replay", file, "--hall", "h2")
    assert "h1" not in only.stdout
    assert "no rows of a hall called 'h9'" in site.ask("replay", file, "--hall", "h9").stderr


def test_any_byte_that_is_flipped_is_told_with_its_row(file: Path, tmp_path: Path) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    drawn = random.Random(1931)
    tried = 0
    while tried < FLIPS:
        number = drawn.randrange(len(lines))
        line, place = bytearray(lines[number]), drawn.randrange(len(lines[number]) - 1)
        line[place] ^= 1 << drawn.randrange(8)
        before, after = covered(lines[number]), covered(bytes(line))
        if after == before or bytes(line).count(b"\n") > 1:
            continue
        tried += 1
        words = told(damaged(tmp_path, [*lines[:number], bytes(line), *lines[number + 1 :]]))
        rows = {str(fields["log_seq"]) for fields in (before, after) if fields and "log_seq" in fields}
        named = [f"line {number + 1}:", *(f"row {row} " for row in rows)]
        assert any(name in words for name in named), (words, bytes(line))


def covered(line: bytes) -> dict[str, object] | None:
    """Return what of a line must not change, None when it is none."""
    try:
        fields = msgspec.json.decode(line)
    except ValueError:
        return None
    return {name: value for name, value in fields.items() if name not in OUTSIDE}


def test_a_missing_row_a_repeated_one_and_a_cut_off_end_are_told(file: Path, tmp_path: Path) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    row = msgspec.json.decode(lines[20], type=Record)
    missing = told(damaged(tmp_path, [*lines[:20], *lines[21:]]))
    assert f"{row.stream} row {row.log_seq + 1} " in missing
    assert f"log_seq differs: the log says {row.log_seq + 1}, the fold gives {row.log_seq}" in missing
    assert f"{row.stream} row {row.log_seq} " in told(damaged(tmp_path, [*lines[:21], *lines[20:]]))
    cut = told(damaged(tmp_path, [*lines[:-1], lines[-1][:-40]]))
    assert cut == f"line {len(lines)}: cut off, its end is missing"


def resealed(file: Path, number: int, **fields: object) -> list[bytes]:
    """Return a log in which somebody changed one row and made its stream's chain right again."""
    rows = [msgspec.json.decode(line, type=Record) for line in file.read_bytes().splitlines()]
    rows[number] = msgspec.structs.replace(rows[number], **fields)
    heads: dict[str, str] = {}
    for n, row in enumerate(rows):
        rows[n] = sealed(row, heads.get(row.stream, "0" * 64))
        heads[row.stream] = rows[n].digest
    return [line_of(row) for row in rows]


def test_an_unknown_kind_and_a_decision_that_the_machine_does_not_make_are_told(file: Path, tmp_path: Path) -> None:
    rows = [msgspec.json.decode(line, type=Record) for line in file.read_bytes().splitlines()]
    number, row = next((n, row) for n, row in enumerate(rows) if row.kind == "show_started")
    unknown = told(damaged(tmp_path, resealed(file, number, kind="levitated")))
    assert f"{row.stream} row {row.log_seq} (levitated): " in unknown
    assert "no event is called 'levitated'" in unknown
    less = told(damaged(tmp_path, resealed(file, number, effects=row.effects[1:])))
    assert f"{row.stream} row {row.log_seq} (show_started): effects differs" in less
    assert '"arg":"run"' in less
    other = told(damaged(tmp_path, resealed(file, number, verdict="refusal")))
    assert "verdict differs: the log says refusal, the fold gives transition" in other


def test_what_is_no_log_is_told(site: Multiplex, tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(bytes(range(256)))
    for words in (("replay", tmp_path / "none"), ("replay", tmp_path), ("replay", tmp_path / "noise")):
        asked = site.ask(*words)
        assert asked.returncode == 1
        assert asked.stderr.startswith("projectionist: ")
        assert "Traceback" not in asked.stderr
    for command in ("export", "verify"):
        asked = site.ask("log", command, *([tmp_path / "out"] if command == "export" else []), "--state", tmp_path)
        assert "holds no site" in " ".join(asked.stderr.split())


def test_an_import_is_the_same_log_and_all_or_nothing(site: Multiplex, file: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    lines = file.read_bytes().splitlines(keepends=True)
    broken = site.ask("log", "import", damaged(tmp_path, [*lines[:50], *lines[51:]]), "--state", fresh)
    assert broken.returncode == 1
    assert "nothing was imported" in " ".join(broken.stderr.split())
    imported = site.ask("log", "import", file, "--state", fresh)
    assert (imported.returncode, imported.stdout) == (0, f"{len(lines)} lines read from {file}\n")
    assert "the chain is whole" in site.ask("log", "verify", "--state", fresh).stdout
    assert site.ask("replay", fresh).stdout == site.ask("replay", site.state).stdout
    again = site.ask("log", "import", file, "--state", fresh)
    assert again.returncode == 1
    assert "no.jsonl: No such file" in site.ask("log", "import", tmp_path / "no.jsonl", "--state", fresh).stderr


def states_in(replayed: str) -> list[str]:
    return sorted(re.findall(r"\w+:[0-9a-f]{64}", replayed))


def test_a_pruned_log_still_verifies_and_replays_to_the_same_states(
    site: Multiplex, file: Path, tmp_path: Path
) -> None:
    pruned, whole = tmp_path / "pruned", site.ask("replay", site.state).stdout
    assert site.ask("log", "import", file, "--state", pruned).returncode == 0
    rows = [msgspec.json.decode(line, type=Record) for line in file.read_bytes().splitlines()]
    middle = datetime.fromtimestamp(rows[len(rows) // 2].at_ns / 1e9, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    for before in (middle, "2999-01-01"):
        done = site.ask("log", "prune", "--before", before, "--state", pruned)
        assert done.returncode == 0, done.stderr
        assert int(done.stdout.split()[0]) > 0
        assert "the chain is whole" in site.ask("log", "verify", "--state", pruned).stdout
        replayed = site.ask("replay", pruned)
        assert replayed.returncode == 0, replayed.stderr
        assert states_in(replayed.stdout) == states_in(whole)
    carried = tmp_path / "pruned.jsonl"
    assert site.ask("log", "export", carried, "--state", pruned).returncode == 0
    assert site.ask("replay", carried).stdout == site.ask("replay", pruned).stdout
    forged = told(damaged(tmp_path, [carried.read_bytes().replace(b'state\\":\\"', b'state\\":\\"x', 1)]))
    assert "checkpoint" in forged


def test_a_log_that_was_changed_in_its_database_is_told(site: Multiplex, file: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    assert site.ask("log", "import", file, "--state", changed).returncode == 0
    database = sqlite3.connect(changed / "log.sqlite")
    database.execute("UPDATE event SET reason = 'all was well' WHERE stream = 'h1' AND kind = 'film_broke'")
    database.commit()
    (row,) = database.execute("SELECT log_seq FROM event WHERE stream = 'h1' AND kind = 'film_broke'").fetchone()
    database.close()
    for command in (("log", "verify", "--state", changed), ("replay", changed)):
        asked = site.ask(*command)
        assert asked.returncode == 1
        assert f"h1 row {row}" in asked.stderr
