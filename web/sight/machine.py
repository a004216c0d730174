# SPDX-License-Identifier: Apache-2.0
"""The hall's table as the picture needs it: moves, and which sessions an edge opens or closes. Made once."""

from functools import cache

from msgspec.structs import replace

from statemachines import graph
from statemachines.hall import new_hall
from statemachines.hall_table import HALL_TABLE
from statemachines.settings import Settings
from statemachines.wanted import wanted
from statemachines.words import Role, State
from web.api.shapes.graph import EdgeView


@cache
def edges(roles: tuple[Role, ...]) -> tuple[EdgeView, ...]:
    """Return every row of the table, for a hall with these roles."""
    return tuple(
        EdgeView(
            **{name: edge[name] for name in ("name", "trigger", "internal", "meaning", "guards")},
            source=State(edge["source"]),
            dest=State(edge["dest"]),
            opens=_only(roles, edge["dest"], edge["source"]),
            closes=_only(roles, edge["source"], edge["dest"]),
        )
        for edge in graph.as_object(HALL_TABLE)["edges"]
    )


def _only(roles: tuple[Role, ...], one: str, other: str) -> list[Role]:
    """Return the sessions that the one state wants by itself and the other does not."""
    return sorted(_wanted_in(roles, State(one)) - _wanted_in(roles, State(other)))


def _wanted_in(roles: tuple[Role, ...], state: State) -> frozenset[Role]:
    return wanted(replace(new_hall("h", Settings(roles=roles)), state=state, recovered=True))


@cache
def moves() -> dict[tuple[State, State], list[str]]:
    """Return the triggers of each change of state that the picture shows."""
    return {(State(source), State(dest)): triggers for (source, dest), triggers in graph.moves(HALL_TABLE).items()}
