# SPDX-License-Identifier: Apache-2.0
"""The projection device by itself: a show, what its interlocks refuse, what it does when something goes wrong."""

from itertools import pairwise

import pytest

from adapters.booth.device import MS, SECOND
from adapters.booth.film_path import Reel
from adapters.booth.projector import Projector
from statemachines import film
from statemachines.snapshot import Latched, format_snapshot, parse_snapshot
from statemachines.words import Lamp, Latch, Motor, Tension
from tests.support.booth import TWO_MINUTES, new_projector, showing, words


def test_a_whole_show() -> None:
    projector, operator = new_projector()
    projector.thread(TWO_MINUTES)
    projector.press("ready")
    assert operator("lamp", "on") == "ok"
    operator.wait(2)
    projector.press("start")
    assert operator("motor", "run") == "ok"
    operator.wait(2)
    assert operator("dowser", "open") == "ok"
    assert operator("lights", "down") == "ok"
    assert words(projector) == "added filmin tension=good ready lampon start atspeed dowser=1".split()
    operator.wait(125)
    assert words(projector) == "tail dowser=0 stopped".split()
    assert not projector.ready
    assert operator("motor", "rewind") == "ok"
    operator.wait(70)
    assert words(projector) == "atspeed tension=slack rewound stopped".split()
    projector.empty()
    assert words(projector) == ["filmout"]


def test_the_picture_lasts_as_long_as_the_film() -> None:
    projector, operator = showing()
    tail = film.tail_start(35, 180)
    from_frame, from_ns = projector.frame, projector.now_ns
    operator.wait(200)
    fact = next(fact for fact in projector.journal.take_unsent() if fact.word == "tail")
    assert fact.frame == tail
    assert abs((fact.ns - from_ns) - (tail - from_frame) * SECOND // 24) < SECOND // 24


def test_rewinding_goes_at_the_archive_speed() -> None:
    projector, operator = showing(fps=240, reel=Reel(35, 2000))
    operator.wait(150)
    operator("motor", "rewind")
    begun = projector.now_ns
    operator.wait(100)
    rewound = next(fact for fact in projector.journal.take_unsent() if fact.word == "rewound")
    assert (rewound.ns - begun) / 1e9 == pytest.approx(film.rewind_ms(2000, 240_000) / 1e3, abs=1)


def test_nobody_has_to_look_for_things_to_happen_at_their_instant() -> None:
    def history(step_ns: int) -> list[tuple[int, str, int]]:
        projector, _ = showing(fps=480)
        end_ns = projector.now_ns + 20 * SECOND
        while projector.now_ns < end_ns:
            projector.advance(min(projector.now_ns + step_ns, end_ns))
        return [(fact.ns, fact.word, fact.frame) for fact in projector.journal.take_unsent()]

    assert history(20 * SECOND) == history(7 * MS)


@pytest.mark.parametrize("moment", ["empty", "standing", "spinning up", "rewinding", "slack", "stopped"])
def test_the_dowser_opens_only_on_film_at_speed_and_taut(moment: str) -> None:
    projector, operator = new_projector()
    if moment != "empty":
        projector.thread(TWO_MINUTES)
        projector.press("ready")
    if moment in ("spinning up", "stopped", "rewinding", "slack"):
        operator("motor", "run")
        operator.wait(0.5)
    if moment != "spinning up":
        operator.wait(5)
    if moment == "stopped":
        operator("motor", "stop")
    if moment == "rewinding":
        operator("motor", "rewind")
        operator.wait(3)
        assert projector.at_speed
    if moment == "slack":
        projector.slacken_feed()
    assert operator("dowser", "open") == "refused:interlock"
    assert not projector.dowser_open


def test_light_goes_before_the_motor_does() -> None:
    projector, operator = showing()
    assert operator("motor", "stop") == "ok"
    operator.wait(1)
    assert words(projector) == ["dowser=0", "stopped"]
    assert projector.muted


def test_a_break_closes_mutes_stops_and_latches() -> None:
    projector, operator = showing()
    projector.snap()
    projector.advance(projector.now_ns + SECOND)
    assert words(projector) == "tension=slack dowser=0 break stopped".split()
    assert projector.muted
    assert projector.motor is Motor.STOP
    assert not projector.ready
    assert [latch.name for latch in projector.snapshot().latched] == [Latch.BREAK]
    assert operator("clear") == "refused:interlock"
    projector.rethread()
    frame = projector.frame
    assert operator("motor", "run") == "refused:interlock"
    assert operator("clear") == "ok"
    assert operator("motor", "run") == "ok"
    assert projector.frame == frame > 0


def test_one_slack_roller_is_a_break_after_50_ms() -> None:
    projector, _ = showing()
    projector.slacken_feed()
    assert not projector.dowser_open
    projector.advance(projector.now_ns + 49 * MS)
    assert "break" not in words(projector)
    projector.advance(projector.now_ns + 1 * MS)
    assert "break" in words(projector)


def test_one_slack_roller_on_standing_film_is_no_break() -> None:
    projector, operator = new_projector()
    projector.thread(TWO_MINUTES)
    projector.slacken_feed()
    operator.wait(5)
    assert words(projector)[-1] == "tension=feed"
    assert operator("motor", "run") == "refused:interlock"
    projector.mend()
    assert words(projector) == ["tension=good"]
    assert operator("motor", "run") == "ok"


def test_tension_loss_behind_the_tail_is_run_out() -> None:
    projector, operator = showing(runout_ms=60_000)
    operator.wait(130)
    assert words(projector) == "tail tension=feed dowser=0 stopped".split()
    assert projector.frame == film.frames_in(35, 180)
    assert operator("motor", "run") == "refused:interlock"
    assert operator("motor", "rewind") == "ok"
    assert words(projector) == ["tension=good"]


def test_a_jam_at_speed_is_a_stall_after_150_ms() -> None:
    projector, operator = showing()
    projector.jam()
    frame = projector.frame
    projector.advance(projector.now_ns + 149 * MS)
    assert words(projector) == []
    projector.advance(projector.now_ns + 1 * MS)
    assert words(projector) == "stall dowser=0 stopped".split()
    assert projector.frame == frame
    assert operator("clear") == "refused:interlock"
    projector.mend()
    assert operator("clear") == "ok"


def test_a_jam_before_the_first_speed_is_a_stall_after_3_s() -> None:
    projector, operator = new_projector()
    projector.thread(TWO_MINUTES)
    projector.jam()
    operator("motor", "run")
    operator.wait(2.9)
    assert "stall" not in words(projector)
    operator.wait(0.2)
    assert words(projector) == ["stall", "stopped"]


def test_a_jam_that_loosens_in_time_costs_the_light_only() -> None:
    projector, operator = showing()
    projector.jam()
    projector.advance(projector.now_ns + 100 * MS)
    projector.mend()
    operator.wait(2)
    assert words(projector) == ["dowser=0", "atspeed"]
    assert projector.motor is Motor.RUN


def test_a_runaway_motor_is_stopped() -> None:
    projector, operator = showing()
    projector.race()
    operator.wait(1)
    assert words(projector) == "overspeed dowser=0 stopped".split()
    assert operator("clear") == "refused:interlock"
    projector.mend()
    assert operator("clear") == "ok"


def test_the_red_button_acts_by_itself_and_stays_latched() -> None:
    projector, operator = showing()
    projector.push_estop()
    projector.advance(projector.now_ns + SECOND)
    assert words(projector) == "estop dowser=0 stopped".split()
    assert operator("clear") == "refused:interlock"
    assert operator("lamp", "on") == "refused:interlock"
    projector.pull_estop()
    assert operator("motor", "run") == "refused:interlock"
    assert projector.snapshot().latched
    assert operator("clear") == "ok"
    assert not projector.snapshot().latched


def test_local_control_refuses_all_but_the_safe_stop() -> None:
    projector, operator = showing()
    projector.turn_local(True)
    for command in (("motor", "stop"), ("dowser", "close"), ("lamp", "off"), ("lights", "up"), ("clear", "")):
        assert operator(*command) == "refused:local"
    assert projector.dowser_open
    assert operator("safe_stop") == "ok"
    assert not projector.snapshot().dowser_open
    assert projector.motor is Motor.STOP


def test_the_lamp_strikes_within_a_second_and_cools() -> None:
    projector, operator = new_projector()
    operator("lamp", "on")
    assert projector.lamp is Lamp.STRIKING
    operator.wait(1)
    assert words(projector) == ["added", "lampon"]
    assert operator("lamp", "on") == "ok"
    operator("lamp", "off")
    assert projector.snapshot().lamp is Lamp.COOLING
    operator.wait(3)
    assert words(projector) == ["lampoff"]


def test_a_bad_lamp_fails_in_the_show_and_at_the_next_strike() -> None:
    projector, operator = showing()
    projector.spoil_lamp()
    assert words(projector) == ["lampfail"]
    assert operator("clear") == "refused:interlock"
    assert operator("lamp", "on") == "refused:interlock"
    projector.mend()
    assert operator("clear") == "ok"
    projector.spoil_lamp()
    operator("lamp", "on")
    operator.wait(1)
    assert words(projector) == ["lampfail"]


def test_a_stuck_timer_stops_the_show_and_latches() -> None:
    projector, operator = showing()
    projector.stuck()
    operator.wait(1)
    assert words(projector) == "watchdog dowser=0 stopped".split()
    assert operator("clear") == "ok"


def test_without_pings_a_show_goes_on_to_its_tail() -> None:
    projector, _ = showing()
    projector.advance(projector.now_ns + 60 * SECOND)
    assert not projector.lease_fed
    assert projector.dowser_open
    projector.advance(projector.now_ns + 60 * SECOND)
    assert words(projector) == "tail dowser=0 stopped".split()


def test_without_pings_nothing_runs_that_nobody_watches() -> None:
    projector, operator = showing()
    operator.wait(130)
    operator("motor", "rewind")
    words(projector)
    projector.advance(projector.now_ns + 3900 * MS)
    assert projector.motor is Motor.REWIND
    projector.advance(projector.now_ns + 2 * SECOND)
    assert words(projector) == ["atspeed", "stopped"]
    assert operator("motor", "rewind") == "refused:interlock"


def test_only_the_holder_feeds_the_lease() -> None:
    projector, _ = new_projector()
    projector.advance(4 * SECOND)
    projector.feed(1, 2)
    projector.feed(0, 9)
    projector.advance(6 * SECOND)
    assert not projector.lease_fed


@pytest.mark.parametrize(
    ("verb", "arg"), [("sound", "play"), ("curtain", "open"), ("motor", "fly"), ("motor", ""), ("safe_stop", "x")]
)
def test_what_it_cannot_do_is_refused_by_its_verb(verb: str, arg: str) -> None:
    _, operator = new_projector()
    assert operator(verb, arg) == "refused:verb"


def test_a_resend_is_answered_without_acting_again() -> None:
    projector, operator = showing()
    assert projector.command(1, 1, operator.seq, "dowser", "close") == "ok"
    assert projector.dowser_open
    assert projector.command(1, 1, operator.seq + 2, "dowser", "close") == "refused:gap"
    assert projector.command(1, 0, operator.seq + 1, "dowser", "close") == "refused:stale"
    assert projector.dowser_open


def test_a_stopped_show_resumes_where_it_was() -> None:
    projector, operator = showing()
    operator("motor", "stop")
    operator.wait(1)
    frame = projector.frame
    assert projector.ready
    assert operator("motor", "run") == "ok"
    operator.wait(2)
    assert frame < projector.frame <= frame + 48
    assert operator("dowser", "open") == "ok"


def test_turning_round_stops_the_film_first() -> None:
    projector, operator = showing()
    operator.wait(20)
    assert operator("motor", "rewind") == "ok"
    operator.wait(3)
    assert words(projector) == ["dowser=0", "atspeed"]
    assert projector.snapshot().motor is Motor.REWIND


def test_frames_are_counted_aloud_once_a_second_while_film_moves() -> None:
    projector, operator = showing()
    projector.journal.take_unsent()
    operator.wait(10)
    counted = [fact.frame for fact in projector.journal.take_unsent() if fact.word == "frame"]
    assert len(counted) == 10
    assert {after - before for before, after in pairwise(counted)} == {24}
    operator("motor", "stop")
    operator.wait(10)
    assert sum(fact.word == "frame" for fact in projector.journal.take_unsent()) <= 1


def test_the_self_test_tells_of_a_fault() -> None:
    projector, operator = new_projector()
    projector.self_test()
    projector.self_test()
    operator.wait(1)
    assert words(projector) == ["added", "selftest=1"]
    projector.spoil_lamp()
    projector.self_test()
    operator.wait(1)
    assert words(projector) == ["selftest"]


def test_the_snapshot_reads_back_as_it_was_written() -> None:
    projector, _ = showing()
    projector.move_door(True)
    projector.push_estop()
    snapshot = projector.snapshot()
    assert parse_snapshot(format_snapshot(snapshot)) == snapshot
    assert snapshot.door_open
    assert snapshot.estop
    assert snapshot.latched == (Latched(name=Latch.ESTOP, seq=snapshot.seq - 1),)
    assert snapshot.tension is Tension.GOOD


def test_rings_keep_the_newest_events_and_every_safety_event() -> None:
    projector = Projector(7, 0, fps_milli=24_000)
    projector.push_estop()
    projector.advance(1000 * SECOND)
    assert len(projector.journal.ring) == 256
    assert projector.journal.ring[-1].split()[0] == str(projector.journal.seq)
    assert [line.split()[:3] for line in projector.journal.safety_ring] == [["2", "0", "estop"]]


def test_the_holder_is_not_pushed_aside_while_it_pings() -> None:
    projector, operator = new_projector()
    assert projector.claim(2, 1, "other", 0) == "refused:held"
    projector.advance(projector.now_ns + 6 * SECOND)
    assert projector.claim(2, 1, "other", 0) == "ok"
    assert operator("motor", "stop") == "refused:stale"
