# SPDX-License-Identifier: Apache-2.0
"""The one table that maps a uevent's EVENT word to its event class; the ABI document is generated from it."""

from statemachines import events as e
from statemachines.words import Latch, Tension

ABI_VERSION = 1

WORDS: dict[str, type[e.KernelEvent]] = {
    "added": e.DeviceAdded,
    "removed": e.DeviceRemoved,
    "filmin": e.FilmInserted,
    "filmout": e.FilmRemoved,
    "ready": e.FilmReady,
    "start": e.ShowStarted,
    "stop": e.ShowStopped,
    "local": e.LocalSwitched,
    "atspeed": e.MotorAtSpeed,
    "stopped": e.MotorStopped,
    "stall": e.MotorStalled,
    "overspeed": e.MotorOversped,
    "tension": e.TensionChanged,
    "tail": e.ReelEnded,
    "rewound": e.Rewound,
    "break": e.FilmBroke,
    "lampon": e.LampLit,
    "lampoff": e.LampWentOut,
    "lampfail": e.LampFailed,
    "dowser": e.DowserMoved,
    "estop": e.EmergencyStopPressed,
    "estopclear": e.EmergencyStopReleased,
    "door": e.DoorMoved,
    "timecode": e.TimecodeRead,
    "frame": e.FrameCounted,
    "heartbeat": e.HeartbeatHeard,
    "watchdog": e.DeviceStuck,
    "selftest": e.SelfTestEnded,
}

SAFETY_WORDS: dict[str, Latch] = {
    "break": Latch.BREAK,
    "stall": Latch.STALL,
    "overspeed": Latch.OVERSPEED,
    "lampfail": Latch.LAMPFAIL,
    "estop": Latch.ESTOP,
    "watchdog": Latch.WATCHDOG,
}
"""Words whose loss is impossible: each sets a sticky bit and goes into `safety_ring`."""

SAFETY_CLASSES: tuple[type[e.KernelEvent], ...] = tuple(WORDS[word] for word in SAFETY_WORDS)

SOUND_WORDS = frozenset({"added", "removed", "timecode", "heartbeat", "watchdog", "selftest"})
"""What a sound server may say."""

PROJECTION_WORDS = frozenset(WORDS) - {"timecode"}
"""What a projection server may say."""

TELEMETRY = (e.FrameCounted, e.TimecodeRead, e.HeartbeatHeard)
"""Kinds of which only the newest matters while several wait."""


class ValueRefused(ValueError):
    """A VAL that its word does not allow."""


def _switch(val: str) -> bool:
    if val not in ("0", "1"):
        raise ValueRefused(f"VAL is 0 or 1, not {val!r}")
    return val == "1"


def _countable(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def value_fields(word: str, val: str) -> dict[str, object]:
    """Turn a word's VAL into its event's own fields.

    Raises:
        ValueRefused: the value is not one that the word allows.
    """
    match word:
        case "local":
            return {"on": _switch(val)}
        case "dowser" | "door":
            return {"open": _switch(val)}
        case "selftest":
            return {"ok": _switch(val)}
        case "tension":
            if val not in set(Tension):
                raise ValueRefused(f"VAL is one of {', '.join(Tension)}, not {val!r}")
            return {"tension": Tension(val)}
        case "timecode":
            film, mark, sound = val.partition("x")
            if not (mark and _countable(film) and _countable(sound)):
                raise ValueRefused(f"VAL is FILM_USxSOUND_US, not {val!r}")
            return {"film_us": int(film), "sound_us": int(sound)}
        case _:
            return {}
