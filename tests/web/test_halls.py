# SPDX-License-Identifier: Apache-2.0
"""A hall as the API tells it: what stands in its value, in the words and the time of its site."""

import time
from pathlib import Path

from adapters.store.models import HallNow, SiteEntry
from statemachines import events as e
from statemachines import session_events as se
from statemachines.settings import SECOND
from statemachines.show import Show
from statemachines.words import Latch, Role
from tests.support.story import P, S
from tests.web.support.access import describe
from tests.web.support.asking import Asking
from tests.web.support.lived import LivedHall, log_of, show_life


def test_a_hall_that_projects_tells_its_reel_and_its_sound(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.showing()
        hall.hear(e.FrameCounted, frame=18_240)
        hall.hear(e.TimecodeRead, role=S, film_us=760_000_000, sound_us=759_994_000)
        hall.end('{"round_trip_us": {"projection": 380, "sound": null}}')
    told = Asking()("/halls/h1")
    assert (told["state"], told["label"], told["live"], told["replayed"]) == ("projecting", "Projecting", True, False)
    assert told["since_ms"] == hall.hall.since_ns // 1_000_000
    film = told["film"]
    assert (film["feet_run"], film["feet"], film["reel"], film["reels"], film["gauge"]) == (1140, 2000, 1, 1, 35)
    assert film["left_ms"] == 573_333  # 860 ft at 90 ft/min
    assert (film["runs"], film["broken"], film["ready"]) == ("forward", False, True)
    assert told["sound"] == {
        "mode": "play",
        "offset_us": -6_000,
        "heard_ms": hall.at_ns // 1_000_000,
        "band_us": 20_833,
    }
    assert told["projector"]["dowser_open"] is True
    assert told["last_edge"]["meaning"] == "the show was started"
    assert (told["last_edge"]["source"], told["last_edge"]["dest"]) == ("threading", "projecting")


def test_an_offset_of_a_show_that_is_over_is_not_told(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.showing()
        hall.hear(e.TimecodeRead, role=S, film_us=1_000_000, sound_us=1_040_000)
        hall.ask("stop")
        hall.end()
    sound = Asking()("/halls/h1")["sound"]
    assert (sound["offset_us"], sound["heard_ms"] is None) == (None, False)


def test_time_left_counts_backwards_while_the_film_does(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.rewinding()
        hall.hear(e.FrameCounted, frame=16_000)
        hall.end()
    film = Asking()("/halls/h1")["film"]
    assert (film["runs"], film["left_ms"]) == ("back", 361_445)  # 1,000 ft at 166 ft/min


def test_a_broken_film_tells_its_fault_and_what_can_be_done(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.broken()
        hall.read(P, latched=())
        hall.end()
    told = Asking()("/halls/h1")
    assert (told["state"], told["film"]["broken"]) == ("fault", True)
    assert [alarm["name"] for alarm in told["alarms"]] == ["film_break"]
    can = {each["verb"]: each for each in told["can"]}
    assert (can["acknowledge"]["can_fire"], can["acknowledge"]["dest"]) == (True, "fault")
    assert can["start"] == {
        "verb": "start",
        "trigger": "show_started",
        "can_fire": False,
        "dest": "",
        "reason": "the hall is in fault: acknowledge and reset it first",
    }


def test_a_latch_is_told_once_though_both_devices_keep_it(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.idle()
        hall.hear(e.EmergencyStopPressed)
        hall.hear(e.EmergencyStopPressed, role=S)
        hall.end()
    assert Asking()("/halls/h1")["latched"] == [Latch.ESTOP]


def test_consequences_stand_under_their_cause(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.broken()
        hall.hear(e.MotorStalled)
        hall.end()
    alarms = Asking()("/alarms")["alarms"]
    cause = alarms[0]
    assert (cause["name"], cause["root"], cause["hall"]) == ("film_break", "", "h1")
    assert cause["consequences"]
    assert {alarm["name"] for alarm in alarms if alarm["root"] == "film_break"} == set(cause["consequences"])


def test_a_session_tells_its_key_while_it_is_open_and_its_trouble_while_it_is_not(state: Path) -> None:
    describe()
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.idle()
        hall.open(P, gen=14)
        hall.tell(S, se.SessionWanted(role=S))
        failed_ns = hall.at_ns
        words = f"no answer since <t:{failed_ns}>"
        hall.tell(S, se.LinkFailed(role=S, gen=1, error="Unreachable", words=words, jitter_ppm=0))
        hall.end('{"round_trip_us": {"projection": 380, "sound": 412}}')
    first, second = Asking()("/sessions")["sessions"]
    assert (first["role"], first["state"], first["word"], first["gen"], first["serial"]) == (
        "projection",
        "up",
        "up",
        14,
        "14",
    )
    assert first["rotate_ms"] - first["minted_ms"] == 540_000
    assert (first["hall"], first["server"], first["round_trip_us"], first["error"]) == ("h1", "h1p", 380, None)
    assert (second["state"], second["word"], second["gen"], second["round_trip_us"]) == (
        "backing_off",
        "trying again",
        0,
        None,
    )
    assert second["error"]["type"] == "Unreachable"
    assert second["error"]["words"] == time.strftime("no answer since %H:%M:%S", time.gmtime(failed_ns // SECOND))


def test_words_are_told_in_the_time_of_the_site(state: Path) -> None:
    describe()
    SiteEntry.objects.update(zone="Asia/Kolkata")  # half an hour off every whole one
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.broken()
        hall.ask("acknowledge")
        hall.end()
    can = {each["verb"]: each["reason"] for each in Asking()("/halls/h1")["can"]}
    there = time.gmtime(hall.hall.fault.acknowledged_ns // SECOND + 19_800)
    assert can["acknowledge"] == time.strftime("it was acknowledged at %H:%M:%S", there)


def test_halls_stand_in_the_order_of_the_configuration_also_those_that_never_ran(state: Path) -> None:
    describe(halls=("h2", "h1", "h3"))
    with log_of(state) as log:
        hall = LivedHall(log, "h1")
        hall.idle()
        hall.end()
    halls = Asking()("/halls")["halls"]
    assert [(each["id"], each["name"], each["live"]) for each in halls] == [
        ("h2", "Hall 2", False),
        ("h1", "Hall 1", True),
        ("h3", "Hall 3", False),
    ]
    assert (halls[0]["label"], halls[0]["beat_ms"]) == ("Nothing is known of this hall yet", None)


def test_a_hall_of_a_dead_runtime_is_shown_as_old(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.showing()
        hall.end()
    beat_ns = time.time_ns() - 6 * SECOND
    show_life(at_ns=beat_ns)
    told = Asking()("/halls")
    assert (told["site"]["runtime"], told["site"]["beat_ms"]) == ("dead", beat_ns // 1_000_000)
    assert (told["halls"][0]["live"], told["halls"][0]["state"]) == (False, "projecting")


def test_a_value_of_another_version_is_said_to_be_unreadable(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.showing()
        hall.end()
    HallNow.objects.update(value='{"hall": {"id": "h1", "wings": 2}}')
    told = Asking()("/halls/h1")
    assert told["label"] == "Unreadable: another version of the controller wrote it"


def test_a_hall_that_is_not_here_is_refused_by_its_name(state: Path) -> None:
    describe(halls=("h1", "h2"))
    ask = Asking()
    for path in ("/halls/h9", "/halls/h9/graph", "/halls/h9/at?ms=5", "/halls/h9/past?from_ms=1&to_ms=2"):
        refused = ask.refused(path, 404)
        assert refused == {"code": "not_found", "words": "There is no hall h9 here; there are h1, h2."}
    assert ask.refused("/halls/H9!", 422)["code"] == "not_valid"


def test_reels_tell_every_gate(state: Path) -> None:
    describe(halls=("h1", "h2"))
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.showing()
        hall.hear(e.TimecodeRead, role=Role.SOUND, film_us=1_000_000, sound_us=1_012_400)
        hall.end()
    first, second = Asking()("/reels")["reels"]
    assert (first["hall"], first["state"], first["offset_ms"], first["film"]["runs"]) == (
        "h1",
        "projecting",
        12,
        "forward",
    )
    assert (second["hall"], second["film"], second["offset_ms"], second["live"]) == ("h2", None, None, False)


def test_the_next_show_is_told_and_its_film_has_its_title(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.idle()
        starts_ns = hall.at_ns + 3600 * SECOND
        show = Show(id="s1", title="Metropolis", starts_ns=starts_ns, feet=(1900, 1800))
        hall.take(e.ShowScheduled(show=show))
        hall.hear(e.FilmInserted)
        hall.end()
    told = Asking()("/halls/h1")
    assert told["next_show"] == {
        "id": "s1",
        "title": "Metropolis",
        "starts_ms": starts_ns // 1_000_000,
        "sessions_open_ms": (starts_ns - 900 * SECOND) // 1_000_000,
        "start": "operator",
    }
    assert (told["film"]["title"], told["film"]["reels"], told["film"]["feet"]) == ("Metropolis", 2, 1900)
