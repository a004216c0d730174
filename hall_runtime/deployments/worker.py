# SPDX-License-Identifier: Apache-2.0
"""Steps of one server, carried out over a deployment session: what comes of one is an event.

One step at a time: a newer one ends an older that is still on its way, as the machine has given that up. The session
is kept for the next step where its certificate covers that one's limit; else another is opened.
"""

import asyncio
from collections.abc import Callable

import structlog

from adapters.ssh.errors import LinkError, ServerRefused
from adapters.store.errors import StoreError
from hall_runtime.deployments.ports import DeployLink, DurableLog, OpenDeployLink, Shelf
from statemachines import deployment_effects as fx
from statemachines import deployment_events as de
from statemachines.deployment_effects import ServerStep
from statemachines.record import Record

_say = structlog.get_logger("deployment")
_CLOSE_S = 2.0
_KEPT_S = 5.0
"""How long a session without a step stays open: the next one mostly follows at once."""
STEP_LIMIT_S = 60.0
STAGE_LIMIT_S = 110.0
"""No longer than the machine waits for a step, nor than a session's certificate is good."""


class ServerWorker:
    """Works on one server. `post` takes what comes of its steps.

    `reloaded` is called where another device or agent may be there than the control sessions know: before each probe,
    as a load may be done though its answer was lost, and after each commit.
    """

    def __init__(
        self,
        server: str,
        *,
        opens: OpenDeployLink,
        shelf: Shelf,
        log: DurableLog,
        post: Callable[[de.DeploymentEvent], object],
        reloaded: Callable[[], object],
    ) -> None:
        self._server, self._opens, self._shelf, self._log = server, opens, shelf, log
        self._post, self._reloaded = post, reloaded
        self._task: asyncio.Task[None] | None = None
        self._link: DeployLink | None = None
        self._committing = False

    def begin(self, step: ServerStep, release: str, row: Record) -> None:
        """Carry out a step of that release's deployment once `row`, which ordered it, is durable."""
        before = self._task
        if before is not None:
            before.cancel()
        self._task = asyncio.create_task(
            self._run(step, release, row, before), name=f"{type(step).__name__} on {self._server}"
        )

    async def close(self, limit_s: float) -> None:
        """End what is on its way: what the server made of it is found out when the runtime is back."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=limit_s)
        await self._leave()

    async def _run(self, step: ServerStep, release: str, row: Record, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before], timeout=_CLOSE_S)
        good = False
        try:
            good = await self._tried(step, release, row)
            if good:
                await asyncio.sleep(_KEPT_S)
                good = False
        except asyncio.CancelledError:
            if not good:
                await self._leave()
            raise
        await self._leave()

    async def _tried(self, step: ServerStep, release: str, row: Record) -> bool:
        """Do a step and tell what came of it; return whether the session can be used again."""
        try:
            await self._log.committed(row)
            await self._do(step, release)
        except ServerRefused as refused:
            self._tell(de.StepRefused, step, words=refused.words, kernel_log=refused.kernel_log)
        except (LinkError, StoreError, TimeoutError, OSError) as lost:
            self._tell(de.ConnectionLost, step, words=str(lost) or "no answer in time")
            return False
        except Exception as defect:  # a step must end in an event, or the deployment waits for nobody
            _say.exception("deployment_step_failed", server=self._server, step=type(step).__name__)
            self._tell(de.ConnectionLost, step, words=f"a defect of the controller: {defect!r}")
            return False
        return True

    def _tell(self, kind: type[de.StepEvent], step: ServerStep, **more: object) -> None:
        self._post(kind(deployment=step.deployment, number=step.number, **more))

    async def revoked(self, serial: int) -> None:
        """End the session whose certificate was revoked: a step on its way is lost, and tried again with another."""
        if self._link is not None and self._link.serial == serial:
            await self._leave()

    async def _linked(self, step: ServerStep) -> DeployLink:
        """Return the open session, or another where its certificate would end during the step."""
        limit_s = STAGE_LIMIT_S if isinstance(step, fx.Stage) else STEP_LIMIT_S
        if self._link is not None and self._link.left_s < limit_s:
            await self._leave()
        if self._link is None:
            self._link = await self._opens(self._server)
        return self._link

    async def _leave(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    async def _do(self, step: ServerStep, release: str) -> None:
        wrong: tuple[str, ...] = ()
        if isinstance(step, fx.Inspect):
            wrong = await asyncio.to_thread(self._shelf.check, release)
        link = await self._linked(step)
        if isinstance(step, fx.Probe):
            await self._probe(link, step, release)
        else:
            await self._on(link, step, wrong)

    async def _on(self, link: DeployLink, step: ServerStep, wrong: tuple[str, ...]) -> None:
        match step:
            case fx.Inspect():
                seen = await link.inspect(limit_s=STEP_LIMIT_S)
                self._settled()
                self._tell(de.ServerInspected, step, found=seen.found, artefact=wrong, kernel_log=seen.kernel_log)
            case fx.Stage(release=release):
                await link.stage(release.sha256, self._shelf.files(release.sha256), limit_s=STAGE_LIMIT_S)
                self._tell(de.ReleaseStaged, step)
            case fx.Install(release=release):
                await link.install(release.sha256, limit_s=STEP_LIMIT_S)
                self._tell(de.ReleaseInstalled, step)
            case fx.Unload(sha256=sha256):
                await link.unload(sha256, limit_s=STEP_LIMIT_S)
                self._tell(de.ModuleUnloaded, step)
            case fx.Load(release=release):
                epochs = await link.load(release.sha256, limit_s=STEP_LIMIT_S)
                self._tell(de.ModuleLoaded, step, epochs=epochs)
            case fx.Commit(release=release):
                self._committing = True
                await link.commit(release.sha256, limit_s=STEP_LIMIT_S)
                self._settled()
                self._tell(de.ReleaseCommitted, step)
            case fx.Rollback(to=sha256):
                await link.rollback(sha256, limit_s=STEP_LIMIT_S)
                self._tell(de.ServerRolledBack, step)
            case _:
                raise TypeError(f"no server does {type(step).__name__}")

    def _settled(self) -> None:
        """A commit is over, however it ended: an agent that came with it is used from now on."""
        if self._committing:
            self._committing = False
            self._reloaded()

    async def _probe(self, link: DeployLink, step: fx.Probe, release: str) -> None:
        """Answer one check after the other; heartbeats come by themselves, as events of the halls."""
        self._reloaded()
        for check in step.checks:
            told = await link.probe(release, check, limit_s=STEP_LIMIT_S)
            self._tell(de.CheckAnswered, step, check=check, passed=told.passed, abi=told.abi, words=told.words)
