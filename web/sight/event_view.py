# SPDX-License-Identifier: Apache-2.0
"""Rows of the log as people read them."""

from typing import Any

from statemachines.history import DEPLOYMENT, ROLLOUT, SESSION, state_in
from statemachines.record import Record
from statemachines.words import Verdict
from web.api.shapes.event import EventView
from web.sight.speech import Speech, ms

_PLAIN = ("", "noted")


def event_view(row: Record, speech: Speech) -> EventView:
    """Return one row: moments in its sentences spelled, all else as it was logged."""
    before, after = state_in(row.before), state_in(row.after)
    reason = speech.say(row.reason, row.at_ns)
    return EventView(
        pos=row.pos,
        hall=row.stream,
        log_seq=row.log_seq,
        subject=row.subject,
        at_ms=ms(row.at_ns),
        kind=row.kind,
        source=row.source,
        verdict=row.verdict,
        edge=row.edge,
        before=before,
        after=after,
        reason=reason,
        words=_in_one_line(row, before, after, reason),
        effects=[_spelled(effect, speech, row.at_ns) for effect in row.effects],
        payload=_spelled(row.payload, speech, row.at_ns),
        cause=row.cause,
        request=row.request or None,
    )


def _in_one_line(row: Record, before: str, after: str, reason: str) -> str:
    who = _who(row)
    match row.verdict:
        case Verdict.TRANSITION:
            what = f"{_word(before)} → {_word(after)}"
        case Verdict.REFUSAL:
            what = f"{_word(str(row.payload.get('verb') or row.kind))} refused"
        case _:
            return who + (_word(row.kind) if row.reason in _PLAIN else reason)
    return f"{who}{what}: {reason}" if reason else f"{who}{what}"


def _who(row: Record) -> str:
    """Return whose row it is, where it is not a hall's own."""
    if row.subject.startswith(SESSION):
        return f"{row.subject.removeprefix(SESSION)} session "
    if row.subject.startswith(DEPLOYMENT):
        return f"deployment {row.subject.removeprefix(DEPLOYMENT)} "
    return f"roll-out {row.stream.removeprefix(f'{ROLLOUT}:')} " if row.subject == ROLLOUT else ""


def _word(name: str) -> str:
    return name.replace("_", " ")


def _spelled(value: Any, speech: Speech, at_ns: int) -> Any:
    """Return the value with the moments spelled in every sentence that it holds."""
    match value:
        case str():
            return speech.say(value, at_ns)
        case dict():
            return {name: _spelled(each, speech, at_ns) for name, each in value.items()}
        case list() | tuple():
            return [_spelled(each, speech, at_ns) for each in value]
        case _:
            return value
