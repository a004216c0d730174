# SPDX-License-Identifier: Apache-2.0
"""What halls go through in a night, for reports of it."""

from statemachines import events as e
from statemachines.events import Source
from tests.support.story import P, S
from tests.web.support.lived import LivedHall

FEET = (2000, 1950)


def thread(hall: LivedHall, feet: tuple[int, ...] = FEET) -> None:
    """Put film in, press READY, let the lamp burn."""
    hall.hear(e.FilmInserted, feet=feet, frame=0)
    make_ready(hall)


def make_ready(hall: LivedHall) -> None:
    hall.hear(e.FilmReady)
    hall.answer()
    hall.hear(e.LampLit)


def start(hall: LivedHall) -> None:
    """Press START; light falls on film."""
    hall.hear(e.ShowStarted)
    hall.answer()
    hall.hear(e.MotorAtSpeed)
    hall.answer()
    hall.hear(e.DowserMoved, open=True)


def run(hall: LivedHall, seconds: int, *, offset_us: int = 0) -> None:
    """Let the picture run for so long."""
    hall.wait(seconds)
    hall.hear(e.FrameCounted, frame=hall.hall.film.frame + 24 * seconds)
    film_us = hall.hall.film.frame * 1_000_000 // 24
    hall.hear(e.TimecodeRead, S, film_us=film_us, sound_us=film_us + offset_us, frame=0)


def stop(hall: LivedHall, actor: str) -> None:
    """Somebody stops the film on the page."""
    hall.take(e.OperatorRequested(verb="stop", actor=actor), Source.OPERATOR)
    stand(hall)


def stand(hall: LivedHall) -> None:
    """The dowser closes, the motor stands."""
    hall.hear(e.DowserMoved, open=False)
    hall.answer()
    hall.hear(e.MotorStopped)


def break_film(hall: LivedHall) -> None:
    hall.hear(e.FilmBroke)
    hall.hear(e.DowserMoved, open=False)
    hall.answer()


def mend(hall: LivedHall, actor: str) -> None:
    """Somebody acknowledges and resets; the film is threaded anew."""
    for verb in ("acknowledge", "reset"):
        hall.stands()
        hall.take(e.OperatorRequested(verb=verb, actor=actor), Source.OPERATOR)
    hall.answer()
    make_ready(hall)


def change_reel(hall: LivedHall) -> None:
    """The reel is over; the next one is threaded."""
    hall.hear(e.ReelEnded)
    stand(hall)
    hall.hear(e.FilmRemoved)
    hall.wait(120)
    thread(hall)


def end_and_rewind(hall: LivedHall) -> None:
    """The last reel is over and rewound; the film stays in the gate."""
    hall.hear(e.ReelEnded)
    stand(hall)
    hall.answer()
    hall.wait(600)
    hall.hear(e.Rewound, frame=0)
    hall.answer()


def a_night(hall: LivedHall) -> None:
    """Two reels, with a stop by anna and a break that boris mends; then the gate is empty."""
    hall.idle()
    hall.open(P, gen=3)
    thread(hall)
    start(hall)
    run(hall, 300, offset_us=-9_000)
    stop(hall, "anna")
    hall.wait(90)
    start(hall)
    run(hall, 600, offset_us=2_000)
    break_film(hall)
    hall.wait(240)
    mend(hall, "boris")
    start(hall)
    run(hall, 300, offset_us=11_000)
    change_reel(hall)
    start(hall)
    hall.lost(S)
    hall.wait(20)
    hall.up(S)
    hall.rotate(P, gen=4)
    run(hall, 1200)
    end_and_rewind(hall)
    hall.hear(e.FilmRemoved)
