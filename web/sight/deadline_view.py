# SPDX-License-Identifier: Apache-2.0
"""The next thing that a hall does, or asks for eyes about, by itself."""

from statemachines.hall import Hall
from web.api.shapes.hall import DeadlineView
from web.sight.speech import ms

AWAITED = {
    "threading_overdue": "the film should be threaded",
    "lamp_overdue": "the lamp should burn",
    "lamp_hold": "the lamp goes off unless the show goes on",
    "start_overdue": "the film should run at speed",
    "runout": "the tail should have run out",
    "rewind_overdue": "the film should be rewound",
    "stop_confirm": "the stop should be confirmed by the hardware",
    "warm_over": "sessions close unless film comes",
}
"""What each of a hall's timers waits for; other timers are the machine's own business."""


def deadline_view(hall: Hall) -> DeadlineView | None:
    """Return the armed deadline that is due first, None when nothing is awaited."""
    awaited = [deadline for deadline in hall.deadlines if deadline.name in AWAITED]
    if not awaited:
        return None
    first = min(awaited, key=lambda each: (each.at_ns, each.name))
    return DeadlineView(name=first.name, words=AWAITED[first.name], at_ms=ms(first.at_ns), span_ms=ms(first.span_ns))
