# SPDX-License-Identifier: Apache-2.0
"""A checker that finds nothing must be able to find something: the evidence of one show, spoiled in each way."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from statemachines.alarms import Alarm
from statemachines.record import Record
from statemachines.words import Lamp, Role, Sound
from tests.faults.checker import alarm_wrongs, assert_sound, wrongs
from tests.faults.evidence import DeviceBook, Evidence, Fact
from tests.support.multiplex import Multiplex

P = Role.PROJECTION
Spoil = Callable[[Evidence], Evidence]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """Return the evidence of a film that broke in a show, which is in order."""
    with Multiplex(tmp_path_factory.mktemp("show"), feet=2000, fps=600) as site:
        site.start()
        site.project("h1")
        site.do("h1 fault break")
        site.until("the stop is confirmed", lambda: site.hall("h1").fault.confirmed)
        return assert_sound(site, "h1", alarms={"film_break"})


def with_rows(evidence: Evidence, keep: Callable[[Record], bool]) -> Evidence:
    return replace(evidence, rows=[row for row in evidence.rows if keep(row)])


def with_book(evidence: Evidence, **fields: object) -> Evidence:
    book = evidence.books[P]
    values = {name: getattr(book, name) for name in ("snapshot", "acts", "ring", "safety_ring")}
    return replace(evidence, books=evidence.books | {P: DeviceBook(**{**values, **fields})})


def is_answer(row: Record, seq: int) -> bool:
    return row.kind == "command_done" and row.payload["role"] == P and row.payload["cmd_seq"] == seq


def late(row: Record) -> Record:
    return changed(row, at_ns=row.at_ns + 4 * 10**9) if is_answer(row, 1) else row


def other_answer(row: Record, result: str) -> Record:
    return changed(row, payload=row.payload | {"result": result}) if is_answer(row, 1) else row


SPOILED: dict[str, tuple[Spoil, str]] = {
    "a row is cut out": (lambda e: replace(e, rows=[*e.rows[:5], *e.rows[6:]]), "missing or out of order"),
    "a reason is changed": (
        lambda e: replace(e, rows=[*e.rows[:-1], changed(e.rows[-1], reason="it was the cat")]),
        "it was changed",
    ),
    "an answer is missing": (
        lambda e: with_rows(e, lambda row: not is_answer(row, 2)),
        "command 2 (motor run) has 0 answers",
    ),
    "an answer is there twice": (
        lambda e: replace(e, rows=[*e.rows, *(row for row in e.rows if is_answer(row, 2))]),
        "command 2 (motor run) has 2 answers",
    ),
    "an answer is late": (lambda e: replace(e, rows=[late(row) for row in e.rows]), "was answered ok only after"),
    "a command is effective twice": (
        lambda e: with_book(e, acts=[e.books[P].acts[0], *e.books[P].acts]),
        "command 1 was effective after 1",
    ),
    "two commands change places": (
        lambda e: with_book(e, acts=[*reversed(e.books[P].acts)]),
        "command 1 was effective after 2",
    ),
    "an old claim is obeyed": (
        lambda e: with_book(e, acts=[*e.books[P].acts[:-1], replace(e.books[P].acts[-1], gen=0)]),
        "came from the older claim",
    ),
    "a device never did what it answered": (
        lambda e: with_book(e, acts=[act for act in e.books[P].acts if act.seq != 2]),
        "the device never did it",
    ),
    "a device did what nobody sent": (
        lambda e: with_book(e, acts=[*e.books[P].acts, replace(e.books[P].acts[-1], seq=99)]),
        "which the log does not know",
    ),
    "a device did something else": (
        lambda e: with_book(e, acts=[replace(e.books[P].acts[0], words="lamp off"), *e.books[P].acts[1:]]),
        "the device did 'lamp off' as 1",
    ),
    "a command that was refused took effect": (
        lambda e: replace(e, rows=[other_answer(row, "refused:stale") for row in e.rows]),
        "was answered refused:stale, but the device did it",
    ),
    "a safety event is missing": (
        lambda e: with_rows(e, lambda row: row.kind != "film_broke"),
        "(break) is in the log 0 times",
    ),
    "a button is missing": (
        lambda e: with_rows(e, lambda row: row.kind != "show_started"),
        "(start) is neither in the log nor declared lost",
    ),
    "an event that no log has": (
        lambda e: with_book(e, safety_ring=[*e.books[P].safety_ring, Fact(1000, "stall")]),
        "the safety event 1000 (stall) is in the log 0 times",
    ),
    "the lamp is off": (
        lambda e: with_book(e, snapshot=changed(e.books[P].snapshot, lamp=Lamp.COLD)),
        "lamp: the hall says lit, the hardware says cold",
    ),
    "light on film that stands": (
        lambda e: with_book(e, snapshot=changed(e.books[P].snapshot, dowser_open=True)),
        "light falls on film that does not run at speed",
    ),
    "sound in fault": (
        lambda e: replace(
            e,
            books=e.books | {Role.SOUND: DeviceBook(snapshot=changed(e.books[Role.SOUND].snapshot, sound=Sound.PLAY))},
        ),
        "sound: the hall says mute, the hardware says play",
    ),
    "a task that failed": (
        lambda e: replace(e, said=[{"event": "task_failed", "task": "clock"}]),
        "the runtime said",
    ),
}


@pytest.mark.parametrize("name", SPOILED)
def test_what_is_spoiled_is_found(sound: Evidence, name: str) -> None:
    spoil, words = SPOILED[name]
    found = "\n".join(wrongs(spoil(sound)))
    assert words in found


def test_an_alarm_that_nobody_expects_is_found(sound: Evidence) -> None:
    alarm = Alarm(name="disk_nearly_full", words="make room")
    spoiled = changed(sound.hall, alarms=(*sound.hall.alarms, alarm))
    assert [*alarm_wrongs(spoiled, {"film_break"})] == ["the alarm disk_nearly_full stands: make room"]
