# SPDX-License-Identifier: Apache-2.0
"""A real server for a few halls: OpenSSH's sshd, reel-agent, and devices as FIFOs whose numbers others count.

`python -m benchmarks.scale_real USER_CA_FILE DEVICES_FILE HALL,HALL… [FIFOS]` serves, and is asked over its standard
input what `scale_agents` is asked. One command path holds for a whole site: the first such process greets with the
agent that all run and with the directory of its FIFOs, and the others are told to make theirs there, too.
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from typing_extensions import override

from benchmarks.corridor.device import Device
from benchmarks.scale_devices import Devices
from benchmarks.scale_talk import asked, say
from statemachines.gate import Gate
from statemachines.words import Role
from tests.support.sshd import RealSshd

_LOOK_S = 0.02


class NumberedDevice(Device):
    """One (hall, role) whose events are numbered in the file that all processes map."""

    def __init__(self, fifos: Path, devices: Devices, hall: str, role: Role) -> None:
        self._devices, self._hall, self._role = devices, hall, role
        self._published = 0
        self.commands: list[tuple[str, str, int]] = []
        super().__init__(fifos / f"{hall}-{role}", devices.epoch(hall, role))

    def look(self) -> None:
        """Publish snapshot and ring when something was said since the last look."""
        with self._lock:
            if (last := self._devices.last(self._hall, self._role)["seq"]) != self._published:
                self._published = last
                self._put("ring", "".join(f"{line}\n" for line in self._devices.ring(self._hall, self._role, 1)))
                self._publish()

    @override
    def _snapshot(self, gate: Gate) -> str:
        return f"{self._devices.snapshot(self._hall, self._role)} fence={gate.fence} gen={gate.gen} last={gate.last}"

    @override
    def _command(self, fence: int, gen: int, seq: int, verb: str) -> str:
        self.commands.append((self._hall, verb, time.monotonic_ns()))
        return super()._command(fence, gen, seq, verb)


class RealServer:
    """One sshd and the devices behind it."""

    def __init__(self, sshd: RealSshd, devices: list[NumberedDevice]) -> None:
        self._sshd, self._devices = sshd, devices
        self._deaf = False
        for device in devices:
            device.begin()

    async def look(self) -> None:
        """Keep what the devices publish up to date, for ever."""
        while True:
            for device in self._devices:
                device.look()
            await asyncio.sleep(_LOOK_S)

    def done(self, line: str) -> dict[str, Any]:
        match line:
            case "cut" if not self._deaf:
                self._sshd.restart()
            case "cut":
                pass  # who is deaf has no connections
            case "deaf":
                self._sshd.end()
                self._deaf = True
            case "back":
                self._sshd.start()
                self._deaf = False
            case "told":
                return self._told()
            case _:
                raise ValueError(line)
        return {}

    def _told(self) -> dict[str, Any]:
        """sshd does not say how many log in at a time: its own limit would refuse those that are too many."""
        commands = [each for device in self._devices for each in device.commands]
        for device in self._devices:
            device.commands = []
        return {"commands": commands, "most_at_once": 0}


async def _serve(user_ca: str, file: Path, halls: list[str], fifos: Path | None) -> None:
    principals = [f"reel-{hall}-{role}" for hall in halls for role in Role]
    with RealSshd(ca_public=user_ca, principals=principals, agent_shell="/bin/dash") as sshd:
        fifos, counted = fifos or sshd.devices, Devices(file)
        server = RealServer(sshd, [NumberedDevice(fifos, counted, hall, role) for hall in halls for role in Role])
        looking = asyncio.create_task(server.look())
        say(
            {
                "port": sshd.port,
                "host_key": sshd.host_public,
                "user": sshd.account,
                "agent": str(sshd.wrapper),
                "fifos": str(fifos),
            }
        )
        async for line in asked():
            say(server.done(line))
        looking.cancel()


if __name__ == "__main__":
    ca, file, halls, *fifos = sys.argv[1:]
    asyncio.run(
        _serve(Path(ca).read_text(encoding="ascii"), Path(file), halls.split(","), Path(fifos[0]) if fifos else None)
    )
