# SPDX-License-Identifier: Apache-2.0
"""The table as a picture: JSON for programs, Mermaid for documents, DOT for Graphviz."""

from collections.abc import Iterable
from typing import Any

from statemachines.reasons import HAPPENED
from statemachines.table import Edge, Table

_ADOPTED = "runtime_recovered"
"""By this a machine finds itself in whatever state its hardware is in: no way that a show takes."""


def moves(table: Table[Any]) -> dict[tuple[str, str], list[str]]:
    """Return the triggers of each change of state that a picture shows; internal reactions are none."""
    found: dict[tuple[str, str], list[str]] = {}
    for edge in table.edges:
        if edge.dest is not None and edge.trigger != _ADOPTED:
            triggers = found.setdefault((str(edge.source), str(edge.dest)), [])
            if edge.trigger not in triggers:
                triggers.append(edge.trigger)
    return found


def _edge_object(edge: Edge[Any]) -> dict[str, Any]:
    return {
        "name": edge.name,
        "trigger": edge.trigger,
        "source": str(edge.source),
        "dest": str(edge.dest or edge.source),
        "internal": edge.dest is None,
        "meaning": HAPPENED.get(edge.trigger, edge.trigger.replace("_", " ")),
        "guards": [guard.__name__ for guard in edge.guards],
        "actions": [action.__name__ for action in edge.actions],
    }


def as_object(table: Table[Any]) -> dict[str, Any]:
    """Return states and edges (`name trigger source dest internal meaning guards actions`) as plain data."""
    return {
        "states": [str(state) for state in table.states],
        "edges": [_edge_object(edge) for edge in table.edges],
    }


def _gathered(drawn: dict[tuple[str, str], list[str]], gather: str) -> Iterable[tuple[str, str, list[str]]]:
    """Draw the edges into `gather` without their long lists: they are told once, in its note."""
    for (source, dest), triggers in drawn.items():
        yield source, dest, [] if dest == gather else triggers


def as_mermaid(table: Table[Any], gather: str = "") -> str:
    """Return a Mermaid state diagram; triggers into state `gather` are listed once in a note."""
    drawn = moves(table)
    lines = ["stateDiagram-v2", f"    [*] --> {next(iter(table.states))}"]
    for source, dest, triggers in _gathered(drawn, gather):
        lines.append(f"    {source} --> {dest}" + (f" : {'<br/>'.join(triggers)}" if triggers else ""))
    into = sorted({trigger for (_, dest), triggers in drawn.items() if dest == gather for trigger in triggers})
    if into:
        lines += [f"    note right of {gather}", *(f"        {trigger}" for trigger in into), "    end note"]
    return "\n".join(lines) + "\n"


def as_dot(table: Table[Any]) -> str:
    """Return a Graphviz digraph of the changes of state."""
    lines = [
        "digraph machine {",
        "    rankdir=LR;",
        '    node [shape=box, style=rounded, fontname="sans-serif"];',
    ]
    lines += [f'    "{state}";' for state in table.states]
    for (source, dest), triggers in moves(table).items():
        label = "\\n".join(triggers)
        lines.append(f'    "{source}" -> "{dest}" [label="{label}"];')
    return "\n".join([*lines, "}"]) + "\n"
