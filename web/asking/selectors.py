# SPDX-License-Identifier: Apache-2.0
"""Reading requests and what the log says of them."""

import time
from uuid import UUID

import msgspec

from adapters.store.directory import site_entry
from adapters.store.models import EventRow, HallNow, OperatorRequest
from adapters.store.selectors_now import runtime_now
from web.api.shapes.request import RequestView
from web.asking.outcome import Answer, Question, outcome, rollout_outcome, site_outcome
from web.sight.speech import Speech

_ANSWERED_WITHIN = 5_000
"""In rows of the hall: a command is answered, or given up, within seconds."""
_ROW = ("stream", "log_seq", "at_ns", "verdict", "reason", "payload", "effects")


def request_view(*, request_id: UUID) -> RequestView | None:
    """Return a request as it stands now; None when nobody asked it."""
    found = OperatorRequest.objects.filter(id=request_id).first()
    return None if found is None else view_of(question_of(found))


def view_of(asked: Question) -> RequestView:
    """Return what came of a question by now."""
    if not asked.is_answered:
        return site_outcome(asked, beat_ns=_beat_ns(), now_ns=time.time_ns())
    answer = answer_to(request_id=asked.id)
    if answer is None and not asked.hall:
        return rollout_outcome(asked, beat_ns=_runtime_beat_ns(), now_ns=time.time_ns())
    return outcome(asked, answer, Speech(site_entry().zone), time.time_ns())


def question_of(found: OperatorRequest) -> Question:
    """Return a row of the table of requests as a value."""
    return Question(
        id=str(found.id),
        hall=found.hall,
        verb=found.verb,
        args=tuple(str(arg) for arg in found.args),
        actor=found.actor,
        asked_ns=found.created_ns,
        expires_ns=found.expires_ns,
    )


def answer_to(*, request_id: str) -> Answer | None:
    """Return what the log says of a request; None when it says nothing yet."""
    row = EventRow.objects.filter(request=request_id).values(*_ROW).first()
    if row is None:
        return None
    effects = tuple(msgspec.json.decode(row["effects"]))
    has_commands = any(effect["do"] == "command" for effect in effects)
    return Answer(
        verdict=row["verdict"],
        reason=row["reason"],
        at_ns=row["at_ns"],
        expired=bool(msgspec.json.decode(row["payload"]).get("expired")),
        effects=effects,
        results=_results(row["stream"], row["log_seq"]) if has_commands else {},
    )


def _results(stream: str, log_seq: int) -> dict[tuple[str, int], str]:
    """Return how commands were answered that this row caused."""
    rows = EventRow.objects.filter(
        stream=stream,
        log_seq__gt=log_seq,
        log_seq__lte=log_seq + _ANSWERED_WITHIN,
        kind="command_done",
        cause=str(log_seq),
    )
    done = (msgspec.json.decode(payload) for payload in rows.values_list("payload", flat=True))
    return {(each["role"], each["cmd_seq"]): each["result"] for each in done}


def _beat_ns() -> int:
    return max(HallNow.objects.values_list("heartbeat_ns", flat=True), default=0)


def _runtime_beat_ns() -> int:
    found = runtime_now()
    return found.at_ns if found is not None else 0
