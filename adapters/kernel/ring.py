# SPDX-License-Identifier: Apache-2.0
"""Lines of a device's `ring` and `safety_ring`, read as the events that they once were."""

from typing import Protocol

from adapters.kernel.parse import LINE_PREFIX, Heard, Refused, parse_uevent
from statemachines.words import Role


class RingLine(Protocol):
    """One line `SEQ NS EVENT FRAME VAL` of a ring. `ns` is the device's own clock."""

    @property
    def seq(self) -> int: ...
    @property
    def ns(self) -> int: ...
    @property
    def word(self) -> str: ...
    @property
    def frame(self) -> int: ...
    @property
    def val(self) -> str: ...


def ring_event(hall: str, role: Role, epoch: int, line: RingLine) -> Heard | Refused:
    """Return the event of one ring line of the device (hall, role) in `epoch`, by the parser of uevents."""
    keys = {
        "HALL": hall,
        "ROLE": role.value,
        "EVENT": line.word,
        "SEQ": str(line.seq),
        "EPOCH": str(epoch),
        "FRAME": str(line.frame),
        "NS": str(line.ns),
        "VAL": line.val,
    }
    return parse_uevent(keys, prefix=LINE_PREFIX, uuid=None)
