# SPDX-License-Identifier: Apache-2.0
"""Film moves by formula: no reader's rhythm changes where it is."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.booth.motion import PICO, Motion, standing

SPEEDS = st.integers(1, 5_000_000)


def test_at_speed_a_second_holds_24_frames() -> None:
    motion = Motion(0, 0, 24_000, 24_000, 0)
    assert motion.position(1_000_000_000) == 24 * PICO


def test_spinning_up_covers_half_the_frames() -> None:
    motion = standing(0, 0).towards(24_000, 0, 1_000_000_000)
    assert motion.position(1_000_000_000) == 12 * PICO
    assert motion.speed_at(500_000_000) == 12_000


@given(start=SPEEDS, target=st.one_of(st.just(0), SPEEDS), ramp=st.integers(0, 10**10), back=st.booleans())
def test_the_instant_of_a_place_is_the_first_at_which_the_film_is_there(
    start: int, target: int, ramp: int, back: bool
) -> None:
    way = -1 if back else 1
    motion = Motion(0, 5, way * start, way * target, ramp)
    place = way * 100 * PICO
    at_ns = motion.reaches(place)
    if at_ns is None:
        assert target == 0
        assert way * motion.position(10**15) < way * place
    else:
        assert way * motion.position(at_ns) >= way * place
        assert way * motion.position(at_ns - 1) < way * place


def test_standing_film_reaches_nothing() -> None:
    assert standing(3 * PICO, 0).reaches(3 * PICO) is None
    assert standing(3 * PICO, 0).reaches(9 * PICO) is None
