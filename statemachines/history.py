# SPDX-License-Identifier: Apache-2.0
"""Steps written as log rows, and rows read back as events."""

from collections.abc import Mapping
from typing import Any

import msgspec

from statemachines.effects import Effect
from statemachines.events import EVENT_CLASSES, Event, KernelEvent, Source, Stamped, event_from
from statemachines.record import Record
from statemachines.table import Machined
from statemachines.values import fingerprint, fingerprint_of
from statemachines.words import Verdict

HALL = "hall"
"""The subject of a hall's own rows."""

SESSION = "session:"
"""What the subject of a session's rows begins with; the role follows. They are in the hall's stream."""

SERVER = "server:"
"""What the stream of a server begins with; its id follows. What becomes of its watch link is there."""

WATCH = "watch:"
"""What the subject of a watch link's rows begins with; its server follows."""

DEPLOYMENT = "deploy:"
"""What the subject of a deployment's rows begins with; its id follows. They are in its server's stream."""

ROLLOUT = "rollout"
"""The subject of a roll-out's rows; they are in the stream `rollout:ID`."""

_HARDWARE = {"epoch": "hw_epoch", "hw_seq": "hw_seq", "hw_ns": "hw_ns"}


def mark_of(value: Machined) -> str:
    """Return how a row names a value: `STATE:sha256`."""
    return f"{value.state}:{fingerprint(value)}"


def marked(value: Machined, text: bytes) -> str:
    """The same for who has the value's canonical text already: writing it costs more than hashing it."""
    return f"{value.state}:{fingerprint_of(text)}"


def state_in(mark: str) -> str:
    """Return the state that a mark names."""
    return mark.partition(":")[0]


def is_of_hall(subject: str) -> bool:
    """Tell whether rows of that subject change a hall's value, or those of its sessions."""
    return subject == HALL or subject.startswith(SESSION)


def row_of(
    *,
    stream: str,
    subject: str,
    stamped: Stamped,
    before: str,
    after: str,
    effects: tuple[Effect, ...],
    edge: str,
    verdict: Verdict,
    reason: str,
    version: str,
    request: str = "",
) -> Record:
    """Return the row of one step, not yet numbered or chained. `before` and `after` are marks."""
    payload: dict[str, Any] = msgspec.to_builtins(stamped.event)
    kind = payload.pop("kind")
    hardware = {}
    if isinstance(stamped.event, KernelEvent):
        hardware = {column: payload.pop(field) for field, column in _HARDWARE.items()}
    return Record(
        stream=stream,
        log_seq=0,
        subject=subject,
        at_ns=stamped.at_ns,
        kind=kind,
        payload=payload,
        source=str(stamped.source),
        cause=stamped.cause,
        before=before,
        after=after,
        edge=edge,
        verdict=str(verdict),
        reason=reason,
        effects=tuple(msgspec.to_builtins(effect) for effect in effects),
        version=version,
        request=request,
        **hardware,
    )


def stamped_of(record: Record, known: Mapping[str, type[Event]] = EVENT_CLASSES) -> Stamped:
    """Return the event of a row as its step saw it; `known` are the kinds of its subject.

    Raises:
        EventUnknown: no event class has that kind, or the payload does not fit it.
    """
    payload = dict(record.payload)
    if issubclass(known.get(record.kind, Event), KernelEvent):
        payload |= {field: getattr(record, column) for field, column in _HARDWARE.items()}
    event = event_from(record.kind, payload, known)
    return Stamped(at_ns=record.at_ns, event=event, source=Source(record.source), cause=record.cause)
