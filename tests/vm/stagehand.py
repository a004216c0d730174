# SPDX-License-Identifier: Apache-2.0
"""The people of a hall in a guest: they look at the projector, do the next sensible thing, and look again."""

import time

from statemachines.snapshot import Snapshot
from statemachines.words import Lamp
from tests.vm.guest import Guest

_AGAIN_S = 2.0
"""Before the same move is made again: a button is pressed once more when nothing came of it."""


class GuestStagehand:
    """Works in one hall of a guest. `breaks_at_frame`: the film breaks there, once."""

    def __init__(self, guest: Guest, hall: str, *, feet: int, breaks_at_frame: int | None = None) -> None:
        self._guest, self._hall, self._feet = guest, hall, feet
        self._breaks_at_frame = breaks_at_frame
        self._running = self._over = False
        self._torn = False
        self._last, self._last_at = "", 0.0

    def work(self) -> None:
        """Look once, and do what there is to do; blocks for some tens of ms."""
        wish = self._wish(self._guest.truth(self._hall), self._guest.device(self._hall))
        if wish is None or (wish == self._last and time.monotonic() - self._last_at < _AGAIN_S):
            return
        control, _, value = wish.partition(" ")
        self._guest.sim(self._hall, control, value or "1")
        self._last, self._last_at = wish, time.monotonic()

    def _wish(self, truth: dict[str, str], device: Snapshot) -> str | None:
        frame, tail = int(truth["frame"]), int(truth["tail"])
        if self._breaks_at_frame is not None and device.dowser_open and frame >= self._breaks_at_frame:
            self._breaks_at_frame, self._torn = None, True
            return "fault snap"
        self._running = self._running or truth["motor"] == "run"
        self._over = self._over or (device.film and frame >= tail)
        if device.latched:
            self._running = False  # once it is reset, the show goes on
        if truth["moving"] == "1":
            return None
        if truth["film"] == "0":
            self._running = self._over = False
            return f"thread 35 {self._feet}"
        if self._torn:
            self._torn = self._running = False
            return "rethread"
        if self._over:
            return "empty" if frame < tail else None
        return self._button(device)

    def _button(self, device: Snapshot) -> str | None:
        """READY until the lamp strikes, then START until the motor runs; what was stopped stays so."""
        if device.latched or self._running:
            return None
        if device.ready and device.lamp is Lamp.LIT:
            return "press start"
        return "press ready" if not device.ready or device.lamp is Lamp.COLD else None
