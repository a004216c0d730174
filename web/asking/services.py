# SPDX-License-Identifier: Apache-2.0
"""Asking: written down and told to the runtime, then waited for. An emergency stop is told first."""

import time
from collections.abc import Sequence
from uuid import UUID, uuid4

from django.db import DatabaseError, IntegrityError

from adapters.store.errors import RequestRefused
from adapters.store.models import OperatorRequest
from adapters.store.selectors import request_seen
from adapters.store.services import REQUEST_LIFE_NS, ask_operator_request
from adapters.store.site import opened_state
from adapters.store.wake import send_wake
from web.accounts.auth import Caller
from web.api.shapes.request import RequestView
from web.asking.outcome import Question
from web.asking.selectors import question_of, view_of

WAIT_S = 1.0
_LOOK_S = 0.01
_STOP = "emergency_stop"
UNWRITTEN = "It was sent to the runtime, not written down: the database takes nothing now."
UNSENT = "Neither the runtime nor the database could be reached: press the red button on the projector."


class NotTheSame(ValueError):
    """An id that was used before, for something else."""


class Unsent(Exception):
    """An emergency stop that reached nobody."""


def ask(
    *, request_id: UUID | None, hall: str, verb: str, args: Sequence[str], caller: Caller
) -> tuple[RequestView, bool]:
    """Ask a hall, or with an empty one the site; wait at most 1 s for the verdict.

    Returns what came of it by then, and whether it is written down. The same id again asks nothing anew.

    Raises:
        RequestRefused: no hall could understand it.
        NotTheSame: the id names another request.
        Unsent: an emergency stop that reached nobody.
    """
    asked = _question(request_id, hall, verb, args, caller)
    if verb == _STOP:
        return _stopped(asked, caller)
    known = _written(asked, caller)
    send_wake(opened_state(), request_id=known.id, hall=hall, verb=verb)
    return _awaited(known), True


def _stopped(asked: Question, caller: Caller) -> tuple[RequestView, bool]:
    """The datagram first: the halls stop also while the database is locked or full."""
    sent = send_wake(opened_state(), request_id=asked.id, hall=asked.hall, verb=_STOP, actor=caller.actor)
    try:
        return _awaited(_written(asked, caller)), True
    except DatabaseError as wrong:
        if not sent:
            raise Unsent(UNSENT) from wrong
    view = _awaited(asked)
    return view.model_copy(update={"reason": f"{view.reason} {UNWRITTEN}"}), False


def _question(request_id: UUID | None, hall: str, verb: str, args: Sequence[str], caller: Caller) -> Question:
    now_ns = time.time_ns()
    return Question(
        id=str(request_id or uuid4()),
        hall=hall,
        verb=verb,
        args=tuple(args),
        actor=caller.actor,
        asked_ns=now_ns,
        expires_ns=now_ns + REQUEST_LIFE_NS,
    )


def _written(asked: Question, caller: Caller) -> Question:
    """Write the request down, or find it there."""
    try:
        row = ask_operator_request(
            hall=asked.hall,
            verb=asked.verb,
            args=asked.args,
            actor=caller.actor,
            now_ns=asked.asked_ns,
            request_id=asked.id,
        )
    except IntegrityError:
        row = OperatorRequest.objects.get(id=UUID(asked.id))
    known = question_of(row)
    if (known.hall, known.verb, known.args, known.actor) != (asked.hall, asked.verb, asked.args, asked.actor):
        raise NotTheSame(f"The id {asked.id} was used for another request: draw a new one.")
    return known


def _awaited(asked: Question) -> RequestView:
    """Wait for the verdict, where the log will hold one."""
    limit = time.monotonic() + (WAIT_S if asked.is_answered else 0.0)
    while time.monotonic() < limit and not request_seen(request=asked.id):
        time.sleep(_LOOK_S)
    return view_of(asked)


__all__ = ["WAIT_S", "NotTheSame", "RequestRefused", "Unsent", "ask"]
