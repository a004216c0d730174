# SPDX-License-Identifier: Apache-2.0
"""A hall's whole value: its state, and the context that the five states carry."""

import msgspec

from statemachines.alarms import Alarm
from statemachines.settings import Settings
from statemachines.show import Show
from statemachines.table import Machined
from statemachines.values import Value
from statemachines.words import Lamp, Latch, Lights, Motor, Role, Sound, State, Tension, Verb


class Film(Value, frozen=True, kw_only=True):
    """What is in the film path. `reel` counts from 1; `between`: the last reel ended and the next is awaited.

    `title` is that of the show for which it was put in; empty: for none.
    """

    present: bool = False
    ready: bool = False
    tail: bool = False
    between: bool = False
    frame: int = 0
    reel: int = 1
    gauge: int = 35
    feet: tuple[int, ...] = (2000,)
    title: str = ""


class Projector(Value, frozen=True, kw_only=True):
    """The projection device as last reported."""

    motor: Motor = Motor.STOP
    at_speed: bool = False
    dowser_open: bool = False
    lamp: Lamp = Lamp.COLD
    tension: Tension = Tension.GOOD
    lights: Lights = Lights.UP
    door_open: bool = False
    local: bool = False
    estop: bool = False


SILENT_BEATS = 3
"""With so many heartbeats and no timecode between them, 4 to 6 s, the timecode is silent (assumed)."""


class Rack(Value, frozen=True, kw_only=True):
    """The sound device as last reported. `offset_us` = sound − film; `heard_ns`: when timecode last came.

    `beats` counts the device's heartbeats since its last timecode, up to SILENT_BEATS.
    """

    sound: Sound = Sound.MUTE
    offset_us: int = 0
    film_us: int = 0
    heard_ns: int = 0
    beats: int = 0


class Link(Value, frozen=True, kw_only=True):
    """What the hall knows of a control session."""

    up: bool = False
    since_ns: int = 0
    gen: int = 0
    reason: str = "not opened yet"


class Pending(Value, frozen=True, kw_only=True):
    """A command that has not been answered yet."""

    cmd_seq: int
    verb: Verb
    arg: str = ""


class Device(Value, frozen=True, kw_only=True):
    """One (hall, role): its events' numbering, its commands' numbering, its session.

    Every event up to `hw_seq` of `epoch` is accounted for; `ahead` are safety events acted on beyond a hole.
    `unread`: the session came up and no snapshot has been read over it yet.
    """

    epoch: int = 0
    hw_seq: int = 0
    ahead: tuple[int, ...] = ()
    heard: bool = True
    link: Link = Link()
    unread: bool = False
    read_ns: int = 0
    latched: tuple[Latch, ...] = ()
    cmd_seq: int = 0
    pending: tuple[Pending, ...] = ()


class Fault(Value, frozen=True, kw_only=True):
    """Why the hall is in fault; `cause` is the name of the root alarm. `acknowledged_ns` is 0 until a person did."""

    cause: str = ""
    words: str = ""
    acknowledged_ns: int = 0
    asked_ns: int = 0
    confirmed: bool = False


DEPLOYMENT_HOLD = "deployment"
"""The hold under which a hall expects its devices to go and to come."""


class Hold(Value, frozen=True, kw_only=True):
    """A reason for which the hall refuses film: `maintenance` or `deployment`; of the latter `by` is the id."""

    name: str
    reason: str
    by: str = ""


class Deadline(Value, frozen=True, kw_only=True):
    """An armed timer; `span_ns` is its original length."""

    name: str
    at_ns: int
    span_ns: int


class Hall(Machined, frozen=True, kw_only=True):
    """One auditorium. Frozen, hashable, serialisable; every change is a new value made by `step`.

    `show` has begun and is not over, its cues are those that are left; `shown_ns` is when the last one that began
    was to start. `room_lights`: how the room is while there is picture; dark, but where a cue said otherwise.
    """

    id: str
    state: State = State.IDLE
    settings: Settings = Settings()
    film: Film = Film()
    projector: Projector = Projector()
    rack: Rack = Rack()
    projection: Device = Device()
    sound: Device = Device()
    lamp_wanted: bool = False
    analog: bool = False
    dissent: str = ""
    fault: Fault = Fault()
    holds: tuple[Hold, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    recovered: bool = False
    warm_until_ns: int = 0
    next_show: Show | None = None
    show: Show | None = None
    shown_ns: int = 0
    room_lights: Lights = Lights.DOWN

    def device(self, role: Role) -> Device:
        """Return the device of that role."""
        return self.projection if role is Role.PROJECTION else self.sound

    def armed(self, name: str) -> Deadline | None:
        """Return the deadline of that name, or None when it is not armed."""
        return next((deadline for deadline in self.deadlines if deadline.name == name), None)

    @property
    def taut(self) -> bool:
        return self.projector.tension is Tension.GOOD

    @property
    def dowser_unsafe(self) -> bool:
        """Safety rule 1 as the context shows it: light on film that does not run, or does not run well."""
        return self.projector.dowser_open and not (self.projector.at_speed and self.taut)

    @property
    def show_opens_ns(self) -> int:
        """When the sessions for the next show open; 0 with none planned."""
        return self.next_show.starts_ns - self.settings.timings.session_lead if self.next_show else 0

    @property
    def show_awaited(self) -> bool:
        """Whether the next show is so near that a start would be its start."""
        return self.next_show is not None and self.show_opens_ns <= self.at_ns

    @property
    def latched(self) -> bool:
        return any(self.device(role).latched for role in self.settings.roles)


def new_hall(hall_id: str, settings: Settings) -> Hall:
    """Return a hall as it is before its hardware has been read."""
    return Hall(id=hall_id, settings=settings, film=Film(gauge=settings.gauge, feet=settings.feet))


def with_device(hall: Hall, role: Role, **fields: object) -> Hall:
    """Return the hall with fields of one device replaced."""
    device = msgspec.structs.replace(hall.device(role), **fields)
    return msgspec.structs.replace(hall, **{str(role): device})
