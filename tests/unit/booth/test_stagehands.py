# SPDX-License-Identifier: Apache-2.0
"""People at work: whole shows by themselves, a break on the way, buttons pressed again when nothing came of them."""

from itertools import pairwise

from adapters.booth import hands
from adapters.booth.device import MS, SECOND
from adapters.booth.film_path import Reel
from adapters.booth.rig import Rig
from adapters.booth.stagehands import Stagehand
from statemachines.words import Latch, Role
from tests.support.booth import Automat

SHOW = ("filmin", "ready", "start", "tail", "rewound", "filmout")


class Hall:
    """A rig with a person and a small controller, in simulated time."""

    def __init__(self, *feet: int, break_at_frame: int | None = None) -> None:
        self.rig = Rig(
            "h1",
            [Reel(35, each) for each in feet],
            [Role.PROJECTION],
            now_ns=0,
            draw_epoch=lambda: 7,
            fps_milli=480_000,
        )
        self.person = Stagehand(break_at_frame)
        self.automat = Automat(self.rig.projector, lambda: not self.rig.reels_left)
        self.moves: list[tuple[int, str]] = []

    def live(self, seconds: int) -> None:
        """Everybody looks once in 50 ms."""
        for _ in range(seconds * 20):
            now_ns = self.rig.projector.now_ns + 50 * MS
            self.rig.advance(now_ns)
            self.automat.react()
            wish = self.person.next_move(self.rig, now_ns)
            if wish is not None:
                self.moves.append((now_ns, wish))
                assert hands.move(self.rig, wish) == "ok"

    def made(self, wish: str) -> list[int]:
        return [at_ns for at_ns, each in self.moves if each == wish]


def test_show_after_show() -> None:
    hall = Hall(1000)
    hall.live(180)
    assert hall.automat.seen(*SHOW)[:12] == [*SHOW, *SHOW]


def test_every_reel_of_a_programme_is_shown_and_the_last_is_rewound() -> None:
    hall = Hall(600, 700)
    hall.live(90)
    reels = ["filmin", "ready", "start", "tail", "filmout", "filmin", "ready", "start", "tail", "rewound", "filmout"]
    assert hall.automat.seen(*SHOW)[: len(reels)] == reels


def test_a_broken_film_is_mended_and_the_show_goes_on_only_after_the_latch_is_cleared() -> None:
    hall = Hall(1000, break_at_frame=3000)
    hall.live(20)
    projector = hall.rig.projector
    assert [latch.name for latch in projector.snapshot().latched] == [Latch.BREAK]
    assert len(hall.made("rethread")) == 1
    assert len(hall.made("ready")) == 1
    frame = projector.frame
    assert frame >= 3000
    hall.live(20)
    assert len(hall.made("ready")) == 1
    assert hall.automat.operator("clear") == "ok"
    hall.live(60)
    assert hall.automat.seen("break", "tail", "rewound")[:3] == ["break", "tail", "rewound"]


def test_start_is_pressed_again_at_most_once_a_second_until_the_motor_runs() -> None:
    hall = Hall(1000)
    hall.live(2)
    assert hall.made("ready")
    hall.automat.deaf_until_ns = hall.rig.projector.now_ns + 5 * SECOND
    hall.live(10)
    presses = hall.made("start")
    assert len(presses) >= 4
    assert min(later - earlier for earlier, later in pairwise(presses)) >= SECOND
    assert hall.rig.projector.dowser_open


def test_a_show_that_somebody_stopped_is_not_started_by_the_people() -> None:
    hall = Hall(1000)
    hall.live(6)
    assert hall.automat.operator("motor", "stop") == "ok"
    presses = len(hall.made("start"))
    hall.live(20)
    assert len(hall.made("start")) == presses
