# SPDX-License-Identifier: Apache-2.0
"""A hall's whole shows as its mailbox gets them: film in, READY, lamp, START, picture, reel end, rewinding, film out.

Nothing is drawn at random. Every command is answered `ok` after a millisecond, and what the commands bring about
(the lamp burns, the motor is at speed) comes as the device's own events.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

from statemachines import events as e
from statemachines.effects import Command
from statemachines.film import film_us, frames_in
from statemachines.hall import Hall, new_hall
from statemachines.machine import Step, step
from statemachines.settings import SECOND, Settings
from statemachines.snapshot import Snapshot
from statemachines.words import Role

MS = SECOND // 1000
FPS = 24
_EPOCHS = {Role.PROJECTION: 4_026_531_841, Role.SOUND: 2_684_354_561}
_HEARTBEAT_S, _SNAPSHOT_S = 2, 10
Told = tuple[e.Stamped, Step]


class Showing:
    """One hall that shows film again and again. `hall` is what its events have led to."""

    def __init__(self, hall_id: str = "h1", *, feet: int = 2000) -> None:
        self._settings = Settings(feet=(feet,))
        self.hall: Hall = new_hall(hall_id, Settings())
        self._frames = frames_in(self._settings.gauge, feet)
        self._at_ns = 1_700_000_000 * SECOND
        self._seq = dict.fromkeys(Role, 0)
        self._gens = count(1)

    def begin(self) -> Iterator[Told]:
        """The runtime starts beside a hall that stands still."""
        yield from self._tell(e.HallConfigured(settings=self._settings, incarnation=1), e.Source.RUNTIME)
        yield from self._sessions()
        read = {role: Snapshot(epoch=epoch, seq=0) for role, epoch in _EPOCHS.items()}
        recovered = e.RuntimeRecovered(projection=read[Role.PROJECTION], sound=read[Role.SOUND])
        yield from self._tell(recovered, e.Source.RUNTIME)

    def show(self) -> Iterator[Told]:
        """One show from idle to idle, in as many seconds as its film runs."""
        yield from self._says(partial(e.FilmInserted, feet=self.hall.settings.feet))
        yield from self._sessions()
        yield from self._says(e.FilmReady)
        yield from self._says(e.LampLit)
        yield from self._says(e.ShowStarted)
        yield from self._says(e.MotorAtSpeed)
        yield from self._says(partial(e.DowserMoved, open=True))
        for second in range(1, self._frames // FPS):
            yield from self._second(second, second * FPS)
        yield from self._says(e.ReelEnded, self._frames)
        yield from self._says(partial(e.DowserMoved, open=False), self._frames)
        yield from self._says(e.LampWentOut, self._frames)
        yield from self._says(e.MotorStopped, self._frames)
        yield from self._says(e.Rewound)
        yield from self._says(e.FilmRemoved)

    def _sessions(self) -> Iterator[Told]:
        for role in Role:
            up = e.SessionUp(role=role, gen=next(self._gens), last=self.hall.device(role).cmd_seq)
            yield from self._tell(up, e.Source.SESSION)

    def _second(self, second: int, frame: int) -> Iterator[Told]:
        self._at_ns += SECOND
        yield from self._says(e.FrameCounted, frame)
        at_us = film_us(frame)
        yield from self._says(partial(e.TimecodeRead, film_us=at_us, sound_us=at_us + 12_000), role=Role.SOUND)
        for role in Role:
            if second % _HEARTBEAT_S == 0:
                yield from self._says(e.HeartbeatHeard, frame, role=role)
            if second % _SNAPSHOT_S == 0:
                yield from self._tell(e.SnapshotRead(role=role, snapshot=self._snapshot(role)), e.Source.SESSION)

    def _says(
        self, make: Callable[..., e.KernelEvent], frame: int = 0, *, role: Role = Role.PROJECTION
    ) -> Iterator[Told]:
        self._seq[role] += 1
        event = make(role=role, epoch=_EPOCHS[role], hw_seq=self._seq[role], hw_ns=self._at_ns, frame=frame)
        yield from self._tell(event, e.Source.KERNEL)

    def _tell(self, event: e.Event, source: e.Source) -> Iterator[Told]:
        """Step one event, then the answers to the commands that it led to."""
        self._at_ns += MS
        stamped = e.Stamped(at_ns=self._at_ns, event=event, source=source)
        made = step(self.hall, stamped)
        self.hall = made.hall
        yield stamped, made
        for effect in made.effects:
            if isinstance(effect, Command):
                done = e.CommandDone(role=effect.role, cmd_seq=effect.cmd_seq, result="ok")
                yield from self._tell(done, e.Source.SESSION)

    def _snapshot(self, role: Role) -> Snapshot:
        """What a device reads that agrees with all that the hall has heard."""
        hall, device = self.hall, self.hall.device(role)
        known = Snapshot(epoch=device.epoch, seq=device.hw_seq, ns=self._at_ns, last=device.cmd_seq)
        if role is Role.SOUND:
            return _with(known, sound=hall.rack.sound)
        projector = {name: getattr(hall.projector, name) for name in hall.projector.__struct_fields__}
        return _with(known, film=hall.film.present, ready=hall.film.ready, frame=hall.film.frame, **projector)


def _with(snapshot: Snapshot, **fields: object) -> Snapshot:
    values = {name: getattr(snapshot, name) for name in snapshot.__struct_fields__} | fields
    return Snapshot(**values)


def shows(hall_id: str = "h1", *, feet: int = 2000) -> Iterator[Told]:
    """Yield a hall's life for ever: every event, and the step that it led to."""
    showing = Showing(hall_id, feet=feet)
    yield from showing.begin()
    while True:
        yield from showing.show()
