# SPDX-License-Identifier: Apache-2.0
"""A site that is asked over HTTP, on the database of DATABASE_URL: `python -m benchmarks.asking_site DIRECTORY SHOWS`.

Runtime, sshd, agent and devices are those of the corridor, the web process is one of its own. Its greeting is what it
measured: samples in ms by name.
"""

import asyncio
import os
import sys
import time
from contextlib import aclosing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

os.environ["DJANGO_SETTINGS_MODULE"] = "web.settings"

from adapters.store.site import open_site
from benchmarks.answering_http import Client
from benchmarks.corridor.ours import Booth, Timings, beat, ready
from benchmarks.corridor.scene import HALL, REST_S, Scene, staged
from benchmarks.scale_talk import Child, say
from hall_runtime.config import SiteConfig
from hall_runtime.describe import describe
from hall_runtime.saying import set_up_saying

if TYPE_CHECKING:
    from hall_runtime.runtime import Runtime

LEAVE_OUT = 5
"""The first shows: connections and caches come up."""


def described(config: SiteConfig) -> str:
    """Open the site and describe it for the web; return a token to operate it."""
    open_site(config.state)
    from web.accounts.scopes import Scope
    from web.accounts.tokens import add_token

    describe(config)
    return add_token(name="foyer", scope=Scope.OPERATE, made_by="bench")[1]


class _Asking:
    """One operator at his board."""

    def __init__(self, runtime: "Runtime", booth: Booth, client: Client) -> None:
        self._runtime, self._booth, self._client = runtime, booth, client
        self._timings = Timings()
        self._answered: list[float] = []
        self._floor: list[float] = []

    async def shows(self, count: int) -> dict[str, list[float]]:
        """Ask for so many starts and stops, each when all of the last is done and a breath is over."""
        for _ in range(count):
            for verb in ("start", "stop"):
                await self._ask(verb)
                await asyncio.sleep(REST_S)
            began = time.perf_counter()
            await self._client.get("/health")
            self._floor.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(REST_S)
        return {
            "heard": [us / 1000 for us in self._timings.heard[2 * LEAVE_OUT :]],
            "acknowledged": [us / 1000 for us in self._timings.acknowledged[2 * LEAVE_OUT :]],
            "answered": self._answered[2 * LEAVE_OUT :],
            "floor": self._floor[LEAVE_OUT:],
        }

    async def _ask(self, verb: str) -> None:
        self._booth.forget()
        began_ns = self._runtime.clock.now_ns()
        told = await self._client.post(f"/halls/{HALL}/requests", {"verb": verb})
        self._answered.append((self._runtime.clock.now_ns() - began_ns) / 1e6)
        if told["verdict"] != "transition":
            raise RuntimeError(f"{verb}: {told['stage']}, {told['reason']}")
        await self._booth.answered("operator_requested", began_ns, self._timings)


async def measured(scene: Scene, shows: int) -> dict[str, list[float]]:
    """Start runtime and web, ask `shows` times for a start and a stop, end them; return samples in ms."""
    config = scene.config()
    token = await asyncio.to_thread(described, config)
    from hall_runtime.bootstrap import site_runtime

    set_up_saying(file=scene.directory / "runtime.log")
    with (
        scene.devices() as epochs,
        (scene.directory / "web.log").open("ab") as errors,
        Child("benchmarks.viewers_web", config.state, errors=errors) as web,
    ):
        booth = Booth(scene, epochs)
        async with site_runtime(config, booth.stepped) as runtime:
            hall = runtime.halls[HALL].keeper
            await booth.until(lambda: booth.told("runtime_recovered") and ready(hall))
            beats = asyncio.create_task(beat(booth))
            async with aclosing(await Client.connected(web.greeting["port"], token)) as client:
                samples = await _Asking(runtime, booth, client).shows(shows + LEAVE_OUT)
            beats.cancel()
            with suppress(asyncio.CancelledError):
                await beats
    return samples


if __name__ == "__main__":
    with staged(Path(sys.argv[1])) as staged_scene:
        found = asyncio.run(measured(staged_scene, int(sys.argv[2])))
    say(found)
