# SPDX-License-Identifier: Apache-2.0
"""One representative of each event kind and payload class, told in terms of the hall that it comes to.

"Next in order", "heard before", "of a new epoch" mean the same for every hall, whatever its counters say.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from statemachines import events as e
from statemachines.film import film_us, tail_start
from statemachines.hall import Device, Film, Hall
from statemachines.kernel_words import SAFETY_CLASSES
from statemachines.settings import SECOND
from statemachines.show import Show
from statemachines.snapshot import Latched, Snapshot
from statemachines.words import Lamp, Latch, Lights, Motor, Role, Sound, State, Tension

MS = SECOND // 1000
LONG = 10 * SECOND
"""Long enough that what was fresh is stale."""


Zones = tuple[int, int, int]


def zones(film: Film) -> Zones:
    """Return one frame of leader, picture and tail of the reel that is in the path."""
    tail = tail_start(film.gauge, film.feet[min(film.reel, len(film.feet)) - 1])
    return 0, tail // 2, tail + 1


P, S = Role.PROJECTION, Role.SOUND
Told = tuple[type[e.KernelEvent], Role, dict[str, Any]]

_PLAIN = (
    e.DeviceAdded,
    e.DeviceRemoved,
    e.FilmRemoved,
    e.FilmReady,
    e.ShowStarted,
    e.ShowStopped,
    e.MotorAtSpeed,
    e.MotorStopped,
    e.MotorStalled,
    e.MotorOversped,
    e.ReelEnded,
    e.Rewound,
    e.FilmBroke,
    e.LampLit,
    e.LampWentOut,
    e.LampFailed,
    e.EmergencyStopPressed,
    e.EmergencyStopReleased,
    e.HeartbeatHeard,
    e.DeviceStuck,
)

_FIRST_WORDS: tuple[type[e.KernelEvent], ...] = (
    *SAFETY_CLASSES,
    *(e.DeviceAdded, e.HeartbeatHeard, e.FilmInserted, e.ShowStarted, e.ShowStopped, e.DowserMoved),
)
"""What is told as the first word of a new epoch, or by a ring: how it comes counts then, more than what it says."""


def _told(frame: int, reel: Zones) -> list[Told]:
    """Return each kernel event that a device may send, with its own fields."""
    here = {"frame": frame}
    projection: list[tuple[type[e.KernelEvent], dict[str, Any]]] = [
        *((plain, here) for plain in _PLAIN),
        (e.FilmInserted, {"feet": (2000,)}),
        (e.FilmInserted, {"feet": (2000, 2000)}),
        *((e.LocalSwitched, {"on": on, **here}) for on in (True, False)),
        *((e.TensionChanged, {"tension": tension, **here}) for tension in Tension),
        *((moved, {"open": is_open, **here}) for moved in (e.DowserMoved, e.DoorMoved) for is_open in (True, False)),
        *((e.FrameCounted, {"frame": at}) for at in reel),
        (e.SelfTestEnded, {"ok": False, **here}),
    ]
    at_us = film_us(frame)
    sound: list[tuple[type[e.KernelEvent], dict[str, Any]]] = [
        *((plain, {}) for plain in (e.DeviceAdded, e.DeviceRemoved, e.HeartbeatHeard, e.DeviceStuck)),
        (e.SelfTestEnded, {"ok": True}),
        (e.TimecodeRead, {"film_us": at_us, "sound_us": at_us}),
        (e.TimecodeRead, {"film_us": at_us, "sound_us": at_us + SECOND // 1000}),
        (e.TimecodeRead, {"film_us": at_us + 60_000_000, "sound_us": at_us + 60_000_000}),
    ]
    return [(kind, P, own) for kind, own in projection] + [(kind, S, own) for kind, own in sound]


def _next(device: Device) -> int:
    seq = device.hw_seq + 1
    while seq in device.ahead:
        seq += 1
    return seq


def _numbers(kind: type[e.KernelEvent], device: Device) -> list[tuple[int, int]]:
    """Return (epoch, hw_seq): next in order, of a new epoch, and where they make sense: heard, beyond a hole, none."""
    epoch = device.epoch or 7
    found = [(epoch, _next(device))]
    if device.epoch and kind in _FIRST_WORDS:
        found.append((device.epoch + 1, 1))
    if device.hw_seq:
        found.append((device.epoch, device.hw_seq))
    if kind in SAFETY_CLASSES:
        found.append((epoch, device.hw_seq + 1000))
    if kind in (e.DeviceAdded, e.DeviceRemoved):
        found.append((0, 0))
    return found


@lru_cache(maxsize=512)
def _kernel(projection: Device, sound: Device, frame: int, reel: Zones) -> tuple[e.KernelEvent, ...]:
    devices = {P: projection, S: sound}
    return tuple(
        kind(role=role, epoch=epoch, hw_seq=hw_seq, **own)
        for kind, role, own in _told(frame, reel)
        for epoch, hw_seq in _numbers(kind, devices[role])
    )


_SHOWING: dict[str, Any] = {
    "film": True,
    "ready": True,
    "motor": Motor.RUN,
    "at_speed": True,
    "dowser_open": True,
    "lamp": Lamp.LIT,
    "lights": Lights.DOWN,
    "frame": "picture",
}
SHOWS: dict[str, dict[str, Any]] = {
    "empty": {},
    "film in": {"film": True},
    "ready, lit": {"film": True, "ready": True, "lamp": Lamp.LIT, "frame": "picture"},
    "starting": {"film": True, "ready": True, "lamp": Lamp.LIT, "motor": Motor.RUN},
    "running dark": {**_SHOWING, "dowser_open": False},
    "showing": _SHOWING,
    "showing without READY": {**_SHOWING, "ready": False},
    "showing, slack": {**_SHOWING, "tension": Tension.FEED},
    "light on standing film": {**_SHOWING, "motor": Motor.STOP, "at_speed": False},
    "running out": {"film": True, "motor": Motor.RUN, "at_speed": True, "lamp": Lamp.LIT, "frame": "tail"},
    "rewinding": {"film": True, "motor": Motor.REWIND, "at_speed": True, "frame": "picture"},
    "stands at the tail": {"film": True, "frame": "tail"},
    "slack": {"film": True, "tension": Tension.SLACK, "frame": "picture"},
    "local": {"film": True, "local": True},
    "door open": {"film": True, "door_open": True},
    "red button": {"estop": True},
    "latched": {"film": True, "latched": (Latched(name=Latch.BREAK, seq=1),)},
}
"""What a projector may show, by name."""

_LONG_REEL = zones(Film())

SOUNDS: tuple[dict[str, Any], ...] = (
    *({"sound": sound} for sound in Sound),
    {"latched": (Latched(name=Latch.WATCHDOG, seq=1),)},
)


def snapshot(device: Device, reel: Zones = _LONG_REEL, **fields: Any) -> Snapshot:
    """Return a snapshot that knows just what was heard."""
    fields["frame"] = {"picture": reel[1], "tail": reel[2]}.get(fields.get("frame", ""), 0)
    return Snapshot(**{"epoch": device.epoch or 7, "seq": device.hw_seq, **fields})


@lru_cache(maxsize=512)
def _snapshots(projection: Device, sound: Device, reel: Zones) -> tuple[e.Event, ...]:
    found: list[e.Event] = []
    for role, device, contents in ((P, projection, SHOWS.values()), (S, sound, SOUNDS)):
        for content in contents:
            seqs = [device.hw_seq]
            if content in (SHOWS["showing"], SHOWS["empty"], SHOWS["latched"], SOUNDS[0]):
                seqs += [device.hw_seq + 3, *([device.hw_seq - 1] if device.hw_seq else [])]
            shown = [snapshot(device, reel, **content, seq=seq) for seq in seqs]
            found += [e.SnapshotRead(role=role, snapshot=each) for each in shown]
        if device.epoch:
            newly = snapshot(device, epoch=device.epoch + 1, seq=1)
            found.append(e.SnapshotRead(role=role, snapshot=newly))
    quiet = snapshot(sound)
    found += [
        e.RuntimeRecovered(projection=snapshot(projection, reel, **shown), sound=quiet) for shown in SHOWS.values()
    ]
    return (*found, e.RuntimeRecovered(projection=None, sound=quiet))


def _sessions(hall: Hall) -> Iterator[e.Event]:
    """Return what a session may tell. A device answers in order: the oldest command first."""
    for role in Role:
        device = hall.device(role)
        for lease_ended in (False, True):
            yield e.SessionUp(role=role, gen=device.link.gen + 1, last=0, lease_ended=lease_ended)
        yield e.SessionLost(role=role, reason="the line is dead")
        yield e.WatchUp(role=role)
        yield e.WatchLost(role=role, reason="the line is dead")
        yield e.EventsLost(role=role, epoch=device.epoch or 7, count=2, through=device.hw_seq + 2)
        if device.epoch:
            yield e.EventsLost(role=role, epoch=device.epoch + 1, count=2, through=2)
        for each in device.pending[:1]:
            for result in ("ok", "refused:interlock", "failed:timeout"):
                yield e.CommandDone(role=role, cmd_seq=each.cmd_seq, result=result)
            yield e.CommandOverdue(role=role, cmd_seq=each.cmd_seq)
        yield e.CommandDone(role=role, cmd_seq=device.cmd_seq + 99, result="ok")
        yield e.CommandOverdue(role=role, cmd_seq=device.cmd_seq + 99)


NAMED = "sensor_dissent"


def _asked(hall: Hall) -> Iterator[e.Event]:
    for verb in ("start", "stop", "rewind", "reset", "emergency_stop"):
        yield e.OperatorRequested(verb=verb)
        yield e.OperatorRequested(verb=verb, expired=True)
    yield e.OperatorRequested(verb="dance")
    yield e.OperatorRequested(verb="acknowledge")
    if hall.state is State.FAULT:
        yield e.OperatorRequested(verb="acknowledge", argument=hall.fault.cause)


def of_alarms(hall: Hall) -> Iterator[e.Stamped]:
    """Return what names an alarm: the one kind whose outcome depends on the alarms that a hall has."""
    for verb, argument, minutes in (
        ("acknowledge", NAMED, 0),
        ("acknowledge", "no_such_alarm", 0),
        ("shelve", NAMED, 10),
        ("shelve", NAMED, 0),
    ):
        event = e.OperatorRequested(verb=verb, argument=argument, minutes=minutes)
        yield e.Stamped(at_ns=hall.at_ns + MS, event=event, source=e.Source.OPERATOR)


def _of_the_runtime(hall: Hall) -> Iterator[e.Event]:
    yield e.HallConfigured(settings=hall.settings, incarnation=2)
    for hold in ("maintenance", "deployment"):
        yield e.HoldPlaced(hold=hold, reason="the module is replaced")
        yield e.HoldLifted(hold=hold)
    yield e.WarmUpAsked(until_ns=hall.at_ns + 3600 * SECOND)
    yield e.ShowScheduled(show=Show(id="s2", title="Nosferatu", starts_ns=hall.at_ns + 1000 * SECOND))
    yield e.ShowScheduled(show=Show(id="s3", title="Sunrise", starts_ns=1))
    for show in ("s1", "s9"):
        yield e.ShowUnscheduled(show=show)
    yield e.ConditionRaised(alarm="log_not_writable", detail="the log cannot be written")
    yield e.ConditionCleared(alarm="log_not_writable")
    yield e.ClockStepped(delta_ns=LONG)
    for deadline in hall.deadlines:
        yield e.TimerDue(name=deadline.name)
    for name in ("warm_over", "show_due"):
        if hall.armed(name) is None:
            yield e.TimerDue(name=name)


def events(hall: Hall) -> Iterator[e.Event]:
    """Return each representative event but those that name an alarm."""
    reel = zones(hall.film)
    yield from _kernel(hall.projection, hall.sound, hall.film.frame, reel)
    yield from _snapshots(hall.projection, hall.sound, reel)
    yield from _sessions(hall)
    yield from _asked(hall)
    yield from _of_the_runtime(hall)


def inputs(hall: Hall) -> Iterator[e.Stamped]:
    """Return each representative event as it comes a moment later; one comes much later; rings tell old news."""
    soon = hall.at_ns + MS
    for event in events(hall):
        yield e.Stamped(at_ns=soon, event=event)
        if isinstance(event, _FIRST_WORDS) and not hall.recovered:
            yield e.Stamped(at_ns=soon, event=event, source=e.Source.RING)
    beat = e.HeartbeatHeard(role=S, epoch=hall.sound.epoch or 7, hw_seq=_next(hall.sound))
    yield e.Stamped(at_ns=hall.at_ns + LONG, event=beat)
