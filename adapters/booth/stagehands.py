# SPDX-License-Identifier: Apache-2.0
"""The people of a hall: they look at the projector, do the next sensible thing, and look again."""

from adapters.booth.rig import Rig
from statemachines.words import Lamp, Motor

SECOND = 1_000_000_000
PAUSE_NS = SECOND // 2
"""Between two different moves."""

AGAIN_NS: dict[str, int] = {"start": SECOND, "ready": 3 * SECOND, "insert": SECOND, "remove": SECOND}
"""Before the same move is made again: a button is pressed once more when nothing came of it."""


class Stagehand:
    """Works in one hall. `break_at_frame`: the film breaks there, once."""

    def __init__(self, break_at_frame: int | None = None) -> None:
        self._break_at_frame = break_at_frame
        self._shown = self._over = False
        self._last = ""
        self._last_ns = 0

    def next_move(self, rig: Rig, now_ns: int) -> str | None:
        """Return what to do now, as words for `hands.move`; None: wait. Calling it means doing it."""
        if self._breaks_now(rig):
            self._break_at_frame = None
            return "fault break"
        wish = self._wish(rig)
        if wish is None:
            return None
        wait_ns = AGAIN_NS.get(wish, PAUSE_NS) if wish == self._last else PAUSE_NS
        if now_ns - self._last_ns < wait_ns:
            return None
        self._last, self._last_ns = wish, now_ns
        return wish

    def _breaks_now(self, rig: Rig) -> bool:
        projector, frame = rig.projector, self._break_at_frame
        return frame is not None and projector.dowser_open and projector.frame >= frame

    def _wish(self, rig: Rig) -> str | None:
        projector = rig.projector
        if projector.motor is not Motor.STOP:
            self._shown = True
        self._over = self._over or projector.past_tail
        if projector.moves or projector.estop or projector.local or projector.door_open:
            return None
        return self._thread(rig) or self._press(rig)

    def _thread(self, rig: Rig) -> str | None:
        projector, path = rig.projector, rig.projector.path
        if path.reel is None:
            self._shown = self._over = False
            return "insert"
        if path.broken:
            return "rethread"
        if path.head_off or (projector.past_tail and rig.reels_left):
            return "remove"
        return None

    def _press(self, rig: Rig) -> str | None:
        """READY until the lamp strikes, START until the motor runs; what is over or was stopped stays so."""
        projector = rig.projector
        if projector.journal.latches or self._over:
            return None
        if not projector.ready:
            self._shown = False
            return "ready"
        if self._shown:
            return None
        if projector.lamp is Lamp.LIT:
            return "start"
        return "ready" if projector.lamp is Lamp.COLD else None
