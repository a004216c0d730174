# SPDX-License-Identifier: Apache-2.0
"""A hall as it was: folded from the nearest waypoint, verified; and lanes over a stretch of time."""

import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from adapters.store.models import EventRow, Waypoint
from adapters.store.prune import prune
from statemachines import events as e
from statemachines import session_events as se
from statemachines.record import Record
from statemachines.replay import folded
from statemachines.settings import SECOND
from tests.support.story import P, S
from tests.web.support.access import describe
from tests.web.support.asking import Asking
from tests.web.support.lived import LivedHall, log_of
from web.sight import as_of

MS = 1_000_000
NOT_OF_THEN = ("beat_ms", "live", "replayed")


def at(ask: Asking, at_ns: int) -> Any:
    return ask(f"/halls/h1/at?ms={at_ns // MS}")


def shown_then(told: dict[str, Any]) -> dict[str, Any]:
    """Return what a hall shows, but for what only a present one has."""
    session = [{**each, "round_trip_us": None} for each in told["sessions"]]
    return {name: value for name, value in told.items() if name not in NOT_OF_THEN} | {"sessions": session}


def a_show(hall: LivedHall) -> list[dict[str, Any]]:
    """Live through a show with waypoints in it; return the hall as it was shown after each part, and its time."""
    ask, seen = Asking(), []

    def look() -> None:
        hall.end()
        seen.append({"at_ns": hall.at_ns, "shown": shown_then(ask("/halls/h1"))})

    hall.idle()
    hall.open(P, gen=3)
    hall.open(S, gen=5)
    look()
    hall.hear(e.FilmInserted)
    hall.hear(e.FilmReady)
    hall.answer()
    hall.hear(e.LampLit)
    look()
    hall.wait(700)
    hall.ask("start")
    hall.end()  # a commit of its own: the second waypoint is this row's
    hall.answer()
    hall.hear(e.MotorAtSpeed)
    hall.answer()
    hall.hear(e.DowserMoved, open=True)
    look()
    for frame in range(24, 300, 24):
        hall.hear(e.FrameCounted, frame=frame)
    hall.rotate(S, gen=6)
    look()
    hall.wait(800)
    hall.hear(e.FilmBroke)
    hall.end()  # the third one
    hall.answer()
    look()
    hall.ask("acknowledge")
    look()
    return seen


def test_every_moment_is_shown_as_it_was_shown_then(state: Path) -> None:
    describe()
    with log_of(state) as log:
        seen = a_show(LivedHall(log))
    assert Waypoint.objects.filter(hall="h1").count() == 3
    ask = Asking()
    for moment in seen:
        told = at(ask, moment["at_ns"])
        assert (told["replayed"], told["live"], told["beat_ms"]) == (True, False, None)
        assert without_now(shown_then(told)) == without_now(moment["shown"])


def without_now(told: dict[str, Any]) -> dict[str, Any]:
    """What can happen is judged as of the moment that is asked for, and the story is older than this test."""
    return {name: value for name, value in told.items() if name != "can"}


def test_waypoints_change_nothing_of_what_is_told(state: Path) -> None:
    with log_of(state) as log:
        seen = a_show(LivedHall(log))
    ask = Asking()
    near = [at(ask, moment["at_ns"]) for moment in seen]
    Waypoint.objects.all().delete()
    assert [at(ask, moment["at_ns"]) for moment in seen] == near


def test_a_moment_between_rows_is_that_of_the_row_before(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        a_show(hall)
        row = EventRow.objects.get(kind="film_broke")
    ask = Asking()
    assert at(ask, row.at_ns)["log_seq"] == row.log_seq
    before = at(ask, row.at_ns - 100 * SECOND)
    assert (before["log_seq"], before["state"]) == (row.log_seq - 1, "projecting")
    assert at(ask, time.time_ns() + 9 * SECOND)["log_seq"] == EventRow.objects.filter(stream="h1").count()


def test_what_could_be_done_then_is_told_as_of_then(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        a_show(hall)
        broke = EventRow.objects.get(kind="film_broke")
    ask = Asking()
    then = {each["verb"]: each["can_fire"] for each in at(ask, broke.at_ns - SECOND)["can"]}
    now = {each["verb"]: each["can_fire"] for each in ask("/halls/h1")["can"]}
    assert (then["stop"], now["stop"]) == (True, False)


def test_before_the_log_nothing_is_known(state: Path) -> None:
    describe()
    with log_of(state) as log:
        hall = LivedHall(log, begins_ns=1_800_000_000 * SECOND)
        hall.idle()
        hall.end()
    refused = Asking().refused("/halls/h1/at?ms=1700000000000", 404)
    assert refused == {"code": "before_the_log", "words": "What is known of h1 begins at 08:00:00."}
    assert Asking().refused("/halls/h2/at?ms=5", 404)["words"] == "Nothing of h2 has been logged yet."


def test_a_pruned_log_tells_what_it_still_can(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        seen = a_show(hall)
    ask = Asking()
    whole = [at(ask, moment["at_ns"]) for moment in seen]
    Waypoint.objects.all().delete()
    prune(before_ns=seen[3]["at_ns"] - SECOND // 2, fold=folded)
    assert ask.refused(f"/halls/h1/at?ms={seen[1]['at_ns'] // MS}", 404)["code"] == "before_the_log"
    assert [at(ask, moment["at_ns"]) for moment in seen[3:]] == [
        {**told, "last_edge": told["last_edge"] if told["state"] == "fault" else None} for told in whole[3:]
    ]


def test_a_changed_row_is_not_shown_as_the_past(state: Path) -> None:
    with log_of(state) as log:
        a_show(LivedHall(log))
    row = EventRow.objects.filter(kind="frame_counted").order_by("log_seq")[3]
    EventRow.objects.filter(pos=row.pos).update(reason="nothing happened")
    refused = Asking().refused(f"/halls/h1/at?ms={row.at_ns // MS}", 409)
    assert refused["code"] == "not_replayable"
    assert f"h1 row {row.log_seq} (frame_counted): digest differs" in refused["words"]


def test_a_changed_waypoint_is_noticed(state: Path) -> None:
    with log_of(state) as log:
        a_show(LivedHall(log))
    started = EventRow.objects.get(kind="operator_requested", verdict="transition")
    waypoint = Waypoint.objects.get(log_seq=started.log_seq)
    Waypoint.objects.filter(pk=waypoint.pk).update(value=waypoint.value.replace('"frame":0', '"frame":9'))
    frame = EventRow.objects.filter(kind="frame_counted").order_by("log_seq")[0]
    assert "before differs" in Asking().refused(f"/halls/h1/at?ms={frame.at_ns // MS}", 409)["words"]


def test_a_waypoint_of_another_version_says_so(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        a_show(hall)
    Waypoint.objects.update(value='{"hall": {"id": "h1", "wings": 2}}')
    words = Asking().refused(f"/halls/h1/at?ms={hall.at_ns // MS}", 409)["words"]
    assert words.startswith("Another version of the controller wrote the log of h1 then")


def test_where_rows_are_missing_by_the_logs_own_word_nothing_is_guessed(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.showing()
        log.append(Record(stream="h1", log_seq=0, subject="hall", at_ns=hall.at_ns, kind="log_gap", verdict="internal"))
        hall.end()
    words = Asking().refused(f"/halls/h1/at?ms={hall.at_ns // MS}", 409)["words"]
    assert words == "Rows of h1 are missing here: the log could not be written then."


def test_a_fold_that_would_take_too_long_is_refused(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(as_of, "MOST_ROWS", 10)
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.showing()
        hall.end()
    Waypoint.objects.all().delete()
    assert "No waypoint of h1 is near enough" in Asking().refused(f"/halls/h1/at?ms={hall.at_ns // MS}", 409)["words"]


def past(ask: Asking, from_ns: int, to_ns: int) -> Any:
    return ask(f"/halls/h1/past?from_ms={from_ns // MS}&to_ms={to_ns // MS}")


def test_lanes_join_without_a_hole_and_tell_each_rotation(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        begins_ns = hall.at_ns
        a_show(hall)
    lanes = past(Asking(), begins_ns, hall.at_ns + 60 * SECOND)
    assert [span["state"] for span in lanes["states"]] == ["idle", "threading", "projecting", "fault"]
    for lane in (lanes["states"], *lanes["sessions"].values()):
        assert all(one["to_ms"] == other["from_ms"] for one, other in pairwise(lane))
        assert all(span["from_ms"] < span["to_ms"] for span in lane)
        assert lane[-1]["to_ms"] == lanes["to_ms"]
    assert [(span["state"], span["gen"]) for span in lanes["sessions"]["sound"]] == [
        ("down", 0),
        ("connecting", 0),
        ("up", 5),
        ("rotating", 5),
        ("up", 6),
    ]
    assert [(alarm["name"], alarm["to_ms"]) for alarm in lanes["alarms"]] == [("film_break", None)]


def test_a_stretch_in_the_middle_begins_with_what_was(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        seen = a_show(hall)
    lanes = past(Asking(), seen[3]["at_ns"] + SECOND, seen[4]["at_ns"])
    assert [span["state"] for span in lanes["states"]] == ["projecting", "fault"]
    assert lanes["states"][0]["from_ms"] == lanes["from_ms"]
    assert [(span["state"], span["gen"]) for span in lanes["sessions"]["sound"]] == [("up", 6)]


def test_a_lost_session_is_seen_in_its_lane(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        begins_ns = hall.at_ns
        hall.idle()
        hall.open(S, gen=2)
        hall.wait(20)
        hall.tell(S, se.LinkLost(role=S, gen=2, words="three pings unanswered", jitter_ppm=0))
        hall.end()
    lane = past(Asking(), begins_ns, hall.at_ns + SECOND)["sessions"]["sound"]
    assert [(span["state"], span["gen"]) for span in lane][-2:] == [("up", 2), ("backing_off", 0)]


def test_an_alarm_lasts_from_its_cause_to_the_end_of_it(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.idle()
        hall.take(e.ConditionRaised(alarm="disk_nearly_full", detail="the disk is full"))
        raised_ns = hall.at_ns
        hall.wait(30)
        hall.take(e.ConditionCleared(alarm="disk_nearly_full"))
        returned_ns = hall.at_ns
        hall.wait(30)
        hall.take(e.ConditionRaised(alarm="disk_nearly_full", detail="the disk is full again"))
        again_ns = hall.at_ns
        hall.end()
    alarms = past(Asking(), raised_ns - SECOND, hall.at_ns + SECOND)["alarms"]
    assert [(alarm["words"], alarm["from_ms"], alarm["to_ms"]) for alarm in alarms] == [
        ("the disk is full", raised_ns // MS, returned_ns // MS),
        ("the disk is full again", again_ns // MS, None),
    ]


def test_offsets_are_thinned_evenly(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.showing()
        begins_ns = hall.at_ns
        for second in range(1400):
            hall.wait(1)
            hall.hear(e.TimecodeRead, role=S, film_us=second * 1_100_000, sound_us=second * 1_100_000 - second)
        hall.end()
    offsets = past(Asking(), begins_ns, hall.at_ns)["offsets"]
    assert 500 <= len(offsets) <= 600
    assert offsets == sorted(offsets)
    assert (offsets[0][1], offsets[-1][1] < -1390) == (0, True)
    apart = [other[0] - one[0] for one, other in pairwise(offsets)]
    assert max(apart) <= 3 * 1100


def test_a_stretch_that_begins_before_the_log_begins_with_it(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.idle()
        hall.end()
    first_ns = EventRow.objects.get(log_seq=1).at_ns
    lanes = past(Asking(), first_ns - 3600 * SECOND, hall.at_ns + SECOND)
    assert [(span["state"], span["from_ms"]) for span in lanes["states"]] == [("idle", first_ns // MS)]


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize("query", ["from_ms=5&to_ms=5", "from_ms=9&to_ms=5", "from_ms=0&to_ms=86400001"])
def test_a_stretch_has_a_length_and_a_limit(query: str) -> None:
    refused = Asking().refused(f"/halls/h1/past?{query}", 400)
    assert "at most 24 hours" in refused["words"]
