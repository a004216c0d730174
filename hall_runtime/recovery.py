# SPDX-License-Identifier: Apache-2.0
"""What the log knows of a hall when a runtime starts. The hardware's own word comes after it, as an event."""

import structlog

from statemachines.hall import new_hall
from statemachines.history import HALL, mark_of
from statemachines.now import Now, NowUnreadable, now_from
from statemachines.replay import Divergence, Fold
from statemachines.session_value import ControlSession
from statemachines.settings import Settings
from statemachines.words import Role

_say = structlog.get_logger("recovery")


def last_known(hall_id: str, roles: tuple[Role, ...]) -> Now:
    """Return a hall and its sessions as the log left them. Not on an event loop.

    The value kept beside the rows is taken when it is what the last row led to; else the log is folded; and a
    log that this version cannot fold leaves the hall to what its hardware will say.
    """
    now = _kept(hall_id) or _folded(hall_id) or Now(hall=new_hall(hall_id, Settings()))
    known = {session.role: session for session in now.sessions}
    sessions = tuple(known.get(role, ControlSession(role=role)) for role in roles)
    return Now(hall=now.hall, sessions=sessions)


def _kept(hall_id: str) -> Now | None:
    from adapters.store.models import EventRow
    from adapters.store.selectors import hall_now

    found = hall_now(hall=hall_id)
    if found is None:
        return None
    try:
        now = now_from(found.value)
    except NowUnreadable:
        return None
    after = EventRow.objects.filter(stream=hall_id, subject=HALL).order_by("-log_seq").values_list("after").first()
    return now if after is None or after[0] == mark_of(now.hall) else None


def _folded(hall_id: str) -> Now | None:
    from adapters.store.checkpoint import Checkpoint
    from adapters.store.selectors import log_items

    fold = Fold()
    try:
        for item in log_items(stream=hall_id):
            if isinstance(item, Checkpoint):
                fold.start(hall_id, item.log_seq, item.digest, item.value)
            else:
                fold.row(item)
    except (Divergence, NowUnreadable) as wrong:
        _say.error("log_not_folded", hall=hall_id, why=str(wrong), then="the hall follows its hardware")
        return None
    return fold.now(hall_id)
