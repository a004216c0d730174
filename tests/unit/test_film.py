# SPDX-License-Identifier: Apache-2.0
"""Film arithmetic against the figures of gauge tables and projection manuals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statemachines import film
from statemachines.film import Zone

GAUGES = st.sampled_from(sorted(film.FRAMES_PER_FOOT))
FEET = st.integers(0, 20_000)


@pytest.mark.parametrize(
    ("gauge", "feet", "frames", "ms"),
    [
        (35, 2000, 32_000, 1_333_333),  # 22.2 min
        (35, 6000, 96_000, 4_000_000),  # 66.7 min
        (35, 90, 1440, 60_000),
        (70, 225, 2880, 120_000),  # 112.5 ft/min
        (70, 1, 12, 500),
        (16, 36, 1440, 60_000),
    ],
)
def test_a_reel_lasts_as_long_as_the_gauge_tables_say(gauge: int, feet: int, frames: int, ms: int) -> None:
    assert film.frames_in(gauge, feet) == frames
    assert film.duration_ms(gauge, feet) == ms


def test_a_faster_projector_shortens_the_show() -> None:
    assert film.duration_ms(35, 2000, 240_000) == 133_333


def test_rewinding_2000_ft_takes_12_minutes() -> None:
    minutes = film.frames_in(35, 2000) * 1000 / film.rewind_fps_milli(35) / 60
    assert 12 <= minutes < 12.1
    assert film.rewind_ms(2000) == 722_891
    assert film.rewind_ms(2000, 240_000) == 72_289
    assert film.rewind_fps_milli(35, 240_000) // 10 == film.rewind_fps_milli(35)


def test_the_countdown_is_twelve_feet_of_35_mm_and_eight_seconds() -> None:
    assert film.frames_in(35, 12) == film.LEADER_FRAMES
    assert film.duration_ms(35, 12) == 8000


@given(gauge=GAUGES, feet=FEET)
def test_feet_and_frames_agree_within_one_foot(gauge: int, feet: int) -> None:
    there_and_back = film.feet_at(gauge, film.frames_in(gauge, feet))
    assert feet - 1 <= there_and_back <= feet


@given(gauge=GAUGES, feet=st.integers(30, 20_000), frame=st.integers(0, 1_000_000))
def test_zones_follow_each_other_from_leader_to_tail(gauge: int, feet: int, frame: int) -> None:
    order = list(Zone)
    here, further = film.zone(gauge, feet, frame), film.zone(gauge, feet, frame + 1)
    assert order.index(here) <= order.index(further)


def test_the_zones_of_a_reel() -> None:
    start = film.tail_start(35, 2000)
    assert start == 32_000 - film.TAIL_FRAMES
    zones = [film.zone(35, 2000, frame) for frame in (0, 192, 193, start - 1, start, 99_999)]
    assert zones == [Zone.LEADER, Zone.LEADER, Zone.PICTURE, Zone.PICTURE, Zone.TAIL, Zone.TAIL]


def test_film_time_is_counted_at_24_frames_a_second() -> None:
    assert film.film_us(24 * 3600) == 3_600_000_000


def test_an_unknown_gauge_is_told_with_what_is_allowed() -> None:
    with pytest.raises(film.GaugeUnknown, match=r"9 mm .* 35, 70, 16"):
        film.frames_in(9, 100)
