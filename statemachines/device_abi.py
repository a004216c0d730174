# SPDX-License-Identifier: Apache-2.0
"""What a device and whoever speaks to it agree on besides its words: sizes, limits, delays, attributes, answers.

The simulated device, the kernel module's header and its document all take them from here.
"""

from typing import Literal

from statemachines.values import Value
from statemachines.words import Role, Verb

RING_LINES = 256
"""The newest events that `ring` keeps."""
SAFETY_RING_LINES = 64
"""The newest safety events that `safety_ring` keeps; nothing else takes their place."""
LINE_LIMIT = 512
"""Bytes of one line that an attribute takes, its end included."""
NAME_LIMIT = 16
"""Characters of a hall's or a controller's id."""
NUMBER_DIGITS = 18
"""Digits of a number that an attribute takes: what every shell's arithmetic holds."""

HEARTBEAT_MS = 2_000
COUNT_MS = 1_000
"""From one `frame` or `timecode` to the next."""
STUCK_MS = 1_000
"""A timer or an interrupt thread that is this late is stuck: `watchdog`."""
LEASE_MS = 5_000
"""How long a ping feeds the dead-man lease (assumed)."""
BREAK_MS = 50
"""One slack roller is a break after this long (assumed)."""
STALL_MS = 150
"""No tachometer pulse for this long is a stall, once the motor was at speed (assumed)."""
SPINUP_MS = 3_000
"""No speed within this long after the motor was commanded is a stall (assumed)."""
RUNOUT_MS = 1_000
"""From the tail sensor to the stop, at 24 frames a second (assumed)."""
AT_SPEED_PERIODS = 8
AT_SPEED_TOLERANCE_PERCENT = 4
"""At speed = so many tachometer periods, one a frame, each this near the speed asked for (assumed)."""
OVERSPEED_PERCENT = 115
"""Of the speed asked for (assumed)."""

Use = Literal["read", "write", "both"]


class Attribute(Value, frozen=True, kw_only=True):
    """A file of a device. Its mode is for owner root and group `reel`; others have nothing but the version."""

    use: Use
    line: str
    meaning: str
    public: bool = False

    @property
    def mode(self) -> int:
        """Return the permission bits."""
        return {"read": 0o440, "write": 0o220, "both": 0o660}[self.use] | (0o004 if self.public else 0)


ATTRIBUTES: dict[str, Attribute] = {
    "abi_version": Attribute(use="read", public=True, line="INTEGER", meaning="the version of this document"),
    "snapshot": Attribute(use="read", line="KEY=VALUE …", meaning="all that the device knows, in one consistent line"),
    "ring": Attribute(
        use="read",
        line="SEQ NS EVENT FRAME VAL",
        meaning=f"the newest {RING_LINES} events, oldest first",
    ),
    "safety_ring": Attribute(
        use="read",
        line="SEQ NS EVENT FRAME VAL",
        meaning=f"the newest {SAFETY_RING_LINES} safety events, oldest first; telemetry never takes their place",
    ),
    "claim": Attribute(
        use="write",
        line="FENCE GEN CONTROLLER SEQ",
        meaning="makes (FENCE, GEN) the only ones obeyed, and SEQ the last command; feeds the lease",
    ),
    "lease": Attribute(use="write", line="FENCE GEN", meaning="feeds the dead-man lease, from the claimed one only"),
    "command": Attribute(use="write", line="FENCE GEN SEQ VERB [ARG]", meaning="one command"),
    "result": Attribute(
        use="read",
        line="FENCE GEN SEQ RESULT",
        meaning="the answer to the newest claim or command of the process that reads, else of anybody; its own numbers",
    ),
    "self_test": Attribute(
        use="both",
        line="1",
        meaning="begins the self-test; reads `idle`, `running`, `ok` or `failed:NAME`",
    ),
}

REFUSED: dict[str, str] = {
    "stale": "a newer (FENCE, GEN) holds the device, or none does",
    "gap": "SEQ is not the one after the last, or (FENCE, GEN) has not claimed the device",
    "busy": "the device does something that the command would disturb",
    "interlock": "film, lamp or people would be in danger",
    "local": "the LOCAL key is turned: hands are in the machine",
    "verb": "the device has no such verb or argument",
    "held": "another controller holds the device and its lease is fed",
}
FAILED: dict[str, str] = {
    "unknown": "whether it was done is not known: the number was passed over by a claim",
    "timeout": "it was begun and did not end in time (agents only)",
    "down": "there is no device (agents only)",
}
ANSWERS: dict[str, str] = {
    "ok": "done",
    **{f"refused:{code}": meaning for code, meaning in REFUSED.items()},
    **{f"failed:{code}": meaning for code, meaning in FAILED.items()},
}
"""Every RESULT, with its meaning."""

_PROJECTION = (Role.PROJECTION,)
_BOTH = (Role.PROJECTION, Role.SOUND)

VERBS: dict[Verb, tuple[tuple[str, ...], tuple[Role, ...], str]] = {
    Verb.MOTOR: (("stop", "run", "rewind"), _PROJECTION, "what moves the film"),
    Verb.DOWSER: (("open", "close"), _PROJECTION, "whether light falls on the film"),
    Verb.LAMP: (("on", "off"), _PROJECTION, "strikes it, or lets it cool"),
    Verb.SOUND: (("play", "mute", "analog"), (Role.SOUND,), "what the audience hears"),
    Verb.LIGHTS: (("up", "down"), _PROJECTION, "the house lights"),
    Verb.SAFE_STOP: (
        (),
        _BOTH,
        "closes the dowser, mutes, stops the motor (sound: mutes); under LOCAL too",
    ),
    Verb.CLEAR: ((), _BOTH, "clears every sticky bit, unless the cause of one persists"),
}
"""What a device carries out: a verb's arguments (none: it takes none), which roles have it, what it is about."""
