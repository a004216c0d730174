# SPDX-License-Identifier: Apache-2.0
"""What people read when something stands in the way or is not as it should be, word for word."""

from collections.abc import Callable

import pytest

from statemachines import events as e
from statemachines.explain import outlook
from statemachines.label import label
from statemachines.machine import VERBS
from statemachines.say import moment
from statemachines.settings import SECOND, Settings
from statemachines.snapshot import Latched
from statemachines.words import Latch, Motor, Role, Tension, Verdict
from tests.support.story import Begin, P, S, Story, Told

TOO_OLD = "too old: it was asked for more than 10 s ago, ask again"


def _no_film(story: Story) -> None:
    story.hear(e.FilmRemoved)
    story.hear(e.FilmInserted)


def _hold(story: Story) -> None:
    story.take(e.HoldPlaced(hold="maintenance", reason="a new lamp"))


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (_no_film, "the film is not ready: press READY when it is threaded"),
        (
            lambda s: s.hear(e.TensionChanged, tension=Tension.SLACK),
            "the film is not taut: the tension rollers say slack",
        ),
        (lambda s: s.hear(e.LampWentOut), "the lamp is not lit, it is cold"),
        (lambda s: s.hear(e.DoorMoved, open=True), "the projector's door is open"),
        (
            lambda s: s.hear(e.LocalSwitched, on=True),
            "the projector is under local control: turn the LOCAL key back",
        ),
        (_hold, "the hall is held for maintenance: a new lamp"),
        (lambda s: s.hear(e.MotorAtSpeed), "the motor is still running (run)"),
    ],
)
def test_a_start_is_refused_with_what_stands_in_its_way(happens: Told, reason: str) -> None:
    story = Story().threaded()
    happens(story)
    refused = story.ask("start")
    assert (refused.verdict, refused.reason) == (Verdict.REFUSAL, reason)


def test_a_start_before_the_hardware_was_read_is_refused() -> None:
    story = Story()
    story.hear(e.FilmInserted)
    story.hear(e.FilmReady)
    assert story.ask("start").reason == "the hardware has not been read yet since the controller started"


@pytest.mark.parametrize("role", Role)
def test_a_start_without_a_session_says_since_when_and_why(role: Role) -> None:
    story = Story().threaded()
    story.lost(role)
    since = moment(story.hall.at_ns)
    story.wait(5)
    assert story.ask("start").reason == f"the {role} session is not up since {since}: the line is dead"


@pytest.mark.parametrize(
    ("begin", "verb", "reason"),
    [
        (Story.threaded, "stop", "the film is not running"),
        (Story.idle, "rewind", "no film is threaded in this hall"),
        (Story.showing, "rewind", "the film is running: stop it first"),
        (Story.broken, "reset", "acknowledge the fault first"),
        (Story.idle, "reset", "only in fault, and the hall is idle"),
        (Story.idle, "dance", f"no operator verb is called 'dance': use one of {', '.join(VERBS)}"),
    ],
)
def test_what_is_asked_for_in_vain_is_answered(begin: Begin, verb: str, reason: str) -> None:
    refused = begin(Story()).ask(verb)
    assert (refused.verdict, refused.reason) == (Verdict.REFUSAL, reason)


def test_what_was_asked_for_long_ago_is_refused_but_never_an_emergency_stop() -> None:
    story = Story().threaded()
    assert story.ask("start", expired=True).reason == TOO_OLD
    assert story.ask("emergency_stop", expired=True).verdict is Verdict.TRANSITION


def test_a_fault_is_acknowledged_once() -> None:
    story = Story().broken()
    story.ask("acknowledge")
    at_ns = story.hall.at_ns
    assert story.ask("acknowledge").reason == f"it was acknowledged at {moment(at_ns)}"


def test_a_reset_wants_each_device_read_after_the_acknowledgement_and_lately() -> None:
    story = Story().broken()
    story.ask("acknowledge")
    assert story.ask("reset").reason == "the projection hardware has not been read since the acknowledgement"
    story.read(P, motor=Motor.STOP, at_speed=False, dowser_open=False, tension=Tension.GOOD)
    assert story.ask("reset").reason == "the sound hardware has not been read since the acknowledgement"
    story.stands()
    read = story.hall.projection.read_ns
    story.wait(3)
    assert story.ask("reset").reason == f"the projection hardware was last read at {moment(read)}: it must answer now"


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        ({"motor": Motor.RUN}, "the motor is still running"),
        ({"at_speed": True}, "the motor is still running"),
        ({"dowser_open": True}, "the dowser is still open"),
        ({"estop": True}, "the red button is still pressed: pull it out"),
        ({"local": True}, "the projector is under local control: turn the LOCAL key back"),
        ({"door_open": True}, "the projector's door is open"),
        ({"tension": Tension.SLACK}, "the film is slack: thread it again or take it out"),
    ],
)
def test_a_reset_is_refused_with_what_does_not_stand_safe(shown: dict[str, object], reason: str) -> None:
    story = Story().broken()
    story.ask("acknowledge")
    safe = {"motor": Motor.STOP, "at_speed": False, "dowser_open": False, "tension": Tension.GOOD}
    story.read(P, **{**safe, **shown})
    story.read(S)
    assert story.ask("reset").reason == reason


@pytest.mark.parametrize(
    ("begin", "happens", "name", "words"),
    [
        (
            Story.showing,
            lambda s: s.hear(e.FilmRemoved),
            "film_left_gate",
            "the film left the gate during the show",
        ),
        (
            Story.showing,
            lambda s: s.hear(e.MotorStopped),
            "motor_stopped",
            "the motor stopped during the show without a command",
        ),
        (
            Story.broken,
            lambda s: s.due("stop_confirm"),
            "stop_not_confirmed",
            "the projector has not confirmed the stop: look at it, press the red button",
        ),
        (Story.showing, lambda s: s.hear(e.DoorMoved, open=True), "door_open", "the projector's door is open"),
        (
            Story.showing,
            lambda s: s.hear(e.LocalSwitched, on=True),
            "local_control",
            "under local control during a show",
        ),
        (
            Story.showing,
            lambda s: s.lost(S),
            "session_lost_sound",
            "the sound session is lost, the show goes on: the line is dead",
        ),
        (
            Story.idle,
            lambda s: s.take(e.WatchLost(role=P, reason="gone")),
            "watch_lost_projection",
            "the projection hardware cannot be heard: its state is read once a second instead",
        ),
        (
            Story.showing,
            lambda s: s.hear(e.FrameCounted, frame=33_601),
            "reel_overlong",
            "the reel is longer than its listed feet",
        ),
    ],
)
def test_an_alarm_says_what_is_wrong(begin: Begin, happens: Callable[[Story], object], name: str, words: str) -> None:
    story = begin(Story())
    happens(story)
    assert {each.name: each.words for each in story.hall.alarms}[name] == words


@pytest.mark.parametrize(
    ("timer", "words"),
    [
        ("threading_overdue", "the film is in the path but not ready: thread it or take it out"),
        ("lamp_overdue", "the lamp was struck and does not burn"),
        ("start_overdue", "the motor was started and does not reach its speed"),
    ],
)
def test_what_does_not_happen_in_its_time_is_an_alarm(timer: str, words: str) -> None:
    story = Story().idle()
    story.hear(e.FilmInserted)
    if timer != "threading_overdue":
        story.hear(e.FilmReady)
    if timer == "start_overdue":
        story.answer()
        story.hear(e.LampLit)
        story.ask("start")
    story.due(timer)
    assert {each.name: each.words for each in story.hall.alarms} == {timer: words}


def test_a_fault_kept_by_the_hardware_names_its_latches() -> None:
    story = Story().threaded()
    story.read(P, latched=tuple(Latched(name=name, seq=3) for name in (Latch.ESTOP, Latch.BREAK)))
    assert label(story.hall) == "Fault: the hardware keeps a fault latched (break, estop)"


def test_an_alarm_whose_cause_is_gone_is_acknowledged_and_not_shelved() -> None:
    story = Story().showing()
    story.hear(e.DoorMoved, open=True)
    story.hear(e.DoorMoved, open=False)
    assert story.ask("shelve", "door_open", minutes=5).reason == "the cause of this alarm is gone: acknowledge it"


@pytest.mark.parametrize("minutes", [1, 1440])
def test_the_shortest_and_the_longest_shelving(minutes: int) -> None:
    story = Story().showing()
    story.hear(e.DoorMoved, open=True)
    assert story.ask("shelve", "door_open", minutes=minutes).verdict is Verdict.INTERNAL


def test_the_outlook_tells_of_each_verb_that_names_no_alarm() -> None:
    found = outlook(Story().threaded().hall, SECOND)
    assert [(each.verb, each.trigger) for each in found] == [
        (verb, "fault_acknowledged" if verb == "acknowledge" else trigger)
        for verb, trigger in VERBS.items()
        if verb != "shelve"
    ]


def test_a_tail_that_stands_is_not_running_out() -> None:
    story = Story().showing()
    story.hear(e.ReelEnded, frame=31_990)
    assert label(story.hall) == "Running out the tail"
    story.hear(e.MotorStopped)
    assert label(story.hall) == "Rewinding"


def test_platters_are_threaded_again_without_rewinding() -> None:
    story = Story(Settings(platter=True)).showing()
    story.hear(e.ReelEnded, frame=31_990)
    story.hear(e.MotorStopped)
    assert story.commands == []
    story.hear(e.FilmRemoved)
    assert label(story.hall) == "Idle"


class TestPassedOver:
    """What is not even taken into account leaves the hall as it was."""

    def _unchanged(self, story: Story, event: e.Event, reason: str) -> None:
        before = story.hall
        taken = story.take(event)
        assert (taken.verdict, taken.reason, taken.edge, taken.effects) == (Verdict.REFUSAL, reason, "", ())
        assert story.hall == before

    def test_a_timer_that_was_cancelled(self) -> None:
        reason = "the timer 'start_overdue' is not armed any more"
        self._unchanged(Story().threaded(), e.TimerDue(name="start_overdue"), reason)

    def test_a_snapshot_that_took_its_time(self) -> None:
        story = Story().showing()
        old = story.snapshot(seq=story.hall.projection.hw_seq - 1, motor=Motor.STOP)
        reason = "this snapshot is older than what was heard since"
        self._unchanged(story, e.SnapshotRead(role=P, snapshot=old), reason)

    def test_an_event_that_was_heard_before(self) -> None:
        story = Story().showing()
        device = story.hall.projection
        again = e.FilmBroke(role=P, epoch=device.epoch, hw_seq=device.hw_seq)
        self._unchanged(story, again, f"this event was heard before (projection {device.hw_seq})")


def test_what_changes_nothing_is_noted() -> None:
    taken = Story().showing().hear(e.FrameCounted, frame=5001)
    assert (taken.verdict, taken.reason, taken.edge) == (Verdict.INTERNAL, "noted", "")


def test_a_step_names_its_edge_and_what_happened() -> None:
    story = Story().idle()
    taken = story.hear(e.FilmInserted)
    assert (taken.verdict, taken.edge) == (Verdict.TRANSITION, "idle>threading:film_inserted")
    assert taken.reason == "film was put into the path"
    taken = story.hear(e.FilmReady)
    assert (taken.verdict, taken.edge) == (Verdict.INTERNAL, "threading>threading:film_ready")
    assert taken.reason == "READY: the film is threaded"
