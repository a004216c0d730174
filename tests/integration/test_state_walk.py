# SPDX-License-Identifier: Apache-2.0
"""The hall core keeps its safety rules in every state that it can reach.

What is shown, and how the parts hang together:
- A hall's abstraction decides its edge, its verdict and its next abstraction (tests/unit/core/test_abstraction.py), so
  walking abstractions is walking halls. Their whole number is out of reach; each rule has its own projection.
- Each projection is walked to its end; every rule, not only its own, is checked at each step, on real halls by the
  real `step`. A projection keeps what its rule's guards read; what it neglects is shown to the machine with
  everything in order, with an empty gate, and with everything in the way.
- Random lives of whole halls, nothing neglected, break no rule, and each hall that such a life passes through stands
  for one that every walk visited. This last part is evidence, not proof: it holds for the lives that were tried.
- Tables that were spoiled on purpose, a rule each, are found out by the walk of that rule.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from random import Random

import pytest

from statemachines import actions, guards, machine
from statemachines.hall import Hall
from statemachines.hall_table import HALL_TABLE
from statemachines.reasons import HAPPENED
from statemachines.table import Edge, Guard, Table
from statemachines.words import State
from tests.support.rules import broken
from tests.support.runs import lived
from tests.support.walk import LIMIT, PROJECTIONS, Projection, Walked, walk

by_projection = pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda projection: projection.name)


@lru_cache
def walked(projection: Projection) -> Walked:
    began = time.perf_counter()
    found = walk(projection)
    seconds = time.perf_counter() - began
    print(f"\n{projection.name}: {len(found.leads_to)} states, {found.steps} steps, {seconds:.1f} s", end="")
    return found


@pytest.mark.timeout(600)
@by_projection
def test_every_reachable_state_keeps_every_rule(projection: Projection) -> None:
    found = walked(projection)
    assert found.broken == []
    assert len(found.leads_to) <= LIMIT


@pytest.mark.timeout(600)
@by_projection
def test_from_every_reachable_state_there_is_a_way_to_idle(projection: Projection) -> None:
    assert walked(projection).without_a_way_to(State.IDLE) == set()


@pytest.mark.timeout(600)
def test_the_walks_fire_every_edge_of_the_table() -> None:
    fired = {edge for projection in PROJECTIONS for edge in walked(projection).edges}
    assert {edge.name for edge in HALL_TABLE.edges} - fired == set()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(6))
def test_random_lives_of_whole_halls_stay_within_the_walks_and_keep_the_rules(seed: int) -> None:
    plain = [projection for projection in PROJECTIONS if len(projection.settings) == 1]
    for before, stamped, taken in lived(Random(seed), 400, plain[0].settings[0]):
        assert broken(before, stamped, taken) == []
        for projection in plain:
            assert projection(taken.hall) in walked(projection).leads_to, (projection.name, stamped.event)


def _but(change: Callable[[Edge[Hall]], Edge[Hall] | None]) -> Table[Hall]:
    """Return the hall's table with each edge changed, or left out."""
    return Table(State, [edge for edge in map(change, HALL_TABLE.edges) if edge is not None])


def _forgiving(edge: Edge[Hall]) -> Edge[Hall]:
    return replace(edge, dest=State.IDLE) if edge.trigger == "fault_acknowledged" else edge


def _unguarded(guard: Guard[Hall]) -> Table[Hall]:
    return _but(lambda edge: replace(edge, guards=tuple(each for each in edge.guards if each is not guard)))


def _backwards(edge: Edge[Hall]) -> Edge[Hall]:
    return replace(edge, actions=(actions.lights_up, *edge.actions)) if edge.dest is State.FAULT else edge


def _dropping(edge: Edge[Hall]) -> Edge[Hall] | None:
    return None if (edge.source, edge.trigger) == (State.REWINDING, "film_broke") else edge


def _giving_up(edge: Edge[Hall]) -> Edge[Hall]:
    return replace(edge, trigger="session_lost") if edge.name == "projecting>threading:show_stopped" else edge


@pytest.mark.parametrize(
    ("rule", "spoiled", "says"),
    [
        ("rule 2: order", _but(_backwards), "the stop is out of order"),
        ("rule 3: latched, estop", _but(_forgiving), "the fault was left without a reset"),
        ("rule 3: latched, estop", _unguarded(guards.hardware_clear), "the fault was left without a reset"),
        ("rule 2: order", _but(_giving_up), "the show was stopped"),
        ("rule 6: safety events", _but(_dropping), "a safety event was dropped"),
        ("rule 7: held", _unguarded(guards.not_held), "a held hall took film"),
    ],
)
def test_a_walk_notices_a_table_that_breaks_its_rule(
    rule: str, spoiled: Table[Hall], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "HALL_TABLE", spoiled)
    monkeypatch.setattr(machine, "HAPPENED", {**HAPPENED, "session_lost": "a session was lost"})
    projection = next(each for each in PROJECTIONS if each.name == rule)
    assert says in "".join(walk(projection).broken)


def test_a_walk_notices_a_dowser_that_nobody_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_keep_dowser_safe", lambda _draft, _before: None)
    assert "the dowser stays open" in "".join(walk(PROJECTIONS[0]).broken)
