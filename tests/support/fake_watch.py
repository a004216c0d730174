# SPDX-License-Identifier: Apache-2.0
"""Watch links without SSH: a server whose monitors say what a test wants, and refuse or fail when it wants."""

import asyncio
from collections.abc import Callable

from adapters.kernel.udevadm import UdevadmReader
from adapters.ssh.errors import CredentialFacts, CredentialRefused, LinkError, LinkLost, Unreachable
from hall_runtime.watch_ports import OpenedWatch, Take, WatchNews
from hall_runtime.watch_source import WatchSource
from statemachines.session_events import SessionSettings
from tests.support.kernel_events import Ears
from tests.support.virtual_time import now_ns

HEAD = "monitor will print the received events for:\nKERNEL - the kernel uevent\n\n"
SECOND = 1_000_000_000
_FACTS = CredentialFacts(
    serial=1,
    key_id="reel-watch 1",
    principal="reel-watch",
    valid_after_s=0,
    valid_before_s=0,
    source_address=(),
    force_command="",
    fingerprint="",
)


def unreachable() -> LinkError:
    return Unreachable("proj1:22", "no route")


def refusal() -> LinkError:
    return CredentialRefused("proj1:22", _FACTS)


def written(keys: str, *, action: str = "change", seqnum: int = 0) -> str:
    """Return what udevadm writes of one event; `keys` as in `REEL_SEQ=1 REEL_VAL=0`."""
    lines = [f"KERNEL[1.0] {action} /devices/x (reel)", f"ACTION={action}", "SUBSYSTEM=reel", *keys.split(" ")]
    return "\n".join([*lines, f"SEQNUM={seqnum}", "", ""])


def event(seq: int, word: str = "tail", *, seqnum: int = 0) -> str:
    """Return what udevadm writes of an event of the projection device of hall h1."""
    said = {"HALL": "h1", "ROLE": "projection", "EVENT": word, "SEQ": seq, "EPOCH": 5, "FRAME": 0, "NS": 1, "VAL": 0}
    keys = " ".join(f"REEL_{key}={value}" for key, value in said.items())
    return written(keys, seqnum=seqnum or seq)


class FakeMonitor:
    """One monitor on one link, at the server's end of it."""

    def __init__(self, take: Take) -> None:
        self.take = take
        self.link_closed: asyncio.Future[LinkError] = asyncio.get_running_loop().create_future()
        self.opened_at = asyncio.get_running_loop().time()

    def say(self, text: str) -> None:
        self.take(text.encode())

    def cut(self) -> None:
        """The link is lost."""
        self.link_closed.set_result(LinkLost("the network is gone"))

    # What the source sees of it.

    @property
    def closed(self) -> asyncio.Future[LinkError]:
        return asyncio.shield(self.link_closed)

    async def close(self, limit_s: float) -> None:
        if not self.link_closed.done():
            self.link_closed.set_result(LinkLost("closed by us"))

    @property
    def is_open(self) -> bool:
        return not self.link_closed.done()


class FakeServer:
    """Opens links at once; while `fails` is set every attempt ends so; unless `mute` a monitor listens at once."""

    def __init__(self, life_s: float = 900) -> None:
        self.monitors: list[FakeMonitor] = []
        self.tried_at: list[float] = []
        self.fails: Callable[[], LinkError] | None = None
        self.mute = False
        self.life_ns = int(life_s * SECOND)

    async def __call__(self, take: Take) -> OpenedWatch:
        self.tried_at.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.05)
        if self.fails is not None:
            raise self.fails()
        monitor = FakeMonitor(take)
        self.monitors.append(monitor)
        if not self.mute:
            asyncio.get_running_loop().call_soon(monitor.say, HEAD)
        serial = len(self.monitors)
        return OpenedWatch(link=monitor, serial=serial, minted_ns=now_ns(), life_ns=self.life_ns)

    @property
    def open(self) -> list[int]:
        """The numbers of the links that are open, from 1."""
        return [number for number, monitor in enumerate(self.monitors, start=1) if monitor.is_open]


class Watched:
    """A server, the source that hears it, and who listens to that; `news` has the rows' kinds."""

    def __init__(self, *, life_s: float = 900, settings: SessionSettings | None = None, jitter_ppm: int = 0) -> None:
        self.server, self.ears, self.told = FakeServer(life_s), Ears(), list[WatchNews]()
        self.source = WatchSource(
            "proj1",
            self.server,
            lambda: UdevadmReader(prefix="REEL_", uuid=None),
            settings=settings or SessionSettings(),
            on_news=self.told.append,
            monotonic=now_ns,
            jitter_ppm=lambda: jitter_ppm,
        )

    @property
    def news(self) -> list[str]:
        return [each.kind for each in self.told]

    async def begin(self) -> None:
        await self.ears.listen(self.source)
