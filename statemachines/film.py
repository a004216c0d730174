# SPDX-License-Identifier: Apache-2.0
"""Film arithmetic, in integers only: frames, feet, milliseconds, and where on a reel a frame lies.

A gauge is its width in mm (35, 70 or 16). A reel's `feet` count everything on it: leader, picture and tail.
Frame 0 is the first frame of the leader.
"""

from enum import StrEnum

FRAMES_PER_FOOT: dict[int, tuple[int, int]] = {35: (16, 1), 70: (64, 5), 16: (40, 1)}
"""Frames a foot as an exact ratio: 35 mm 4-perf 16, 70 mm 5-perf 12.8, 16 mm 40 (film gauge tables)."""

BASE_FPS = 24
"""The speed of sound film in frames a second, on every gauge: 90, 112.5 and 36 ft/min (film gauge tables)."""

LEADER_FRAMES = 192
"""The academy countdown: 8 s, which is 12 ft of 35 mm, 15 ft of 70 mm, 4.8 ft of 16 mm (Sprocket School)."""

TAIL_FRAMES = 48
"""Blank film after the picture, where the tail sensor speaks: 2 s (assumed)."""

MOTOR_CUE_FRAMES = 198
"""The motor cue begins this many frames before the end of the picture, 8.25 s (SMPTE-301)."""

CHANGEOVER_CUE_FRAMES = 18
"""The changeover cue begins this many frames before the end of the picture (SMPTE-301)."""

REWIND_FEET_PER_MINUTE = 166
"""The fastest rewinding of an archive print: 2,000 ft in 12 min (Richardson's Bluebook, 1935)."""

SOUND_EARLY_LIMIT_US = 90_000
"""Lip sync: sound may lead the picture by this much and stay acceptable (ITU-R BT.1359)."""

SOUND_LATE_LIMIT_US = 185_000
"""Lip sync: sound may follow the picture by this much and stay acceptable (ITU-R BT.1359)."""

SOUND_PLACEMENT_US = 20_833
"""Sound is placed on the film within half a frame of its picture, either way, at 24 fps (ITU-R BR.265)."""


class GaugeUnknown(ValueError):
    """A film width that no projector here takes."""

    def __init__(self, gauge: int) -> None:
        known = ", ".join(str(width) for width in FRAMES_PER_FOOT)
        super().__init__(f"no film is {gauge} mm wide here: choose one of {known}")


class Zone(StrEnum):
    """Where on the reel a frame lies."""

    LEADER = "leader"
    PICTURE = "picture"
    TAIL = "tail"


def _ratio(gauge: int) -> tuple[int, int]:
    try:
        return FRAMES_PER_FOOT[gauge]
    except KeyError as unknown:
        raise GaugeUnknown(gauge) from unknown


def frames_in(gauge: int, feet: int) -> int:
    """Return how many whole frames `feet` of film hold. Raises GaugeUnknown."""
    frames, a_foot = _ratio(gauge)
    return feet * frames // a_foot


def feet_at(gauge: int, frame: int) -> int:
    """Return how many whole feet have run when the counter says `frame`. Raises GaugeUnknown."""
    frames, a_foot = _ratio(gauge)
    return frame * a_foot // frames


def duration_ms(gauge: int, feet: int, fps_milli: int = BASE_FPS * 1000) -> int:
    """Return how many whole ms `feet` of film last at `fps_milli` (frames a second × 1,000).

    Raises GaugeUnknown.
    """
    return frames_in(gauge, feet) * 1_000_000 // fps_milli


def film_us(frame: int) -> int:
    """Return a frame's place in film time: µs at 24 fps, however fast it is projected."""
    return frame * 1_000_000 // BASE_FPS


def rewind_fps_milli(gauge: int, fps_milli: int = BASE_FPS * 1000) -> int:
    """Return the rewinding speed in frames a second × 1,000.

    `fps_milli` is the projection speed; rewinding speeds up with it, as on a projector run fast in a
    demonstration. Raises GaugeUnknown.
    """
    frames, a_foot = _ratio(gauge)
    return REWIND_FEET_PER_MINUTE * frames * fps_milli // (a_foot * 60 * BASE_FPS)


def rewind_ms(feet: int, fps_milli: int = BASE_FPS * 1000) -> int:
    """Return how many whole ms rewinding `feet` of film takes, on every gauge, when shows run at `fps_milli`."""
    return feet * 60_000 * BASE_FPS * 1000 // (REWIND_FEET_PER_MINUTE * fps_milli)


def tail_start(gauge: int, feet: int) -> int:
    """Return the first frame of the tail, where the tail sensor speaks. Raises GaugeUnknown."""
    return max(frames_in(gauge, feet) - TAIL_FRAMES, 0)


def zone(gauge: int, feet: int, frame: int) -> Zone:
    """Return where `frame` lies; on a very short reel the tail wins. Raises GaugeUnknown."""
    if frame >= tail_start(gauge, feet):
        return Zone.TAIL
    return Zone.LEADER if frame <= LEADER_FRAMES else Zone.PICTURE
