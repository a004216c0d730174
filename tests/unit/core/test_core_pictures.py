# SPDX-License-Identifier: Apache-2.0
"""A table as others read it: programs by its keys, Mermaid and Graphviz by their own grammar."""

from enum import StrEnum

from statemachines.graph import as_dot, as_mermaid, as_object
from statemachines.table import Draft, Edge, Machined, Table


class Lift(StrEnum):
    LOW = "low"
    HIGH = "high"
    STUCK = "stuck"


def nobody_in_it(draft: Draft[Machined]) -> str:
    return "" if draft.value.at_ns else "somebody is in it"


def ring(draft: Draft[Machined]) -> None:
    draft.change(at_ns=draft.at_ns)


LIFT: Table[Machined] = Table(
    Lift,
    (
        Edge("film_ready", Lift.LOW, Lift.HIGH, (nobody_in_it,), (ring,)),
        Edge("called_up", Lift.LOW, Lift.HIGH),
        Edge("called_up", Lift.LOW, Lift.HIGH),
        Edge("called_down", Lift.HIGH, Lift.LOW),
        Edge("bell_rung", Lift.HIGH, None, (), (ring,)),
        Edge("runtime_recovered", Lift.HIGH, Lift.LOW),
        Edge("rope_torn", Lift.LOW, Lift.STUCK),
        Edge("rope_torn", Lift.HIGH, Lift.STUCK),
        Edge("door_open", Lift.HIGH, Lift.STUCK),
    ),
)


def test_programs_read_states_and_edges() -> None:
    found = as_object(LIFT)
    assert found["states"] == ["low", "high", "stuck"]
    assert found["edges"][0] == {
        "name": "low>high:film_ready",
        "trigger": "film_ready",
        "source": "low",
        "dest": "high",
        "internal": False,
        "meaning": "READY: the film is threaded",
        "guards": ["nobody_in_it"],
        "actions": ["ring"],
    }
    assert found["edges"][4] == {
        "name": "high>high:bell_rung",
        "trigger": "bell_rung",
        "source": "high",
        "dest": "high",
        "internal": True,
        "meaning": "bell rung",
        "guards": [],
        "actions": ["ring"],
    }
    assert len(found["edges"]) == 9


def test_mermaid_tells_the_many_ways_into_one_state_once() -> None:
    assert as_mermaid(LIFT, gather="stuck") == (
        "stateDiagram-v2\n"
        "    [*] --> low\n"
        "    low --> high : film_ready<br/>called_up\n"
        "    high --> low : called_down\n"
        "    low --> stuck\n"
        "    high --> stuck\n"
        "    note right of stuck\n"
        "        door_open\n"
        "        rope_torn\n"
        "    end note\n"
    )


def test_mermaid_with_nothing_gathered_labels_every_arrow() -> None:
    assert as_mermaid(LIFT) == (
        "stateDiagram-v2\n"
        "    [*] --> low\n"
        "    low --> high : film_ready<br/>called_up\n"
        "    high --> low : called_down\n"
        "    low --> stuck : rope_torn\n"
        "    high --> stuck : rope_torn<br/>door_open\n"
    )


def test_graphviz_reads_a_digraph() -> None:
    assert as_dot(LIFT) == (
        "digraph machine {\n"
        "    rankdir=LR;\n"
        '    node [shape=box, style=rounded, fontname="sans-serif"];\n'
        '    "low";\n'
        '    "high";\n'
        '    "stuck";\n'
        '    "low" -> "high" [label="film_ready\\ncalled_up"];\n'
        '    "high" -> "low" [label="called_down"];\n'
        '    "low" -> "stuck" [label="rope_torn"];\n'
        '    "high" -> "stuck" [label="rope_torn\\ndoor_open"];\n'
        "}\n"
    )
