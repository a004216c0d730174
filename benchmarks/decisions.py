# SPDX-License-Identifier: Apache-2.0
"""Deciding: every step of a whole show, with context, guards in words and effects, beside bare `transitions`."""

from collections.abc import Callable, Sequence
from pathlib import Path

from transitions import Machine

from benchmarks.measure import Figure, in_turns, p50, p99
from benchmarks.show import Showing
from statemachines.events import Event, FrameCounted, HeartbeatHeard, SnapshotRead, Stamped, TimecodeRead
from statemachines.hall import Hall
from statemachines.machine import step
from statemachines.words import State

_TELEMETRY = (FrameCounted, TimecodeRead, HeartbeatHeard, SnapshotRead)
_FLOOR = "a trigger of bare `transitions`, the same five states, no guard, no context, no effect"
_PATH = (
    ("film_inserted", State.IDLE, State.THREADING),
    ("show_started", State.THREADING, State.PROJECTING),
    ("reel_end", State.PROJECTING, State.REWINDING),
    ("rewound", State.REWINDING, State.THREADING),
    ("film_removed", State.THREADING, State.IDLE),
)
_BARE_SHOWS, _DECIDING_SHOWS = 100, 40


class _Bare:
    """A model that carries nothing but its state."""


def bare_shows() -> Callable[[], int]:
    """Return what walks the path of a show over and over on bare `transitions`, and counts the triggers."""
    model = _Bare()
    states = [str(state) for state in State]
    machine = Machine(model, states=states, initial=str(State.IDLE), auto_transitions=False)
    for trigger, source, dest in _PATH:
        machine.add_transition(trigger, str(source), str(dest))
    walk = [getattr(model, trigger) for trigger, _, _ in _PATH]

    def party() -> int:
        for _ in range(_BARE_SHOWS):
            for trigger in walk:
                trigger()
        return _BARE_SHOWS * len(walk)

    return party


def _fold(hall: Hall, told: Sequence[Stamped], again: int = 1) -> Callable[[], int]:
    def party() -> int:
        for _ in range(again):
            now = hall
            for stamped in told:
                now = step(now, stamped).hall
        return len(told) * again

    return party


def _one(hall: Hall, stamped: Stamped) -> Callable[[], int]:
    def party() -> int:
        for _ in range(200):
            step(hall, stamped)
        return 200

    return party


def measure(_directory: Path) -> list[Figure]:
    """Measure a whole show as it comes, the events in it that decide something, and its longest list of guards."""
    showing = Showing()
    list(showing.begin())
    before = showing.hall
    told: list[Stamped] = []
    halls: dict[type[Event], tuple[Hall, Stamped]] = {}
    hall = before
    for stamped, made in showing.show():
        told.append(stamped)
        halls[type(stamped.event)] = hall, stamped
        hall = made.hall
    deciding = [each for each in told if not isinstance(each.event, _TELEMETRY)]
    start = next(pair for kind, pair in halls.items() if kind.__name__ == "ShowStarted")
    bare, whole, decided, started = in_turns(
        [bare_shows(), _fold(before, told), _fold(before, deciding, _DECIDING_SHOWS), _one(*start)]
    )
    floor = p50(bare)
    return [
        _figure(
            "decision_deciding_event",
            f"the {len(deciding)} events of a show that are no telemetry",
            decided,
            floor,
            5.0,
        ),
        _figure("decision_whole_show", f"all {len(told)} events of a show of 22 minutes", whole, floor, 5.0),
        _figure("decision_show_started", "START alone: 12 guards, 4 effects", started, floor, None),
        Figure("decisions_per_second", "events of a whole show, one core", 1e6 / p50(whole), "/s", len(whole)),
        Figure("bare_transition_p99", "bare `transitions`, p99 of the rounds", p99(bare), "µs", len(bare)),
    ]


def _figure(name: str, says: str, samples: Sequence[float], floor: float, aim: float | None) -> Figure:
    return Figure(name, says, p50(samples), "µs", len(samples), floor, _FLOOR, aim)
