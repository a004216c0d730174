# SPDX-License-Identifier: Apache-2.0
"""The picture of a hall's machine: its paths lead from box to box and cross none."""

import re

import pytest

from statemachines.words import State
from web.sight.layout import HEIGHT, PLACES, WIDTH, Box, path
from web.sight.machine import moves

MOVES = list(moves())
Point = tuple[float, float]


def points(d: str) -> list[Point]:
    """Return points along a path of M, L, C and S, close to one another."""
    parts = [(letter, [float(n) for n in numbers.split()]) for letter, numbers in re.findall(r"([MLCS])([^MLCS]*)", d)]
    (_, start), found = parts[0], [(parts[0][1][0], parts[0][1][1])]
    at, control = (start[0], start[1]), (start[0], start[1])
    for letter, n in parts[1:]:
        end = (n[-2], n[-1])
        first = (n[0], n[1]) if letter == "C" else (2 * at[0] - control[0], 2 * at[1] - control[1])
        second = (n[-4], n[-3]) if letter in "CS" else at
        if letter == "L":
            first, second = at, end
        found += [bezier(at, first, second, end, step / 60) for step in range(1, 61)]
        at, control = end, second
    return found


def bezier(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    u = 1 - t
    x, y = (u**3 * a[i] + 3 * u * u * t * b[i] + 3 * u * t * t * c[i] + t**3 * d[i] for i in (0, 1))
    return x, y


def is_inside(point: Point, box: Box) -> bool:
    x, y = point
    return box.x + 2 < x < box.x + box.width - 2 and box.y + 2 < y < box.y + box.height - 2


def is_on_edge(point: Point, box: Box) -> bool:
    x, y = point
    within = box.x - 1 <= x <= box.x + box.width + 1 and box.y - 1 <= y <= box.y + box.height + 1
    return within and not is_inside(point, box)


@pytest.mark.parametrize(("source", "dest"), MOVES, ids=[f"{source}>{dest}" for source, dest in MOVES])
def test_a_path_leads_from_box_to_box_and_crosses_none(source: State, dest: State) -> None:
    way = points(path(source, dest, both_ways=(dest, source) in MOVES))
    assert is_on_edge(way[0], PLACES[source])
    assert is_on_edge(way[-1], PLACES[dest])
    assert not [point for point in way for box in PLACES.values() if is_inside(point, box)]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in way)


def test_no_two_paths_begin_or_end_in_one_point() -> None:
    ways = [points(path(source, dest, both_ways=(dest, source) in MOVES)) for source, dest in MOVES]
    ends = [(round(x), round(y)) for way in ways for x, y in (way[0], way[-1])]
    assert len(set(ends)) == len(ends)


def test_no_two_states_touch() -> None:
    boxes = list(PLACES.values())
    assert PLACES.keys() == set(State)
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = one.x + one.width < other.x or other.x + other.width < one.x
            assert apart or one.y + one.height < other.y or other.y + other.height < one.y
