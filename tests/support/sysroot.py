# SPDX-License-Identifier: Apache-2.0
"""A tree in the place of a server's /, for reel-deploy: its programs that touch the kernel are small scripts here.

`cut_at` kills reel-deploy at its Nth call of a program: between any two things that outlast it.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Self

from tests.support.shipped import KERNEL, VERMAGIC, Signer, module
from tests.support.sshd import AGENT

OLD_KO = module("old", abi="1")
OLD = sha256(OLD_KO).hexdigest()
DEVICES = ("h1-projection", "h1-sound", "h2-projection")
KERNEL_LOG = "[    1.0] reelctl: it lives\n[    2.0] all is well\n"

_BIN = Path(__file__).with_name("sysroot_bin")
_boots = count(1)


@dataclass(frozen=True, slots=True)
class Said:
    """What reel-deploy answered."""

    status: int
    lines: tuple[str, ...]

    @property
    def last(self) -> str:
        return self.lines[-1] if self.lines else ""

    @property
    def values(self) -> dict[str, str]:
        return dict(
            line.split("=", 1) for line in self.lines if "=" in line and not line.startswith(("log", "refused"))
        )


class Sysroot:
    """A server that was set up by hand: the old module lies in `extra/`, boots and runs."""

    def __init__(
        self,
        root: Path,
        signer: Signer | None,
        *,
        old: bytes | None = OLD_KO,
        grant: Callable[[Path], None] = lambda _: None,
    ) -> None:
        """Lay it out; `grant` gives the tree to the account that reel-deploy runs as."""
        self.root, self._grant = root, grant
        self.tree = root / "lib/modules" / KERNEL
        for name in ("extra", "kernel"):
            (self.tree / name).mkdir(parents=True)
        for name in ("proc/sys/kernel/random", "sys/module/module/parameters", "sys/class", "etc/reel", "run", "sim"):
            (root / name).mkdir(parents=True)
        for name in ("etc/modules-load.d", "var/lib", "usr/local/lib/reel"):
            (root / name).mkdir(parents=True)
        shutil.copytree(_BIN, root / "bin")
        self.write("sim/devices", " ".join(DEVICES))
        self.write("sim/kernel", KERNEL)
        self.write("sim/vermagic", f"{VERMAGIC} ")
        self.write("sim/dmesg", KERNEL_LOG)
        self.write("sim/options", "options other a=b\noptions reelctl spare=1\n")
        self.write("proc/modules", "gpio_ich 16384 0 - Live 0x0\nreelctl 65536 0 - Live 0x0\nlpc_ich 28672 0 - Live\n")
        self.write("sys/module/module/parameters/sig_enforce", "N\n")
        self.write("etc/group", "root:x:0:\nreel:x:991:\n")
        self.write("etc/reel/release_signers", signer.allowed if signer else "")
        self.write("etc/reel/agent.conf", "devices = /sys/class/reel\n")
        self.write("usr/local/lib/reel/reel-agent", "#!/bin/sh\n# the old agent\n")
        for script in AGENT.glob("reel-deploy*"):
            shutil.copy(script, root / "usr/local/lib/reel")
        (root / "usr/local/lib/reel/reel-deploy").chmod(0o755)
        if old is not None:
            (self.tree / "extra/reelctl.ko").write_bytes(old)
            self.write("etc/modules-load.d/reelctl.conf", "reelctl\n")
        self.tool("depmod", KERNEL)
        self.reboot()

    @classmethod
    def at(cls, root: Path) -> Self:
        """Take over a copy of one that was laid out."""
        host = cls.__new__(cls)
        host.root, host._grant, host.tree = root, lambda _: None, root / "lib/modules" / KERNEL
        note = root / "run/reel-deploy/loaded"
        if note.exists():  # the loading has got another number by the copy
            boot_id, _, name = note.read_text().split()
            note.write_text(f"{boot_id} {(root / 'sys/module/reelctl').stat().st_ino} {name}\n")
        return host

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)

    def read(self, name: str) -> str:
        return (self.root / name).read_text()

    def tool(self, name: str, *words: str) -> None:
        """Run one of the server's own programs, as somebody at its console would."""
        subprocess.run([self.root / "bin" / name, *words], check=True, capture_output=True)

    def reboot(self) -> None:
        """The power goes, and comes back: the module that modprobe finds is loaded, if an entry says so."""
        shutil.rmtree(self.root / "run")
        (self.root / "run").mkdir()
        for name in ("sys/module/reelctl", "sys/class/reel"):
            shutil.rmtree(self.root / name, ignore_errors=True)
        self.write("proc/sys/kernel/random/boot_id", f"00000000-0000-4000-8000-{next(_boots):012d}\n")
        for name in ("held", "cut", "count"):
            (self.root / "sim" / name).unlink(missing_ok=True)
        boots = [line for line in (self.tree / "modules.dep").read_text().splitlines() if "reelctl.ko:" in line]
        if boots and any("reelctl" in each.read_text() for each in (self.root / "etc/modules-load.d").glob("*.conf")):
            self.tool("insmod", str(self.tree / boots[0].partition(":")[0]))
        self._grant(self.root)

    def thread(self, hall: str) -> None:
        """Film is in the path of that hall: the device says so, and its module holds itself."""
        snapshot = self.root / f"sys/class/reel/{hall}-projection/snapshot"
        snapshot.write_text(snapshot.read_text().replace("film=0", "film=1"))
        self.write("sim/held", "")

    def cut_at(self, call: int, *, after: bool) -> None:
        """Kill reel-deploy at this call of a program, before or after the program has done its work."""
        self.write("sim/cut", f"{call} {'after' if after else 'before'}\n")
        self.write("sim/count", "0\n")

    def uncut(self) -> bool:
        """Cut nothing any more; return whether the last cut was reached."""
        wanted = int(self.read("sim/cut").split()[0])
        reached = int(self.read("sim/count")) >= wanted
        (self.root / "sim/cut").unlink()
        return reached

    def calls(self) -> list[str]:
        """Return the calls of insmod and rmmod so far."""
        return self.read("sim/calls").splitlines()

    def ask(self, *request: str, data: bytes = b"") -> Said:
        """Ask reel-deploy here, without a session."""
        return self.ask_line(" ".join(request), data)

    def ask_line(self, request: str, data: bytes = b"", arguments: Sequence[str] | None = None) -> Said:
        words = ["dash", str(self.root / "usr/local/lib/reel/reel-deploy")]
        done = subprocess.run(
            [*words, *(arguments if arguments is not None else [str(self.root)])],
            input=data,
            capture_output=True,
            env={"SSH_ORIGINAL_COMMAND": request, "PATH": os.defpath},
            timeout=60,
            check=False,
        )
        return Said(done.returncode, tuple(done.stdout.decode("ascii").splitlines()))
