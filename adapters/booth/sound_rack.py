# SPDX-License-Identifier: Apache-2.0
"""The sound device of a hall: it follows the timecode on the film and says how far the sound is from it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from adapters.booth.device import MS, OK, WRONG_VERB, Device
from statemachines import device_abi
from statemachines.snapshot import Snapshot
from statemachines.words import Role, Sound, Verb

TIMECODE_NS = device_abi.COUNT_MS * MS
LOST_SYNC_US = 250_000
"""Sound this much early is beyond what ITU-R BT.1359 calls acceptable, either way."""


@dataclass(frozen=True, slots=True)
class FilmPlace:
    """What the timecode reader sees: film time in µs, and whether film runs forward past it."""

    us: int = 0
    running: bool = False


class SoundRack(Device):
    """A sound device. `read_film` looks at the film of its own hall's projector."""

    role: ClassVar[Role] = Role.SOUND

    def __init__(self, epoch: int, now_ns: int, read_film: Callable[[], FilmPlace]) -> None:
        self.sound = Sound.MUTE
        self.offset_us = 0
        self._frozen: FilmPlace | None = None
        self._read_film = read_film
        super().__init__(epoch, now_ns)
        self.timers.set("timecode", now_ns + TIMECODE_NS)

    @property
    @override
    def frame(self) -> int:
        return 0

    def lose_sync(self) -> None:
        """The sound runs ahead of the film."""
        self.offset_us = LOST_SYNC_US

    def freeze_timecode(self) -> None:
        """The timecode reader keeps saying what it says now, while the film runs on."""
        self._frozen = self._read_film()

    def mend(self) -> None:
        """Every fault of this device is mended."""
        self.offset_us = 0
        self._frozen = None

    @override
    def snapshot(self) -> Snapshot:
        journal, gate = self.journal, self.gate
        return Snapshot(
            epoch=journal.epoch,
            seq=journal.seq,
            ns=self.now_ns,
            sound=self.sound,
            lease_fed=self.lease_fed,
            latched=journal.latched(),
            fence=gate.fence,
            gen=gate.gen,
            last=gate.last,
        )

    @override
    def _handlers(self) -> dict[str, Callable[[], None]]:
        return super()._handlers() | {"timecode": self._timecode}

    def _timecode(self) -> None:
        self.timers.set("timecode", self.now_ns + TIMECODE_NS)
        film = self._read_film()
        if film.running:
            film_us = (self._frozen or film).us
            self._say("timecode", f"{film_us}x{film_us + self.offset_us}")

    @override
    def _act(self, verb: str, arg: str) -> str:
        match verb, arg:
            case Verb.SOUND, ("play" | "mute" | "analog"):
                self.sound = Sound(arg)
            case Verb.SAFE_STOP, "":
                self.sound = Sound.MUTE
            case Verb.CLEAR, "":
                return self._clear()
            case _:
                return WRONG_VERB
        return OK
