# SPDX-License-Identifier: Apache-2.0
"""What a hall takes to be so when a device says that it obeyed, and what it takes from nobody."""

from typing import Any

import pytest
from msgspec.structs import replace

from statemachines import events as e
from statemachines.actuators import align
from statemachines.effects import Command
from statemachines.hall import Pending, with_device
from statemachines.settings import SECOND, Settings
from statemachines.table import Draft
from statemachines.words import Lamp, Latch, Lights, Motor, Role, Sound, State, Tension, Verb, Verdict
from tests.support.story import P, S, Story


def told(verb: Verb, arg: str = "", *, role: Role = P, result: str = "ok", **projector: Any) -> Story:
    """An idle hall whose one command was answered; the projector was as given."""
    story = Story().idle()
    hall = replace(story.hall, projector=replace(story.hall.projector, **projector))
    hall = replace(hall, rack=replace(hall.rack, sound=Sound.PLAY))
    story.hall = with_device(hall, role, pending=(Pending(cmd_seq=9, verb=verb, arg=arg),), latched=(Latch.BREAK,))
    story.take(e.CommandDone(role=role, cmd_seq=9, result=result), e.Source.SESSION)
    assert story.hall.device(role).pending == () or story.commands
    return story


RUNNING: dict[str, Any] = {"motor": Motor.RUN, "at_speed": True}


@pytest.mark.parametrize(
    ("verb", "arg", "before", "after"),
    [
        (Verb.MOTOR, "stop", RUNNING, {"motor": Motor.STOP, "at_speed": True}),
        (Verb.MOTOR, "run", RUNNING, RUNNING),
        (Verb.MOTOR, "rewind", RUNNING, {"motor": Motor.REWIND, "at_speed": False}),
        (Verb.MOTOR, "run", {}, {"motor": Motor.RUN, "at_speed": False}),
        (Verb.DOWSER, "close", {"dowser_open": True, **RUNNING}, {"dowser_open": False}),
        (Verb.DOWSER, "open", RUNNING, {"dowser_open": True}),
        (Verb.LAMP, "on", {"lamp": Lamp.COLD}, {"lamp": Lamp.STRIKING}),
        (Verb.LAMP, "on", {"lamp": Lamp.LIT}, {"lamp": Lamp.LIT}),
        (Verb.LAMP, "off", {"lamp": Lamp.LIT}, {"lamp": Lamp.COOLING}),
        (Verb.LIGHTS, "down", {}, {"lights": Lights.DOWN}),
        (
            Verb.SAFE_STOP,
            "",
            {"dowser_open": True, **RUNNING},
            {"dowser_open": False, "motor": Motor.STOP, "at_speed": False},
        ),
        (Verb.CURTAIN, "open", RUNNING, RUNNING),
    ],
)
def test_an_obeyed_command_is_so(verb: Verb, arg: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    story = told(verb, arg, **before)
    assert {name: getattr(story.hall.projector, name) for name in after} == after
    assert story.hall.rack.sound is Sound.PLAY


@pytest.mark.parametrize("verb", [Verb.SOUND, Verb.SAFE_STOP])
def test_a_sound_server_that_obeyed_is_mute_and_nothing_else_changed(verb: Verb) -> None:
    arg = "mute" if verb is Verb.SOUND else ""
    story = told(verb, arg, role=S, **RUNNING)
    assert story.hall.rack.sound is Sound.MUTE
    assert story.hall.projector.motor is Motor.RUN


def test_a_latch_is_gone_when_its_clearing_was_obeyed() -> None:
    assert told(Verb.CLEAR).hall.projection.latched == ()
    assert told(Verb.CLEAR, result="refused:interlock").hall.projection.latched == (Latch.BREAK,)


def test_a_command_that_failed_changes_nothing_and_is_waited_for_no_more() -> None:
    story = told(Verb.DOWSER, "open", result="failed:down")
    assert not story.hall.projector.dowser_open
    assert story.hall.projection.pending == ()


def test_an_answer_to_another_number_leaves_the_command_on_its_way() -> None:
    story = Story().threaded()
    story.ask("start")
    order = story.hall.projection.pending[0]
    story.take(e.CommandDone(role=P, cmd_seq=order.cmd_seq + 1, result="ok"))
    assert story.hall.projection.pending == (order,)
    story.take(e.CommandDone(role=S, cmd_seq=order.cmd_seq, result="ok"))
    assert story.hall.projection.pending == (order,)


@pytest.mark.parametrize(("short_ns", "verdict"), [(0, Verdict.TRANSITION), (1, Verdict.REFUSAL)])
def test_a_reading_may_be_two_seconds_old(short_ns: int, verdict: Verdict) -> None:
    story = Story().broken()
    story.ask("acknowledge")
    story.stands()
    story._now_ns = story.hall.projection.read_ns + 2 * SECOND + short_ns - SECOND // 10
    assert story.ask("reset").verdict is verdict


def test_a_reading_of_the_very_moment_of_the_acknowledgement_is_not_one_after_it() -> None:
    story = Story().broken()
    story.ask("acknowledge")
    story.stands()
    at_ns = story.hall.projection.read_ns
    story.hall = replace(story.hall, fault=replace(story.hall.fault, acknowledged_ns=at_ns))
    assert story.ask("reset").reason == "the projection hardware has not been read since the acknowledgement"


def test_a_show_that_fell_back_to_the_analog_track_stays_with_it_until_the_next_start() -> None:
    story = Story().showing()
    story.hear(e.TimecodeRead, S, film_us=208_333_333, sound_us=208_633_333)
    assert story.commands == ["sound sound analog"]
    story.answer()
    story.hear(e.TensionChanged, tension=Tension.SLACK)
    story.hear(e.TensionChanged, tension=Tension.GOOD)
    assert "sound sound play" not in story.commands
    assert story.hall.analog
    story.ask("stop")
    story.answer()
    story.hear(e.MotorStopped)
    story.ask("start")
    assert (story.state, story.hall.analog) == (State.PROJECTING, False)


def unsafe(role: Role, verb: Verb, arg: str = "") -> Story:
    """A paused hall whose dowser is open over film that does not run, with one command on its way."""
    story = Story().threaded()
    hall = replace(story.hall, projector=replace(story.hall.projector, dowser_open=True))
    story.hall = with_device(hall, role, pending=(Pending(cmd_seq=9, verb=verb, arg=arg),))
    story.take(e.CommandDone(role=role, cmd_seq=9, result="failed:down"), e.Source.SESSION)
    return story


class TestOpenDowser:
    @pytest.mark.parametrize(("verb", "arg"), [(Verb.DOWSER, "close"), (Verb.SAFE_STOP, "")])
    def test_what_failed_to_close_it_is_not_asked_for_in_the_same_step(self, verb: Verb, arg: str) -> None:
        story = unsafe(P, verb, arg)
        assert story.commands == []
        story.hear(e.FrameCounted)
        assert story.commands == ["projection dowser close"]

    def test_what_failed_elsewhere_closes_it(self) -> None:
        assert unsafe(S, Verb.SAFE_STOP).commands == ["projection dowser close"]
        assert unsafe(P, Verb.LIGHTS, "up").commands == ["projection dowser close"]


class TestNumbers:
    def test_a_safety_event_beyond_a_hole_is_acted_upon_and_the_hole_kept_open(self) -> None:
        story = Story().showing()
        seq = story.hall.projection.hw_seq
        story.hear(e.FilmBroke, hw_seq=seq + 3)
        device = story.hall.projection
        assert (device.hw_seq, device.ahead, device.latched) == (seq, (seq + 3,), (Latch.BREAK,))
        story.hear(e.FrameCounted, hw_seq=seq + 1, frame=5001)
        assert (story.hall.projection.hw_seq, story.hall.projection.ahead) == (seq + 1, (seq + 3,))
        story.hear(e.FrameCounted, hw_seq=seq + 2, frame=5002)
        assert (story.hall.projection.hw_seq, story.hall.projection.ahead) == (seq + 3, ())

    def test_what_was_heard_is_not_heard_again(self) -> None:
        story = Story().showing()
        seq = story.hall.projection.hw_seq
        story.hear(e.FilmBroke, hw_seq=seq + 3)
        again = story.hear(e.FilmBroke, hw_seq=seq + 3)
        assert again.reason == f"this event was heard before (projection {seq + 3})"
        assert story.hear(e.FrameCounted, hw_seq=seq).verdict is Verdict.REFUSAL

    def test_a_declared_loss_fills_the_hole(self) -> None:
        story = Story().showing()
        seq = story.hall.projection.hw_seq
        story.hear(e.FilmBroke, hw_seq=seq + 3)
        story.take(e.EventsLost(role=P, epoch=story.hall.projection.epoch, through=seq + 2, count=2))
        assert (story.hall.projection.hw_seq, story.hall.projection.ahead) == (seq + 3, ())

    def test_a_new_epoch_counts_anew_and_has_no_latches(self) -> None:
        story = Story().showing()
        story.hear(e.FilmBroke)
        epoch = story.hall.projection.epoch
        story.hear(e.DeviceAdded, epoch=epoch + 1, hw_seq=1)
        device = story.hall.projection
        assert (device.epoch, device.hw_seq, device.ahead, device.latched) == (epoch + 1, 1, (), ())

    def test_a_loss_in_a_new_epoch_counts_from_its_beginning(self) -> None:
        story = Story().showing()
        seq = story.hall.projection.hw_seq
        story.hear(e.FilmBroke, hw_seq=seq + 3)
        story.take(e.EventsLost(role=P, epoch=99, through=2, count=2))
        device = story.hall.projection
        assert (device.epoch, device.hw_seq, device.ahead) == (99, 2, ())


class TestSessions:
    def test_commands_are_numbered_on_from_what_the_device_has_seen(self) -> None:
        story = Story().threaded()
        story.lost(P)
        story.take(e.SessionUp(role=P, gen=5, last=700))
        link = story.hall.projection.link
        assert (link.up, link.since_ns, link.gen, link.reason) == (True, story.hall.at_ns, 5, "")
        unread = [story.hall.projection.unread]
        story.read()
        assert [*unread, story.hall.projection.unread] == [True, False]
        story.ask("start")
        assert [each.cmd_seq for each in story.hall.projection.pending] == [701]

    def test_a_session_with_a_new_key_is_up_since_it_came_up(self) -> None:
        story = Story().threaded()
        before = story.hall.projection
        story.take(e.SessionUp(role=P, gen=before.link.gen + 1, last=before.cmd_seq))
        after = story.hall.projection
        assert (after.link.since_ns, after.link.gen) == (before.link.since_ns, before.link.gen + 1)
        assert (after.unread, after.cmd_seq) == (False, before.cmd_seq)

    def test_a_session_that_was_lost_again_is_read_over_the_next_one(self) -> None:
        story = Story().threaded()
        story.lost(P)
        story.up(P)
        story.lost(P)
        assert not story.hall.projection.unread


class TestStart:
    def test_a_configured_hall_waits_for_no_old_answer(self) -> None:
        story = Story().showing()
        story.ask("stop")
        assert story.hall.projection.pending
        story.take(e.WatchLost(role=S, reason="gone"))
        settings = replace(story.hall.settings, gauge=70, feet=(900,))
        story.take(e.HallConfigured(settings=settings, incarnation=2))
        hall = story.hall
        assert (hall.settings, hall.recovered, hall.projection.pending, hall.sound.heard) == (settings, False, (), True)
        for role in Role:
            link = hall.device(role).link
            assert (link.up, link.since_ns, link.gen) == (False, hall.at_ns, 0)
            assert link.reason == "not opened yet since the controller started"
        assert (hall.film.gauge, hall.film.feet) == (35, (2000,))

    def test_a_configured_hall_without_film_has_the_new_programme(self) -> None:
        story = Story().idle()
        story.hear(e.FrameCounted, frame=7)
        story.take(e.HallConfigured(settings=replace(story.hall.settings, gauge=70, feet=(900,)), incarnation=2))
        assert (story.hall.film.gauge, story.hall.film.feet, story.hall.film.frame) == (70, (900,), 0)

    def test_a_hold_of_the_same_name_takes_the_place_of_the_other(self) -> None:
        story = Story().idle()
        for name, reason in (("maintenance", "a"), ("deployment", "b"), ("maintenance", "c")):
            story.take(e.HoldPlaced(hold=name, reason=reason))
        assert [(hold.name, hold.reason) for hold in story.hall.holds] == [("deployment", "b"), ("maintenance", "c")]
        story.take(e.HoldLifted(hold="deployment"))
        assert [hold.name for hold in story.hall.holds] == ["maintenance"]

    @pytest.mark.parametrize(("gauge", "feet"), [(8, (500,)), (35, ())])
    def test_film_of_no_possible_programme_is_the_halls_own(self, gauge: int, feet: tuple[int, ...]) -> None:
        story = Story().idle()
        story.hear(e.FilmInserted, gauge=gauge, feet=feet)
        film = story.hall.film
        assert (film.gauge, film.feet, film.reel, film.frame) == (35, (2000,), 1, 0)

    def test_film_that_is_put_in_brings_its_own_programme(self) -> None:
        story = Story().idle()
        story.hear(e.FilmInserted, gauge=70, feet=(800, 900), frame=12)
        film = story.hall.film
        assert (film.present, film.gauge, film.feet, film.reel, film.frame) == (True, 70, (800, 900), 1, 12)

    def test_film_that_runs_was_not_put_in_just_now(self) -> None:
        story = Story().showing()
        before = story.hall.film
        story.hear(e.FilmInserted, gauge=70, feet=(800, 900))
        assert story.hall.film == before

    def test_film_that_is_put_in_while_other_film_stands_there_takes_its_place(self) -> None:
        story = Story().threaded()
        story.hear(e.FilmInserted, gauge=70, feet=(800, 900), frame=12)
        assert (story.hall.film.gauge, story.hall.film.ready) == (70, False)

    def test_a_shorter_programme_than_the_one_that_was_begun_is_another_one(self) -> None:
        story = Story(Settings(feet=(2000, 2000))).showing()
        story.hear(e.ReelEnded)
        story.answer()
        story.hear(e.MotorStopped)
        story.hear(e.FilmRemoved)
        assert (story.hall.film.reel, story.hall.film.between) == (2, True)
        story.hear(e.FilmInserted, feet=(1000,), frame=0)
        assert story.hall.film.reel == 1

    def test_ready_is_said_of_film_and_ends_the_wait_for_a_reel(self) -> None:
        story = Story().idle()
        story.hear(e.FilmReady)
        assert not story.hall.film.ready
        film = replace(story.hall.film, present=True, tail=True, between=True)
        story.hall = replace(story.hall, film=film, state=State.THREADING)
        story.hear(e.FilmReady)
        film = story.hall.film
        assert (film.ready, film.tail, film.between) == (True, False, False)

    def test_speed_that_is_told_before_the_answer_says_which_way_the_film_runs(self) -> None:
        story = Story().ended()
        story.hear(e.MotorAtSpeed)
        assert story.hall.projector.motor is Motor.REWIND
        story = Story().threaded()
        story.ask("start")
        story.hear(e.MotorAtSpeed)
        assert story.hall.projector.motor is Motor.RUN

    @pytest.mark.parametrize(
        ("tail", "motor", "commanded"),
        [(True, Motor.RUN, False), (True, Motor.STOP, True), (False, Motor.RUN, True), (False, Motor.REWIND, False)],
    )
    def test_a_hall_that_rewinds_wants_its_motor_so_once_the_tail_has_run_out(
        self, tail: bool, motor: Motor, commanded: bool
    ) -> None:
        story = Story().rewinding()
        hall = replace(story.hall, film=replace(story.hall.film, tail=tail, frame=9_000))
        story.hall = replace(hall, projector=replace(hall.projector, motor=motor))
        align(draft := Draft(story.hall, e.Stamped(at_ns=story.hall.at_ns, event=e.ClockStepped(delta_ns=0))))
        sent = [(each.verb, each.arg) for each in draft.effects if isinstance(each, Command)]
        assert ((Verb.MOTOR, "rewind") in sent) == commanded
        assert (Verb.MOTOR, "run") not in sent
