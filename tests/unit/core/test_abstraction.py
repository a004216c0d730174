# SPDX-License-Identifier: Apache-2.0
"""The abstraction is sound: what a hall does depends on nothing that the abstraction drops.

Shown for any hall H, reached or not, and any representative event: H and the normal form of its abstraction differ in
every time, counter, epoch, word and alarm, yet fire the same edge with the same verdict, and what they become has
again the same abstraction. As two halls with equal abstractions have one normal form, they do the same too. So a walk
over normal forms visits the abstraction of every hall that the real machine can reach by those events. Excepted are
requests that name an alarm: their guard asks which alarms stand, and those are dropped.
"""

from hypothesis import HealthCheck, given, settings

from statemachines.hall import Hall
from statemachines.machine import step
from tests.support.abstraction import normal
from tests.support.halls import halls
from tests.support.inputs import inputs


def differing(one: Hall, other: Hall) -> dict[str, tuple[object, object]]:
    """Return the fields by which two halls differ."""
    both = {name: (getattr(one, name), getattr(other, name)) for name in one.__struct_fields__}
    return {name: pair for name, pair in both.items() if pair[0] != pair[1]}


@given(hall=halls())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_the_abstraction_drops_changes_no_edge_no_verdict_and_no_next_abstraction(hall: Hall) -> None:
    stands_for = normal(hall)
    assert normal(stands_for) == stands_for
    for real, abstract in zip(inputs(hall), inputs(stands_for), strict=True):
        assert type(real.event) is type(abstract.event)
        one, other = step(hall, real), step(stands_for, abstract)
        assert (one.edge, one.verdict) == (other.edge, other.verdict), real.event
        assert not differing(normal(one.hall), normal(other.hall)), real.event
