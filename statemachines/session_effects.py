# SPDX-License-Identifier: Apache-2.0
"""What a session's step asks of its owner, beside the timers that every machine knows."""

from statemachines.effects import Effect
from statemachines.events import ConditionCleared, ConditionRaised, SessionLost, SessionUp
from statemachines.words import Role


class OpenLink(Effect, frozen=True, kw_only=True, tag="open_link"):
    """Mint a credential, connect and say hello as `gen`."""

    role: Role
    gen: int


class RotateLink(Effect, frozen=True, kw_only=True, tag="rotate_link"):
    """Do the same beside the link in use, then move over to the new one."""

    role: Role
    gen: int


class CloseLink(Effect, frozen=True, kw_only=True, tag="close_link"):
    """Take leave and close whatever is open or being opened; `links_drained` tells the end."""

    role: Role
    reason: str


class Report(Effect, frozen=True, kw_only=True, tag="report"):
    """Put this event into the hall's mailbox."""

    event: SessionUp | SessionLost | ConditionRaised | ConditionCleared
