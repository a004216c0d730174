# SPDX-License-Identifier: Apache-2.0
"""What the audience saw: reels, stops, faults, light. Pure."""

from collections.abc import Iterable, Sequence

from statemachines.history import HALL
from statemachines.record import Record
from statemachines.words import Role, State
from web.api.shapes.report import FaultRun, ReelRun, Stop
from web.sight.speech import Speech, ms
from web.watch.spans import Span, after, before, trigger

_REEL_END = "reel_end"


def next_picture_ms(rows: Sequence[Record], place: int) -> int | None:
    """Return when the picture went on after the row at that place."""
    return next((ms(row.at_ns) for row in rows[place + 1 :] if after(row) is State.PROJECTING), None)


def reel_runs(span: Span, feet: Sequence[int]) -> list[ReelRun]:
    """Return the reels that were begun; `feet` are the programme's, empty when it is not known."""
    found: list[ReelRun] = []
    for row in span.rows:
        if after(row) is State.PROJECTING and (not found or found[-1].ended_ms is not None):
            reel = len(found) + 1
            listed = feet[reel - 1] if reel <= len(feet) else None
            found.append(ReelRun(reel=reel, feet=listed, started_ms=ms(row.at_ns), ended_ms=None))
        elif before(row) is State.PROJECTING and trigger(row) == _REEL_END:
            found[-1].ended_ms = ms(row.at_ns)
    left = span.picture_left
    if left is not None and found[-1].ended_ms is None:
        found[-1].ended_ms = ms(left.at_ns)
    return found


def stops(span: Span, speech: Speech) -> list[Stop]:
    """Return when the picture was stopped other than by a fault or the end of a reel."""
    rows = span.rows
    return [
        Stop(
            at_ms=ms(row.at_ns),
            until_ms=next_picture_ms(rows, place),
            words=speech.say(row.reason, row.at_ns),
            who=who_asked(row),
        )
        for place, row in enumerate(rows)
        if before(row) is State.PROJECTING and after(row) is not State.FAULT and trigger(row) != _REEL_END
    ]


def faults(span: Span, told: Sequence[Record], speech: Speech) -> list[FaultRun]:
    """Return the faults; `told` are all rows of the show, among which are the further causes."""
    rows = span.rows
    found = []
    for place, row in enumerate(rows):
        if after(row) is not State.FAULT:
            continue
        out = next((later for later in rows[place + 1 :] if before(later) is State.FAULT), None)
        alarms = _alarms(row)
        more = [
            words
            for later in told
            if row.log_seq < later.log_seq < (out.log_seq if out else later.log_seq + 1)
            for words in _alarms(later)
        ]
        first, *others = [speech.say(words, row.at_ns) for words in (*(alarms or [row.reason]), *more)]
        found.append(
            FaultRun(
                at_ms=ms(row.at_ns),
                until_ms=ms(out.at_ns) if out else None,
                picture_ms=next_picture_ms(rows, place),
                words=first,
                also=others,
            )
        )
    return found


def _alarms(row: Record) -> list[str]:
    return [effect["words"] for effect in row.effects if effect["do"] == "raise_alarm"]


def who_asked(row: Record) -> str:
    """Return who made this row happen: a person's name, or the button on the projector."""
    if row.kind in ("show_started", "show_stopped"):
        return "the button at the projector"
    return str(row.payload.get("actor", ""))


def light_ms(span: Span, told: Iterable[Record], until_ns: int) -> int:
    """Return for how long light lay on film: with the dowser open, while the hall projected."""
    lit_ns, since_ns = 0, 0
    for row in told:
        if row.subject != HALL:
            continue
        is_open = _dowser(row)
        left = before(row) is State.PROJECTING and after(row) is not State.PROJECTING
        if since_ns and (is_open is False or left):
            lit_ns, since_ns = lit_ns + row.at_ns - since_ns, 0
        elif is_open and not since_ns and after(row) is State.PROJECTING:
            since_ns = row.at_ns
    return ms(lit_ns + (until_ns - since_ns if since_ns else 0))


def _dowser(row: Record) -> bool | None:
    """Return what a row shows of the dowser."""
    if row.kind == "dowser_moved":
        return bool(row.payload["open"])
    if row.kind == "snapshot_read" and row.payload["role"] == Role.PROJECTION:
        return bool(row.payload["snapshot"]["dowser_open"])
    if row.kind == "runtime_recovered" and row.payload["projection"]:
        return bool(row.payload["projection"]["dowser_open"])
    return None
