# SPDX-License-Identifier: Apache-2.0
"""What a snapshot of a device puts into a hall's context."""

from msgspec.structs import replace

from statemachines.dissent import dissenting
from statemachines.hall import Film, Hall, Projector
from statemachines.snapshot import Snapshot
from statemachines.words import Latch, Motor, Role


def read(hall: Hall, role: Role, snapshot: Snapshot) -> Hall:
    """Take over what a device's snapshot says."""
    device = hall.device(role)
    if snapshot.epoch != device.epoch:
        device = replace(device, epoch=snapshot.epoch, hw_seq=0, ahead=())
    latched = tuple(sorted(Latch(latch.name) for latch in snapshot.latched))
    device = replace(
        device, latched=latched, read_ns=hall.at_ns, unread=False, cmd_seq=max(device.cmd_seq, snapshot.last)
    )
    hall = replace(hall, **{str(role): device})
    if role is Role.SOUND:
        return replace(hall, rack=replace(hall.rack, sound=snapshot.sound))
    projector = Projector(
        motor=snapshot.motor,
        at_speed=snapshot.at_speed,
        dowser_open=snapshot.dowser_open,
        lamp=snapshot.lamp,
        tension=snapshot.tension,
        lights=snapshot.lights,
        door_open=snapshot.door_open,
        local=snapshot.local,
        estop=snapshot.estop,
    )
    return dissenting(replace(hall, projector=projector, film=_film_read(hall.film, snapshot)))


def _film_read(film: Film, snapshot: Snapshot) -> Film:
    """READY, an open dowser and rewinding say that no tail is in the gate; READY and new film, that none is awaited."""
    picture = snapshot.dowser_open or snapshot.motor is Motor.REWIND
    threaded = snapshot.ready or (snapshot.film and not film.present)
    return replace(
        film,
        present=snapshot.film,
        ready=snapshot.ready,
        frame=snapshot.frame,
        tail=film.tail and not (threaded or picture),
        between=film.between and not threaded,
    )
