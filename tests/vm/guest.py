# SPDX-License-Identifier: Apache-2.0
"""A guest as tests see it: a projection server with a real kernel, our modules, sshd and the agent.

guest.sh("rmmod reelsim")                      root's shell over a serial port: quick, needs no network
guest.ssh("ls /sys/class/reel")                the same through the guest's sshd
guest.sim("h1", "thread", "35 100")            what hands do at the simulated projector
guest.truth("h1")["dowser"]                    what its simulation says is so
guest.snapshot("h1", "projection")["epoch"]    what the device says
link = await open_link(guest.address, guest.credential("h1", "projection"), limit_s=10)
"""

import shlex
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path

from adapters.ssh.authority import Authority
from adapters.ssh.credential import Credential, Order
from adapters.ssh.enrol import ACCOUNT, agent_command
from adapters.ssh.hostkeys import ServerAddress
from statemachines.snapshot import Snapshot, parse_snapshot
from tests.vm.bench import Bench, booted
from tests.vm.image import CONTROLLER
from tests.vm.places import BenchFailed
from tests.vm.qemu import Machine
from tests.vm.qmp import MachineEnded
from tests.vm.root_ssh import RootSsh
from tests.vm.tty import CommandFailed

ROLES = ("projection", "sound")
DEVICES = "/sys/class/reel"
SIM = "/sys/kernel/debug/reelsim"
REACTIONS = "/sys/kernel/debug/reelctl"
COMPLAINTS = ("BUG:", "WARNING:", "Oops", "general protection fault", "cut here", "refcount_t:", "Kernel panic")

_serials = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestPlan:
    """What a guest is like. One of another machine than the plain one is booted (5 s), not restored (0.5 s)."""

    halls: tuple[str, ...] = ("h1", "h2")
    fps_milli: int = 24_000
    modules: bool = True
    fresh: bool = False
    icount: str = ""
    processors: int = 1
    append: str = ""

    @property
    def boots(self) -> bool:
        return self.fresh or bool(self.icount or self.append) or self.processors != 1


class Guest:
    """A running guest; `end` it always."""

    host = "127.0.0.1"

    def __init__(self, bench: Bench, plan: GuestPlan) -> None:
        self.bench, self.plan = bench, plan
        self.end_expected = False
        """Set it when the guest's end, or a complaint of its kernel, is what the test wants."""
        with ExitStack() as undo:
            self.machine = self._started()
            undo.callback(self.machine.end)
            try:
                self.set_clock()
                if plan.modules:
                    self.load_modules()
            except (MachineEnded, CommandFailed, TimeoutError) as failed:
                raise BenchFailed(f"the guest could not be made ready: {failed}\n{self.console}") from failed
            undo.pop_all()
        self._ssh = RootSsh(
            port=self.port, key=bench.keys.root, host_key=self.host_key, directory=self.machine.directory
        )

    def _started(self) -> Machine:
        plan = self.plan
        if not plan.boots:
            return self.bench.restored()
        return booted(self.bench.machine(icount=plan.icount, processors=plan.processors, append=plan.append))

    @property
    def port(self) -> int:
        """The port of 127.0.0.1 that leads to the guest's sshd."""
        return self.machine.port

    @property
    def host_key(self) -> str:
        """The guest's public host key, `ssh-ed25519 AAAA…`."""
        return self.bench.keys.host_public

    @property
    def address(self) -> ServerAddress:
        """How the project's own SSH parts reach the agent's account."""
        return ServerAddress(host=self.host, port=self.port, user=ACCOUNT, host_keys=(self.host_key,))

    @property
    def console(self) -> str:
        """What the guest's kernel said: its warnings, and worse."""
        return self.machine.console

    @property
    def state(self) -> str:
        """`running`, or `ended with STATUS`."""
        status = self.machine.status
        return "running" if status is None else f"ended with {status}"

    @cached_property
    def authority(self) -> Authority:
        """The CA that the guest trusts."""
        return self.bench.keys.authority()

    def complaints(self) -> list[str]:
        """Return the lines of the console in which the kernel complains of itself."""
        return [line for line in self.console.splitlines() if any(word in line for word in COMPLAINTS)]

    def sh(self, command: str, limit_s: float = 30.0) -> str:
        """Run a shell command as root over the serial port; raises CommandFailed with what it said."""
        return self.machine.tty.run(command, limit_s)

    def ssh(self, command: str, *, stdin: bytes = b"", limit_s: float = 60.0) -> str:
        """Run a shell command as root through sshd; raises CommandFailed with what it said."""
        return self._ssh.run(command, stdin=stdin, limit_s=limit_s)

    def ssh_words(self, command: str) -> list[str]:
        """Return a command line of this host that runs the command in the guest, for a process of one's own."""
        return self._ssh.words(command)

    def put(self, source: Path | bytes, target: str, mode: str = "0755") -> None:
        """Copy a file into the guest."""
        data = source.read_bytes() if isinstance(source, Path) else source
        name = shlex.quote(target)
        self.ssh(f"cat >{name} && chmod {mode} {name}", stdin=data)

    def set_clock(self) -> None:
        """Set the guest's wall clock: a restored guest has that of its snapshot, and certificates have times."""
        self.sh(f"date -s @{time.time():.3f} >/dev/null")

    def load_modules(self) -> None:
        """Load reelctl, for the account's group, and the simulation of this guest's halls."""
        self.sh(
            f"modprobe reelctl reel_gid=$(getent group {ACCOUNT} | cut -d: -f3) && "
            f"modprobe reelsim halls={','.join(self.plan.halls)} fps_milli={self.plan.fps_milli}"
        )

    def sim(self, hall: str, control: str, value: str | int) -> None:
        """Write to a control of the simulated projector."""
        self.sh(f"echo {shlex.quote(str(value))} >{SIM}/{hall}/{control}")

    def truth(self, hall: str) -> dict[str, str]:
        """Return what the simulation says is so."""
        return pairs(self.sh(f"cat {SIM}/{hall}/truth"))

    def snapshot(self, hall: str, role: str = "projection") -> dict[str, str]:
        """Return the words of the device's snapshot."""
        return pairs(self.sh(f"cat {DEVICES}/{hall}-{role}/snapshot"))

    def device(self, hall: str, role: str = "projection") -> Snapshot:
        """Return the device's snapshot, as the runtime understands it."""
        return parse_snapshot(self.sh(f"cat {DEVICES}/{hall}-{role}/snapshot"))

    def reactions(self, hall: str, role: str = "projection") -> list[tuple[int, int, int]]:
        """Return (hw_seq, confirmed_ns, safe_ns) of the last breaks, stalls, emergency stops and tails."""
        lines = self.sh(f"cat {REACTIONS}/{hall}-{role}/reactions").splitlines()
        return [(int(seq), int(confirmed), int(safe)) for seq, confirmed, safe in map(str.split, lines)]

    def credential(self, hall: str, role: str, *, life_s: int = 900) -> Credential:
        """Mint a control credential for a device."""
        return self.mint(hall, role, agent_command(hall, role), life_s=life_s)

    def mint(self, hall: str, role: str, force_command: str, *, principal: str = "", life_s: int = 900) -> Credential:
        """Mint any credential; without a principal it is the device's control principal."""
        order = Order(
            hall=hall,
            role=role,
            force_command=force_command,
            source_address=(f"{CONTROLLER}/32",),
            life_s=life_s,
            principal=principal,
        )
        return self.authority.mint(order, now_s=int(time.time()), serial=next(_serials))

    def trust(self, authority_line: str) -> None:
        """Let the agent's account obey another site's CA than the bench's own."""
        self.sh(f"echo {shlex.quote(authority_line)} >/etc/reel/user_ca.pub")

    def cut_network(self) -> None:
        """Pull the cable: open connections hang, new ones get no answer."""
        self.machine.qmp.execute("set_link", {"name": "nic0", "up": False})

    def mend_network(self) -> None:
        """Put the cable back."""
        self.machine.qmp.execute("set_link", {"name": "nic0", "up": True})

    def wait_end(self, limit_s: float = 30.0) -> int:
        """Wait until the guest ends by itself, and return QEMU's status."""
        return self.machine.wait_end(limit_s)

    def end(self) -> None:
        """End the guest; its console stays readable."""
        self._ssh.close()
        self.machine.end()


def pairs(line: str) -> dict[str, str]:
    """Return a line `k=v k=v` as a dict."""
    return dict(part.split("=", 1) for part in line.split() if "=" in part)
