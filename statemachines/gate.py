# SPDX-License-Identifier: Apache-2.0
"""Which commands a device lets through: one value, kept under one lock, that answers every claim and command.

Only the newest (fence, gen) is obeyed; no command acts twice or out of order. A device keeps this; so does
whatever stands in for one. A new epoch begins with `Gate()`.
"""

from enum import StrEnum
from typing import Literal

import msgspec

from statemachines.values import Value
from statemachines.words import Verb

UNKNOWN = "failed:unknown"
"""The answer for a number that was passed over by a claim: nobody here carried it out."""


class Gate(Value, frozen=True, kw_only=True):
    """The newest claim and the last command. `controller` is empty while nobody has claimed the device."""

    fence: int = 0
    gen: int = 0
    controller: str = ""
    last: int = 0
    result: str = UNKNOWN


class Admission(StrEnum):
    """What to do with a command."""

    ACT = "act"
    MEMORY = "memory"
    STALE = "stale"
    GAP = "gap"


ClaimAnswer = Literal["ok", "refused:stale", "refused:held"]


def claim(gate: Gate, fence: int, gen: int, controller: str, seq: int, *, lease_fed: bool) -> tuple[Gate, ClaimAnswer]:
    """Answer a controller that wants to be obeyed as (fence, gen); a refusal changes nothing.

    `seq` is the highest command number that the controller will never send again: `last` rises to it.
    """
    if gate.controller not in ("", controller) and (lease_fed or fence == gate.fence):
        return gate, "refused:held"
    if (fence, gen) <= (gate.fence, gate.gen):
        return gate, "refused:stale"
    claimed = msgspec.structs.replace(gate, fence=fence, gen=gen, controller=controller)
    return (record(claimed, seq, UNKNOWN) if seq > gate.last else claimed), "ok"


def admit(gate: Gate, fence: int, gen: int, seq: int, verb: str) -> Admission:
    """Say what to do with a command.

    A (fence, gen) above the claimed one has not said hello, and is a gap like a number out of order.
    """
    if not gate.controller or (fence, gen) < (gate.fence, gate.gen):
        return Admission.STALE
    if (fence, gen) > (gate.fence, gate.gen) or seq < gate.last:
        return Admission.GAP
    if seq == gate.last:
        return Admission.MEMORY
    if seq == gate.last + 1 or verb == Verb.SAFE_STOP:
        return Admission.ACT
    return Admission.GAP


def record(gate: Gate, seq: int, result: str) -> Gate:
    """Remember the result of the command that was just acted upon (or refused by the device itself)."""
    return msgspec.structs.replace(gate, last=seq, result=result)
