# SPDX-License-Identifier: Apache-2.0
"""What the runtime counts of its steps."""

from hall_runtime.tally import STEP_BOUNDS_US, Tally
from statemachines.record import Record


def _row(kind: str, verdict: str = "internal", *, subject: str = "hall", edge: str = "", state: str = "idle") -> Record:
    return Record(
        stream="h1",
        log_seq=1,
        subject=subject,
        at_ns=1,
        kind=kind,
        verdict=verdict,
        edge=edge,
        before=f"{state}:00",
    )


def test_steps_are_counted_by_what_came_of_them() -> None:
    tally = Tally()
    tally.count(_row("film_inserted", "transition", edge="idle>threading:film_inserted"), 90)
    tally.count(_row("film_inserted", "transition", edge="idle>threading:film_inserted"), 90)
    tally.count(_row("operator_requested", "refusal", state="fault"), 90)
    tally.count(
        _row("session_wanted", "transition", subject="session:sound", edge="down>connecting:session_wanted"), 90
    )
    tally.count(_row("session_wanted", "refusal", subject="session:sound", state="up"), 90)
    told = tally.figures()
    assert told["events"] == {"film_inserted": 2, "operator_requested": 1, "session_wanted": 2}
    assert told["transitions"] == {
        "hall": {"idle>threading:film_inserted": 2},
        "session": {"down>connecting:session_wanted": 1},
    }
    assert told["refusals"] == {"fault": 1}


def test_handshakes_are_counted_by_how_they_ended() -> None:
    tally = Tally()
    for kind in ("link_opened", "link_rotated", "link_failed", "rotation_failed", "hello_refused", "host_key_refused"):
        tally.count(_row(kind, subject="session:sound"), 1)
    told = tally.figures()
    assert told["handshakes"] == {"ok": 2, "failed": 2, "refused": 2}
    assert told["rotations"] == 1


def test_a_step_falls_into_the_bucket_that_holds_it() -> None:
    tally = Tally()
    for took_us in (0, STEP_BOUNDS_US[0], STEP_BOUNDS_US[0] + 1, STEP_BOUNDS_US[-1] + 1):
        tally.count(_row("heartbeat_heard"), took_us)
    told = tally.figures()["step_us"]
    assert told["counts"] == [2, 1, *[0] * (len(STEP_BOUNDS_US) - 2), 1]
    assert told["sum"] == 2 * STEP_BOUNDS_US[0] + 1 + STEP_BOUNDS_US[-1] + 1
