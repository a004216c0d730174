# SPDX-License-Identifier: Apache-2.0
"""The datagram that tells a runtime of a request at once; without it the request waits for the next poll."""

import socket
from pathlib import Path
from uuid import uuid4

import msgspec

SCHEDULE = "schedule"
"""The verb that says: the schedule of the hall has changed."""


class Wake(msgspec.Struct, forbid_unknown_fields=True):
    """What a datagram says. `actor` names who asks for an emergency stop, which no table need tell."""

    id: str
    hall: str
    verb: str
    actor: str = ""


def wake_path(state: Path) -> Path:
    """Return where the runtime's wake socket is."""
    return state / "wake.sock"


def send_wake(state: Path, *, request_id: str, hall: str, verb: str, actor: str = "") -> bool:
    """Wake the runtime; False when none listens (it polls, so the request is not lost)."""
    message = msgspec.json.encode(Wake(id=request_id, hall=hall, verb=verb, actor=actor))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.settimeout(1.0)
        try:
            sender.sendto(message, str(wake_path(state)))
        except OSError:
            return False
    return True


def tell_schedule_changed(state: Path, hall: str = "") -> bool:
    """Have the runtime look at the schedule at once; False when none listens (it looks every second)."""
    return send_wake(state, request_id=str(uuid4()), hall=hall, verb=SCHEDULE)
