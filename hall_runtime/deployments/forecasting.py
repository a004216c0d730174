# SPDX-License-Identifier: Apache-2.0
"""A dry run: each server is inspected now, nothing is touched, and the plan is held against what was found."""

import asyncio
from collections.abc import Mapping

from adapters.ssh.errors import LinkError, ServerRefused
from hall_runtime.clock import RuntimeClock
from hall_runtime.deployments.halls import sight_of
from hall_runtime.deployments.ports import OpenDeployLink, Shelf
from hall_runtime.hall_parts import HallParts
from statemachines.rollout_forecast import Forecast, Known, forecast
from statemachines.rollout_value import Plan

_INSPECT_S = 20.0


class Forecaster:
    """Says what a plan would do to which server now, and why not to others."""

    def __init__(
        self, *, opens: OpenDeployLink, shelf: Shelf, halls: Mapping[str, HallParts], clock: RuntimeClock
    ) -> None:
        self._opens, self._shelf, self._halls, self._clock = opens, shelf, halls, clock

    async def of(self, plan: Plan) -> tuple[Forecast, ...]:
        """Inspect every server of a plan. How many at a time is the handshake gate's affair."""
        wrong = await asyncio.to_thread(self._shelf.check, plan.release.sha256)
        known = await asyncio.gather(*(self._known(each.server, each.halls) for each in plan.targets))
        by_server = {each.server: about for each, about in zip(plan.targets, known, strict=True)}
        return forecast(plan, by_server, at_ns=self._clock.now_ns(), artefact=wrong)

    async def _known(self, server: str, halls: tuple[str, ...]) -> Known:
        sights = tuple(sight_of(self._halls[hall].keeper.hall) for hall in halls)
        try:
            async with asyncio.timeout(2 * _INSPECT_S):
                link = await self._opens(server)
                try:
                    seen = await link.inspect(limit_s=_INSPECT_S)
                finally:
                    await link.close()
        except (LinkError, ServerRefused, TimeoutError) as lost:
            return Known(trouble=str(lost) or "it did not answer in time", sights=sights)
        return Known(found=seen.found, sights=sights)
