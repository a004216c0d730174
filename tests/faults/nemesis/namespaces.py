# SPDX-License-Identifier: Apache-2.0
"""Two machines on one kernel: network namespaces of our own with cables between them that can be cut. Needs root.

with Cables(deeds, count=2) as cables:
    with cables.there.entered():
        ...  # what is started here listens at cables.addresses
    with cables.dropped(0):
        ...  # no packet passes the first cable, and nobody is told
"""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.faults.nemesis.deeds import Deeds

PREFIX = "nemesis"
_CLONE_NEWNET = 0x40000000
_numbers = count(1)


class Namespace:
    """One network namespace."""

    def __init__(self, name: str) -> None:
        self.name = name

    def run(self, *words: str, given: str = "") -> None:
        """Run a command of the network's in it."""
        subprocess.run(["ip", "netns", "exec", self.name, *words], input=given, text=True, check=True)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """What this thread starts or opens within lives there."""
        with open("/proc/thread-self/ns/net", "rb") as home:
            with Path("/run/netns", self.name).open("rb") as there:
                _set_namespace(there.fileno())
            try:
                yield
            finally:
                _set_namespace(home.fileno())


def _set_namespace(fd: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(fd, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _sweep() -> None:
    """Remove what a test left behind that was killed: our names carry their process's id."""
    for left in Path("/run/netns").glob(f"{PREFIX}-*"):
        pid = left.name.rpartition("-")[2].partition("x")[0]
        if not Path("/proc", pid).exists():
            subprocess.run(["ip", "netns", "delete", left.name], check=False, capture_output=True)


class Cables:
    """Namespaces `here` and `there`, and cables from one to the other; `addresses` are those of `there`."""

    def __init__(self, deeds: Deeds, count: int) -> None:
        self._deeds = deeds
        self._mark = f"{os.getpid()}x{next(_numbers)}"
        self.here, self.there = (Namespace(f"{PREFIX}-{side}-{self._mark}") for side in ("here", "there"))
        self.addresses = tuple(f"198.18.{cable}.2" for cable in range(count))

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            _sweep()
            undo.callback(self._remove)
            for namespace in (self.here, self.there):
                subprocess.run(["ip", "netns", "add", namespace.name], check=True)
                namespace.run("ip", "link", "set", "lo", "up")
            for cable in range(len(self.addresses)):
                self._lay(cable)
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    def _lay(self, cable: int) -> None:
        name = f"cable{cable}"
        ends = ["peer", "name", name, "netns", self.there.name]
        self.here.run("ip", "link", "add", name, "type", "veth", *ends)
        for side, end in ((self.here, 1), (self.there, 2)):
            side.run("ip", "address", "add", f"198.18.{cable}.{end}/30", "dev", name)
            side.run("ip", "link", "set", name, "up")

    def _remove(self) -> None:
        """The cables go with their namespaces."""
        for namespace in (self.here, self.there):
            subprocess.run(["ip", "netns", "delete", namespace.name], check=False, capture_output=True)

    @contextmanager
    def dropped(self, cable: int) -> Iterator[None]:
        """No packet comes through, in neither direction; nobody is told."""
        with self._filtered(cable, "drop", f"cable {cable} drops every packet"):
            yield

    @contextmanager
    def rejected(self, cable: int) -> Iterator[None]:
        """Every packet is answered by a reset: a connection ends at once, and none can be made."""
        with self._filtered(cable, "reject with tcp reset", f"cable {cable} resets every connection"):
            yield

    @contextmanager
    def pulled(self, cable: int) -> Iterator[None]:
        """The far end is without a carrier."""
        with self._deeds.lasting(f"cable {cable} is pulled"):
            self.there.run("ip", "link", "set", f"cable{cable}", "down")
            try:
                yield
            finally:
                self.there.run("ip", "link", "set", f"cable{cable}", "up")

    @contextmanager
    def _filtered(self, cable: int, verdict: str, words: str) -> Iterator[None]:
        table = f"inet cut{cable}"
        chain = f"add chain {table} in {{ type filter hook input priority 0; }}\n"
        rule = f"add rule {table} in iifname cable{cable} meta l4proto tcp {verdict}\n"
        with self._deeds.lasting(words):
            try:
                for side in (self.there,) if "reject" in verdict else (self.here, self.there):
                    side.run("nft", "-f", "-", given=f"add table {table}\n{chain}{rule}")
                yield
            finally:
                for side in (self.here, self.there):
                    subprocess.run(
                        ["ip", "netns", "exec", side.name, "nft", "delete", "table", *table.split()],
                        check=False,
                        capture_output=True,
                    )
