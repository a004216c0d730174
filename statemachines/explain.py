# SPDX-License-Identifier: Apache-2.0
"""What can happen now: for each trigger that somebody may ask for, whether it can fire, and if not, why."""

from msgspec.structs import replace

from statemachines.events import OperatorRequested, Source, Stamped
from statemachines.hall import Hall
from statemachines.hall_table import HALL_TABLE
from statemachines.machine import VERBS
from statemachines.reasons import not_here
from statemachines.table import Draft, Edge
from statemachines.values import Value
from statemachines.words import State


class Outlook(Value, frozen=True, kw_only=True):
    """One verb as it stands: where it leads when it can fire, or the words of the guard that stops it."""

    verb: str
    trigger: str
    can_fire: bool
    dest: str = ""
    reason: str = ""


def _refusal(edge: Edge[Hall], draft: Draft[Hall]) -> str:
    return next(filter(None, (guard(draft) for guard in edge.guards)), "")


def outlook(hall: Hall, at_ns: int) -> tuple[Outlook, ...]:
    """Return the outlook of every operator verb that names no alarm, in the order of the verbs."""
    hall = replace(hall, at_ns=max(hall.at_ns, at_ns))
    found = []
    for verb, trigger in VERBS.items():
        if verb == "shelve":
            continue
        fires = "fault_acknowledged" if verb == "acknowledge" else trigger
        asked = OperatorRequested(verb=verb)
        draft = Draft(hall, Stamped(at_ns=at_ns, event=asked, source=Source.OPERATOR))
        found.append(_one(verb, fires, hall.state, draft))
    return tuple(found)


def _one(verb: str, trigger: str, state: State, draft: Draft[Hall]) -> Outlook:
    edges = HALL_TABLE.by_pair.get((state, trigger), ())
    refusals = [_refusal(edge, draft) for edge in edges]
    for edge, refusal in zip(edges, refusals, strict=True):
        if not refusal:
            return Outlook(verb=verb, trigger=trigger, can_fire=True, dest=edge.dest or state)
    reason = refusals[0] if refusals else not_here(state, trigger)
    return Outlook(verb=verb, trigger=trigger, can_fire=False, reason=reason)
