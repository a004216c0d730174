# SPDX-License-Identifier: Apache-2.0
"""A device's attributes as files and FIFOs, at the places where the kernel module has them in sysfs."""

import array
import asyncio
import fcntl
import os
import shutil
import termios
import time
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from adapters.booth.device import Device
from adapters.booth.lines import LineBuffer
from statemachines.device_abi import ATTRIBUTES
from statemachines.kernel_words import ABI_VERSION
from statemachines.snapshot import Snapshot, format_snapshot
from statemachines.words import Role

TAKES = tuple(name for name, attribute in ATTRIBUTES.items() if attribute.use != "read")
"""FIFOs that the device reads; `result` is the one that it writes."""

READ_BYTES = 4096
UNREAD_NS = 250_000_000
"""A result that nobody took for this long belongs to a reader that is gone."""


class DeviceTree:
    """`directory` holds the attributes of one device.

    `on_line(attribute, line)` is called on the event loop for each line that is written into an attribute; what
    it returns is written to `result` before the next line is taken. Nothing here ever waits.
    """

    def __init__(self, directory: Path, on_line: Callable[[str, str], str | None]) -> None:
        self._directory = directory
        self._on_line = on_line
        self._fds: dict[str, int] = {}
        self._buffers = {name: LineBuffer() for name in TAKES}
        self._answered_ns = 0
        self._written_seq = 0
        self._written: Snapshot | None = None

    def open(self) -> None:
        """Make the attributes anew and listen to them. Call on the event loop; raises OSError."""
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory.mkdir(parents=True)
        self._replace("abi_version", f"{ABI_VERSION}\n")
        for name in (*TAKES, "result"):
            os.mkfifo(self._directory / name, 0o660)
            self._fds[name] = os.open(self._directory / name, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        for name in TAKES:
            asyncio.get_running_loop().add_reader(self._fds[name], self._readable, name)

    def close(self) -> None:
        """Stop listening and take the attributes away, as a module does that is unloaded."""
        for name, fd in self._fds.items():
            if name in TAKES:
                asyncio.get_running_loop().remove_reader(fd)
            os.close(fd)
        self._fds.clear()
        shutil.rmtree(self._directory, ignore_errors=True)

    def publish(self, device: Device) -> None:
        """Write what has changed; the snapshot last, so that the rings hold all that it counts."""
        if device.journal.seq != self._written_seq:
            self._replace("ring", "".join(device.journal.ring))
            self._replace("safety_ring", "".join(device.journal.safety_ring))
            self._written_seq = device.journal.seq
        snapshot = device.snapshot()
        timeless = replace(snapshot, ns=0)
        if timeless != self._written:
            line = format_snapshot(snapshot, sound_only=device.role is Role.SOUND)
            self._replace("snapshot", f"{line}\n")
            self._written = timeless

    def _replace(self, name: str, text: str) -> None:
        fresh = f"{self._directory}/.{name}"
        with open(fresh, "wb", buffering=0) as file:
            file.write(text.encode("ascii"))
        os.replace(fresh, f"{self._directory}/{name}")

    def _readable(self, name: str) -> None:
        try:
            data = os.read(self._fds[name], READ_BYTES)
        except BlockingIOError:
            return
        for line in self._buffers[name].feed(data):
            answer = self._on_line(name, line)
            if answer is not None:
                self._answer(f"{answer}\n".encode("ascii"))

    def _answer(self, line: bytes) -> None:
        if time.monotonic_ns() - self._answered_ns > UNREAD_NS:
            self._forget_unread()
        try:
            os.write(self._fds["result"], line)
        except BlockingIOError:
            self._forget_unread()
            os.write(self._fds["result"], line)
        self._answered_ns = time.monotonic_ns()

    def _forget_unread(self) -> None:
        while unread := _waiting_bytes(self._fds["result"]):
            os.read(self._fds["result"], unread)


def _waiting_bytes(fd: int) -> int:
    count = array.array("i", [0])
    fcntl.ioctl(fd, termios.FIONREAD, count)
    return count[0]
