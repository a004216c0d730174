# SPDX-License-Identifier: Apache-2.0
"""The base of every value of the core, and its one canonical spelling.

Values are frozen, hashable and hold integers, strings, booleans and tuples only: never a float, so that a
digest means the same on every machine.
"""

import hashlib

import msgspec


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen, hashable, serialisable value."""


_ENCODER = msgspec.json.Encoder(order="sorted")


def canonical(value: object) -> bytes:
    """Return canonical JSON: sorted keys, no spaces, UTF-8, only the escapes that JSON demands."""
    return _ENCODER.encode(value)


def fingerprint(value: object) -> str:
    """Return the hex sha256 of a value's canonical JSON."""
    return fingerprint_of(_ENCODER.encode(value))


def fingerprint_of(text: bytes) -> str:
    """Return the hex sha256 of a value's canonical JSON that was made before."""
    return hashlib.sha256(text).hexdigest()
