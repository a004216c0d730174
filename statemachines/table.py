# SPDX-License-Identifier: Apache-2.0
"""The form that every machine here has: one table of frozen edges, fired by a synchronous `transitions.Machine`.

The Machine is built once a table and never owns a model: a step hands it a fresh draft, so nothing is shared
between steps, threads or halls. Guards answer in words; actions only change the draft.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar, cast

import msgspec
from transitions import EventData, Machine

from statemachines.effects import Effect
from statemachines.events import Event, Stamped
from statemachines.values import Value


class Machined(Value, frozen=True, kw_only=True):
    """The base of a machine's whole value. Subclasses narrow `state` to their own states and add their context."""

    state: StrEnum
    since_ns: int = 0
    at_ns: int = 0


V = TypeVar("V", bound=Machined)


@dataclass(slots=True)
class Draft(Generic[V]):
    """What a step works on: the value as it becomes, and the effects so far. Lives for one step."""

    value: V
    stamped: Stamped
    effects: list[Effect] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    state: str = ""
    fired: "Edge[V] | None" = None

    @property
    def event(self) -> Event:
        return self.stamped.event

    @property
    def at_ns(self) -> int:
        return self.stamped.at_ns

    def change(self, **fields: Any) -> None:
        """Replace fields of the value."""
        self.value = msgspec.structs.replace(self.value, **fields)


Guard = Callable[[Draft[V]], str]
"""Passes with an empty string, or refuses in words that an operator understands."""

Action = Callable[[Draft[V]], None]


@dataclass(frozen=True)
class Edge(Generic[V]):
    """One row of a machine's table. `dest` is None for an internal reaction."""

    trigger: str
    source: str
    dest: str | None
    guards: tuple[Guard[V], ...] = ()
    actions: tuple[Action[V], ...] = ()

    @property
    def name(self) -> str:
        """How the log calls it: `source>dest:trigger`."""
        return f"{self.source}>{self.dest or self.source}:{self.trigger}"


class EdgeName(NamedTuple):
    """What the name of an edge says."""

    source: str
    dest: str
    trigger: str


def edge_named(name: str) -> EdgeName:
    """Read what `Edge.name` says, as it stands in a row of the log."""
    states, _, trigger = name.partition(":")
    source, _, dest = states.partition(">")
    return EdgeName(source, dest, trigger)


class Table(Generic[V]):
    """A machine: its states, its edges, and the look-up by (state, trigger) that agrees with `transitions`."""

    def __init__(self, states: type[StrEnum], edges: Sequence[Edge[V]]) -> None:
        self.states = states
        self.edges = tuple(edges)
        self.by_pair: dict[tuple[str, str], tuple[Edge[V], ...]] = {}
        for edge in edges:
            pair = (edge.source, edge.trigger)
            self.by_pair[pair] = (*self.by_pair.get(pair, ()), edge)
        self.triggers = tuple(dict.fromkeys(edge.trigger for edge in edges))
        self.machine = Machine(
            model=None,
            states=[str(state) for state in states],
            initial=None,
            transitions=[self._transition(edge) for edge in edges],
            auto_transitions=False,
            send_event=True,
        )

    def _transition(self, edge: Edge[V]) -> dict[str, Any]:
        def conditions_hold(data: EventData) -> bool:
            draft = cast(Draft[V], data.model)
            refusal = next(filter(None, (guard(draft) for guard in edge.guards)), "")
            if refusal:
                draft.refusals.append(refusal)
            return not refusal

        def apply(data: EventData) -> None:
            draft = cast(Draft[V], data.model)
            draft.fired = edge
            if edge.dest is not None:
                draft.change(state=self.states(edge.dest), since_ns=draft.at_ns)
            for action in edge.actions:
                action(draft)

        return {
            "trigger": edge.trigger,
            "source": str(edge.source),
            "dest": None if edge.dest is None else str(edge.dest),
            "conditions": [conditions_hold],
            "after": [apply],
        }

    def fire(self, draft: Draft[V], state: str, trigger: str) -> Edge[V] | None:
        """Fire the first edge whose guards all pass and return it; else None, the reasons in `draft.refusals`.

        A pair with no edge is no error: it answers None with no reason, for the caller to word.
        """
        if (state, trigger) not in self.by_pair:
            return None
        draft.state = str(state)
        self.machine.events[trigger].trigger(draft)
        return draft.fired
