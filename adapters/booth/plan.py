# SPDX-License-Identifier: Apache-2.0
"""What a booth is told when it starts, as a JSON file, and what it tells when it is ready, as a JSON line."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from adapters.booth.errors import BoothRefused
from statemachines.device_abi import RUNOUT_MS
from statemachines.film import FRAMES_PER_FOOT, GaugeUnknown
from statemachines.values import Value
from statemachines.words import Role

Name = Annotated[str, msgspec.Meta(pattern="^[a-z0-9]{1,16}$")]
Feet = Annotated[int, msgspec.Meta(ge=1, le=20_000)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]


class HallPlan(Value, frozen=True, kw_only=True):
    """One hall: its programme (gauge in mm, feet of each reel) and the devices that servers reach.

    `people`: somebody works there by themselves. `break_at_frame`: in the first show the film breaks there.
    """

    id: Name
    gauge: int = 35
    feet: Annotated[tuple[Feet, ...], msgspec.Meta(min_length=1)] = (2000,)
    roles: tuple[Role, ...] = (Role.PROJECTION, Role.SOUND)
    people: bool = False
    break_at_frame: int | None = None


class ServedDevice(Value, frozen=True, kw_only=True):
    """A device that an SSH server reaches, and the principal that may."""

    hall: Name
    role: Role
    principal: str


class ServerPlan(Value, frozen=True, kw_only=True):
    """An SSH server. `user_ca` is a public key line; `agent_script` a path; `port` 0 lets the system choose.

    `revoked_serials` is a path to decimal serials, one a line, or empty.
    """

    name: Name
    serves: Annotated[tuple[ServedDevice, ...], msgspec.Meta(min_length=1)]
    user_ca: str
    agent_script: str
    revoked_serials: str = ""
    port: Port = 0


class BoothPlan(Value, frozen=True, kw_only=True):
    """A booth. `devices` is the directory of the attribute trees, better on a tmpfs; `state` keeps host keys and
    sockets. `projection_fps` drives every projector; `lifetime_s` ends the booth by itself, None: never."""

    halls: Annotated[tuple[HallPlan, ...], msgspec.Meta(min_length=1)]
    devices: str
    state: str
    projection_fps: Annotated[int, msgspec.Meta(ge=12, le=100_000)] = 24
    runout_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] = RUNOUT_MS
    events: Literal["auto", "uevents", "socket"] = "auto"
    servers: tuple[ServerPlan, ...] = ()
    lifetime_s: Annotated[int, msgspec.Meta(ge=1)] | None = None


class ServerReady(Value, frozen=True, kw_only=True):
    """Where a device's server listens; `host_key` is its public key line."""

    hall: str
    role: Role
    host: str
    port: int
    host_key: str


class BoothReady(Value, frozen=True, kw_only=True):
    """The one line that a booth prints. `uuid` and `subsystem` go with the way `uevents`, `events_socket` with
    `socket`; each is empty otherwise."""

    way: Literal["uevents", "socket"]
    uuid: str
    subsystem: str
    events_socket: str
    hands_socket: str
    devices: str
    servers: tuple[ServerReady, ...]


def read_plan(path: Path) -> BoothPlan:
    """Read a plan.

    Raises:
        BoothRefused: the file cannot be read or does not fit, with what is wrong.
    """
    try:
        plan = msgspec.json.decode(path.read_bytes(), type=BoothPlan)
    except (OSError, msgspec.MsgspecError) as wrong:
        raise BoothRefused(f"{path}: {wrong}") from wrong
    _check(plan)
    return plan


def _check(plan: BoothPlan) -> None:
    halls = [hall.id for hall in plan.halls]
    if len(set(halls)) < len(halls):
        raise BoothRefused(f"two halls have one id: {', '.join(halls)}")
    devices = {(hall.id, role) for hall in plan.halls for role in hall.roles}
    for hall in plan.halls:
        if hall.gauge not in FRAMES_PER_FOOT:
            raise BoothRefused(f"hall {hall.id}: {GaugeUnknown(hall.gauge)}")
    for server in plan.servers:
        for served in server.serves:
            if (served.hall, served.role) not in devices:
                raise BoothRefused(f"server {server.name} serves {served.hall}/{served.role}: no hall has it")
