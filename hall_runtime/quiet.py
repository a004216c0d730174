# SPDX-License-Identifier: Apache-2.0
"""Heartbeats that tell a hall nothing: its ears hear every one, its machine steps one in thirty."""

from statemachines.events import Event, HeartbeatHeard, KernelEvent, Source
from statemachines.hall import Hall
from statemachines.words import Role, State

MOST_HELD = 30
"""Numbers of a device that the log may lag behind: a minute of heartbeats, far less than the 256 that a ring tells."""


class QuietHeartbeats:
    """Keeps back, for each device, the newest heartbeat that its hall need not step."""

    def __init__(self) -> None:
        self._held: dict[Role, HeartbeatHeard] = {}

    def holds_back(self, hall: Hall, event: Event, source: Source) -> bool:
        """Tell whether an event is kept back. One that is not takes the place of what was kept before it.

        What a ring tells is stepped: a person who reads the log shall see how a hole was filled.
        """
        if source is Source.KERNEL and isinstance(event, HeartbeatHeard) and _tells_nothing(hall, event):
            self._held[event.role] = event
            return True
        if isinstance(event, KernelEvent):
            self._held.pop(event.role, None)
        return False

    def release(self, role: Role) -> HeartbeatHeard | None:
        """Return what is kept of a device, and forget it: its number is to be stepped now."""
        return self._held.pop(role, None)


def _tells_nothing(hall: Hall, event: HeartbeatHeard) -> bool:
    """In a hall at rest a heartbeat only counts on. In every other state time itself decides, and each is stepped.

    A held hall's are stepped, too: a deployment listens for those of its new module.
    """
    device = hall.device(event.role)
    at_rest = hall.state is State.IDLE and not hall.projector.dowser_open and not hall.holds
    same_frame = event.role is not Role.PROJECTION or event.frame == hall.film.frame
    return at_rest and same_frame and event.epoch == device.epoch and event.hw_seq - device.hw_seq < MOST_HELD
