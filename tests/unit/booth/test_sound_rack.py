# SPDX-License-Identifier: Apache-2.0
"""The sound device: it follows the film of its hall and says how far apart they are."""

from adapters.booth.device import SECOND
from adapters.booth.sound_rack import FilmPlace, SoundRack
from statemachines.film import SOUND_EARLY_LIMIT_US, SOUND_LATE_LIMIT_US
from statemachines.kernel_words import SOUND_WORDS
from statemachines.snapshot import format_snapshot, parse_snapshot
from statemachines.words import Sound
from tests.support.booth import Operator


class Screen:
    """A film whose place the test sets."""

    def __init__(self) -> None:
        self.place = FilmPlace()
        self.rack = SoundRack(9, 0, lambda: self.place)

    def timecodes(self, seconds: int) -> list[str]:
        self.rack.journal.take_unsent()
        self.rack.advance(self.rack.now_ns + seconds * SECOND)
        facts = self.rack.journal.take_unsent()
        assert {fact.word for fact in facts} <= SOUND_WORDS
        return [fact.val for fact in facts if fact.word == "timecode"]


def test_timecode_comes_once_a_second_while_film_runs() -> None:
    screen = Screen()
    assert screen.timecodes(5) == []
    screen.place = FilmPlace(5_000_000, running=True)
    assert screen.timecodes(2) == ["5000000x5000000"] * 2


def test_lost_sync_is_beyond_what_is_acceptable() -> None:
    screen = Screen()
    screen.place = FilmPlace(1_000_000, running=True)
    screen.rack.lose_sync()
    film_us, sound_us = map(int, screen.timecodes(1)[0].split("x"))
    assert sound_us - film_us > max(SOUND_EARLY_LIMIT_US, SOUND_LATE_LIMIT_US)
    screen.rack.mend()
    assert screen.timecodes(1) == ["1000000x1000000"]


def test_a_frozen_timecode_stays_while_film_runs_on() -> None:
    screen = Screen()
    screen.place = FilmPlace(1_000_000, running=True)
    screen.rack.freeze_timecode()
    screen.place = FilmPlace(9_000_000, running=True)
    assert screen.timecodes(1) == ["1000000x1000000"]


def test_verbs() -> None:
    rack = Screen().rack
    operator = Operator(rack)
    assert operator("sound", "analog") == "ok"
    assert rack.sound is Sound.ANALOG
    assert operator("safe_stop") == "ok"
    assert rack.snapshot().sound is Sound.MUTE
    assert operator("sound", "loud") == "refused:verb"
    assert operator("motor", "run") == "refused:verb"
    rack.stuck()
    assert rack.snapshot().latched
    assert operator("clear") == "ok"
    assert not rack.snapshot().latched


def test_its_snapshot_has_no_sensors_of_a_projector() -> None:
    rack = Screen().rack
    line = format_snapshot(rack.snapshot(), sound_only=True)
    assert "dowser" not in line
    assert parse_snapshot(line).sound is Sound.MUTE
