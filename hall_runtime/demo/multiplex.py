# SPDX-License-Identifier: Apache-2.0
"""What the demonstration shows: four halls with their programmes, as a booth's plan and as a site's configuration."""

from dataclasses import dataclass
from pathlib import Path

from adapters.booth.plan import BoothPlan, BoothReady, HallPlan, ServedDevice, ServerPlan
from hall_runtime.config import SiteConfig, parse_config
from statemachines.words import Role

PROJECTION_FPS = 1_800
"""75 times as fast as film runs: a reel of 22 minutes in 18 s. Leases, certificates and pings stay in real time."""

ROTATE_S = (8.0, 12.0)
CERTIFICATE_S = 60
AGENT = "/usr/local/lib/reel/reel-agent"


@dataclass(frozen=True)
class Screen:
    """One hall of the demonstration."""

    id: str
    name: str
    gauge: int
    feet: tuple[int, ...]
    break_at_frame: int | None = None


SCREENS = (
    Screen("h1", "Hall 1", 35, (2000,)),
    Screen("h2", "Hall 2", 70, (1400,), break_at_frame=6_000),
    Screen("h3", "Hall 3", 16, (800,)),
    Screen("h4", "Hall 4", 35, (700, 600)),
)


def booth_plan(directory: Path, user_ca: str, agent_script: Path, events: str) -> BoothPlan:
    """Return the plan of the booth process: hardware, people, and an SSH server for each device."""
    halls = tuple(
        HallPlan(id=s.id, gauge=s.gauge, feet=s.feet, people=True, break_at_frame=s.break_at_frame) for s in SCREENS
    )
    servers = tuple(
        ServerPlan(
            name=server_id(screen.id, role),
            serves=(ServedDevice(hall=screen.id, role=role, principal=f"reel-{screen.id}-{role}"),),
            user_ca=user_ca,
            agent_script=str(agent_script),
        )
        for screen in SCREENS
        for role in Role
    )
    return BoothPlan(
        halls=halls,
        devices=str(directory / "devices"),
        state=str(directory / "booth"),
        projection_fps=PROJECTION_FPS,
        events="auto" if events == "auto" else "socket",
        servers=servers,
    )


def server_id(hall: str, role: Role) -> str:
    """Return the id of the server of a device."""
    return f"{hall}{role.value[0]}"


def site_toml(directory: Path, ready: BoothReady) -> str:
    """Return the `cinema.toml` of the site that this booth makes."""
    kernel = (
        f'source = "netlink"\nsubsystem = "{ready.subsystem}"\nsynth_uuid = "{ready.uuid}"'
        if ready.way == "uevents"
        else f'source = "socket"\nsocket = "{ready.events_socket}"'
    )
    parts = [
        f'projection_fps = {PROJECTION_FPS}\n\n[site]\nid = "rialto"\nname = "Rialto"\nstate = "{directory / "state"}"',
        f"[kernel]\n{kernel}",
        f'[ssh]\nauthority = "{directory / "authority" / "ca"}"\nagent = "{AGENT}"\n'
        f"certificate_s = {CERTIFICATE_S}\nrotate_s = [{ROTATE_S[0]}, {ROTATE_S[1]}]",
    ]
    parts += [
        f'[[servers]]\nid = "{server_id(server.hall, server.role)}"\nhost = "{server.host}"\n'
        f'port = {server.port}\nhost_key = "{server.host_key}"'
        for server in ready.servers
    ]
    parts += [
        f'[[halls]]\nid = "{s.id}"\nname = "{s.name}"\nprojection = "{server_id(s.id, Role.PROJECTION)}"\n'
        f'sound = "{server_id(s.id, Role.SOUND)}"\nprogramme = {{ gauge = {s.gauge}, feet = {list(s.feet)} }}'
        for s in SCREENS
    ]
    return "\n\n".join(parts) + "\n"


def site_config(directory: Path, ready: BoothReady) -> SiteConfig:
    """Write the site's configuration beside its state and return it."""
    path = directory / "cinema.toml"
    text = site_toml(directory, ready)
    path.write_text(text, encoding="utf-8")
    return parse_config(path, text)
