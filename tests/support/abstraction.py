# SPDX-License-Identifier: Apache-2.0
"""The full abstraction of a hall, written as a hall: its normal form.

Kept: all enums and booleans, reel and number of reels, what is on its way (in order), which deadlines are armed,
which holds stand. A frame becomes its zone; a show's start where the hall stands between its moments; a cue becomes
due or never due; latches become none or one a device; counters and times become constants that keep the comparisons
which the machine makes. Dropped: alarms, words, and everything else.
Two halls have equal abstractions when their normal forms are equal.
"""

from msgspec.structs import replace

from statemachines.film import SOUND_EARLY_LIMIT_US, SOUND_LATE_LIMIT_US, Zone, zone
from statemachines.hall import Deadline, Device, Fault, Film, Hall, Hold, Link, Rack
from statemachines.settings import SECOND
from statemachines.show import Cue, Show
from statemachines.words import Latch, Role, State
from tests.support.inputs import MS, zones

NOW = 1_000_000 * SECOND
SINCE = NOW - 1000 * SECOND


def _film(film: Film) -> Film:
    """Film of 70 mm is a class of its own: it has no analog track."""
    feet = film.feet[min(film.reel, len(film.feet)) - 1]
    where = zone(film.gauge, feet, film.frame)
    film = replace(film, gauge=70 if film.gauge == 70 else 35, feet=(2000,) * len(film.feet), title="")
    return replace(film, frame=dict(zip(Zone, zones(film), strict=True))[where])


def _cue(hall: Hall, cue: Cue) -> Cue:
    due = cue.place <= (hall.film.reel, hall.film.frame)
    return replace(cue, reel=1 if due else 99, frame=0)


def _show(hall: Hall, show: Show | None) -> Show | None:
    """A programme is the number of its reels, and whether its film is of 70 mm."""
    if show is None:
        return None
    timings = hall.settings.timings
    since_s = (-timings.session_lead, 0, timings.show_late, timings.show_over)
    passed = sum(hall.at_ns >= show.starts_ns + span for span in since_s)
    return replace(
        show,
        title="",
        starts_ns=NOW + (3600, 600, -60, -600, -7200)[passed] * SECOND,
        gauge=70 if show.gauge == 70 else 35,
        feet=(2000,) * len(show.feet),
        cues=tuple(_cue(hall, cue) for cue in show.cues),
    )


def _rack(hall: Hall) -> Rack:
    """Timecode: none in this show, silent by now, in sync or out of it."""
    rack = hall.rack
    if hall.state is not State.PROJECTING or rack.heard_ns <= hall.since_ns:
        return Rack(sound=rack.sound)
    lost = not -SOUND_LATE_LIMIT_US <= rack.offset_us <= SOUND_EARLY_LIMIT_US
    return Rack(sound=rack.sound, heard_ns=NOW - MS, offset_us=SECOND // 1000 * lost, beats=rack.beats)


def _read_ns(hall: Hall, role: Role) -> int:
    """When a device was read matters only after an acknowledgement: before it or after it, lately or not."""
    read_ns = hall.device(role).read_ns
    if hall.state is not State.FAULT or not 0 < hall.fault.acknowledged_ns < read_ns:
        return NOW - 200 * SECOND
    fresh = hall.at_ns - read_ns <= hall.settings.timings.snapshot_fresh
    return NOW - (200 * MS if fresh else 100 * SECOND)


def _device(hall: Hall, role: Role) -> Device:
    device = hall.device(role)
    pending = tuple(replace(each, cmd_seq=at + 1) for at, each in enumerate(device.pending))
    return replace(
        device,
        epoch=7 if device.epoch else 0,
        hw_seq=100 if device.hw_seq else 0,
        ahead=(),
        link=Link(up=device.link.up, since_ns=SINCE, gen=3, reason="" if device.link.up else "lost"),
        read_ns=_read_ns(hall, role),
        latched=(Latch.ESTOP,) if device.latched else (),
        cmd_seq=100,
        pending=pending,
    )


def _fault(hall: Hall, read_ns: tuple[int, int]) -> Fault:
    if hall.state is not State.FAULT:
        return Fault()
    acknowledged_ns = 0
    if hall.fault.acknowledged_ns:
        late = NOW - 100 * SECOND in read_ns
        acknowledged_ns = NOW - (150 * SECOND if late else 400 * MS)
    asked_ns = 0
    if not hall.fault.confirmed:
        since = hall.projection.read_ns > hall.fault.asked_ns
        asked_ns = read_ns[0] - 1 if since else read_ns[0]
    return Fault(
        cause="emergency_stop" if hall.fault.cause else "",
        acknowledged_ns=acknowledged_ns,
        asked_ns=asked_ns,
        confirmed=hall.fault.confirmed,
    )


def normal(hall: Hall) -> Hall:
    """Return the hall that stands for all with the same abstraction."""
    projection, sound = _device(hall, Role.PROJECTION), _device(hall, Role.SOUND)
    return replace(
        hall,
        since_ns=SINCE,
        at_ns=NOW,
        film=_film(hall.film),
        rack=_rack(hall),
        projection=projection,
        sound=sound,
        fault=_fault(hall, (projection.read_ns, sound.read_ns)),
        holds=tuple(Hold(name=name, reason="why") for name in sorted(hold.name for hold in hall.holds)),
        alarms=(),
        deadlines=tuple(Deadline(name=each.name, at_ns=NOW, span_ns=SECOND) for each in hall.deadlines),
        warm_until_ns=NOW + 3600 * SECOND if hall.warm_until_ns > hall.at_ns else 0,
        next_show=_show(hall, hall.next_show),
        show=_show(hall, hall.show),
        shown_ns=SINCE if hall.shown_ns else 0,
    )
