# SPDX-License-Identifier: Apache-2.0
"""Where each state of a hall stands in the picture, and the paths between them. It never changes: people learn it.

The four working states are a ring, fault is in the middle. Places are in units of an SVG view box.
"""

from dataclasses import dataclass

from statemachines.words import State

WIDTH, HEIGHT = 480, 260
_WIDE, _HIGH = 124, 44
_LANE = 8
"""How far the two directions of one pair of states keep from the middle line between them."""
_QUIET_LANE = 6


@dataclass(frozen=True)
class Box:
    """A state's place: its upper left corner and its size."""

    x: int
    y: int
    width: int = _WIDE
    height: int = _HIGH

    @property
    def middle(self) -> tuple[int, int]:
        return self.x + self.width // 2, self.y + self.height // 2


PLACES = {
    State.IDLE: Box(8, 8),
    State.THREADING: Box(348, 8),
    State.PROJECTING: Box(348, 208),
    State.REWINDING: Box(8, 208),
    State.FAULT: Box(178, 108),
}

_AROUND = {
    # What would cross the box of fault goes around it.
    (State.THREADING, State.REWINDING): "M 392 52 C 372 82 310 82 240 82 S 116 108 72 208",
    (State.REWINDING, State.THREADING): "M 88 208 C 108 178 170 178 240 178 S 364 152 408 52",
    (State.PROJECTING, State.IDLE): "M 349 222 C 280 192 196 202 160 164 S 104 104 84 52",
}
_RING_SHIFT = {State.IDLE: -30, State.REWINDING: -30, State.THREADING: 30, State.PROJECTING: 30}
"""Upright lines stand at the outer side of their boxes: the inner side is for those that lead to fault."""


def path(source: State, dest: State, *, both_ways: bool) -> str:
    """Return the `d` of the path from one box's edge to the other's; of two ways each keeps to its left."""
    around = _AROUND.get((source, dest))
    if around is not None:
        return around
    a, b = PLACES[source], PLACES[dest]
    if a.y == b.y:
        return _level(a, b, _LANE if both_ways else 0)
    if a.x == b.x:
        return _upright(a, b, _RING_SHIFT[source], _LANE if both_ways else 0)
    return _slanted(a, b, _QUIET_LANE if both_ways else 0)


def _level(a: Box, b: Box, lane: int) -> str:
    right = b.x > a.x
    y = a.middle[1] + (-lane if right else lane)
    return f"M {a.x + a.width if right else a.x} {y} L {b.x if right else b.x + b.width} {y}"


def _upright(a: Box, b: Box, shift: int, lane: int) -> str:
    down = b.y > a.y
    x = a.middle[0] + shift + (lane if down else -lane)
    return f"M {x} {a.y + a.height if down else a.y} L {x} {b.y if down else b.y + b.height}"


def _slanted(a: Box, b: Box, lane: int) -> str:
    """Along the line between the middles, from edge to edge: all such lines leave and enter by the long sides."""
    (ax, ay), (bx, by) = a.middle, b.middle
    down = by > ay
    run_a, run_b = a.height / 2, b.height / 2
    slope = (bx - ax) / abs(by - ay)
    start_x, end_x = ax + slope * run_a, bx - slope * run_b
    aside = lane if down else -lane
    start_y, end_y = (ay + run_a, by - run_b) if down else (ay - run_a, by + run_b)
    return f"M {start_x + aside:.0f} {start_y:.0f} L {end_x + aside:.0f} {end_y:.0f}"
