# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies: halls in any context, reached or not, and events."""

from typing import Any, get_type_hints

from hypothesis import strategies as st

from statemachines import events as e
from statemachines.alarms import Alarm, AlarmState
from statemachines.hall import Deadline, Device, Fault, Film, Hall, Hold, Link, Pending, Projector, Rack
from statemachines.settings import SECOND, Settings
from statemachines.show import Cue, Show, Start
from statemachines.snapshot import Latched, Snapshot
from statemachines.words import Lamp, Latch, Lights, Motor, Role, Sound, State, Tension, Verb

LARGE = 2**40
TIMERS = (
    "start_overdue runout rewind_overdue threading_overdue lamp_hold lamp_overdue stop_repeat stop_confirm warm_over "
    "show_due unshelve:sensor_dissent"
).split()
_AGES = st.sampled_from((0, SECOND // 10, SECOND, 4 * SECOND, 60 * SECOND, 7200 * SECOND))
"""How long ago something was: never within a moment of a limit that the machine compares it to."""

_ORDERS = {
    Role.PROJECTION: [
        *((Verb.MOTOR, str(motor)) for motor in Motor),
        *((Verb.DOWSER, arg) for arg in ("open", "close")),
        *((Verb.LAMP, arg) for arg in ("on", "off")),
        *((Verb.LIGHTS, str(lights)) for lights in Lights),
        (Verb.SAFE_STOP, ""),
        (Verb.CLEAR, ""),
    ],
    Role.SOUND: [*((Verb.SOUND, str(sound)) for sound in Sound), (Verb.SAFE_STOP, ""), (Verb.CLEAR, "")],
}


@st.composite
def films(draw: st.DrawFn) -> Film:
    """Reels of one length, so that a frame lies in the same zone of each."""
    feet = (draw(st.sampled_from((400, 2000, 6000))),) * draw(st.integers(1, 3))
    flags = {name: draw(st.booleans()) for name in ("present", "ready", "tail", "between")}
    return Film(
        **flags,
        frame=draw(st.sampled_from((0, 100, 5000, 5500, 31_000, 99_000))),
        reel=draw(st.integers(1, len(feet))),
        gauge=draw(st.sampled_from((16, 35, 70))),
        feet=feet,
        title=draw(st.sampled_from(("", "Metropolis"))),
    )


projectors = st.builds(
    Projector,
    motor=st.sampled_from(Motor),
    at_speed=st.booleans(),
    dowser_open=st.booleans(),
    lamp=st.sampled_from(Lamp),
    tension=st.sampled_from(Tension),
    lights=st.sampled_from(Lights),
    door_open=st.booleans(),
    local=st.booleans(),
    estop=st.booleans(),
)


@st.composite
def devices(draw: st.DrawFn, role: Role, at_ns: int) -> Device:
    epoch = draw(st.sampled_from((0, 1, 4_000_000_000)))
    hw_seq = draw(st.sampled_from((0, 5, 90_000))) if epoch else 0
    orders = draw(st.lists(st.sampled_from(_ORDERS[role]), unique=True, max_size=3))
    cmd_seq = draw(st.integers(10, LARGE))
    first = cmd_seq - len(orders) + 1
    return Device(
        epoch=epoch,
        hw_seq=hw_seq,
        ahead=draw(st.sampled_from(((), (hw_seq + 3,)))) if epoch else (),
        heard=draw(st.booleans()),
        link=Link(
            up=draw(st.booleans()),
            since_ns=at_ns - draw(_AGES),
            gen=draw(st.integers(0, 9)),
            reason=draw(st.sampled_from(("", "gone"))),
        ),
        unread=draw(st.booleans()),
        read_ns=at_ns - draw(_AGES),
        latched=tuple(sorted(draw(st.sets(st.sampled_from(Latch), max_size=2)))),
        cmd_seq=cmd_seq,
        pending=tuple(Pending(cmd_seq=first + at, verb=verb, arg=arg) for at, (verb, arg) in enumerate(orders)),
    )


@st.composite
def faults(draw: st.DrawFn, at_ns: int) -> Fault:
    return Fault(
        cause=draw(st.sampled_from(("emergency_stop", "film_break"))),
        words="why",
        acknowledged_ns=draw(st.sampled_from((0, 1))) * (at_ns - draw(_AGES)),
        asked_ns=at_ns - draw(_AGES),
        confirmed=draw(st.booleans()),
    )


CUES = tuple(
    Cue(reel=reel, frame=0, verb=verb, arg=arg)
    for reel in (1, 99)
    for verb, arg in ((Verb.LIGHTS, "up"), (Verb.CURTAIN, "open"), (Verb.MASKING, "scope"))
)
"""Cues that are due wherever the film is, and cues that never are."""


@st.composite
def shows(draw: st.DrawFn, at_ns: int) -> Show:
    """A show at a time when its hall does something else than a moment ago: never near a limit."""
    return Show(
        id="s1",
        title="Metropolis",
        starts_ns=at_ns + draw(st.sampled_from((-7200, -600, -60, 600, 3600, 90_000))) * SECOND,
        start=draw(st.sampled_from(Start)),
        gauge=draw(st.sampled_from((35, 70))),
        feet=(2000,) * draw(st.integers(1, 3)),
        cues=tuple(draw(st.lists(st.sampled_from(CUES), max_size=3))),
    )


alarm_lists = st.lists(
    st.builds(
        Alarm,
        name=st.sampled_from(("sensor_dissent", "film_break", "door_open", "watch_lost_sound")),
        words=st.just("why"),
        state=st.sampled_from(AlarmState),
        root=st.sampled_from(("", "film_break")),
    ),
    unique_by=lambda alarm: alarm.name,
).map(lambda alarms: tuple(sorted(alarms, key=lambda alarm: alarm.name)))


@st.composite
def halls(draw: st.DrawFn) -> Hall:
    """A hall in any context that its fields allow."""
    at_ns = draw(st.sampled_from((10_000 * SECOND, LARGE * SECOND)))
    deadlines = sorted(draw(st.sets(st.sampled_from(TIMERS))))
    both, alone = (Role.PROJECTION, Role.SOUND), (Role.PROJECTION,)
    heard_ns = at_ns - draw(_AGES)
    return Hall(
        id="h1",
        state=draw(st.sampled_from(State)),
        since_ns=at_ns - draw(_AGES),
        at_ns=at_ns,
        settings=Settings(
            roles=draw(st.sampled_from((both, alone))), platter=draw(st.booleans()), dts=draw(st.booleans())
        ),
        film=draw(films()),
        projector=draw(projectors),
        rack=Rack(
            sound=draw(st.sampled_from(Sound)),
            offset_us=draw(st.sampled_from((0, -1_000_000, 80_000))),
            heard_ns=heard_ns,
            beats=draw(st.integers(0, 3)),
        ),
        projection=draw(devices(Role.PROJECTION, at_ns)),
        sound=draw(devices(Role.SOUND, at_ns)),
        lamp_wanted=draw(st.booleans()),
        analog=draw(st.booleans()),
        dissent=draw(st.sampled_from(("", "timecode", "feed roller", "take-up roller"))),
        fault=draw(faults(at_ns)),
        holds=tuple(
            Hold(name=name, reason="r") for name in draw(st.sets(st.sampled_from(("maintenance", "deployment"))))
        ),
        alarms=draw(alarm_lists),
        deadlines=tuple(Deadline(name=name, at_ns=at_ns + draw(_AGES), span_ns=SECOND) for name in deadlines),
        recovered=draw(st.booleans()),
        warm_until_ns=draw(st.sampled_from((0, at_ns + 9000 * SECOND))),
        next_show=draw(st.none() | shows(at_ns)),
        show=draw(st.none() | shows(at_ns)),
        shown_ns=draw(st.sampled_from((0, at_ns - 7200 * SECOND, at_ns + 600 * SECOND))),
        room_lights=draw(st.sampled_from(Lights)),
    )


numbers = st.integers(0, 2**63 - 1)

snapshots = st.builds(
    Snapshot,
    epoch=st.integers(1, 2**32 - 1),
    seq=numbers,
    ns=numbers,
    frame=numbers,
    film=st.booleans(),
    ready=st.booleans(),
    local=st.booleans(),
    door_open=st.booleans(),
    estop=st.booleans(),
    tension=st.sampled_from(Tension),
    motor=st.sampled_from(Motor),
    at_speed=st.booleans(),
    dowser_open=st.booleans(),
    lamp=st.sampled_from(Lamp),
    sound=st.sampled_from(Sound),
    lights=st.sampled_from(Lights),
    lease_fed=st.booleans(),
    latched=st.lists(st.builds(Latched, name=st.sampled_from(Latch), seq=numbers), max_size=3).map(tuple),
    fence=numbers,
    gen=numbers,
    last=numbers,
)


_any_cue = st.builds(
    Cue, reel=st.integers(0, 3), frame=numbers, verb=st.sampled_from(Verb), arg=st.text(max_size=8) | st.just("up")
)
any_show = st.builds(
    Show,
    id=st.sampled_from(("s1", "s2")),
    title=st.text(max_size=8),
    starts_ns=numbers,
    start=st.sampled_from(Start),
    gauge=st.integers(0, 80),
    feet=st.lists(st.integers(-1, 9000), max_size=4).map(tuple),
    cues=st.lists(_any_cue, max_size=3).map(tuple),
)


def _field(kind: type[e.Event], name: str, annotation: Any) -> st.SearchStrategy[Any]:
    known: dict[str, st.SearchStrategy[Any]] = {
        "epoch": st.integers(1, 2**32 - 1),
        "feet": st.lists(st.integers(-1, 9000), max_size=4).map(tuple),
        "verb": st.sampled_from("start stop rewind acknowledge reset shelve emergency_stop dance".split()),
        "argument": st.sampled_from(("", "sensor_dissent", "film_break", "nothing")),
        "name": st.sampled_from(TIMERS),
        "result": st.sampled_from(("ok", "refused:interlock", "failed:down", "")),
        "hold": st.sampled_from(("maintenance", "deployment", "other")),
        "settings": st.just(Settings()),
        "show": st.sampled_from(("s1", "s2")) if kind is e.ShowUnscheduled else any_show,
        "snapshot": snapshots,
        "projection": st.none() | snapshots,
        "sound": st.none() | snapshots,
    }
    plain = {int: st.integers(0, LARGE), str: st.text(max_size=8), bool: st.booleans()}
    if name in known:
        return known[name]
    return plain[annotation] if annotation in plain else st.sampled_from(annotation)


def events_of(kind: type[e.Event]) -> st.SearchStrategy[e.Event]:
    """Any event of one kind."""
    hints = {name: hint for name, hint in get_type_hints(kind).items() if name in kind.__struct_fields__}
    return st.builds(kind, **{name: _field(kind, name, hint) for name, hint in hints.items()})


any_event = st.sampled_from(sorted(e.EVENT_CLASSES)).flatmap(lambda kind: events_of(e.EVENT_CLASSES[kind]))
