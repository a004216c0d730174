# SPDX-License-Identifier: Apache-2.0
"""Which alarms wait for somebody, and what became of those that were told. Pure.

A consequence is told with its root cause, never by itself; what is shelved is not told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from statemachines.alarms import Alarm, AlarmState, find
from statemachines.hall import Hall

RUNTIME_DEAD = "runtime_dead"
"""The one alarm of the site itself: halls raise all others."""


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    """One alarm, from the moment since when it waits until it is over. An empty `hall` is the site."""

    hall: str
    alarm: str
    since_ns: int


class Ended(StrEnum):
    """Why an occurrence is over."""

    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    SHELVED = "shelved"
    GONE = "gone"


Shelvings = Mapping[tuple[str, str], int]
"""By (hall, alarm): until when (ns) it was last shelved, as far as was told."""


def waits_since(hall: str, alarm: Alarm, shelvings: Shelvings) -> int:
    """Return since when (ns) an alarm waits for somebody: after a shelving it is as new."""
    return max(alarm.since_ns, shelvings.get((hall, alarm.name), 0))


def is_told(hall: Hall, alarm: Alarm) -> bool:
    """Say whether an alarm would be told by itself."""
    folded = bool(alarm.root) and find(hall.alarms, alarm.root) is not None
    return alarm.state is AlarmState.UNACKNOWLEDGED and not folded


def due(
    halls: Iterable[Hall], shelvings: Shelvings, *, after_ns: int, now_ns: int
) -> dict[Occurrence, tuple[Hall, Alarm]]:
    """Return what has waited for `after_ns`, with its hall and alarm."""
    found = {}
    for hall in halls:
        for alarm in hall.alarms:
            since_ns = waits_since(hall.id, alarm, shelvings)
            if is_told(hall, alarm) and now_ns - since_ns >= after_ns:
                found[Occurrence(hall=hall.id, alarm=alarm.name, since_ns=since_ns)] = hall, alarm
    return found


def ending(told: Occurrence, hall: Hall, shelvings: Shelvings) -> tuple[Ended, int] | None:
    """Return why an occurrence of this hall is over, and until when (ns) it is shelved if so; None while it waits."""
    alarm = find(hall.alarms, told.alarm)
    if alarm is None or alarm.since_ns > told.since_ns:
        return Ended.GONE, 0
    match alarm.state:
        case AlarmState.UNACKNOWLEDGED:
            return None if waits_since(hall.id, alarm, shelvings) == told.since_ns else (Ended.GONE, 0)
        case AlarmState.ACKNOWLEDGED:
            return Ended.ACKNOWLEDGED, 0
        case AlarmState.RETURNED:
            return Ended.RETURNED, 0
        case AlarmState.SHELVED:
            return Ended.SHELVED, alarm.until_ns


def consequences(hall: Hall, alarm: Alarm) -> list[Alarm]:
    """Return what is folded under an alarm."""
    return [other for other in hall.alarms if other.root == alarm.name]
