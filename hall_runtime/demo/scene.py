# SPDX-License-Identifier: Apache-2.0
"""The scene of `projectionist demo`: four halls in a booth's process, whose people work by themselves."""

from collections.abc import Callable
from importlib import resources
from pathlib import Path

from hall_runtime.config import SiteConfig
from hall_runtime.demo.booth import BoothProcess
from hall_runtime.demo.multiplex import booth_plan, site_config


class MultiplexScene:
    """A `Scene`. `events` is `auto`: real uevents where this machine lets us; or `socket`: never."""

    def __init__(self, events: str) -> None:
        self._events = events
        self._booth: BoothProcess | None = None
        self.way = ""

    async def open(self, directory: Path, authority_line: str, say: Callable[[str], None]) -> SiteConfig:
        agent = Path(str(resources.files("adapters.ssh") / "agent" / "reel-agent"))
        say("starting the booth: four projectors, eight SSH servers, and their people")
        self._booth = BoothProcess(booth_plan(directory, authority_line, agent, self._events), directory)
        ready = await self._booth.start()
        self.way = "real uevents through netlink" if ready.way == "uevents" else "lines over a Unix socket"
        return site_config(directory, ready)

    def plan_shows(self, now_ns: int) -> None:
        from hall_runtime.demo.shows import plan_demo_shows  # late: its models need an open site

        plan_demo_shows(now_ns)

    async def close(self) -> None:
        if self._booth is not None:
            await self._booth.end()
