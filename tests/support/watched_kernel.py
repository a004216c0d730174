# SPDX-License-Identifier: Apache-2.0
"""A watch link to this very machine: a real sshd, a real udevadm, and uevents that the kernel sends for real."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from uuid import uuid4

from adapters.kernel.parse import SYNTHETIC_PREFIX
from adapters.kernel.udevadm import UdevadmReader
from adapters.ssh.watch import WATCH_PRINCIPAL, open_watch, watch_command, watch_order
from hall_runtime.watch_ports import OpenedWatch, Take, WatchNews
from hall_runtime.watch_source import WatchSource
from statemachines.session_events import SessionSettings
from tests.support.kernel_events import Synthesiser
from tests.support.ssh import LIMIT_S, authority, serials, sshd_address
from tests.support.sshd import RealSshd, processes

SUBSYSTEM = "mem"
SECOND = 1_000_000_000


class WatchedKernel:
    """This machine's kernel behind an sshd. `source` makes what hears it; `serials` are those of its keys."""

    def __init__(self, sshd: RealSshd, mark: str) -> None:
        self.sshd, self.mark, self.kernel = sshd, mark, Synthesiser()
        self.serials: list[int] = []
        self.news: list[WatchNews] = []
        self.life_s = 900
        self.revoked = False

    def source(self, *, rotate_s: float = 540) -> WatchSource:
        settings = SessionSettings(rotate_min_ns=int(rotate_s * SECOND), rotate_max_ns=int(rotate_s * SECOND))
        reader = partial(UdevadmReader, prefix=SYNTHETIC_PREFIX, uuid=self.kernel.uuid)
        return WatchSource("proj1", self._open, reader, settings=settings, on_news=self.news.append)

    async def _open(self, take: Take) -> OpenedWatch:
        order = watch_order("proj1", watch_command(SUBSYSTEM), ("127.0.0.1/32",), self.life_s)
        credential = authority().mint(order, now_s=int(time.time()), serial=next(serials))
        self.serials.append(credential.serial)
        minted_ns = time.monotonic_ns()
        link = await open_watch(sshd_address(self.sshd), credential, take, limit_s=LIMIT_S)
        return OpenedWatch(link=link, serial=credential.serial, minted_ns=minted_ns, life_ns=self.life_s * SECOND)

    def say(self, text: str) -> None:
        self.kernel.say(text)

    def connections(self) -> set[int]:
        """Return the processes of sshd that serve a connection: the monitor and its helper, of each."""
        assert self.sshd._process is not None
        leaders = processes(field=1, wanted={self.sshd._process.pid})
        return leaders | processes(field=3, wanted=leaders)

    def monitors(self) -> set[int]:
        """Return the processes of udevadm that it has started, also those whose connection is gone."""
        marked = (int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if self._is_marked(path))
        return {pid for pid in marked if _name(pid) == "udevadm"}

    def _is_marked(self, environ: Path) -> bool:
        try:
            return self.mark.encode() in environ.read_bytes()
        except OSError:  # it ended meanwhile
            return False

    def stop_the_connection(self) -> None:
        """SIGSTOP: the connection stays open, and nobody is at its other end any more."""
        for pid in self.connections():
            os.kill(pid, signal.SIGSTOP)

    def cut(self) -> None:
        """End every connection, as a server does that is switched off."""
        for pid in self.connections():
            with suppress(ProcessLookupError):  # one that was left ends by itself
                os.kill(pid, signal.SIGKILL)


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip()
    except OSError:
        return ""


@contextmanager
def watched_kernel() -> Iterator[WatchedKernel]:
    """Serve this machine's kernel events."""
    mark = f"REEL_WATCHED={uuid4()}"
    config = f"SetEnv {mark}\n"
    with RealSshd(ca_public=authority().public_line, principals=[WATCH_PRINCIPAL], extra_config=config) as sshd:
        watched = WatchedKernel(sshd, mark)
        try:
            yield watched
        finally:
            for pid in watched.monitors():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
