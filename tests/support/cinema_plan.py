# SPDX-License-Identifier: Apache-2.0
"""What a small cinema is: the plan of its booth's process, and the `cinema.toml` of its runtime."""

from dataclasses import dataclass
from pathlib import Path

from adapters.booth.plan import BoothPlan, BoothReady, HallPlan, ServedDevice, ServerPlan
from adapters.booth.ssh_server import AGENT_PATH
from statemachines.words import Role
from tests.support.sshd import AGENT, RealSshd


@dataclass(frozen=True, slots=True)
class Cinema:
    """Its halls show one 35 mm reel of `feet`; `uevents`: the kernel sends the booth's events, else a socket.

    The servers of the roles in `watched` are heard over watch links; that needs uevents and a real sshd.
    """

    halls: tuple[str, ...]
    feet: int
    fps: int
    uevents: bool
    rotate_s: tuple[float, float]
    watched: frozenset[Role] = frozenset()


def booth_plan(
    cinema: Cinema, directory: Path, user_ca: str, sshd: RealSshd | None, was: BoothReady | None
) -> BoothPlan:
    """Return the booth's plan. One that was on before listens where it did; beside a real sshd it does not listen."""
    ports = {(server.hall, server.role): server.port for server in (was.servers if was is not None else ())}
    servers = tuple(
        ServerPlan(
            name=_server_id(hall, role),
            serves=(ServedDevice(hall=hall, role=role, principal=f"reel-{hall}-{role}"),),
            user_ca=user_ca,
            agent_script=str(AGENT / "reel-agent"),
            port=ports.get((hall, role), 0),
        )
        for hall in cinema.halls
        for role in Role
    )
    return BoothPlan(
        halls=tuple(HallPlan(id=hall, feet=(cinema.feet,)) for hall in cinema.halls),
        devices=str(sshd.devices if sshd is not None else directory / "devices"),
        state=str(directory / "booth"),
        projection_fps=cinema.fps,
        events="uevents" if cinema.uevents else "socket",
        servers=servers if sshd is None else (),
    )


def site_toml(cinema: Cinema, state: Path, authority: Path, sshd: RealSshd | None, ready: BoothReady) -> str:
    """Return the configuration of the site that this booth makes."""
    agent, user = (AGENT_PATH, "reel") if sshd is None else (sshd.wrapper, sshd.account)
    parts = [
        f'projection_fps = {cinema.fps}\n[site]\nid = "rialto"\nname = "Rialto"\nstate = "{state}"',
        _kernel(ready),
        f'[ssh]\nauthority = "{authority}"\nagent = "{agent}"\nuser = "{user}"\nrotate_s = {list(cinema.rotate_s)}',
    ]
    if sshd is not None:
        parts.append(_server("sshd", sshd.host, sshd.port, sshd.host_public))
    if sshd is not None and cinema.watched:
        parts.append(f"{_server('watched', sshd.host, sshd.port, sshd.host_public)}\nwatch = true")
    parts += [_server(_server_id(s.hall, s.role), s.host, s.port, s.host_key) for s in ready.servers]
    for hall in cinema.halls:
        roles = (f'{role} = "{_serving(cinema, hall, role, sshd)}"' for role in Role)
        programme = f"programme = {{ gauge = 35, feet = [{cinema.feet}] }}"
        parts.append("\n".join(("[[halls]]", f'id = "{hall}"', f'name = "Hall {hall}"', *roles, programme)))
    return "\n".join(parts) + "\n"


def _serving(cinema: Cinema, hall: str, role: Role, sshd: RealSshd | None) -> str:
    if sshd is None:
        return _server_id(hall, role)
    return "watched" if role in cinema.watched else "sshd"


def _server_id(hall: str, role: Role) -> str:
    return f"{hall}{role.value[0]}"


def _kernel(ready: BoothReady) -> str:
    if ready.way == "uevents":
        return f'[kernel]\nsubsystem = "{ready.subsystem}"\nsynth_uuid = "{ready.uuid}"'
    return f'[kernel]\nsource = "socket"\nsocket = "{ready.events_socket}"'


def _server(server: str, host: str, port: int, host_key: str) -> str:
    return f'[[servers]]\nid = "{server}"\nhost = "{host}"\nport = {port}\nhost_key = "{host_key}"'
