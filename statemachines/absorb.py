# SPDX-License-Identifier: Apache-2.0
"""What an event says of the world goes into a hall's context before anything is decided.

Each function takes the hall and the event and returns the hall that knows it. No effects, no change of state.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from statemachines import events as e
from statemachines.dissent import dissenting
from statemachines.film import FRAMES_PER_FOOT
from statemachines.hall import SILENT_BEATS, Device, Film, Hall, Hold, Link, Projector, with_device
from statemachines.kernel_words import SAFETY_CLASSES, SAFETY_WORDS, WORDS
from statemachines.reading import read
from statemachines.words import Lamp, Lights, Motor, Role, Sound, State, Tension, Verb

_LATCH_OF = {WORDS[word]: latch for word, latch in SAFETY_WORDS.items()}


def already_heard(hall: Hall, event: e.Event) -> bool:
    """Tell whether a kernel event was accounted for before."""
    if not isinstance(event, e.KernelEvent) or event.hw_seq == 0:
        return False
    device = hall.device(event.role)
    return event.epoch == device.epoch and (event.hw_seq <= device.hw_seq or event.hw_seq in device.ahead)


def stale(hall: Hall, event: e.SnapshotRead) -> bool:
    """Tell whether a snapshot is older than the events that the hall already knows."""
    device = hall.device(event.role)
    return event.snapshot.epoch == device.epoch and event.snapshot.seq < device.hw_seq


def absorbed(hall: Hall, stamped: e.Stamped) -> Hall:
    """Return the hall that knows the event."""
    event = stamped.event
    hall = replace(hall, at_ns=max(hall.at_ns, stamped.at_ns))
    if isinstance(event, e.KernelEvent):
        hall = _numbered(hall, event)
    if isinstance(event, e.TimecodeRead) and stamped.source is e.Source.RING:
        # Where the film was when it was sampled is of no use beside what the frame counter says now.
        return replace(hall, rack=replace(hall.rack, beats=0))
    absorb = _ABSORB.get(type(event))
    return absorb(hall, event) if absorb else hall


def _numbered(hall: Hall, event: e.KernelEvent) -> Hall:
    """Note the event's number. A class device's own coming or going has none."""
    if event.hw_seq == 0:
        return hall
    device = hall.device(event.role)
    if event.epoch != device.epoch:
        device = replace(device, epoch=event.epoch, hw_seq=0, ahead=(), latched=())
        hall = _restarted(with_device(hall, event.role, epoch=event.epoch), event.role)
    if isinstance(event, SAFETY_CLASSES):
        latch = _LATCH_OF[type(event)]
        device = replace(device, latched=tuple(sorted({*device.latched, latch})))
        if event.hw_seq > device.hw_seq + 1:
            device = replace(device, ahead=tuple(sorted((*device.ahead, event.hw_seq))))
        else:
            device = replace(device, hw_seq=event.hw_seq)
    else:
        device = replace(device, hw_seq=event.hw_seq)
    device = _caught_up(device)
    hall = replace(hall, **{str(event.role): device})
    if event.role is Role.PROJECTION and event.frame != hall.film.frame:
        hall = replace(hall, film=replace(hall.film, frame=event.frame))
    return hall


def _caught_up(device: Device) -> Device:
    through = device.hw_seq
    ahead = device.ahead
    while ahead and ahead[0] <= through + 1:
        through, ahead = max(through, ahead[0]), ahead[1:]
    return replace(device, hw_seq=through, ahead=ahead) if ahead != device.ahead else device


def _restarted(hall: Hall, role: Role) -> Hall:
    """A device that starts anew has every output in its safe position."""
    if role is Role.PROJECTION:
        return replace(hall, projector=Projector())
    return replace(hall, rack=replace(hall.rack, sound=Sound.MUTE))


def _projector(hall: Hall, **fields: Any) -> Hall:
    return replace(hall, projector=replace(hall.projector, **fields))


def _film(hall: Hall, **fields: Any) -> Hall:
    return replace(hall, film=replace(hall.film, **fields))


def _inserted(hall: Hall, event: e.FilmInserted) -> Hall:
    """Film that runs was not put in just now. A programme that cannot be is the hall's own."""
    if hall.film.present and hall.state in (State.PROJECTING, State.REWINDING):
        return hall
    planned = hall.show or hall.next_show
    if planned is not None:
        event = replace(event, gauge=planned.gauge, feet=planned.feet)
    if event.gauge not in FRAMES_PER_FOOT or not event.feet:
        event = replace(event, gauge=hall.settings.gauge, feet=hall.settings.feet)
    same_programme = hall.film.between and hall.film.reel <= len(event.feet)
    reel = hall.film.reel if same_programme else 1
    title = planned.title if planned is not None else ""
    film = Film(present=True, reel=reel, gauge=event.gauge, feet=event.feet, frame=event.frame, title=title)
    return replace(hall, film=film)


def _removed(hall: Hall, _event: e.FilmRemoved) -> Hall:
    hall = _film(hall, present=False, ready=False, tail=False, frame=0)
    return _projector(hall, tension=Tension.GOOD)


def _ready(hall: Hall, _event: e.FilmReady) -> Hall:
    """READY with an empty gate says nothing."""
    return _film(hall, ready=True, tail=False, between=False) if hall.film.present else hall


def _at_speed(hall: Hall, _event: e.MotorAtSpeed) -> Hall:
    """Speed may be told before the command for it is answered."""
    motor = hall.projector.motor
    if motor is Motor.STOP:
        motor = Motor.REWIND if hall.state is State.REWINDING else Motor.RUN
    return _projector(hall, at_speed=True, motor=motor)


def _broke(hall: Hall, _event: e.FilmBroke) -> Hall:
    return _film(_projector(hall, tension=Tension.SLACK), ready=False)


def _stopped(hall: Hall, _event: e.MotorStopped) -> Hall:
    return _projector(hall, motor=Motor.STOP, at_speed=False)


def _device_gone(hall: Hall, event: e.DeviceRemoved) -> Hall:
    return _restarted(hall, event.role)


def _timecode(hall: Hall, event: e.TimecodeRead) -> Hall:
    offset_us = event.sound_us - event.film_us
    rack = replace(hall.rack, offset_us=offset_us, film_us=event.film_us, heard_ns=hall.at_ns, beats=0)
    return dissenting(replace(hall, rack=rack))


def _beat(hall: Hall, event: e.HeartbeatHeard) -> Hall:
    if event.role is not Role.SOUND or hall.rack.beats >= SILENT_BEATS:
        return hall
    return replace(hall, rack=replace(hall.rack, beats=hall.rack.beats + 1))


def _session_up(hall: Hall, event: e.SessionUp) -> Hall:
    device = hall.device(event.role)
    link = Link(up=True, since_ns=hall.at_ns, gen=event.gen, reason="")
    fresh = not device.link.up
    return with_device(
        hall,
        event.role,
        link=replace(link, since_ns=device.link.since_ns) if not fresh else link,
        unread=device.unread or fresh,
        cmd_seq=max(device.cmd_seq, event.last),
    )


def _session_lost(hall: Hall, event: e.SessionLost) -> Hall:
    device = hall.device(event.role)
    since = hall.at_ns if device.link.up or not device.link.since_ns else device.link.since_ns
    link = Link(up=False, since_ns=since, gen=device.link.gen, reason=event.reason)
    return with_device(hall, event.role, link=link, unread=False)


def _done(hall: Hall, event: e.CommandDone) -> Hall:
    device = hall.device(event.role)
    pending = tuple(each for each in device.pending if each.cmd_seq != event.cmd_seq)
    answered = next((each for each in device.pending if each.cmd_seq == event.cmd_seq), None)
    hall = with_device(hall, event.role, pending=pending)
    if answered is None or event.result != "ok":
        return hall
    return _obeyed(hall, event.role, answered.verb, answered.arg)


def _obeyed(hall: Hall, role: Role, verb: Verb, arg: str) -> Hall:
    match verb:
        case Verb.MOTOR:
            motor = Motor(arg)
            # Film that was told to stand still runs on for a moment: that it stands, the device says itself.
            slower = motor is not Motor.STOP and motor is not hall.projector.motor
            hall = _film(hall, tail=hall.film.tail and motor is not Motor.REWIND)
            return _projector(hall, motor=motor, at_speed=hall.projector.at_speed and not slower)
        case Verb.DOWSER:
            return _projector(hall, dowser_open=arg == "open")
        case Verb.LAMP if arg == "off":
            return _projector(hall, lamp=Lamp.COOLING)
        case Verb.LAMP if hall.projector.lamp is not Lamp.LIT:
            return _projector(hall, lamp=Lamp.STRIKING)
        case Verb.LIGHTS:
            return _projector(hall, lights=Lights(arg))
        case Verb.SOUND:
            return replace(hall, rack=replace(hall.rack, sound=Sound(arg)))
        case Verb.SAFE_STOP if role is Role.PROJECTION:
            return _projector(hall, dowser_open=False, motor=Motor.STOP, at_speed=False)
        case Verb.SAFE_STOP:
            return replace(hall, rack=replace(hall.rack, sound=Sound.MUTE))
        case Verb.CLEAR:
            return with_device(hall, role, latched=())
        case _:
            return hall


def _snapshot_read(hall: Hall, event: e.SnapshotRead) -> Hall:
    return hall if stale(hall, event) else read(hall, event.role, event.snapshot)


def _recovered(hall: Hall, event: e.RuntimeRecovered) -> Hall:
    """Nothing of before the restart is on its way any more; what the hardware says counts."""
    for role in hall.settings.roles:
        hall = with_device(hall, role, pending=())
    for role, snapshot in ((Role.PROJECTION, event.projection), (Role.SOUND, event.sound)):
        if snapshot is not None:
            hall = read(hall, role, snapshot)
    read_at_all = event.projection is not None or Role.PROJECTION not in hall.settings.roles
    return replace(hall, recovered=read_at_all)


def _configured(hall: Hall, event: e.HallConfigured) -> Hall:
    """A new runtime waits for no old answer and has not read the hardware; film in the path keeps its programme."""
    hall = replace(hall, settings=event.settings, recovered=False)
    for role in Role:
        reason = "not opened yet since the controller started"
        hall = with_device(hall, role, link=Link(since_ns=hall.at_ns, reason=reason), heard=True, pending=())
    if hall.film.present:
        return hall
    return _film(hall, gauge=event.settings.gauge, feet=event.settings.feet, frame=0)


def _events_lost(hall: Hall, event: e.EventsLost) -> Hall:
    device = hall.device(event.role)
    if event.epoch != device.epoch:
        device = replace(device, epoch=event.epoch, hw_seq=0, ahead=())
    device = _caught_up(replace(device, hw_seq=max(device.hw_seq, event.through)))
    return replace(hall, **{str(event.role): device})


def _hold_placed(hall: Hall, event: e.HoldPlaced) -> Hall:
    others = tuple(hold for hold in hall.holds if hold.name != event.hold)
    return replace(hall, holds=(*others, Hold(name=event.hold, reason=event.reason, by=event.by)))


def _show_scheduled(hall: Hall, event: e.ShowScheduled) -> Hall:
    """What has begun is not planned any more. A cue that is none of the room's is left out."""
    if event.show.starts_ns <= hall.shown_ns:
        return hall
    cues = tuple(cue for cue in event.show.cues if cue.is_of_the_room)
    return replace(hall, next_show=replace(event.show, cues=cues))


def _show_unscheduled(hall: Hall, event: e.ShowUnscheduled) -> Hall:
    planned = hall.next_show is not None and hall.next_show.id == event.show
    return replace(hall, next_show=None) if planned else hall


def _timer(hall: Hall, event: e.TimerDue) -> Hall:
    return replace(hall, deadlines=tuple(each for each in hall.deadlines if each.name != event.name))


_ABSORB: dict[type[e.Event], Callable[[Hall, Any], Hall]] = {
    e.DeviceAdded: lambda hall, event: _restarted(hall, event.role),
    e.DeviceRemoved: _device_gone,
    e.FilmInserted: _inserted,
    e.FilmRemoved: _removed,
    e.FilmReady: _ready,
    e.LocalSwitched: lambda hall, event: _projector(hall, local=event.on),
    e.MotorAtSpeed: _at_speed,
    e.MotorStopped: _stopped,
    e.MotorStalled: lambda hall, _event: _projector(hall, at_speed=False),
    e.MotorOversped: lambda hall, _event: _projector(hall, at_speed=False),
    e.TensionChanged: lambda hall, event: dissenting(_projector(hall, tension=event.tension)),
    e.ReelEnded: lambda hall, _event: _film(hall, tail=True, ready=False),
    e.Rewound: lambda hall, _event: _film(hall, tail=False, ready=False),
    e.FilmBroke: _broke,
    e.LampLit: lambda hall, _event: _projector(hall, lamp=Lamp.LIT),
    e.LampWentOut: lambda hall, _event: _projector(hall, lamp=Lamp.COLD),
    e.LampFailed: lambda hall, _event: _projector(hall, lamp=Lamp.FAILED),
    e.DowserMoved: lambda hall, event: _projector(hall, dowser_open=event.open),
    e.EmergencyStopPressed: lambda hall, _event: _projector(hall, estop=True),
    e.EmergencyStopReleased: lambda hall, _event: _projector(hall, estop=False),
    e.DoorMoved: lambda hall, event: _projector(hall, door_open=event.open),
    e.TimecodeRead: _timecode,
    e.HeartbeatHeard: _beat,
    e.SessionUp: _session_up,
    e.SessionLost: _session_lost,
    e.CommandDone: _done,
    e.SnapshotRead: _snapshot_read,
    e.HallConfigured: _configured,
    e.RuntimeRecovered: _recovered,
    e.EventsLost: _events_lost,
    e.WatchUp: lambda hall, event: with_device(hall, event.role, heard=True),
    e.WatchLost: lambda hall, event: with_device(hall, event.role, heard=False),
    e.HoldPlaced: _hold_placed,
    e.HoldLifted: lambda hall, event: replace(
        hall, holds=tuple(hold for hold in hall.holds if hold.name != event.hold)
    ),
    e.WarmUpAsked: lambda hall, event: replace(hall, warm_until_ns=max(hall.warm_until_ns, event.until_ns)),
    e.ShowScheduled: _show_scheduled,
    e.ShowUnscheduled: _show_unscheduled,
    e.TimerDue: _timer,
}
