# SPDX-License-Identifier: Apache-2.0
"""Facts that already happened to a hall. Each class is one kind; its tag is the kind's name in the log."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec

from statemachines.settings import Settings
from statemachines.show import Show
from statemachines.snapshot import Snapshot
from statemachines.values import Value
from statemachines.words import Role, Tension


class Source(StrEnum):
    """By which way an event came in."""

    KERNEL = "kernel"
    RING = "ring"
    OPERATOR = "operator"
    TIMER = "timer"
    SESSION = "session"
    RUNTIME = "runtime"


class Event(Value, frozen=True, kw_only=True, tag_field="kind"):
    """The base of all events."""


class KernelEvent(Event, frozen=True, kw_only=True):
    """A device's own event. `epoch` and `hw_seq` number it; `hw_ns` is the device's clock; `frame` its counter."""

    role: Role
    epoch: int
    hw_seq: int
    hw_ns: int = 0
    frame: int = 0


class DeviceAdded(KernelEvent, frozen=True, kw_only=True, tag="device_added"):
    """The device started."""


class DeviceRemoved(KernelEvent, frozen=True, kw_only=True, tag="device_removed"):
    """The device went away."""


class FilmInserted(KernelEvent, frozen=True, kw_only=True, tag="film_inserted"):
    """Film is in the path. `gauge` in mm and `feet` (one entry a reel) come from the hall's programme."""

    gauge: int = 35
    feet: tuple[int, ...] = (2000,)


class FilmRemoved(KernelEvent, frozen=True, kw_only=True, tag="film_removed"):
    """The gate is empty."""


class FilmReady(KernelEvent, frozen=True, kw_only=True, tag="film_ready"):
    """The READY button: whoever threaded the film says that it is threaded."""


class ShowStarted(KernelEvent, frozen=True, kw_only=True, tag="show_started"):
    """The START button."""


class ShowStopped(KernelEvent, frozen=True, kw_only=True, tag="show_stopped"):
    """The STOP button."""


class LocalSwitched(KernelEvent, frozen=True, kw_only=True, tag="local_switched"):
    """The LOCAL key switch was turned."""

    on: bool


class MotorAtSpeed(KernelEvent, frozen=True, kw_only=True, tag="motor_at_speed"):
    """The tachometer says at speed."""


class MotorStopped(KernelEvent, frozen=True, kw_only=True, tag="motor_stopped"):
    """The motor stands."""


class MotorStalled(KernelEvent, frozen=True, kw_only=True, tag="motor_stalled"):
    """No tachometer pulse for 150 ms while the motor was commanded."""


class MotorOversped(KernelEvent, frozen=True, kw_only=True, tag="motor_oversped"):
    """The tachometer says 115 % of the commanded speed or more."""


class TensionChanged(KernelEvent, frozen=True, kw_only=True, tag="tension_changed"):
    """A tension roller moved."""

    tension: Tension


class ReelEnded(KernelEvent, frozen=True, kw_only=True, tag="reel_end"):
    """The tail sensor: the picture is over."""


class Rewound(KernelEvent, frozen=True, kw_only=True, tag="rewound"):
    """The reel is rewound."""


class FilmBroke(KernelEvent, frozen=True, kw_only=True, tag="film_broke"):
    """A confirmed break of the film."""


class LampLit(KernelEvent, frozen=True, kw_only=True, tag="lamp_lit"):
    """The lamp burns."""


class LampWentOut(KernelEvent, frozen=True, kw_only=True, tag="lamp_went_out"):
    """The lamp is off, as asked."""


class LampFailed(KernelEvent, frozen=True, kw_only=True, tag="lamp_failed"):
    """The lamp did not strike or went out by itself."""


class DowserMoved(KernelEvent, frozen=True, kw_only=True, tag="dowser_moved"):
    """The dowser reached an end position."""

    open: bool


class EmergencyStopPressed(KernelEvent, frozen=True, kw_only=True, tag="emergency_stop"):
    """The red button."""


class EmergencyStopReleased(KernelEvent, frozen=True, kw_only=True, tag="emergency_stop_released"):
    """The red button was pulled out again."""


class DoorMoved(KernelEvent, frozen=True, kw_only=True, tag="door_moved"):
    """The projector's door."""

    open: bool


class TimecodeRead(KernelEvent, frozen=True, kw_only=True, tag="timecode_read"):
    """Film timecode and sound position in µs, sampled by one clock of the sound server."""

    film_us: int
    sound_us: int


class FrameCounted(KernelEvent, frozen=True, kw_only=True, tag="frame_counted"):
    """The frame counter, once a second."""


class HeartbeatHeard(KernelEvent, frozen=True, kw_only=True, tag="heartbeat_heard"):
    """The device lives; once in two seconds."""


class DeviceStuck(KernelEvent, frozen=True, kw_only=True, tag="device_stuck"):
    """The device's own watchdog: its timer or interrupt thread was stuck for a second."""


class SelfTestEnded(KernelEvent, frozen=True, kw_only=True, tag="self_test_ended"):
    """The device's self-test ended."""

    ok: bool


class OperatorRequested(Event, frozen=True, kw_only=True, tag="operator_requested"):
    """A person asked. `argument` names an alarm where the verb takes one; `minutes` is how long to shelve it."""

    verb: str
    argument: str = ""
    minutes: int = 0
    actor: str = ""
    expired: bool = False


class TimerDue(Event, frozen=True, kw_only=True, tag="timer_due"):
    """A deadline that a step armed has come."""

    name: str


class SessionUp(Event, frozen=True, kw_only=True, tag="session_up"):
    """A control session is open; `last` is the highest cmd_seq that the device has seen.

    `lease_ended`: it found the device's dead-man lease run out, before its own claim fed it.
    """

    role: Role
    gen: int
    last: int
    lease_ended: bool = False


class SessionLost(Event, frozen=True, kw_only=True, tag="session_lost"):
    """A control session ended or could not be opened."""

    role: Role
    reason: str


class CommandDone(Event, frozen=True, kw_only=True, tag="command_done"):
    """The answer to one command: `ok`, `refused:CODE` or `failed:CODE`."""

    role: Role
    cmd_seq: int
    result: str


class CommandOverdue(Event, frozen=True, kw_only=True, tag="command_overdue"):
    """No answer to a command within 2 s."""

    role: Role
    cmd_seq: int


class SnapshotRead(Event, frozen=True, kw_only=True, tag="snapshot_read"):
    """A device's state, read over its control session."""

    role: Role
    snapshot: Snapshot


class WatchUp(Event, frozen=True, kw_only=True, tag="watch_up"):
    """The device's kernel events can be heard."""

    role: Role


class WatchLost(Event, frozen=True, kw_only=True, tag="watch_lost"):
    """The device's kernel events cannot be heard."""

    role: Role
    reason: str


class EventsLost(Event, frozen=True, kw_only=True, tag="events_lost"):
    """`count` events of the device up to hw_seq `through` were lost for good."""

    role: Role
    epoch: int
    count: int
    through: int


class HallConfigured(Event, frozen=True, kw_only=True, tag="hall_configured"):
    """A runtime started with these settings: its first word to each hall."""

    settings: Settings
    incarnation: int


class RuntimeRecovered(Event, frozen=True, kw_only=True, tag="runtime_recovered"):
    """The runtime started beside this hardware. `None`: the hall has no such device or it could not be read."""

    projection: Snapshot | None = None
    sound: Snapshot | None = None


class HoldPlaced(Event, frozen=True, kw_only=True, tag="hold_placed"):
    """The hall is held: it refuses film. `hold` is `maintenance` or `deployment`, `by` the deployment."""

    hold: str
    reason: str
    by: str = ""


class HoldLifted(Event, frozen=True, kw_only=True, tag="hold_lifted"):
    """A hold ended."""

    hold: str


class WarmUpAsked(Event, frozen=True, kw_only=True, tag="warm_up_asked"):
    """Sessions are wanted ahead of need until `until_ns`."""

    until_ns: int


class ShowScheduled(Event, frozen=True, kw_only=True, tag="show_scheduled"):
    """This is the hall's next show now, or what the schedule says of it now."""

    show: Show


class ShowUnscheduled(Event, frozen=True, kw_only=True, tag="show_unscheduled"):
    """The show of that id is not the hall's next one any more: it was cancelled or moved."""

    show: str


class ConditionRaised(Event, frozen=True, kw_only=True, tag="condition_raised"):
    """The runtime itself sees a condition that people must know (log not writable, certificate not renewed)."""

    alarm: str
    detail: str


class ConditionCleared(Event, frozen=True, kw_only=True, tag="condition_cleared"):
    """That condition is over."""

    alarm: str


class ClockStepped(Event, frozen=True, kw_only=True, tag="clock_stepped"):
    """The controller's wall clock was set by more than 5 s."""

    delta_ns: int


class Stamped(Value, frozen=True, kw_only=True):
    """An event as a mailbox hands it to `step`: `at_ns` is the runtime's time, never decreasing in a stream."""

    at_ns: int
    event: Event
    source: Source = Source.RUNTIME
    cause: str = ""


def kind_of(event: Event) -> str:
    """Return the name under which an event is logged."""
    return str(type(event).__struct_config__.tag)


def _leaves(base: type[Event]) -> list[type[Event]]:
    found: list[type[Event]] = []
    for child in base.__subclasses__():
        found += _leaves(child) if child.__subclasses__() else [child]
    return found


EVENT_CLASSES: dict[str, type[Event]] = {str(c.__struct_config__.tag): c for c in _leaves(Event)}


class EventUnknown(ValueError):
    """A kind or payload that no event class has."""


def event_from(
    kind: str, payload: dict[str, object], known: Mapping[str, type[Event]] = MappingProxyType(EVENT_CLASSES)
) -> Event:
    """Build the event of a log row. `known` are the kinds that its stream may hold; a hall's by default.

    Raises:
        EventUnknown: unknown kind, or a payload that does not fit it.
    """
    try:
        return msgspec.convert({"kind": kind, **payload}, known[kind])
    except KeyError as unknown:
        raise EventUnknown(f"no event is called {kind!r}") from unknown
    except msgspec.ValidationError as wrong:
        raise EventUnknown(f"{kind}: {wrong}") from wrong
