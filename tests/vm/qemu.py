# SPDX-License-Identifier: Apache-2.0
"""One QEMU process: its console, its control channel, its root shell, its snapshot; ended always, by its own pid."""

import re
import shutil
import socket
import subprocess
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.vm.qmp import MachineEnded, Qmp
from tests.vm.tty import Tty

BOOT_LIMIT_S = 90.0
_RESTORE_LIMIT_S = 30.0
_EVENTS = {"capabilities": [{"capability": "events", "state": True}]}
_APPEND = "console=ttyS0 panic=-1 oops=panic quiet mitigations=off nokaslr"
"""An oops panics, a panic reboots, and a reboot ends QEMU: so a test sees it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachinePlan:
    """What the machine is. A snapshot fits only the machine that it was taken of.

    `disk` is a raw image that outlives the machine. With `firmware` (UEFI: its code, its variables) it boots `vmlinux`
    the long way. `port` of this host leads to the guest's sshd; 0: the system draws a free one.
    """

    vmlinux: Path
    initramfs: Path
    icount: str = ""
    processors: int = 1
    append: str = ""
    disk: Path | None = None
    firmware: tuple[Path, Path] | None = None
    port: int = 0

    def words(self) -> list[str]:
        """Return QEMU's command line, without what differs from one process to the next.

        The generation id makes the guest's kernel draw new random numbers after each restore.
        """
        words = [
            *"qemu-system-x86_64 -accel tcg -cpu max -m 256 -M q35 -nodefaults -no-user-config".split(),
            *"-display none -no-reboot -rtc base=utc -device vmgenid,guid=auto".split(),
            *("-smp", str(self.processors), "-kernel", str(self.vmlinux), "-initrd", str(self.initramfs)),
            *("-append", f"{_APPEND} {self.append}".rstrip()),
        ]
        if self.icount:
            words += ["-icount", self.icount]
        if self.disk is not None:
            words += [
                "-drive",
                f"if=none,id=disk0,format=raw,file={self.disk}",
                "-device",
                "virtio-blk-pci,drive=disk0",
            ]
        if self.firmware is not None:
            code, variables = self.firmware
            words += ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={code}"]
            words += ["-drive", f"if=pflash,unit=1,format=raw,file={variables}"]
        return words


class Machine:
    """A running machine; with `state` it goes on where a snapshot was taken, else it boots. `end` it always."""

    def __init__(self, plan: MachinePlan, state: Path | None = None) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="reel-vm-"))
        self._last_console = ""
        with ExitStack() as undo:
            undo.callback(shutil.rmtree, self.directory, ignore_errors=True)
            control, shell = (self._channel(undo) for _ in range(2))
            self._process = self._start([*plan.words(), *self._own(plan.port, state is not None)], control[1], shell[1])
            undo.callback(self._kill)
            for theirs in (control[1], shell[1]):
                theirs.close()  # so that an end is heard
            self.tty = Tty(shell[0])
            try:
                self.qmp = Qmp(control[0])
                undo.callback(self.qmp.close)
                if state is not None:
                    self._load(state)
                self.port = self._port()
            except (MachineEnded, RuntimeError, OSError) as failed:
                said = (self.directory / "qemu.err").read_text(errors="replace")
                raise MachineEnded(f"QEMU did not start: {said or failed}") from failed
            self._undo = undo.pop_all()

    @staticmethod
    def _channel(undo: ExitStack) -> tuple[socket.socket, socket.socket]:
        ours, theirs = socket.socketpair()
        return undo.enter_context(ours), undo.enter_context(theirs)

    def _start(self, words: list[str], control: socket.socket, shell: socket.socket) -> subprocess.Popen[bytes]:
        channels = [
            *("-chardev", f"socket,id=shell,fd={shell.fileno()}", "-serial", "chardev:shell"),
            *("-chardev", f"socket,id=control,fd={control.fileno()}", "-mon", "chardev=control,mode=control"),
        ]
        with (self.directory / "qemu.err").open("wb") as errors:
            # Should the thread that starts it not come to its own end, QEMU is killed with it.
            return subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *words, *channels],
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                pass_fds=[control.fileno(), shell.fileno()],
                start_new_session=True,  # Ctrl-C is for whoever runs us
            )

    def _own(self, port: int, restores: bool) -> list[str]:
        words = [
            *("-chardev", f"file,id=console,path={self.directory / 'console'}", "-serial", "chardev:console"),
            *("-netdev", f"user,id=net0,hostfwd=tcp:127.0.0.1:{port}-:22,restrict=on"),
            *("-device", "virtio-net-pci,netdev=net0,id=nic0,romfile="),
        ]
        return [*words, "-incoming", "defer"] if restores else words

    def _load(self, state: Path) -> None:
        self.qmp.execute("migrate-set-capabilities", _EVENTS)
        self.qmp.execute("migrate-incoming", {"uri": f"exec:cat {state}"})
        self.qmp.wait_for("MIGRATION", _RESTORE_LIMIT_S, status="completed")
        self.qmp.execute("cont")

    def _port(self) -> int:
        """Return the port of this host that leads to the guest's sshd."""
        told = str(self.qmp.execute("human-monitor-command", {"command-line": "info usernet"}))
        found = re.search(r"HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)", told)
        if found is None:
            raise RuntimeError(f"QEMU forwards no port: {told}")
        return int(found[1])

    @property
    def console(self) -> str:
        """What the guest's kernel has said so far."""
        console = self.directory / "console"
        return console.read_text(errors="replace") if console.exists() else self._last_console

    @property
    def status(self) -> int | None:
        """How QEMU ended; None while it runs."""
        return self._process.poll()

    def wait_end(self, limit_s: float) -> int:
        """Wait until QEMU ends by itself and return its status."""
        return self._process.wait(limit_s)

    def save(self, path: Path) -> None:
        """Stop the machine for good and write its state to a new file."""
        self.qmp.execute("stop")
        self.qmp.execute("migrate-set-capabilities", _EVENTS)
        self.qmp.execute("migrate-set-parameters", {"max-bandwidth": 10**10})
        self.qmp.execute("migrate", {"uri": f"exec:cat >{path}"})
        self.qmp.wait_for("MIGRATION", _RESTORE_LIMIT_S, status="completed")

    def kill(self) -> None:
        """Cut the power: QEMU is gone, and what it had not written to its disk."""
        self._kill()

    def end(self) -> None:
        """End QEMU; the console stays readable."""
        self._kill()
        self._last_console = self.console
        self._undo.close()

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait(10)
