# SPDX-License-Identifier: Apache-2.0
"""Where the film is: one change of speed, computed and never stepped, so that no reader's rhythm matters.

Positions are pico-frames (10⁻¹² frames), speeds are frames a second × 1,000, times ns: speed × time is a
position without any division.
"""

from dataclasses import dataclass

PICO = 1_000_000_000_000


@dataclass(frozen=True, slots=True)
class Motion:
    """From `start` at `since_ns` the speed changes evenly from `speed` to `target` within `ramp_ns`, then stays.

    Speed and target never have opposite signs: film that turns back stands for an instant first.
    """

    start: int = 0
    since_ns: int = 0
    speed: int = 0
    target: int = 0
    ramp_ns: int = 0

    @property
    def settles_ns(self) -> int:
        """When the speed is what was asked for."""
        return self.since_ns + self.ramp_ns

    def position(self, at_ns: int) -> int:
        """Return the position in pico-frames."""
        gone = at_ns - self.since_ns
        if gone >= self.ramp_ns:
            ramped = self.start + (self.speed + self.target) * self.ramp_ns // 2
            return ramped + self.target * (gone - self.ramp_ns)
        return self.start + self.speed * gone + (self.target - self.speed) * gone * gone // (2 * self.ramp_ns)

    def speed_at(self, at_ns: int) -> int:
        """Return the speed in frames a second × 1,000; negative while the film is rewound."""
        gone = at_ns - self.since_ns
        if gone >= self.ramp_ns:
            return self.target
        return self.speed + (self.target - self.speed) * gone // self.ramp_ns

    def towards(self, target: int, at_ns: int, ramp_ns: int) -> "Motion":
        """Return the motion that changes to `target` from `at_ns` on."""
        return Motion(self.position(at_ns), at_ns, self.speed_at(at_ns), target, ramp_ns)

    def reaches(self, position: int) -> int | None:
        """Return the first ns at which the film, on its way, is at `position` or beyond; None: never."""
        ahead = 1 if max(self.speed, self.target) > 0 else -1
        if ahead * (self.start - position) >= 0:
            return self.since_ns if self.speed or self.target else None
        left = ahead * (position - self.position(self.settles_ns))
        if left <= 0:
            return self._within_ramp(position, ahead)
        if self.target == 0:
            return None
        return self.settles_ns - (-left // abs(self.target))

    def _within_ramp(self, position: int, ahead: int) -> int:
        low, high = self.since_ns, self.settles_ns
        while low < high:
            middle = (low + high) // 2
            if ahead * (self.position(middle) - position) >= 0:
                high = middle
            else:
                low = middle + 1
        return low


def standing(position: int, at_ns: int) -> Motion:
    """Return film that does not move."""
    return Motion(position, at_ns)
