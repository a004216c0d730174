# SPDX-License-Identifier: Apache-2.0
"""The hardware of one hall: a projector, a sound rack that reads the projector's film, and a programme of reels."""

from collections.abc import Callable, Collection, Sequence

from adapters.booth.device import Device
from adapters.booth.film_path import Reel
from adapters.booth.projector import Projector
from adapters.booth.sound_rack import SoundRack
from statemachines.device_abi import RUNOUT_MS
from statemachines.words import Role

RATTLES_AT_ONCE = 100


class Rig:
    """One hall. `devices` are those that a server reaches; `reel` counts from 1 and is 0 before the first reel.

    `lose` events more are kept in the rings but not sent. A roller is about to rattle `rattles` times more.
    """

    def __init__(
        self,
        hall: str,
        reels: Sequence[Reel],
        roles: Collection[Role],
        *,
        now_ns: int,
        draw_epoch: Callable[[], int],
        fps_milli: int,
        runout_ms: int = RUNOUT_MS,
    ) -> None:
        self.hall = hall
        self.reels = tuple(reels)
        self.projector = Projector(draw_epoch(), now_ns, fps_milli=fps_milli, runout_ms=runout_ms)
        self.rack = SoundRack(draw_epoch(), now_ns, self.projector.film_place)
        self._both: tuple[Device, ...] = (self.projector, self.rack)
        self.devices = {device.role: device for device in self._both if device.role in roles}
        self.reel = 0
        self.lose = 0
        self.rattles = 0

    def advance(self, now_ns: int) -> None:
        """Live until `now_ns`; the rack sees the film where it was at each instant."""
        while (instant_ns := self.next_ns()) <= now_ns:
            for device in self._both:
                device.advance(instant_ns)
        for device in self._both:
            device.advance(now_ns)

    def next_ns(self) -> int:
        """Return the next instant at which something happens by itself."""
        return min(device.timers.next_ns() for device in self._both)

    @property
    def reels_left(self) -> bool:
        return self.reel < len(self.reels)

    def insert(self) -> None:
        """Thread the next reel of the programme after a whole one, else the first."""
        self.reel = self.reel + 1 if self.reels_left else 1
        self.projector.thread(self.reels[self.reel - 1])

    def remove(self) -> None:
        """Take the film out; a reel that was not shown to its tail begins the programme anew."""
        if not self.projector.past_tail:
            self.reel = 0
        self.projector.empty()

    def rattle(self) -> None:
        """Let the loose roller rattle some times, so that others have their turn in between."""
        times = min(self.rattles, RATTLES_AT_ONCE)
        self.rattles -= times
        self.projector.rattle(times)

    def mend(self) -> None:
        """Mend every fault but a broken film."""
        self.lose = self.rattles = 0
        self.projector.mend()
        self.rack.mend()

    def dissent(self) -> None:
        """Make one sensor lie: a roller while the film stands, else the timecode."""
        if self.projector.moves:
            self.rack.freeze_timecode()
        else:
            self.projector.slacken_feed()
