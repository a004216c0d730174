# SPDX-License-Identifier: Apache-2.0
"""A server in a guest that lives on a disk: it restarts, loses its power, dies of an oops, and comes back as itself.

server.sh("reboot -f"); server.comes_back()
server.power_cut(); server.comes_back()
server.put(b"…", "/root/file")                 no root login is needed: deployment servers refuse them
"""

import base64
import shlex
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path

from typing_extensions import override

from adapters.ssh.deploy import DEPLOY_COMMAND, DEPLOY_USER, DeployLink, deploy_order, open_deploy
from adapters.ssh.deploy_answers import findings, parse_answer
from adapters.ssh.hostkeys import ServerAddress
from statemachines.deployment_facts import Findings
from tests.deploy.disk import Disks
from tests.deploy.enforcing import APPEND, firmware
from tests.vm.bench import Bench, booted
from tests.vm.guest import Guest, GuestPlan
from tests.vm.image import CONTROLLER
from tests.vm.qemu import Machine, MachinePlan
from tests.vm.qmp import MachineEnded

CONNECT_LIMIT_S = 20.0
_PIECE = 48_000
_serials = count(1)


class Server(Guest):
    """`end` it always. Its kernel's complaints in an earlier run count as its own, unless they were wanted.

    An `enforcing` one loads signed modules only, ours by our certificate; it boots by UEFI, which takes longer.
    """

    def __init__(self, bench: Bench, disks: Disks, plan: GuestPlan, *, enforcing: bool = False) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="reel-disk-")
        self._initramfs = disks.initramfs
        self._firmware = firmware(Path(self._directory.name)) if enforcing else None
        self._past = ""
        self._port = 0
        try:
            self.disk = disks.copy(Path(self._directory.name, "disk"))
            super().__init__(bench, plan)
        except BaseException:
            self._directory.cleanup()
            raise
        self._port = self.port

    def machine_plan(self) -> MachinePlan:
        """Return what it is started as; from the second time on at the same port."""
        plan = self.plan
        append = [f"reelsim.halls={','.join(plan.halls)}", f"reelsim.fps_milli={plan.fps_milli}", plan.append]
        if self._firmware:
            append.append(APPEND)
        kernel = self.bench.kernel
        return MachinePlan(
            vmlinux=kernel.image if self._firmware else kernel.vmlinux,
            initramfs=self._initramfs,
            processors=plan.processors,
            append=" ".join(append),
            disk=self.disk,
            firmware=self._firmware,
            port=self._port,
        )

    @override
    def _started(self) -> Machine:
        return booted(self.machine_plan())

    @property
    @override
    def console(self) -> str:
        return self._past + self.machine.console

    @override
    def put(self, source: Path | bytes, target: str, mode: str = "0755") -> None:
        data = source.read_bytes() if isinstance(source, Path) else source
        name = shlex.quote(target)
        self.sh(f": >{name} && chmod {mode} {name}")
        for start in range(0, len(data), _PIECE):
            text = base64.b64encode(data[start : start + _PIECE]).decode()
            self.sh(f"base64 -d >>{name} <<'END'\n{text}\nEND")

    def found(self) -> Findings:
        """Return what the server's own program finds; it needs no session and changes nothing."""
        said = self.sh(f"SSH_ORIGINAL_COMMAND=inspect {DEPLOY_COMMAND}")
        return findings(parse_answer(said.encode() + b"\n", 0))

    @asynccontextmanager
    async def deploys(self) -> AsyncIterator[DeployLink]:
        """Within it there is a deployment session, as a controller has it."""
        address = ServerAddress(host=self.host, port=self.port, user=DEPLOY_USER, host_keys=(self.host_key,))
        order = deploy_order("bench", (f"{CONTROLLER}/32",))
        credential = self.authority.mint(order, now_s=int(time.time()), serial=next(_serials))
        link = await open_deploy(address, credential, CONNECT_LIMIT_S)
        try:
            yield link
        finally:
            await link.close()

    def power_cut(self) -> None:
        """What was not on its disk yet is gone."""
        self.machine.kill()

    def reboot(self) -> None:
        """As `reboot` does it, but for what a service manager would end first."""
        with suppress(MachineEnded):
            self.sh("sync; reboot -f")
        self.comes_back()

    def comes_back(self, *, complained: bool = False, limit_s: float = 30.0) -> None:
        """Wait until the machine has ended, by itself or not, and start it again from its disk.

        `complained`: that its kernel did was what the test wanted.
        """
        self.machine.wait_end(limit_s)
        self._close_run()
        if not complained:
            self._past += self.machine.console
        self.machine = self._started()
        self.set_clock()

    def _close_run(self) -> None:
        self._ssh.close()
        self.machine.end()

    @override
    def end(self) -> None:
        super().end()
        self._directory.cleanup()
