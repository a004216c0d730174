# SPDX-License-Identifier: Apache-2.0
"""A hall's machine as a picture, for the fake site, in the layout of the real one."""

from statemachines.words import State
from tests.web.board.fake_hall import MEANINGS, FakeHall, Json
from web.sight.layout import HEIGHT, PLACES, WIDTH, path

_MOVES = {
    ("idle", "threading"): ["film_inserted"],
    ("threading", "idle"): ["film_removed"],
    ("threading", "projecting"): ["show_started"],
    ("projecting", "threading"): ["show_stopped"],
    ("projecting", "rewinding"): ["reel_end"],
    ("projecting", "idle"): ["film_removed"],
    ("threading", "rewinding"): ["rewind_requested"],
    ("rewinding", "threading"): ["rewound", "show_stopped"],
    ("rewinding", "idle"): ["rewound"],
    ("idle", "fault"): ["emergency_stop"],
    ("threading", "fault"): ["emergency_stop"],
    ("projecting", "fault"): ["film_broke", "emergency_stop"],
    ("rewinding", "fault"): ["film_broke", "emergency_stop"],
    ("fault", "idle"): ["reset"],
    ("fault", "threading"): ["reset"],
}


def graph(hall: FakeHall) -> Json:
    """Return the Graph of a hall."""
    view = hall.view()
    edges = [(trigger, pair) for pair, triggers in _MOVES.items() for trigger in triggers]
    return {
        "hall": hall.id,
        "width": WIDTH,
        "height": HEIGHT,
        "window_ms": 2_592_000_000,
        "active": hall.state,
        "since_ms": hall.since_ms,
        "deadline": None,
        "last_edge": hall.last_edge,
        "states": [_state(name) for name in PLACES],
        "moves": [_move(*pair, triggers) for pair, triggers in _MOVES.items()],
        "edges": [_edge(trigger, *pair) for trigger, pair in edges],
        "can": view["can"],
    }


def _state(name: str) -> Json:
    box = PLACES[State(name)]
    dwell = {"p50_ms": 1_290_000, "p90_ms": 1_400_000, "p99_ms": 1_500_000} if name == "projecting" else None
    shape = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    return {"name": name, "title": name.capitalize(), **shape, "count": 4, "dwell": dwell}


def drawn(source: str, dest: str) -> str:
    """Return the path of a move as the site draws it."""
    return path(State(source), State(dest), both_ways=(dest, source) in _MOVES)


def _move(source: str, dest: str, triggers: list[str]) -> Json:
    ends = {"source": source, "dest": dest, "path": drawn(source, dest), "to_fault": dest == "fault"}
    return {**ends, "triggers": triggers, "count": 3, "last_ms": None}


def _edge(trigger: str, source: str, dest: str) -> Json:
    return {
        "name": f"{source}>{dest}:{trigger}",
        "trigger": trigger,
        "source": source,
        "dest": dest,
        "internal": False,
        "meaning": MEANINGS[trigger],
        "guards": [],
        "opens": [],
        "closes": [],
    }
