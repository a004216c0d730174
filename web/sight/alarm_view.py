# SPDX-License-Identifier: Apache-2.0
"""Alarms as people see them: what needs eyes first, with its consequences folded under it."""

from statemachines.alarms import AlarmState
from statemachines.hall import Hall
from web.api.shapes.alarm import AlarmView
from web.sight.speech import Speech, ms, ms_or_none

_ORDER = {AlarmState.UNACKNOWLEDGED: 0, AlarmState.RETURNED: 1, AlarmState.ACKNOWLEDGED: 2, AlarmState.SHELVED: 3}


def alarm_views(hall: Hall, speech: Speech) -> list[AlarmView]:
    """Return the hall's alarms: roots before what is folded, the unacknowledged first, the newest of them first."""
    ordered = sorted(hall.alarms, key=lambda each: (bool(each.root), _ORDER[each.state], -each.since_ns, each.name))
    return [
        AlarmView(
            hall=hall.id,
            name=alarm.name,
            words=speech.say(alarm.words, alarm.since_ns),
            state=alarm.state,
            since_ms=ms(alarm.since_ns),
            until_ms=ms_or_none(alarm.until_ns),
            root=alarm.root,
            consequences=[other.name for other in hall.alarms if other.root == alarm.name],
        )
        for alarm in ordered
    ]
