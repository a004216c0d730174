# SPDX-License-Identifier: Apache-2.0
"""How a hall keeps account of what devices number, and of what it has asked them for."""

import pytest
from msgspec.structs import replace

from statemachines import events as e
from statemachines.drafting import on_its_way
from statemachines.effects import RaiseAlarm
from statemachines.hall import Pending, with_device
from statemachines.settings import Settings
from statemachines.snapshot import Latched
from statemachines.watches import out_of_sync
from statemachines.words import Latch, Motor, Role, Sound, State, Tension, Verb, Verdict
from tests.support.story import Begin, P, S, Story, Told


class TestAccount:
    def test_the_first_number_of_all_is_heard_once(self) -> None:
        story = Story().idle()
        story.hear(e.FilmInserted, hw_seq=1)
        assert story.hear(e.FilmInserted, hw_seq=1).verdict is Verdict.REFUSAL

    def test_a_device_itself_comes_and_goes_without_a_number(self) -> None:
        story = Story().showing()
        gone = story.hear(e.DeviceRemoved, hw_seq=0)
        assert (gone.verdict, story.state) == (Verdict.TRANSITION, State.FAULT)

    def test_safety_events_in_order_leave_no_hole(self) -> None:
        story = Story().showing()
        seq = story.hall.projection.hw_seq
        story.hear(e.FilmBroke, hw_seq=seq + 1)
        assert (story.hall.projection.hw_seq, story.hall.projection.ahead) == (seq + 1, ())

    def test_one_missing_number_is_a_hole(self) -> None:
        story = Story().showing()
        seq = story.hall.projection.hw_seq
        story.hear(e.FilmBroke, hw_seq=seq + 2)
        assert (story.hall.projection.hw_seq, story.hall.projection.ahead) == (seq, (seq + 2,))

    def test_a_filled_hole_takes_in_all_that_lies_behind_it(self) -> None:
        story = Story().showing()
        seq = story.hall.projection.hw_seq
        for ahead in (2, 3, 4):
            story.hear(e.FilmBroke, hw_seq=seq + ahead)
        story.hear(e.FrameCounted, hw_seq=seq + 1)
        assert (story.hall.projection.hw_seq, story.hall.projection.ahead) == (seq + 4, ())

    def test_what_was_ahead_in_an_older_epoch_is_forgotten(self) -> None:
        story = Story().showing()
        device = story.hall.projection
        story.hear(e.FilmBroke, hw_seq=device.hw_seq + 5)
        story.hear(e.MotorStalled, epoch=device.epoch + 1, hw_seq=3)
        device = story.hall.projection
        assert (device.hw_seq, device.ahead, device.latched) == (0, (3,), (Latch.STALL,))

    @pytest.mark.parametrize("role", Role)
    def test_a_word_of_a_new_epoch_says_that_this_device_is_in_its_safe_positions(self, role: Role) -> None:
        story = Story().showing()
        story.hear(e.FrameCounted if role is P else e.HeartbeatHeard, role, epoch=99, hw_seq=1)
        assert story.hall.projector.dowser_open == (role is S)
        assert story.hall.rack.sound is (Sound.PLAY if role is P else Sound.MUTE)

    def test_a_sound_server_counts_no_frames(self) -> None:
        story = Story().showing()
        story.hear(e.HeartbeatHeard, S, frame=3)
        assert story.hall.film.frame == 5000

    def test_old_timecode_from_the_ring_ends_a_silence_and_tells_nothing_else(self) -> None:
        story = Story().showing()
        story.hear(e.TimecodeRead, S, film_us=208_333_333, sound_us=208_333_333)
        story.hear(e.HeartbeatHeard, S)
        seq = story.hall.sound.hw_seq + 1
        old = e.TimecodeRead(role=S, epoch=story.hall.sound.epoch, hw_seq=seq, film_us=0, sound_us=9_000_000)
        heard_ns = story.hall.rack.heard_ns
        story.take(old, e.Source.RING)
        rack = story.hall.rack
        assert (rack.beats, rack.offset_us, rack.heard_ns) == (0, 0, heard_ns)


class TestFault:
    @pytest.mark.parametrize(
        ("begin", "happens"),
        [
            (Story.idle, lambda s: s.hear(e.FilmInserted)),
            (Story.threaded, lambda s: s),
            (Story.threaded, lambda s: s.ask("start")),
            (Story.rewinding, lambda s: s),
        ],
    )
    def test_a_fault_waits_for_the_stop_and_the_lamp_alone(self, begin: Begin, happens: Told) -> None:
        story = begin(Story())
        happens(story)
        story.hear(e.EmergencyStopPressed)
        armed = {deadline.name for deadline in story.hall.deadlines}
        assert armed - {"lamp_hold"} == {"stop_repeat", "stop_confirm"}

    def test_another_cause_wants_the_stop_confirmed_again(self) -> None:
        story = Story().broken()
        story.stands()
        confirmed = [story.hall.fault.confirmed]
        story.hear(e.MotorStalled)
        assert [*confirmed, story.hall.fault.confirmed] == [True, False]
        assert [each.root for each in story.effects if isinstance(each, RaiseAlarm)] == ["film_break"]
        assert story.alarms()["motor_stall"].since_ns == story.hall.at_ns

    def test_acknowledging_another_alarm_does_not_acknowledge_the_fault(self) -> None:
        story = Story().broken()
        story.take(e.ConditionRaised(alarm="disk_full", detail="d"))
        story.ask("acknowledge", "disk_full")
        assert (story.alarm("disk_full"), story.hall.fault.acknowledged_ns) == ("acknowledged", 0)

    def test_a_refused_clearing_names_the_latches(self) -> None:
        story = Story().broken()
        story.ask("acknowledge")
        latched = (Latched(name=Latch.BREAK, seq=4),)
        story.read(P, motor=Motor.STOP, at_speed=False, dowser_open=False, tension=Tension.GOOD, latched=latched)
        story.read(S)
        story.ask("reset")
        story.answer("refused:interlock", role=P)
        assert story.is_in(State.FAULT)
        assert story.hall.fault.words == "the hardware refused to clear its fault: the cause persists (break)"


class TestCommands:
    def test_a_controller_that_has_not_read_the_hardware_stops_it_all_the_same(self) -> None:
        story = Story().up()
        story.hear(e.EmergencyStopPressed)
        assert story.commands == ["projection safe_stop", "sound safe_stop", "projection lights up"]

    def test_what_the_ring_tells_a_running_controller_is_acted_upon(self) -> None:
        story = Story().showing()
        device = story.hall.projection
        story.take(e.FilmBroke(role=P, epoch=device.epoch, hw_seq=device.hw_seq + 1), e.Source.RING)
        assert "projection safe_stop" in story.commands

    @pytest.mark.parametrize(
        ("verb", "arg", "there"),
        [
            (Verb.DOWSER, "close", True),
            (Verb.DOWSER, "open", False),
            (Verb.MOTOR, "stop", True),
            (Verb.MOTOR, "run", False),
            (Verb.SOUND, "mute", True),
            (Verb.SAFE_STOP, "", True),
            (Verb.LAMP, "off", False),
        ],
    )
    def test_a_safe_stop_on_its_way_is_what_it_does(self, verb: Verb, arg: str, there: bool) -> None:
        hall = with_device(Story().idle().hall, P, pending=(Pending(cmd_seq=3, verb=Verb.SAFE_STOP),))
        assert on_its_way(hall, P, verb, arg) == there

    def test_the_last_word_on_an_actuator_counts(self) -> None:
        words = (Pending(cmd_seq=3, verb=Verb.SAFE_STOP), Pending(cmd_seq=4, verb=Verb.DOWSER, arg="open"))
        hall = with_device(Story().idle().hall, P, pending=words)
        assert (on_its_way(hall, P, Verb.DOWSER, "close"), on_its_way(hall, P, Verb.DOWSER, "open")) == (False, True)


class TestTimecode:
    def _read(self, story: Story, apart_us: int) -> str:
        story.hear(e.FrameCounted, frame=4800)
        story.hear(e.TimecodeRead, S, film_us=200_000_000 + apart_us, sound_us=200_000_000 + apart_us)
        return story.hall.dissent

    @pytest.mark.parametrize(
        ("apart_us", "dissent"), [(3_000_000, ""), (-3_000_000, ""), (3_000_001, "timecode"), (-3_000_001, "timecode")]
    )
    def test_up_to_three_seconds_apart_they_agree(self, apart_us: int, dissent: str) -> None:
        assert self._read(Story().showing(), apart_us) == dissent

    def test_only_film_that_runs_at_speed_is_compared(self) -> None:
        assert self._read(Story().threaded(), 9_000_000) == ""
        story = Story().threaded()
        story.ask("start")
        assert self._read(story, 9_000_000) == ""
        assert self._read(Story(Settings(dts=False)).showing(), 9_000_000) == ""

    def test_a_contradiction_outlasts_the_show(self) -> None:
        story = Story().showing()
        self._read(story, 9_000_000)
        story.ask("stop")
        story.answer()
        story.hear(e.MotorStopped)
        story.hear(e.TensionChanged, tension=Tension.GOOD)
        assert story.hall.dissent == "timecode"

    def test_timecode_of_before_the_show_says_nothing_of_its_sound(self) -> None:
        hall = Story().showing().hall
        rack = replace(hall.rack, offset_us=9_000_000, heard_ns=hall.since_ns)
        assert not out_of_sync(replace(hall, rack=rack))
        assert out_of_sync(replace(hall, rack=replace(rack, heard_ns=hall.since_ns + 1)))


@pytest.mark.parametrize(("frame", "overlong"), [(33_600, False), (33_601, True)])
def test_a_reel_may_be_a_twentieth_longer_than_its_listed_feet(frame: int, overlong: bool) -> None:
    story = Story(Settings(feet=(2000, 400))).showing()
    story.hear(e.FrameCounted, frame=frame)
    assert (story.alarm("reel_overlong") is not None) == overlong
