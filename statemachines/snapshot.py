# SPDX-License-Identifier: Apache-2.0
"""A device's `snapshot`: one consistent read of all it knows, as one line of `key=value` words.

A key that a role lacks is left out and reads as safe. An unknown key is ignored, so that a newer device can
speak to an older controller; a known key with a wrong value is an error.
"""

from statemachines.values import Value
from statemachines.words import Lamp, Latch, Lights, Motor, Sound, Tension

LARGEST = 2**63 - 1
"""The largest number that a snapshot may hold: what the log's database can."""


class SnapshotMalformed(ValueError):
    """A snapshot line that does not follow the contract; carries the offending word."""


class Latched(Value, frozen=True, kw_only=True):
    """One sticky bit with the hw_seq of its first occurrence."""

    name: Latch
    seq: int


class Snapshot(Value, frozen=True, kw_only=True):
    """What one read of a device's `snapshot` attribute said. Units: ns of the device's own clock; frames."""

    epoch: int
    seq: int
    ns: int = 0
    frame: int = 0
    film: bool = False
    ready: bool = False
    local: bool = False
    door_open: bool = False
    estop: bool = False
    tension: Tension = Tension.GOOD
    motor: Motor = Motor.STOP
    at_speed: bool = False
    dowser_open: bool = False
    lamp: Lamp = Lamp.COLD
    sound: Sound = Sound.MUTE
    lights: Lights = Lights.UP
    lease_fed: bool = True
    latched: tuple[Latched, ...] = ()
    fence: int = 0
    gen: int = 0
    last: int = 0


KEYS: dict[str, str] = {
    "epoch": "number",
    "seq": "number",
    "ns": "number",
    "frame": "number",
    "film": "flag",
    "ready": "flag",
    "local": "flag",
    "door": "leaf",
    "estop": "flag",
    "tension": "tension",
    "motor": "motor",
    "atspeed": "flag",
    "dowser": "leaf",
    "lamp": "lamp",
    "sound": "sound",
    "lights": "lights",
    "lease": "lease",
    "latched": "latches",
    "fence": "number",
    "gen": "number",
    "last": "number",
}
"""What a snapshot says, in this order, and of which kind each value is."""

SOUND_LACKS = frozenset("film ready local door estop tension motor atspeed dowser lamp lights frame".split())
"""What a sound server has no sensor for."""

_FIELDS = {"door": "door_open", "dowser": "dowser_open", "atspeed": "at_speed", "lease": "lease_fed"}
_EITHER = {
    "flag": {"0": False, "1": True},
    "leaf": {"closed": False, "open": True},
    "lease": {"fed": True, "ended": False},
}
_WORDS = {"tension": Tension, "motor": Motor, "lamp": Lamp, "sound": Sound, "lights": Lights}


def _latches(text: str) -> tuple[Latched, ...]:
    pairs = [item.partition(":") for item in text.split(",") if item]
    return tuple(Latched(name=Latch(name), seq=_number(seq)) for name, _, seq in pairs)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 20) or int(text) > LARGEST:
        raise ValueError(text)
    return int(text)


def _value(kind: str, text: str) -> object:
    if kind == "number":
        return _number(text)
    if kind == "latches":
        return _latches(text)
    return _EITHER[kind][text] if kind in _EITHER else _WORDS[kind](text)


def parse_snapshot(line: str) -> Snapshot:
    """Read a snapshot line.

    Raises:
        SnapshotMalformed: a word without `=`, a known key with a wrong value, or no epoch or seq.
    """
    fields: dict[str, object] = {}
    for word in line.split():
        key, equals, text = word.partition("=")
        if not equals:
            raise SnapshotMalformed(word)
        if key not in KEYS:
            continue
        try:
            fields[_FIELDS.get(key, key)] = _value(KEYS[key], text)
        except (ValueError, KeyError) as wrong:
            raise SnapshotMalformed(word) from wrong
    if not {"epoch", "seq"} <= fields.keys():
        raise SnapshotMalformed("epoch and seq are missing")
    return Snapshot(**fields)  # type: ignore[arg-type]  # each value was made by the parser of its own key


def format_snapshot(snapshot: Snapshot, *, sound_only: bool = False) -> str:
    """Write a snapshot as a device does; `sound_only` leaves out what a sound server has no sensor for."""
    door, dowser = ("open" if is_open else "closed" for is_open in (snapshot.door_open, snapshot.dowser_open))
    words = {
        "epoch": snapshot.epoch,
        "seq": snapshot.seq,
        "ns": snapshot.ns,
        "frame": snapshot.frame,
        "film": int(snapshot.film),
        "ready": int(snapshot.ready),
        "local": int(snapshot.local),
        "door": door,
        "estop": int(snapshot.estop),
        "tension": snapshot.tension,
        "motor": snapshot.motor,
        "atspeed": int(snapshot.at_speed),
        "dowser": dowser,
        "lamp": snapshot.lamp,
        "sound": snapshot.sound,
        "lights": snapshot.lights,
        "lease": "fed" if snapshot.lease_fed else "ended",
        "latched": ",".join(f"{latch.name}:{latch.seq}" for latch in snapshot.latched),
        "fence": snapshot.fence,
        "gen": snapshot.gen,
        "last": snapshot.last,
    }
    return " ".join(f"{key}={value}" for key, value in words.items() if not (sound_only and key in SOUND_LACKS))
