# SPDX-License-Identifier: Apache-2.0
"""What people ask of roll-outs and deployments: each request ends in a row that carries its id, a refused one too."""

import asyncio
import re as regex
from collections.abc import Callable

import structlog

from adapters.store.errors import StoreError
from hall_runtime.clock import RuntimeClock
from hall_runtime.deployments.desk import DeploymentDesk
from hall_runtime.deployments.forecasting import Forecaster
from hall_runtime.deployments.ports import DurableLog
from hall_runtime.requests import SiteAsked
from statemachines import deployment_events as de
from statemachines import rollout_events as re
from statemachines.events import Event, Source
from statemachines.history import ROLLOUT
from statemachines.record import Record
from statemachines.rollout_value import Plan
from statemachines.words import Verdict

_say = structlog.get_logger("deployment")
_NAME = regex.compile(r"[a-z0-9]{1,16}")
_DEPLOYMENT = regex.compile(r"([a-z0-9]{1,16})\.[a-z0-9]{1,16}\.[0-9]{1,4}")
_OF_ROLLOUT = {
    "pause": re.RolloutPauseAsked,
    "resume": re.RolloutResumeAsked,
    "abort": re.RolloutAbortAsked,
}
_OF_DEPLOYMENT = {
    "pause": de.PauseAsked,
    "resume": de.ResumeAsked,
    "abort": de.AbortAsked,
    "release": de.ReleaseAsked,
}


class PlanRefused(Exception):
    """A roll-out cannot be begun as it is planned; the text says why."""


PlanOf = Callable[[str], Plan]
"""Reads a planned roll-out. Blocks. Raises PlanRefused."""


class Asking:
    """Takes the requests `rollout VERB ID` and `deployment VERB ID`."""

    def __init__(
        self,
        desk: DeploymentDesk,
        plan_of: PlanOf,
        forecaster: Forecaster,
        *,
        log: DurableLog,
        clock: RuntimeClock,
        version: str,
    ) -> None:
        self._desk, self._plan_of, self._forecaster = desk, plan_of, forecaster
        self._log, self._clock, self._version = log, clock, version

    async def take(self, asked: SiteAsked) -> None:
        """Do what was asked, or refuse it in words."""
        match (asked.verb, *asked.args):
            case ("rollout", "begin", identity) if _NAME.fullmatch(identity):
                await self._begin(identity, asked)
            case ("rollout", "forecast", identity) if _NAME.fullmatch(identity):
                await self._forecast(identity, asked)
            case ("rollout", verb, identity) if verb in _OF_ROLLOUT:
                event = _OF_ROLLOUT[verb](rollout=identity, actor=asked.actor)
                self._post(event, identity, asked, known=identity in self._desk.rollouts)
            case ("deployment", "release", identity) if halls := self._desk.let_go_of_unknown(identity):
                words = f"held for deployment {identity}, of which nothing is known: {', '.join(halls)}; let go"
                _say.warning("halls_released", deployment=identity, halls=halls, actor=asked.actor)
                told: dict[str, object] = {"deployment": identity, "halls": halls, "actor": asked.actor}
                rollout = identity.partition(".")[0]
                self._write(rollout, "request", "halls_released", told, asked, Verdict.INTERNAL, words)
            case ("deployment", verb, identity) if verb in _OF_DEPLOYMENT and _DEPLOYMENT.fullmatch(identity):
                self._post(
                    _OF_DEPLOYMENT[verb](deployment=identity, actor=asked.actor),
                    identity.partition(".")[0],
                    asked,
                    known=identity in self._desk.deployments,
                )
            case _:
                _say.warning("site_request_refused", verb=asked.verb, args=asked.args, why="no such request")

    def _post(self, event: Event, rollout: str, asked: SiteAsked, *, known: bool) -> None:
        if known:
            self._desk.post(event, Source.OPERATOR, request=asked.id)
        else:
            self._refuse(rollout, f"{asked.verb} {asked.args[-1]} was never begun here", asked)

    async def _plan(self, identity: str, asked: SiteAsked) -> Plan | None:
        try:
            return await asyncio.to_thread(self._plan_of, identity)
        except PlanRefused as refused:
            self._refuse(identity, str(refused), asked)
        except Exception as wrong:  # a database that is gone: whoever asked must hear of it
            _say.exception("plan_unreadable", rollout=identity)
            self._refuse(identity, f"the plan cannot be read just now: {wrong}", asked)
        return None

    async def _begin(self, identity: str, asked: SiteAsked) -> None:
        plan = await self._plan(identity, asked)
        if plan is not None:
            self._desk.post(re.RolloutAsked(rollout=identity, plan=plan), Source.OPERATOR, request=asked.id)

    async def _forecast(self, identity: str, asked: SiteAsked) -> None:
        plan = await self._plan(identity, asked)
        if plan is None:
            return
        told = await self._forecaster.of(plan)
        servers = [{"server": each.server, "wave": each.wave, "does": each.does, "words": each.words} for each in told]
        self._write(identity, "forecast", "rollout_forecast", {"servers": servers}, asked, Verdict.INTERNAL, "")

    def _refuse(self, rollout: str, words: str, asked: SiteAsked) -> None:
        self._write(rollout, "request", "rollout_refused", {}, asked, Verdict.REFUSAL, words)

    def _write(  # noqa: PLR0917  # a row has so many parts
        self,
        rollout: str,
        subject: str,
        kind: str,
        payload: dict[str, object],
        asked: SiteAsked,
        verdict: Verdict,
        reason: str,
    ) -> None:
        row = Record(
            stream=f"{ROLLOUT}:{rollout}",
            log_seq=0,
            subject=subject,
            at_ns=self._clock.now_ns(),
            kind=kind,
            payload=payload,
            source=str(Source.OPERATOR),
            verdict=str(verdict),
            reason=reason,
            version=self._version,
            request=asked.id,
        )
        try:
            self._log.append(row)
        except StoreError as wrong:
            _say.error("row_not_logged", stream=row.stream, kind=kind, why=str(wrong))
