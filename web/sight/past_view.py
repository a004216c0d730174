# SPDX-License-Identifier: Apache-2.0
"""A stretch of one hall's past, read with a fixed number of queries."""

from adapters.store.selectors_past import alarm_rows, timecodes, transitions_between
from web.api.shapes.past import Past
from web.sight.lanes import Stretch, alarm_lane, session_lane, state_lane
from web.sight.past_base import base_before
from web.sight.speech import MS, Speech, ms

OFFSETS_MOST = 600


def past_view(*, hall: str, from_ns: int, to_ns: int, speech: Speech) -> Past:
    """Return the lanes of a stretch (≤ 6 queries); one that begins before the log does begins with the log.

    Raises:
        PastUnknown: nothing is known of any of it.
    """
    base = base_before(hall=hall, at_ns=from_ns, or_first=True)
    now = base.now()
    stretch = Stretch(max(from_ns, base.at_ns), to_ns)
    changes = list(transitions_between(hall=hall, after_seq=base.log_seq, until_ns=to_ns))
    alarms = alarm_rows(hall=hall, after_seq=base.log_seq, until_ns=to_ns)
    codes = timecodes(hall=hall, after_seq=base.log_seq, from_ns=from_ns, until_ns=to_ns, most=OFFSETS_MOST)
    return Past(
        hall=hall,
        from_ms=from_ns // MS,
        to_ms=to_ns // MS,
        states=state_lane(now.hall, base.at_ns, changes, stretch),
        sessions={each.role: session_lane(each, base.at_ns, changes, stretch) for each in now.sessions},
        offsets=[(ms(row.at_ns), row.payload["sound_us"] - row.payload["film_us"]) for row in codes],
        alarms=alarm_lane(now.hall, alarms, stretch, speech),
    )
