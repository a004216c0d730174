# SPDX-License-Identifier: Apache-2.0
"""A stop is confirmed by a reading of afterwards; sound falls back once, where the print has a track to fall to."""

import pytest
from msgspec.structs import replace

from statemachines import events as e
from statemachines.film import SOUND_EARLY_LIMIT_US, SOUND_LATE_LIMIT_US
from statemachines.settings import Settings
from statemachines.words import Motor, State
from tests.support.story import P, S, Story

FILM_US = 5000 * 1_000_000 // 24


class TestConfirmedStop:
    def _read(self, **shown: object) -> Story:
        story = Story().showing()
        story.hear(e.FilmBroke)
        story.read(P, **{"motor": Motor.STOP, "at_speed": False, "dowser_open": False, **shown})
        return story

    def test_a_reading_with_motor_and_dowser_at_rest_confirms_it(self) -> None:
        story = self._read()
        assert story.hall.fault.confirmed
        story.take(e.TimerDue(name="stop_confirm"))
        assert story.alarm("stop_not_confirmed") is None

    @pytest.mark.parametrize("shown", [{"motor": Motor.RUN}, {"dowser_open": True}])
    def test_a_reading_with_either_of_them_not_at_rest_does_not(self, shown: dict[str, object]) -> None:
        assert not self._read(**shown).hall.fault.confirmed

    def test_a_reading_of_before_the_stop_does_not(self) -> None:
        story = Story().threaded()
        story.read()
        story.hear(e.EmergencyStopPressed)
        assert not story.hall.fault.confirmed
        asked_ns = story.hall.fault.asked_ns
        story.hall = replace(story.hall, projection=replace(story.hall.projection, read_ns=asked_ns))
        story.hear(e.FrameCounted)
        assert not story.hall.fault.confirmed

    def test_no_other_state_confirms_anything(self) -> None:
        story = Story().threaded()
        story.read()
        assert (story.state, story.hall.fault.confirmed) == (State.THREADING, False)


class TestSync:
    def _played(self, offset_us: int, settings: Settings | None = None) -> Story:
        story = Story(settings).showing()
        story.hear(e.TimecodeRead, S, film_us=FILM_US, sound_us=FILM_US + offset_us)
        return story

    @pytest.mark.parametrize("offset_us", [SOUND_EARLY_LIMIT_US, -SOUND_LATE_LIMIT_US, 0])
    def test_sound_within_what_people_accept_stays_digital(self, offset_us: int) -> None:
        story = self._played(offset_us)
        assert (story.hall.analog, story.alarm("sync_lost")) == (False, None)

    @pytest.mark.parametrize("offset_us", [SOUND_EARLY_LIMIT_US + 1, -SOUND_LATE_LIMIT_US - 1])
    def test_sound_beyond_it_falls_back_once(self, offset_us: int) -> None:
        story = self._played(offset_us)
        assert story.commands == ["sound sound analog"]
        assert story.alarms()["sync_lost"].words == "digital sound lost its sync: playing the analog track"
        story.hear(e.TimecodeRead, S, film_us=FILM_US, sound_us=FILM_US + offset_us)
        assert story.commands == []

    def test_a_print_of_70_mm_has_no_analog_track(self) -> None:
        story = Story().showing()
        story.hall = replace(story.hall, film=replace(story.hall.film, gauge=70))
        story.hear(e.TimecodeRead, S, film_us=FILM_US, sound_us=FILM_US + 1_000_000)
        assert (story.commands, story.hall.analog) == ([], False)
        assert story.alarms()["sync_lost"].words == "digital sound lost its sync"

    def test_three_heartbeats_without_timecode_are_silence(self) -> None:
        story = self._played(0)
        for _ in range(2):
            story.hear(e.HeartbeatHeard, S)
        assert story.alarm("sync_lost") is None
        story.hear(e.HeartbeatHeard, S)
        assert story.alarm("sync_lost") == "unacknowledged"

    def test_a_print_without_timecode_loses_none(self) -> None:
        assert self._played(1_000_000, Settings(dts=False)).alarm("sync_lost") is None
