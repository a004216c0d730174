# SPDX-License-Identifier: Apache-2.0
"""What a hall waits for, and for how long; what it waits for no more; and what it commands once and not twice."""

import pytest
from msgspec.structs import replace

from statemachines import events as e
from statemachines.effects import Command
from statemachines.film import LEADER_FRAMES
from statemachines.settings import MINUTE, SECOND, Settings
from statemachines.show import Cue, Show
from statemachines.words import Lights, Motor, Role, Sound, State, Tension, Verb
from tests.support.story import Begin, P, S, Story, Told


def armed(story: Story) -> set[str]:
    return {deadline.name for deadline in story.hall.deadlines}


def of_tail() -> Story:
    """The picture is over, the tail runs out."""
    story = Story().showing()
    story.hear(e.ReelEnded, frame=31_990)
    story.answer()
    return story


class TestTimers:
    @pytest.mark.parametrize(
        ("begin", "waits"),
        [
            (Story.idle, set()),
            (Story.threaded, {"lamp_hold"}),
            (Story.showing, set()),
            (Story.ended, {"rewind_overdue"}),
            (Story.broken, {"stop_repeat", "stop_confirm"}),
        ],
    )
    def test_a_hall_waits_for_what_its_state_waits_for(self, begin: Begin, waits: set[str]) -> None:
        assert armed(begin(Story())) == waits

    def test_a_show_that_is_being_started_waits_for_speed_and_a_stop_ends_that(self) -> None:
        story = Story().threaded()
        story.ask("start")
        assert armed(story) == {"start_overdue"}
        story.ask("stop")
        assert armed(story) == {"lamp_hold"}

    @pytest.mark.parametrize("over", [lambda s: s.hear(e.FilmRemoved), lambda s: s.ask("rewind")])
    def test_a_lamp_that_is_put_out_is_waited_for_no_more(self, over: Told) -> None:
        story = Story().threaded()
        over(story)
        assert armed(story).isdisjoint({"lamp_overdue", "lamp_hold"})

    def test_rewinding_may_take_half_as_long_again_as_this_reel_takes_and_a_minute(self) -> None:
        story = Story(Settings(feet=(400, 2000), fps_milli=48_000)).showing()
        story.hear(e.ReelEnded, frame=6_300)
        story.answer()
        story.hear(e.MotorStopped)
        story.hear(e.FilmRemoved)
        story.hear(e.FilmInserted, feet=(400, 2000), frame=0)
        story.hear(e.FilmReady)
        story.hear(e.ShowStarted)
        story.hear(e.ReelEnded, frame=31_990)
        story.answer()
        story.hear(e.MotorStopped)
        deadline = story.hall.armed("rewind_overdue")
        assert deadline is not None
        assert deadline.span_ns == 361_445 * 1_500_000 + MINUTE

    def test_a_warm_up_is_over_at_its_moment(self) -> None:
        story = Story().idle()
        until_ns = story.hall.at_ns + MINUTE
        story.take(e.WarmUpAsked(until_ns=until_ns))
        deadline = story.hall.armed("warm_over")
        assert deadline is not None
        assert deadline.at_ns == until_ns

    def test_a_show_wakes_the_hall_at_each_moment_that_matters_for_it(self) -> None:
        story = Story().idle()
        timings = story.hall.settings.timings
        show = Show(id="s1", title="Metropolis", starts_ns=story.hall.at_ns + 60 * MINUTE)
        story.take(e.ShowScheduled(show=show))
        woken = []
        while (deadline := story.hall.armed("show_due")) is not None:
            woken.append(deadline.at_ns - show.starts_ns)
            story._now_ns = deadline.at_ns - SECOND // 10
            story.due("show_due")
            if woken[-1] == -timings.threaded_before:
                assert "not_threaded_in_time" in story.alarms()
        assert woken == [-timings.session_lead, -timings.threaded_before, 0, timings.show_late, timings.show_over]
        assert story.hall.next_show is None

    def test_a_show_of_the_past_is_waited_for_by_nobody(self) -> None:
        story = Story().idle()
        show = Show(id="s1", title="Metropolis", starts_ns=story.hall.at_ns + 60 * MINUTE)
        story.take(e.ShowScheduled(show=show))
        story.take(e.ShowScheduled(show=replace(show, starts_ns=SECOND)))
        assert (story.hall.next_show, armed(story)) == (None, set())


class TestCommands:
    def test_a_stop_is_tried_though_the_session_is_lost(self) -> None:
        story = Story().showing()
        story.lost(P)
        story.ask("stop")
        assert story.commands == ["projection dowser close", "sound sound mute", "projection motor stop"]
        assert [each.safety for each in story.effects if isinstance(each, Command)] == [True, False, True]

    def test_rewinding_is_commanded_once(self) -> None:
        story = of_tail()
        story.hear(e.MotorStopped)
        assert story.commands == ["projection motor rewind"]
        story.hear(e.MotorStopped)
        assert story.commands == []

    def test_film_that_is_rewound_after_its_tail_begins_anew(self) -> None:
        story = of_tail()
        story.ask("stop")
        story.answer()
        story.hear(e.MotorStopped)
        assert (story.state, story.hall.film.tail) == (State.THREADING, True)
        story.ask("rewind")
        assert (story.state, story.hall.film.tail) == (State.REWINDING, False)

    def test_a_programme_that_was_given_up_awaits_no_reel(self) -> None:
        story = Story(Settings(feet=(2000, 2000))).showing()
        story.hear(e.ReelEnded)
        story.answer()
        story.hear(e.MotorStopped)
        story.hear(e.FilmRemoved)
        assert story.hall.film.between
        story.ask("stop")
        assert (story.state, story.hall.film.between) == (State.IDLE, False)

    @pytest.mark.parametrize(("failing", "other"), [(P, S), (S, P)])
    def test_a_stop_is_asked_for_again_where_it_failed_and_only_there(self, failing: Role, other: Role) -> None:
        story = Story().showing()
        story.hear(e.FilmBroke)
        story.answer("failed:unknown", role=failing)
        story.due("stop_repeat")
        assert story.commands == [f"{failing} safe_stop"]
        assert all(each.safety for each in story.effects if isinstance(each, Command))
        story.answer("failed:unknown")
        story.lost(other)
        story.due("stop_repeat")
        assert story.commands == [f"{failing} safe_stop"]

    def test_a_snapshot_of_film_that_is_not_ready_strikes_no_lamp(self) -> None:
        story = Story().idle()
        story.hear(e.FilmInserted)
        story.read()
        assert (story.commands, story.hall.lamp_wanted) == ([], False)

    @pytest.mark.parametrize(("beyond", "state"), [(0, State.THREADING), (1, State.REWINDING)])
    def test_film_that_stands_in_its_leader_is_rewound(self, beyond: int, state: State) -> None:
        story = Story().rewinding()
        story.hear(e.FrameCounted, frame=LEADER_FRAMES + beyond)
        story.read(motor=Motor.STOP, at_speed=False)
        assert story.state is state

    def test_the_curtain_moves_though_there_is_no_light_on_the_film(self) -> None:
        story = Story().threaded()
        cues = (Cue(frame=5000, verb=Verb.CURTAIN, arg="close"), Cue(frame=5000, verb=Verb.LIGHTS, arg="up"))
        story.take(e.ShowScheduled(show=Show(id="s1", title="M", starts_ns=story.hall.at_ns + SECOND, cues=cues)))
        story.ask("start")
        story.answer()
        story.hear(e.FrameCounted, frame=5000)
        assert story.commands == ["projection curtain close"]


class TestFaultAndSessions:
    def _back(self, **shown: object) -> Story:
        """A broken show whose projection session was away; what is read over the new one is as given."""
        story = Story().broken()
        story.lost(P)
        story.up(P)
        story.read(P, **{"motor": Motor.STOP, "at_speed": False, "dowser_open": False, **shown})
        return story

    def test_what_stands_safe_is_left_alone(self) -> None:
        assert self._back(lights=Lights.UP).commands == []

    @pytest.mark.parametrize(
        "shown",
        [
            {"motor": Motor.RUN, "lights": Lights.UP},
            {"dowser_open": True, "lights": Lights.UP},
            {"lights": Lights.DOWN},
        ],
    )
    def test_what_does_not_stand_safe_is_stopped_again(self, shown: dict[str, object]) -> None:
        assert "projection safe_stop" in self._back(**shown).commands

    def test_sound_that_plays_in_a_fault_is_stopped_again(self) -> None:
        story = Story().broken()
        story.lost(S)
        story.up(S)
        story.read(S, sound=Sound.PLAY)
        assert "sound safe_stop" in story.commands


class TestAlarms:
    def test_one_of_several_is_acknowledged(self) -> None:
        story = Story().idle()
        for name in ("a_first", "b_second", "c_third"):
            story.take(e.ConditionRaised(alarm=name, detail="d"))
        story.ask("acknowledge", "b_second")
        assert [story.alarm(name) for name in ("a_first", "b_second", "c_third")] == [
            "unacknowledged",
            "acknowledged",
            "unacknowledged",
        ]

    def test_a_shelving_that_is_over_has_no_end_any_more(self) -> None:
        story = Story().idle()
        story.take(e.ConditionRaised(alarm="disk_full", detail="d"))
        story.ask("shelve", "disk_full", minutes=5)
        story.due("unshelve:disk_full")
        assert story.alarms()["disk_full"].until_ns == 0


class TestFacts:
    def test_film_that_was_taken_out_leaves_nothing_behind(self) -> None:
        story = of_tail()
        story.hear(e.TensionChanged, tension=Tension.SLACK)
        story.hear(e.FilmRemoved)
        film = story.hall.film
        assert (film.present, film.ready, film.tail, film.frame) == (False, False, False, 0)
        assert story.hall.taut
        story = Story().threaded()
        story.hear(e.FilmRemoved)
        assert not story.hall.film.ready

    def test_a_motor_that_stands_is_not_at_speed(self) -> None:
        story = Story().showing()
        story.hear(e.MotorStopped)
        assert (story.hall.projector.motor, story.hall.projector.at_speed) == (Motor.STOP, False)

    @pytest.mark.parametrize("role", Role)
    def test_a_device_that_went_away_is_taken_to_be_in_its_safe_positions(self, role: Role) -> None:
        story = Story().showing()
        story.hear(e.DeviceRemoved, role, hw_seq=0, epoch=0)
        assert story.hall.projector.dowser_open == (role is S)
        assert story.hall.rack.sound is (Sound.PLAY if role is P else Sound.MUTE)

    def test_only_the_sound_rack_keeps_the_time_of_its_timecode(self) -> None:
        story = Story().showing()
        story.hear(e.HeartbeatHeard, P)
        assert story.hall.rack.beats == 0
        for _ in range(9):
            story.hear(e.HeartbeatHeard, S)
        assert story.hall.rack.beats == 3
        story.hear(e.TimecodeRead, S, film_us=0, sound_us=0)
        assert story.hall.rack.beats == 0

    @pytest.mark.parametrize("role", Role)
    def test_a_session_is_lost_since_it_was_lost_first(self, role: Role) -> None:
        story = Story().threaded()
        story.up(P, P)
        before = {each: story.hall.device(each).link.gen for each in Role}
        story.lost(role)
        since_ns = story.hall.at_ns
        story.lost(role)
        link = story.hall.device(role).link
        assert (link.up, link.since_ns, link.gen, link.reason) == (False, since_ns, before[role], "the line is dead")
        assert not story.hall.device(role).unread
