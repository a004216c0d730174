# SPDX-License-Identifier: Apache-2.0
"""Random lives of a hall: mostly what a booth does, sometimes anything at all."""

from collections.abc import Iterator
from random import Random

from statemachines import events as e
from statemachines.hall import Hall, new_hall
from statemachines.machine import Step, step
from statemachines.settings import Settings
from statemachines.words import Role, State, Tension
from tests.support.inputs import MS, SHOWS, inputs, snapshot

P, S = Role.PROJECTION, Role.SOUND


def _mends(hall: Hall) -> Iterator[e.Event]:
    """Return what leads out of fault."""
    for role in (P, S):
        yield e.SessionUp(role=role, gen=9, last=0)
    yield e.TensionChanged(
        role=P, epoch=hall.projection.epoch or 7, hw_seq=hall.projection.hw_seq + 1, tension=Tension.GOOD
    )
    yield e.OperatorRequested(verb="acknowledge", argument="sensor_dissent")
    yield e.OperatorRequested(verb="acknowledge")
    yield e.SnapshotRead(role=P, snapshot=snapshot(hall.projection, **SHOWS["film in"]))
    yield e.SnapshotRead(role=S, snapshot=snapshot(hall.sound))
    yield e.OperatorRequested(verb="reset")


def _show(hall: Hall) -> Iterator[e.Event]:
    """Return what leads from anywhere outside fault to a show."""
    yield e.RuntimeRecovered(projection=snapshot(hall.projection), sound=snapshot(hall.sound))
    yield e.HoldLifted(hold="maintenance")
    yield e.HoldLifted(hold="deployment")
    for role in (P, S):
        yield e.SessionUp(role=role, gen=9, last=0)
    at = {"role": P, "epoch": hall.projection.epoch or 7}
    seq = hall.projection.hw_seq + 1
    for make in (e.FilmInserted, e.FilmReady, e.LampLit, e.ShowStarted, e.MotorAtSpeed):
        yield make(**at, hw_seq=seq)  # type: ignore[arg-type]  # the keys are those of a kernel event
        seq += 1


def _something(random: Random, hall: Hall) -> e.Stamped:
    """Return any representative event, but seldom one that ends in fault."""
    told = list(inputs(hall))
    seldom = random.random() < 0.05
    for each in random.choices(told, k=99):
        if seldom or hall.state is State.FAULT or step(hall, each).hall.state is not State.FAULT:
            return each
    return told[0]


def _plot(random: Random, hall: Hall) -> Iterator[e.Stamped]:
    if random.random() < (0.7 if hall.state is State.FAULT else 0.15):
        for at, event in enumerate(_mends(hall) if hall.state is State.FAULT else _show(hall)):
            yield e.Stamped(at_ns=hall.at_ns + (at + 1) * MS, event=event)
    else:
        yield _something(random, hall)


def lived(random: Random, length: int, settings: Settings) -> Iterator[tuple[Hall, e.Stamped, Step]]:
    """Live a hall for so many choices; yield each hall with what came and what came of it."""
    hall = new_hall("h1", settings)
    for _ in range(length):
        for stamped in _plot(random, hall):
            taken = step(hall, stamped)
            yield hall, stamped, taken
            hall = taken.hall
