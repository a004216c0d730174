# SPDX-License-Identifier: Apache-2.0
"""One hall, one server, and the runtime's deployments between them; the server is a model, the log a list."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec.structs import replace

from adapters.ssh.errors import ServerRefused, Unreachable
from hall_runtime.deployments.desk import DeploymentDesk
from hall_runtime.deployments.halls import HallHolds
from hall_runtime.deployments.worker import ServerWorker
from hall_runtime.hall_parts import HallParts
from statemachines import deployment_effects as fx
from statemachines import deployment_events as de
from statemachines import events as e
from statemachines.deployment_facts import Check, Findings
from statemachines.deployment_value import Deployment, DeploymentState
from statemachines.record import CHAIN_START, Record, sealed
from statemachines.rollout_events import RolloutAsked
from statemachines.rollout_value import Plan, RolloutState, Target
from statemachines.words import Role
from tests.support.fake_hall import FakeHall, MemoryLog
from tests.support.model_server import RELEASE, ModelServer

LIMIT_S = 20.0


class DurableMemoryLog(MemoryLog):
    """Every row is durable at once."""

    async def committed(self, record: Record, limit_s: float = 5.0) -> None:
        """Nothing is waited for."""

    def chained(self, stream: str) -> list[Record]:
        """Return one stream's rows, numbered and chained by themselves, as the real log has them."""
        rows: list[Record] = []
        for row in (each for each in self.rows if each.stream == stream):
            numbered = replace(row, log_seq=len(rows) + 1, digest="", prev="")
            rows.append(sealed(numbered, rows[-1].digest if rows else CHAIN_START))
        return rows


class Seen:
    """An inspection of the model."""

    def __init__(self, found: Findings) -> None:
        self.found, self.kernel_log = found, ""


class ModelLink:
    """A deployment session with a model server. `dies_at` names the verb at whose end the connection is lost, once.

    `mute_at` names one that is not answered before the session is closed, once.
    """

    def __init__(self, rig: "Rig", serial: int) -> None:
        self._rig, self.serial, self.left_s = rig, serial, rig.life_s
        self._closed = asyncio.Event()

    def _do(self, step: type[fx.ServerStep], **more: object) -> list[de.DeploymentEvent]:
        verb = step.__name__.lower()
        self._rig.verbs.append(verb)
        told = self._rig.server.do(step(deployment="d", server="s1", number=1, **more))
        if verb == self._rig.dies_at:
            self._rig.dies_at = ""
            raise Unreachable("s1", "the cable was cut")
        for each in told:
            if isinstance(each, de.StepRefused):
                raise ServerRefused(each.words, "a kernel log")
            if isinstance(each, de.ConnectionLost):
                raise Unreachable("s1", each.words)
        return told

    async def inspect(self, *, limit_s: float) -> Seen:
        self._do(fx.Inspect, release=RELEASE)
        return Seen(self._rig.server.found)

    async def stage(self, sha256: str, files: Mapping[str, Path], *, limit_s: float) -> None:
        assert files
        self._do(fx.Stage, release=RELEASE)

    async def install(self, sha256: str, *, limit_s: float) -> None:
        self._do(fx.Install, release=RELEASE)

    async def unload(self, sha256: str, *, limit_s: float) -> None:
        self._do(fx.Unload, sha256=sha256)

    async def load(self, sha256: str, *, limit_s: float) -> tuple[int, ...]:
        self._do(fx.Load, release=RELEASE)
        return self._rig.server.epochs

    async def probe(self, sha256: str, check: Check, *, limit_s: float) -> de.CheckAnswered:
        told = self._do(fx.Probe, checks=(check,), epochs=())
        return next(each for each in told if isinstance(each, de.CheckAnswered))

    async def commit(self, sha256: str, *, limit_s: float) -> None:
        if self._rig.mute_at == "commit":
            self._rig.mute_at = ""
            await self._closed.wait()
            raise Unreachable("s1", "the session was closed")
        self._do(fx.Commit, release=RELEASE)

    async def rollback(self, sha256: str, *, limit_s: float) -> None:
        self._do(fx.Rollback, to=sha256)

    async def close(self) -> None:
        self._closed.set()


class Rig:
    """A deployment's runtime beside a model of its server.

    `shelf_says` is what is wrong with the release; `hellos` is what the server ran and started with, and its devices'
    epochs, each time that sessions were to say hello again.
    """

    def __init__(self) -> None:
        self.server = ModelServer(devices=1)
        self.hall = FakeHall()
        self.log = DurableMemoryLog()
        self.verbs: list[str] = []
        self.dies_at = self.mute_at = ""
        self.life_s, self.opened = 119.0, 0
        self.shelf_says: tuple[str, ...] = ()
        self.hellos: list[tuple[str, str, tuple[int, ...]]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.desk = self.new_desk()
        self.hall.keeper._on_step = self._stepped

    def new_desk(self) -> DeploymentDesk:
        desk = DeploymentDesk(log=self.log, clock=self.hall.clock, version="v")
        parts = {"h1": HallParts(self.hall.keeper, self.hall.hearing, self.hall.owners, self.hall.settings)}
        worker = ServerWorker(
            "s1",
            opens=self._open,
            shelf=self,
            log=self.log,
            post=lambda event: desk.post(event, e.Source.RUNTIME),
            reloaded=self._reloaded,
        )
        desk.attach(HallHolds(parts, lambda event: desk.post(event, e.Source.RUNTIME)), {"s1": worker})
        return desk

    def check(self, sha256: str) -> tuple[str, ...]:
        return self.shelf_says

    def files(self, sha256: str) -> Mapping[str, Path]:
        return {"manifest": Path("manifest")}

    async def _open(self, server: str) -> ModelLink:
        self.opened += 1
        return ModelLink(self, self.opened)

    def _reloaded(self) -> None:
        self.hellos.append((self.server.loaded, self.server.boots, self.server.epochs))

    def _stepped(self, keeper: object, row: Record) -> None:
        self.hall.hearing.stepped(row)
        self.desk.hall_stepped(self.hall.keeper.hall, row)

    # The story.

    async def begin(self) -> None:
        self.hall.begin()
        await self.hall.recovered()
        self.run()
        self._tasks.append(asyncio.create_task(self._beat()))

    def run(self) -> None:
        self._tasks.append(asyncio.create_task(self.desk.run()))

    async def _beat(self) -> None:
        """The devices' heartbeats, as they come over the watch link; those of a mute module are read from its ring."""
        number = 0
        while True:
            number += 1
            mute = "mute" in self.server.ills and self.server.loaded == RELEASE.sha256
            source = e.Source.RING if mute else e.Source.KERNEL
            for epoch in self.server.epochs:
                beat = e.HeartbeatHeard(role=Role.PROJECTION, epoch=epoch, hw_seq=number, hw_ns=number)
                self.hall.keeper.post(beat, source)
            await asyncio.sleep(0.05)

    def ask(self, rollout: str = "r1") -> None:
        plan = Plan(release=RELEASE, targets=(Target(server="s1", halls=("h1",)),))
        self.desk.post(RolloutAsked(rollout=rollout, plan=plan), e.Source.OPERATOR, request="asked")

    async def until(self, true: Callable[[], bool]) -> None:
        await self.hall.until(true, LIMIT_S)

    async def until_state(self, state: DeploymentState, deployment: str = "r1.s1.1") -> None:
        await self.until(
            lambda: deployment in self.desk.deployments and self.desk.deployments[deployment].state is state
        )

    async def until_rollout(self, state: RolloutState) -> None:
        await self.until(lambda: "r1" in self.desk.rollouts and self.desk.rollouts["r1"].state is state)

    async def killed(self, left: tuple[Deployment, ...] | None = None) -> None:
        """Kill -9 and start again: what the desk had in memory is gone, the halls and the log are not.

        The log left its deployments, or those that are given.
        """
        deployments, rollouts = tuple(self.desk.deployments.values()), tuple(self.desk.rollouts.values())
        deployments = deployments if left is None else left
        self._tasks[0].cancel()
        await self.desk.close(1.0)
        self.desk = self.new_desk()
        self.desk.recover(deployments, rollouts)
        self._tasks[0] = asyncio.create_task(self.desk.run())

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.desk.close(1.0)
        await self.hall.end()


@asynccontextmanager
async def rigged() -> AsyncIterator[Rig]:
    """A rig that runs, until the block ends."""
    rig = Rig()
    await rig.begin()
    yield rig
    await rig.end()
