# SPDX-License-Identifier: Apache-2.0
"""People's hands on the hardware, and what goes wrong with it: one line in, one line out."""

import json
from collections.abc import Callable, Mapping

from adapters.booth.errors import HandRefused
from adapters.booth.rig import Rig
from statemachines.snapshot import format_snapshot
from statemachines.words import Role

DONE = "ok"
LOSE_LIMIT = 10_000
RATTLE_LIMIT = 1_000_000


def _with_film(rig: Rig) -> None:
    if rig.projector.path.reel is None:
        raise HandRefused(f"{rig.hall}: there is no film in the path: insert a reel first")


def _standing(rig: Rig) -> None:
    _with_film(rig)
    if rig.projector.moves:
        raise HandRefused(f"{rig.hall}: the film moves: stop the motor first")


def _insert(rig: Rig) -> None:
    if rig.projector.path.reel is not None:
        raise HandRefused(f"{rig.hall}: film is in the path already: remove it first")
    rig.insert()


def _remove(rig: Rig) -> None:
    _standing(rig)
    rig.remove()


def _rethread(rig: Rig) -> None:
    _standing(rig)
    rig.projector.rethread()


def _ready(rig: Rig) -> None:
    _with_film(rig)
    path = rig.projector.path
    if path.broken or path.head_off or rig.projector.past_tail:
        raise HandRefused(f"{rig.hall}: the film is not threaded for a show: rethread it first")
    rig.projector.press("ready")


def _break(rig: Rig) -> None:
    _with_film(rig)
    rig.projector.snap()


MOVES: Mapping[str, Callable[[Rig], None]] = {
    "insert": _insert,
    "remove": _remove,
    "rethread": _rethread,
    "ready": _ready,
    "start": lambda rig: rig.projector.press("start"),
    "stop": lambda rig: rig.projector.press("stop"),
    "door open": lambda rig: rig.projector.move_door(True),
    "door closed": lambda rig: rig.projector.move_door(False),
    "local on": lambda rig: rig.projector.turn_local(True),
    "local off": lambda rig: rig.projector.turn_local(False),
    "estop press": lambda rig: rig.projector.push_estop(),
    "estop release": lambda rig: rig.projector.pull_estop(),
    "fault break": _break,
    "fault stall": lambda rig: rig.projector.jam(),
    "fault overspeed": lambda rig: rig.projector.race(),
    "fault lamp": lambda rig: rig.projector.spoil_lamp(),
    "fault sync": lambda rig: rig.rack.lose_sync(),
    "fault dissent": lambda rig: rig.dissent(),
    "fault watchdog": lambda rig: rig.projector.stuck(),
    "fault clear": lambda rig: rig.mend(),
}
"""What may follow a hall's id; besides these `fault lose N`, `fault rattle N`, `show` and `acts ROLE`."""


def move(rig: Rig, wish: str) -> str:
    """Carry out one wish and return the answer: `ok`, or one line of JSON.

    `show` is answered by the hall's state as an object; `acts ROLE` by the device's epoch and the commands that it
    acted on, as `Journal.acts` has them.

    Raises:
        HandRefused: with a sentence; nothing has changed.
    """
    if wish == "show":
        return _shown(rig)
    if wish.startswith("acts "):
        return _acts(rig, wish.removeprefix("acts "))
    if wish.startswith("fault lose "):
        rig.lose = _count(rig, "lose", wish.removeprefix("fault lose "), LOSE_LIMIT)
    elif wish.startswith("fault rattle "):
        rig.rattles = _count(rig, "rattle", wish.removeprefix("fault rattle "), RATTLE_LIMIT)
    elif wish in MOVES:
        MOVES[wish](rig)
    else:
        allowed = ", ".join((*MOVES, "fault lose N", "fault rattle N", "show", "acts ROLE"))
        raise HandRefused(f"{rig.hall}: nobody can {wish[:40]!r}: choose one of {allowed}")
    return DONE


def _count(rig: Rig, fault: str, text: str, limit: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(limit)) and int(text) <= limit):
        raise HandRefused(f"{rig.hall}: fault {fault} takes a number up to {limit}, not {text[:40]!r}")
    return int(text)


def _shown(rig: Rig) -> str:
    state: dict[str, str | int] = {"hall": rig.hall, "reel": rig.reel, "reels": len(rig.reels)}
    for role, device in rig.devices.items():
        state[role] = format_snapshot(device.snapshot(), sound_only=role is Role.SOUND)
    return json.dumps(state)


def _acts(rig: Rig, role: str) -> str:
    device = next((device for name, device in rig.devices.items() if name == role), None)
    if device is None:
        raise HandRefused(f"{rig.hall}: there is no device {role[:40]!r}: choose one of {', '.join(rig.devices)}")
    return json.dumps({"epoch": device.journal.epoch, "acts": [*device.journal.acts]})
