# SPDX-License-Identifier: Apache-2.0
"""A hall's step, with all its context and effects, beside a bare trigger of `transitions`."""

from transitions import Machine

from benchmarks.measure import Figure, cost
from statemachines import events as e
from statemachines.hall import Hall, new_hall
from statemachines.machine import step
from statemachines.settings import Settings
from statemachines.snapshot import Snapshot
from statemachines.words import Lamp, Role


class _Bare:
    """A model with one transition and nothing else."""


def _bare() -> Figure:
    model = _Bare()
    machine = Machine(model, states=["a", "b"], initial="a", auto_transitions=False, send_event=True)
    machine.add_transition("go", "a", "b")
    machine.add_transition("go", "b", "a")
    trigger = machine.events["go"].trigger
    return cost("transitions, one bare trigger", lambda: trigger(model))


def _threaded() -> Hall:
    """A hall that a START button takes into a show: every guard of the longest list must pass."""
    hall = new_hall("h1", Settings())
    read = Snapshot(epoch=1, seq=0, film=True, ready=True, lamp=Lamp.LIT)
    told: list[e.Event] = [e.SessionUp(role=role, gen=1, last=0) for role in Role]
    told.append(e.RuntimeRecovered(projection=read, sound=Snapshot(epoch=2, seq=0)))
    for event in told:
        hall = step(hall, e.Stamped(at_ns=1, event=event)).hall
    return hall


def figures() -> list[str]:
    """Return the rows of this comparison."""
    bare, hall = _bare(), _threaded()
    start = e.Stamped(at_ns=2, event=e.ShowStarted(role=Role.PROJECTION, epoch=1, hw_seq=1))
    frame = e.Stamped(at_ns=2, event=e.FrameCounted(role=Role.PROJECTION, epoch=1, hw_seq=1, frame=9))
    assert step(hall, start).edge  # what is measured must be the transition
    return [
        bare.line(),
        cost("a step: show_started, 12 guards, 4 effects", lambda: step(hall, start)).line(bare),
        cost("a step: frame_counted, noted", lambda: step(hall, frame)).line(bare),
    ]
