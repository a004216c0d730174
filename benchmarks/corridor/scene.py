# SPDX-License-Identifier: Apache-2.0
"""What all parties of the corridor share: one real sshd with a plain account, one authority, real uevents."""

import os
import secrets
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from adapters.ssh.authority import PASSPHRASE_VARIABLE, Authority, create_authority
from adapters.ssh.credential import Credential, Order
from adapters.ssh.hostkeys import ServerAddress
from hall_runtime.config import SiteConfig
from statemachines.words import Role
from tests.support.sshd import RealSshd

HALL = "h1"
REST_S = 0.01
"""Between two events, for every party alike: in a cinema an event finds the machine at rest."""
NULL_DEVICE = Path("/sys/class/mem/null/uevent")
"""A device that every Linux has, by which root can have the kernel send uevents."""


class Scene:
    """`with staged(directory) as scene`. `uuid` tells this run's uevents from others on the machine."""

    def __init__(self, directory: Path, sshd: RealSshd, authority: Authority) -> None:
        self.directory, self.sshd, self._authority = directory, sshd, authority
        self.uuid = str(uuid.uuid4())
        self._attribute = NULL_DEVICE.open("wb", buffering=0)
        self._serial = time.time_ns()

    def uevent(self, keys: str) -> None:
        """Have the kernel send one uevent, now."""
        self._attribute.write(f"change {self.uuid} {keys}".encode("ascii"))

    def close(self) -> None:
        self._attribute.close()

    def credential(self, command: str) -> Credential:
        """Return a certificate whose force-command is `command`."""
        self._serial += 1
        order = Order(hall=HALL, role="projection", force_command=command, source_address=("127.0.0.1/32",))
        return self._authority.mint(order, now_s=int(time.time()), serial=self._serial)

    @property
    def address(self) -> ServerAddress:
        return ServerAddress(
            host=self.sshd.host, port=self.sshd.port, user=self.sshd.account, host_keys=(self.sshd.host_public,)
        )

    def config(self) -> SiteConfig:
        """Return the configuration of a site with one hall, its servers behind this sshd."""
        server = {"id": "server", "host": self.sshd.host, "port": self.sshd.port, "host_key": self.sshd.host_public}
        hall = {"id": HALL, "name": "Hall 1", "projection": "server", "sound": "server"}
        return SiteConfig.model_validate(
            {
                "site": {"id": "bench", "name": "Benchmark", "state": str(self.directory / "state")},
                "kernel": {"subsystem": "mem", "synth_uuid": self.uuid},
                "ssh": {
                    "authority": str(self.directory / "authority" / "ca"),
                    "user": self.sshd.account,
                    "agent": str(self.sshd.wrapper),
                },
                "servers": [server],
                "halls": [hall],
            }
        )

    @contextmanager
    def devices(self) -> Iterator[dict[Role, int]]:
        """Serve both devices of the hall from another process; give their epochs."""
        paths = [self.sshd.devices / f"{HALL}-{role}" for role in Role]
        for path in paths:
            shutil.rmtree(path, ignore_errors=True)
        with subprocess.Popen(
            [sys.executable, "-m", "benchmarks.corridor.device", *paths], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                yield {role: int(process.stdout.readline()) for role in Role}
            finally:
                process.stdin.close()
                process.wait(5)


def possible() -> str:
    """Return why this machine cannot run the corridor, or an empty string."""
    if os.geteuid() != 0:
        return "it needs root, to have the kernel send uevents"
    if not NULL_DEVICE.exists():
        return f"this kernel has no {NULL_DEVICE}"
    missing = [program for program in ("sshd", "ssh", "dash") if shutil.which(program, path=_PATH) is None]
    return f"not installed: {', '.join(missing)}" if missing else ""


_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


@contextmanager
def ahead_of_neighbours() -> Iterator[None]:
    """Let this thread, and every process that begins meanwhile, run before whatever else the machine does.

    All parties have it alike. Without it a busy neighbour adds his time slice to each change of process, and what
    is measured is how many of those a party has.
    """
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


@contextmanager
def staged(directory: Path) -> Iterator[Scene]:
    """Set the scene below `directory`."""
    passphrase = secrets.token_hex(16)
    os.environ[PASSPHRASE_VARIABLE] = passphrase
    authority = create_authority(directory / "authority" / "ca", passphrase)
    principals = [f"reel-{HALL}-{role}" for role in Role]
    with (
        RealSshd(ca_public=authority.public_line, principals=principals, agent_shell="/bin/dash") as sshd,
        closing(Scene(directory, sshd, authority)) as scene,
    ):
        yield scene
