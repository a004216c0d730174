# SPDX-License-Identifier: Apache-2.0
"""`make vm-demo`: one runtime and its board over a hall in a real kernel and a simulated hall beside it.

Hall 1 is a guest: our kernel modules drive its projector by real interrupts; the runtime hears it over a watch link.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import resources
from pathlib import Path

from adapters.booth.plan import BoothPlan, BoothReady, HallPlan, ServedDevice, ServerPlan
from hall_runtime.cli.common import CommandFailed
from hall_runtime.cli.demo import demonstrate
from hall_runtime.config import SiteConfig, parse_config
from hall_runtime.demo.booth import BoothProcess
from hall_runtime.demo.multiplex import AGENT
from statemachines.words import Role
from tests.vm.bench import make_bench
from tests.vm.cinema import guest_toml
from tests.vm.guest import Guest, GuestPlan
from tests.vm.places import BenchFailed
from tests.vm.qmp import MachineEnded
from tests.vm.stagehand import GuestStagehand

_FPS = 240
"""Ten times as fast as film runs."""
_ROTATE_S, _CERTIFICATE_S = [30, 40], 120
"""Often enough to be seen; an emulated processor works a good part of a second at a handshake."""
_FEET, _LOCAL_FEET = 300, 400
_BREAKS_AT_FRAME = 2_500
_GUEST_HALL, _LOCAL_HALL = "h1", "h2"
_LOOK_S = 0.3


class VmScene:
    """A `Scene` of two halls: one in a guest, one in the simulated booth."""

    def __init__(self) -> None:
        self.way = "real interrupts in a guest's kernel over a watch link, and lines of the booth over a Unix socket"
        self._guest: Guest | None = None
        self._booth: BoothProcess | None = None
        self._people: asyncio.Task[None] | None = None

    async def open(self, directory: Path, authority_line: str, say: Callable[[str], None]) -> SiteConfig:
        say("making the guest: kernel, modules, image, snapshot (a minute the first time, then a second)")
        bench = await asyncio.to_thread(make_bench)
        guest = self._guest = Guest(bench, GuestPlan(halls=(_GUEST_HALL,), fps_milli=_FPS * 1000))
        guest.trust(authority_line)
        say("starting the booth of the simulated hall")
        self._booth = BoothProcess(_booth_plan(directory, authority_line), directory)
        ready = await self._booth.start()
        path = directory / "cinema.toml"
        path.write_text(_site_toml(directory, ready, guest), encoding="utf-8")
        self._people = asyncio.create_task(self._attend(guest, say))
        return parse_config(path, path.read_text(encoding="utf-8"))

    def plan_shows(self, now_ns: int) -> None:
        """Nothing: its people start what they like."""

    async def close(self) -> None:
        if self._people is not None:
            self._people.cancel()
            with suppress(asyncio.CancelledError):
                await self._people
        if self._booth is not None:
            await self._booth.end()
        if self._guest is not None:
            self._guest.end()

    async def _attend(self, guest: Guest, say: Callable[[str], None]) -> None:
        """Work in the guest's hall until cancelled, or until the guest is gone."""
        stagehand = GuestStagehand(guest, _GUEST_HALL, feet=_FEET, breaks_at_frame=_BREAKS_AT_FRAME)
        try:
            while True:
                await asyncio.to_thread(stagehand.work)
                await asyncio.sleep(_LOOK_S)
        except MachineEnded:
            say(f"the guest {guest.state} by itself:\n{guest.console}")


def _booth_plan(directory: Path, user_ca: str) -> BoothPlan:
    agent = str(resources.files("adapters.ssh") / "agent" / "reel-agent")
    servers = tuple(
        ServerPlan(
            name=f"{_LOCAL_HALL}{role.value[0]}",
            serves=(ServedDevice(hall=_LOCAL_HALL, role=role, principal=f"reel-{_LOCAL_HALL}-{role}"),),
            user_ca=user_ca,
            agent_script=agent,
        )
        for role in Role
    )
    return BoothPlan(
        halls=(HallPlan(id=_LOCAL_HALL, feet=(_LOCAL_FEET,), people=True),),
        devices=str(directory / "devices"),
        state=str(directory / "booth"),
        projection_fps=_FPS,
        events="socket",
        servers=servers,
    )


def _site_toml(directory: Path, ready: BoothReady, guest: Guest) -> str:
    parts = [
        f'projection_fps = {_FPS}\n\n[site]\nid = "rialto"\nname = "Rialto"\nstate = "{directory / "state"}"',
        f'[kernel]\nsource = "socket"\nsocket = "{ready.events_socket}"',
        f'[ssh]\nauthority = "{directory / "authority" / "ca"}"\nagent = "{AGENT}"\n'
        f"certificate_s = {_CERTIFICATE_S}\nrotate_s = {_ROTATE_S}",
        guest_toml(guest, {_GUEST_HALL: "Hall 1 (in a real kernel)"}, _FEET),
    ]
    parts += [
        f'[[servers]]\nid = "{server.hall}{server.role.value[0]}"\nhost = "{server.host}"\n'
        f'port = {server.port}\nhost_key = "{server.host_key}"'
        for server in ready.servers
    ]
    parts.append(
        f'[[halls]]\nid = "{_LOCAL_HALL}"\nname = "Hall 2 (simulated)"\nprojection = "{_LOCAL_HALL}p"\n'
        f'sound = "{_LOCAL_HALL}s"\nprogramme = {{ gauge = 35, feet = [{_LOCAL_FEET}] }}'
    )
    return "\n\n".join(parts) + "\n"


def main() -> int:
    """Play the scene until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="make vm-demo", description=__doc__)
    parser.add_argument("--for", dest="for_s", type=float, help="end after so many seconds")
    parser.add_argument("--port", type=int, default=8000, help="where the board is served; 0 takes a free port")
    parser.add_argument("--directory", type=Path, default=Path(".demo"), help="where it keeps what it makes")
    asked = parser.parse_args()
    try:
        demonstrate(VmScene(), for_s=asked.for_s, directory=asked.directory, port=asked.port)
    except (CommandFailed, BenchFailed, MachineEnded) as failed:
        print(failed, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
