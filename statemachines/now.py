# SPDX-License-Identifier: Apache-2.0
"""What the log leads to: a hall and its sessions, kept beside the rows so that nobody must fold from the start."""

from collections.abc import Iterable

import msgspec

from statemachines.hall import Hall
from statemachines.session_value import ControlSession
from statemachines.values import Value
from statemachines.words import Role


class Now(Value, frozen=True, kw_only=True):
    """A hall and its control sessions, in the order of the hall's roles."""

    hall: Hall
    sessions: tuple[ControlSession, ...] = ()

    def session(self, role: Role) -> ControlSession | None:
        """Return the session of that role."""
        return next((session for session in self.sessions if session.role is role), None)


def now_text(hall: bytes, sessions: Iterable[bytes]) -> bytes:
    """Return `canonical(Now(...))` put together from the canonical texts of its parts."""
    return b'{"hall":%b,"sessions":[%b]}' % (hall, b",".join(sessions))


class NowUnreadable(ValueError):
    """Stored JSON that is no such value (made by another version, or damaged)."""


def now_from(text: str | bytes) -> Now:
    """Read a stored value.

    Raises:
        NowUnreadable: it does not fit; fold the log instead.
    """
    try:
        return msgspec.json.decode(text, type=Now)
    except msgspec.MsgspecError as wrong:
        raise NowUnreadable(str(wrong)) from wrong
