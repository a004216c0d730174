# SPDX-License-Identifier: Apache-2.0
"""The figures that the runtime leaves beside the log, as they are read here. What an older runtime lacks is zero."""

import msgspec


class StepTimes(msgspec.Struct):
    """`counts` has one bucket more than `bounds` (upper ends, µs): what took longer."""

    bounds: list[int] = []
    counts: list[int] = []
    sum: int = 0


class LogFigures(msgspec.Struct):
    waiting: int = 0
    lag_ms: int = 0
    lost: int = 0


class MailboxFigures(msgspec.Struct):
    waiting: int = 0
    fullest: int = 0
    coalesced: int = 0


class RuntimeFigures(msgspec.Struct):
    """Counts are since `started_ns`, but for what is so now: halls, sessions, log, waiting mail."""

    started_ns: int = 0
    events: dict[str, int] = {}
    transitions: dict[str, dict[str, int]] = {}
    refusals: dict[str, int] = {}
    rotations: int = 0
    handshakes: dict[str, int] = {}
    step_us: StepTimes = msgspec.field(default_factory=StepTimes)
    halls: dict[str, int] = {}
    sessions: dict[str, dict[str, int]] = {}
    heard: dict[str, int] = {}
    malformed: dict[str, int] = {}
    log: LogFigures = msgspec.field(default_factory=LogFigures)
    mailboxes: MailboxFigures = msgspec.field(default_factory=MailboxFigures)


class HallFigures(msgspec.Struct):
    """One hall's: round trips in µs by role (null while nothing is open), waiting mail, what was heard by role."""

    round_trip_us: dict[str, int | None] = {}
    mailbox: int = 0
    heard: dict[str, dict[str, int]] = {}


def runtime_figures_from(text: str) -> RuntimeFigures:
    """Read what the runtime told of itself.

    Raises:
        msgspec.MsgspecError: another version wrote it in another shape.
    """
    return msgspec.json.decode(text, type=RuntimeFigures)


def hall_figures_from(text: str) -> HallFigures:
    """Read what the runtime told of one hall.

    Raises:
        msgspec.MsgspecError: another version wrote it in another shape.
    """
    return msgspec.json.decode(text, type=HallFigures)
