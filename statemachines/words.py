# SPDX-License-Identifier: Apache-2.0
"""The domain's closed vocabularies: each word that a value, an event or a command may carry."""

from enum import StrEnum


class Role(StrEnum):
    """What a server does for a hall."""

    PROJECTION = "projection"
    SOUND = "sound"


class State(StrEnum):
    """The five states of a hall; everything else is context."""

    IDLE = "idle"
    THREADING = "threading"
    PROJECTING = "projecting"
    REWINDING = "rewinding"
    FAULT = "fault"


class Motor(StrEnum):
    STOP = "stop"
    RUN = "run"
    REWIND = "rewind"


class Tension(StrEnum):
    """What the pair of tension rollers reports: `feed` or `takeup` names the one roller that is slack."""

    GOOD = "good"
    FEED = "feed"
    TAKEUP = "takeup"
    SLACK = "slack"


class Lamp(StrEnum):
    COLD = "cold"
    STRIKING = "striking"
    LIT = "lit"
    COOLING = "cooling"
    FAILED = "failed"


class Sound(StrEnum):
    PLAY = "play"
    MUTE = "mute"
    ANALOG = "analog"


class Lights(StrEnum):
    UP = "up"
    DOWN = "down"


class Latch(StrEnum):
    """Sticky bits of a device: set by the hardware, cleared only by verb `clear`."""

    BREAK = "break"
    STALL = "stall"
    OVERSPEED = "overspeed"
    LAMPFAIL = "lampfail"
    ESTOP = "estop"
    WATCHDOG = "watchdog"


class Verb(StrEnum):
    """Device verbs: absolute, never toggles."""

    MOTOR = "motor"
    DOWSER = "dowser"
    LAMP = "lamp"
    SOUND = "sound"
    LIGHTS = "lights"
    SAFE_STOP = "safe_stop"
    CLEAR = "clear"
    CURTAIN = "curtain"
    MASKING = "masking"


class Verdict(StrEnum):
    """What a step made of its event."""

    TRANSITION = "transition"
    INTERNAL = "internal"
    REFUSAL = "refusal"
