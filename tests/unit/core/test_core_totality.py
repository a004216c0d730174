# SPDX-License-Identifier: Apache-2.0
"""Every state answers every event with a verdict and a reason, and the dict of the table agrees with `transitions`."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from transitions import MachineError

from statemachines import events as e
from statemachines.alarms import Alarm
from statemachines.explain import outlook
from statemachines.hall import Hall, with_device
from statemachines.hall_table import HALL_TABLE
from statemachines.label import label
from statemachines.machine import step
from statemachines.reasons import HAPPENED
from statemachines.settings import SECOND
from statemachines.table import Draft, Edge
from statemachines.values import canonical
from statemachines.words import Latch, Motor, Role, State, Verdict
from tests.support.halls import any_event, events_of, halls
from tests.support.inputs import inputs, of_alarms
from tests.support.walk import PLAIN, at_work, in_order, in_the_way, with_an_empty_gate

CONTEXTS = (in_order, with_an_empty_gate, at_work, in_the_way)
_SENTENCE = re.compile(r"(READY: |READY |LOCAL: )?[a-z0-9][^_]*[^.\s]$")


def reads_well(reason: str) -> bool:
    """A reason is a clause for people: no programmer's names but those to be typed, no representation of an object."""
    without_names = re.sub(r"'[^']*'|: use one of .*", "x", reason)
    return not re.search(r"<State|Verdict\.|State\.|_|\bNone\b", without_names) and bool(_SENTENCE.match(without_names))


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.__name__)
def test_every_state_answers_every_event_with_a_verdict_and_words(state: State, context: type) -> None:
    hall = replace(context(PLAIN), state=state)
    kinds = set()
    for stamped in (*inputs(hall), *of_alarms(hall)):
        taken = step(hall, stamped)
        kinds.add(e.kind_of(stamped.event))
        assert reads_well(taken.reason), (stamped.event, taken.reason)
        assert not (taken.verdict is Verdict.REFUSAL and taken.edge)
        assert (taken.verdict is Verdict.TRANSITION) == (taken.hall.state is not state)
    assert kinds == set(e.EVENT_CLASSES)


@given(hall=halls(), event=any_event, later=st.integers(0, 10 * SECOND), source=st.sampled_from(e.Source))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_event_whatever_its_payload_makes_a_step_raise(
    hall: Hall, event: e.Event, later: int, source: e.Source
) -> None:
    taken = step(hall, e.Stamped(at_ns=hall.at_ns + later, event=event, source=source))
    assert taken.reason
    assert label(taken.hall)
    assert outlook(taken.hall, taken.hall.at_ns)
    assert canonical(taken.hall)


@pytest.mark.parametrize("kind", sorted(e.EVENT_CLASSES))
def test_every_kind_of_event_steps_every_state(kind: str) -> None:
    @given(event=events_of(e.EVENT_CLASSES[kind]), context=st.sampled_from(CONTEXTS))
    @settings(max_examples=15, deadline=None)
    def steps(event: e.Event, context: type) -> None:
        for state in State:
            hall = replace(context(PLAIN), state=state)
            assert step(hall, e.Stamped(at_ns=hall.at_ns, event=event)).reason

    steps()


def test_what_happened_is_told_for_just_the_triggers_of_the_table() -> None:
    assert set(HAPPENED) == set(HALL_TABLE.triggers)


def _drafts(state: State) -> list[Draft[Hall]]:
    """Representative drafts: one for each way in which the guards of this pair may come out, as far as contexts go."""
    event: e.Event = e.OperatorRequested(verb="shelve", argument="sensor_dissent", minutes=10)
    contexts = [context(PLAIN) for context in CONTEXTS]
    contexts += [replace(hall, film=replace(hall.film, present=not hall.film.present)) for hall in contexts]
    contexts += [replace(hall, film=replace(hall.film, reel=1 + hall.film.reel % 2)) for hall in contexts]
    contexts += [replace(hall, fault=replace(hall.fault, acknowledged_ns=0, confirmed=False)) for hall in contexts[:2]]
    adoptable = in_order(PLAIN)
    for fields in (
        {"dowser_open": True, "at_speed": True},
        {"motor": Motor.REWIND},
    ):
        contexts.append(replace(adoptable, projector=replace(adoptable.projector, **fields)))
    contexts.append(with_device(adoptable, Role.SOUND, latched=(Latch.ESTOP,)))
    alarms = (Alarm(name="sensor_dissent", words="w"),)
    return [
        Draft(replace(hall, state=state, alarms=alarms), e.Stamped(at_ns=hall.at_ns, event=event)) for hall in contexts
    ]


def _interpreted(edges: tuple[Edge[Hall], ...], draft: Draft[Hall]) -> Edge[Hall] | None:
    """What the table says, read plainly: the first edge none of whose guards refuses."""
    return next((edge for edge in edges if not any(guard(draft) for guard in edge.guards)), None)


@pytest.mark.parametrize("trigger", HALL_TABLE.triggers)
@pytest.mark.parametrize("state", State)
def test_dict_and_transitions_agree_on_every_pair(state: State, trigger: str) -> None:
    edges = HALL_TABLE.by_pair.get((state, trigger), ())
    assert edges == tuple(edge for edge in HALL_TABLE.edges if (edge.source, edge.trigger) == (state, trigger))
    for draft, again in zip(_drafts(state), _drafts(state), strict=True):
        if not edges:
            assert HALL_TABLE.fire(draft, state, trigger) is None
            assert draft.refusals == []
            again.state = str(state)
            with pytest.raises(MachineError):
                HALL_TABLE.machine.events[trigger].trigger(again)
            continue
        expected = _interpreted(edges, again)
        fired = HALL_TABLE.fire(draft, state, trigger)
        assert fired is expected
        assert draft.value.state == (expected.dest if expected and expected.dest else state)
        assert draft.state == draft.value.state
        assert bool(fired) or draft.refusals


def test_the_drafts_let_every_edge_fire_and_every_guard_refuse() -> None:
    """So that the agreement above is not agreement about nothing."""
    fired, refused = set(), set()
    for (state, _), edges in HALL_TABLE.by_pair.items():
        for draft in _drafts(State(state)):
            for edge in edges:
                words = [guard(draft) for guard in edge.guards]
                fired |= {edge.name} if not any(words) else set()
                refused |= {guard.__name__ for guard, word in zip(edge.guards, words, strict=True) if word}
    guards = {guard.__name__ for edge in HALL_TABLE.edges for guard in edge.guards}
    assert guards - refused == {"alarm_named"}
    assert {edge.name for edge in HALL_TABLE.edges} - fired == set()
