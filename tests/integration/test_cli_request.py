# SPDX-License-Identifier: Apache-2.0
"""`projectionist request`: every verb, its refusals in words, and an emergency stop that needs no database."""

import os
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.store.wake import send_wake
from statemachines.history import HALL
from statemachines.words import Motor, Role, State
from tests.support.multiplex import Multiplex


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Multiplex]:
    with Multiplex(tmp_path_factory.mktemp("site"), halls=("h1", "h2"), feet=2000) as made:
        made.start()
        yield made


@pytest.fixture
def site(running: Multiplex) -> Multiplex:
    """Both halls idle and without film, whatever came before."""
    for hall in running.halls:
        _clear(running, hall)
    return running


def _clear(site: Multiplex, hall: str) -> None:
    if site.hall(hall).state is State.PROJECTING:
        assert site.request(hall, "stop").returncode == 0
    if site.hall(hall).state is State.FAULT:
        site.do(f"{hall} estop release")
        site.until("it is acknowledged", lambda: site.request(hall, "acknowledge").returncode == 0)
        site.until("it is reset", lambda: site.request(hall, "reset").returncode == 0)
    if site.device(hall).film:
        site.until("the film can be taken out", lambda: site.hand(f"{hall} remove") == "ok")
    site.until_state(hall, State.IDLE)


def refused(site: Multiplex, *words: str) -> str:
    """Return in which words a request is refused."""
    asked = site.request(*words)
    assert (asked.returncode, asked.stdout) == (1, ""), asked
    assert "Traceback" not in asked.stderr
    return " ".join(asked.stderr.split())


def agreed(site: Multiplex, *words: str) -> str:
    asked = site.request(*words)
    assert (asked.returncode, asked.stderr) == (0, ""), asked
    return asked.stdout.strip()


def test_start_and_stop_and_what_they_wait_for(site: Multiplex) -> None:
    assert refused(site, "h1", "start") == "projectionist: h1 refuses start: no film is threaded in this hall"
    site.do("h1 insert")
    site.until_state("h1", State.THREADING)
    assert "the film is not ready: press READY when it is threaded" in refused(site, "h1", "start")
    site.do("h1 ready")
    site.until("the lamp burns", lambda: site.hall("h1").projector.lamp == "lit")
    site.until("sessions are up", lambda: all(site.hall("h1").device(role).link.up for role in Role))
    assert agreed(site, "h1", "start") == "h1 start: the show was started (now projecting)"
    assert "refuses start: the film is already running" in refused(site, "h1", "start")
    assert agreed(site, "h1", "stop").endswith("(now threading)")
    assert "refuses stop: the film is not running" in refused(site, "h1", "stop")
    asked = [row for row in site.rows("h1", HALL) if row.kind == "operator_requested"]
    assert all(row.request and row.source == "operator" and row.payload["actor"] for row in asked)


def test_rewind(site: Multiplex) -> None:
    assert "refuses rewind" in refused(site, "h1", "rewind")
    site.thread("h1")
    assert "(now rewinding)" in agreed(site, "h1", "rewind")
    site.until_state("h1", State.THREADING)


def test_a_break_is_acknowledged_then_reset(site: Multiplex) -> None:
    site.project("h2")
    site.do("h2 fault break")
    site.until_state("h2", State.FAULT)
    assert "acknowledge" in refused(site, "h2", "reset")
    assert "there is no alarm called 'door'" in refused(site, "h2", "acknowledge", "door")
    assert "a person acknowledged the fault" in agreed(site, "h2", "acknowledge")
    assert "refuses acknowledge" in refused(site, "h2", "acknowledge", "film_break")
    assert "the film is slack" in refused(site, "h2", "reset")
    site.do("h2 rethread")
    site.until("the film is taut", lambda: site.hall("h2").taut)
    site.until("the hardware is read", lambda: site.request("h2", "reset").returncode == 0)
    site.until("the latch is cleared", lambda: not site.device("h2").latched)


def test_an_alarm_is_shelved_for_a_time(site: Multiplex) -> None:
    site.project("h1")
    site.do("h1 door open")
    site.until("the door is an alarm", lambda: "door_open" in {alarm.name for alarm in site.hall("h1").alarms})
    assert "1 to 1440 minutes" in refused(site, "h1", "shelve", "door_open", "0")
    assert "a person shelved an alarm" in agreed(site, "h1", "shelve", "door_open", "5")
    (alarm,) = (alarm for alarm in site.hall("h1").alarms if alarm.name == "door_open")
    assert alarm.state == "shelved"
    site.do("h1 door closed")


def test_what_no_hall_could_understand(site: Multiplex) -> None:
    assert refused(site, "h9", "start").endswith("there is no hall 'h9' on this site: it has h1, h2")
    assert "a hall cannot be asked to 'fly'; it knows start, stop, rewind" in refused(site, "h1", "fly")
    assert "got 1 arguments" in refused(site, "h1", "start", "now")
    assert "is not in fault: name the alarm" in refused(site, "h1", "acknowledge")


def _store(hall: str, verb: str, *, age_s: int = 0) -> str:
    from adapters.store.services import ask_operator_request

    return str(
        ask_operator_request(hall=hall, verb=verb, actor="a test", now_ns=time.time_ns() - age_s * 1_000_000_000).id
    )


def test_a_request_that_waited_for_more_than_ten_seconds_is_too_old(site: Multiplex) -> None:
    request = _store("h1", "start", age_s=11)
    rows = site.until("it is told", lambda: [row for row in site.rows("h1") if row.request == request])
    assert [(row.verdict, row.reason[:7]) for row in rows] == [("refusal", "too old")]


def test_a_request_without_a_wake_is_found_and_one_woken_five_times_is_acted_upon_once(site: Multiplex) -> None:
    site.thread("h1")
    quiet, loud = _store("h1", "stop"), _store("h2", "stop")
    for _ in range(5):
        assert send_wake(site.state, request_id=loud, hall="h2", verb="stop")
    site.until("the quiet one is told", lambda: quiet in {row.request for row in site.rows("h1")})
    site.until("the loud one is told", lambda: loud in {row.request for row in site.rows("h2")})
    agreed(site, "h1", "start")
    agreed(site, "h1", "stop")
    rows = [*site.rows("h1"), *site.rows("h2")]
    assert sum(row.request == quiet for row in rows) == sum(row.request == loud for row in rows) == 1


def test_five_wakes_of_one_emergency_stop_are_one_stop(site: Multiplex) -> None:
    request = "0193e0c1-5b5f-7a01-8f00-0123456789ab"
    before = sum(row.kind == "operator_requested" for row in site.rows("h1"))
    for spelling in (request, request.upper(), f"{{{request}}}", request.replace("-", ""), request):
        send_wake(site.state, request_id=spelling, hall="h1", verb="emergency_stop")
    site.until_state("h1", State.FAULT)
    assert refused(site, "h1", "start")
    assert sum(row.kind == "operator_requested" for row in site.rows("h1")) == before + 2
    (row,) = (row for row in site.rows("h1") if row.request == request)
    assert row.reason == "emergency stop"


def is_stopped(site: Multiplex, hall: str) -> bool:
    device = site.device(hall)
    return not device.dowser_open and device.motor is Motor.STOP


def test_emergency_stop_with_the_request_table_locked(site: Multiplex) -> None:
    site.project("h1")
    locker = sqlite3.connect(site.state / "site.sqlite", isolation_level=None)
    try:
        locker.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        asked = site.request("h1", "emergency_stop")
        assert asked.returncode == 0
        assert "emergency stop (now fault)" in asked.stdout
        assert "locked" in asked.stderr
        assert time.monotonic() - began < 6
    finally:
        locker.close()
    site.until("the hardware stands", lambda: is_stopped(site, "h1"))
    asked_for = [row.payload["verb"] for row in site.rows("h1") if row.kind == "operator_requested"]
    assert asked_for[-1] == "emergency_stop"


def test_no_runtime_is_told(tmp_path: Path) -> None:
    with Multiplex(tmp_path) as site:
        assert "it has none yet" in refused(site, "h1", "start")
        assert "holds no site" in " ".join(site.ask("request", "h1", "start", "--state", tmp_path).stderr.split())
        site.start()
        site.kill()
        assert "no runtime runs on this site" in refused(site, "h1", "start")


def test_wakes_of_garbage_and_a_request_table_of_garbage_keep_nobody_from_an_emergency_stop(tmp_path: Path) -> None:
    with Multiplex(tmp_path, feet=2000) as site:
        site.start()
        site.project("h1")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            good = b'{"id":"0193e0c1-5b5f-7a01-8f00-0123456789ab","hall":"h1","verb":"emergency_stop"'
            other_id = good.replace(b"0193", b"zzzz") + b"}"
            for wake in (b"", b"\xff", b"{}", good, good + b',"x":1}', other_id, b"[" * 900, b"x" * 60_000):
                sender.sendto(wake, str(site.state / "wake.sock"))
        assert agreed(site, "h1", "stop").endswith("(now threading)")
        site.until("the film stands", lambda: site.hall("h1").projector.motor is Motor.STOP)
        site.until("the hardware stands", lambda: site.said("h1")["stopped"] == site.said("h1")["atspeed"])
        assert agreed(site, "h1", "start").endswith("(now projecting)")

        for name in ("site.sqlite", "site.sqlite-wal", "site.sqlite-shm"):
            (site.state / name).write_bytes(os.urandom(8192))
        asked = site.request("h1", "emergency_stop")
        assert asked.returncode == 0, asked
        assert "emergency stop (now fault)" in asked.stdout
        assert "Traceback" not in asked.stderr
        site.until("the hardware stands", lambda: is_stopped(site, "h1"))
        assert site.end() == 0
