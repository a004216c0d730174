# SPDX-License-Identifier: Apache-2.0
"""The whole value of one control session: what is open, how old its key is, and what went wrong last."""

from enum import StrEnum

from statemachines.session_events import SessionSettings
from statemachines.table import Draft, Machined
from statemachines.values import Value
from statemachines.words import Role


class SessionState(StrEnum):
    """`up` and `rotating` carry commands; in `refused` the server does not take our key, or we not its."""

    DOWN = "down"
    CONNECTING = "connecting"
    UP = "up"
    ROTATING = "rotating"
    DRAINING = "draining"
    BACKING_OFF = "backing_off"
    REFUSED = "refused"


class SessionError(Value, frozen=True, kw_only=True):
    """What went wrong last: the type of the error, and its words."""

    type: str
    words: str


class ControlSession(Machined, frozen=True, kw_only=True):
    """The control session of one role of a hall.

    `gen` is the highest generation ever handed out, `link_gen` that of the link in use (0 = none).
    `minted_ns`, `expires_ns` and `rotate_ns` are times of its key; `attempt` counts failures in a row,
    `delay_ns` is the last back-off. `stepped`: the wall clock was set while a key was on its way, so that
    key is rotated at once. `alarmed` names the alarm that the hall was told to raise, or is empty.
    """

    role: Role
    state: SessionState = SessionState.DOWN
    settings: SessionSettings = SessionSettings()
    wanted: bool = False
    gen: int = 0
    link_gen: int = 0
    serial: int = 0
    minted_ns: int = 0
    expires_ns: int = 0
    rotate_ns: int = 0
    attempt: int = 0
    delay_ns: int = 0
    last_error: SessionError | None = None
    stepped: bool = False
    alarmed: str = ""


SessionDraft = Draft[ControlSession]


def timer_name(role: Role, name: str) -> str:
    """Return the name of a session's timer: `session:ROLE:NAME`."""
    return f"session:{role}:{name}"


def next_delay_ns(settings: SessionSettings, last_ns: int, jitter_ppm: int) -> int:
    """Return the next back-off: decorrelated jitter between the base and three times the last one, capped."""
    base, cap = settings.backoff_base_ns, settings.backoff_cap_ns
    previous = max(last_ns, base)
    return min(cap, base + (3 * previous - base) * jitter_ppm // 1_000_000)


def rotation_age_ns(settings: SessionSettings, jitter_ppm: int) -> int:
    """Return the age at which a key is replaced: between the earliest and the latest."""
    span_ns = settings.rotate_max_ns - settings.rotate_min_ns
    return settings.rotate_min_ns + span_ns * jitter_ppm // 1_000_000
