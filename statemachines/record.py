# SPDX-License-Identifier: Apache-2.0
"""One row of the event log: its shape, its digest, and the chain that rows of one stream form."""

import hashlib
from operator import attrgetter
from typing import Any

import msgspec

from statemachines.values import Value, canonical

CHAIN_START = "0" * 64
"""`prev` of a stream's first row."""

_OUTSIDE = ("recorded_ns", "prev", "digest", "pos", "request")
"""What the digest does not cover: when and where the row was stored, and the chain itself."""


class Record(Value, frozen=True, kw_only=True):
    """A log row. Times are ns; `payload` and `effects` hold integers, strings, booleans, lists and objects only."""

    stream: str
    log_seq: int
    subject: str
    at_ns: int
    recorded_ns: int = 0
    hw_epoch: int = 0
    hw_seq: int = 0
    hw_ns: int = 0
    kind: str
    payload: dict[str, Any] = msgspec.field(default_factory=dict)
    source: str = ""
    cause: str = ""
    before: str = ""
    after: str = ""
    edge: str = ""
    verdict: str = ""
    reason: str = ""
    effects: tuple[dict[str, Any], ...] = ()
    version: str = ""
    prev: str = CHAIN_START
    digest: str = ""
    pos: int = 0
    request: str = ""


_COVERED = sorted(name for name in Record.__struct_fields__ if name not in _OUTSIDE)
# A struct with its fields in canonical order is encoded in half the time of a dict; every row pays for it.
_Body = msgspec.defstruct("_Body", _COVERED)
_covered_of = attrgetter(*_COVERED)


def digest_of(record: Record) -> str:
    """Return sha256(prev ‖ canonical JSON of everything that the digest covers), in hex."""
    return _chained_digest(record, record.prev)


def _chained_digest(record: Record, prev: str) -> str:
    body = canonical(_Body(*_covered_of(record)))
    return hashlib.sha256(prev.encode() + body).hexdigest()


def sealed(record: Record, prev: str) -> Record:
    """Return the record chained to its predecessor's digest."""
    return msgspec.structs.replace(record, prev=prev, digest=_chained_digest(record, prev))
