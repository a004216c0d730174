# SPDX-License-Identifier: Apache-2.0
"""Alarms in their ISA-18.2 states. An alarm in state normal is not kept: a hall carries only what needs eyes.

One root cause is one alarm: while a root is active, what follows from it is folded under it.
"""

from enum import StrEnum

import msgspec

from statemachines.values import Value


class AlarmState(StrEnum):
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned_unacknowledged"
    SHELVED = "shelved"


class Alarm(Value, frozen=True, kw_only=True):
    """One alarm of one hall. `root` names the alarm it is folded under; `until_ns` ends a shelving."""

    name: str
    words: str
    state: AlarmState = AlarmState.UNACKNOWLEDGED
    since_ns: int = 0
    root: str = ""
    until_ns: int = 0


Alarms = tuple[Alarm, ...]


def find(alarms: Alarms, name: str) -> Alarm | None:
    """Return the alarm of that name, or None when it is normal."""
    return next((alarm for alarm in alarms if alarm.name == name), None)


def _with(alarms: Alarms, alarm: Alarm) -> Alarms:
    others = (other for other in alarms if other.name != alarm.name)
    return tuple(sorted((*others, alarm), key=lambda each: each.name))


def _without(alarms: Alarms, name: str) -> Alarms:
    return tuple(alarm for alarm in alarms if alarm.name != name)


def raised(alarms: Alarms, *, name: str, words: str, at_ns: int, root: str = "") -> Alarms:
    """Raise an alarm; one that is already active, acknowledged or shelved stays as it is."""
    present = find(alarms, name)
    if present is not None and present.state is not AlarmState.RETURNED:
        return alarms
    return _with(alarms, Alarm(name=name, words=words, since_ns=at_ns, root=root))


def returned(alarms: Alarms, name: str) -> Alarms:
    """Note that the cause is gone: unacknowledged waits for a person, anything else becomes normal."""
    present = find(alarms, name)
    if present is None or present.state is AlarmState.RETURNED:
        return alarms
    if present.state is AlarmState.UNACKNOWLEDGED:
        return _with(alarms, msgspec.structs.replace(present, state=AlarmState.RETURNED))
    return _without(alarms, name)


def acknowledged(alarms: Alarms, name: str) -> Alarms:
    """A person has seen it, and with it what is folded under it."""
    for alarm in alarms:
        if name not in (alarm.name, alarm.root):
            continue
        if alarm.state is AlarmState.RETURNED:
            alarms = _without(alarms, alarm.name)
        elif alarm.state is AlarmState.UNACKNOWLEDGED:
            alarms = _with(alarms, msgspec.structs.replace(alarm, state=AlarmState.ACKNOWLEDGED))
    return alarms


def shelved(alarms: Alarms, name: str, until_ns: int) -> Alarms:
    """Put an active alarm aside until `until_ns`."""
    present = find(alarms, name)
    if present is None:
        return alarms
    return _with(alarms, msgspec.structs.replace(present, state=AlarmState.SHELVED, until_ns=until_ns))


def unshelved(alarms: Alarms, name: str) -> Alarms:
    """A shelving is over: the alarm needs eyes again."""
    present = find(alarms, name)
    if present is None or present.state is not AlarmState.SHELVED:
        return alarms
    return _with(alarms, msgspec.structs.replace(present, state=AlarmState.UNACKNOWLEDGED, until_ns=0))
