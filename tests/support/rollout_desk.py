# SPDX-License-Identifier: Apache-2.0
"""Who takes requests for roll-outs where no runtime runs: the machines decide, model servers do what they ask."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from typing_extensions import override

from adapters.store.wake import Wake
from statemachines import deployment_events as de
from statemachines import rollout_events as re
from tests.support.lived_rollout import LivedRollout
from tests.support.wake_ear import WakeEar


class RolloutDesk(WakeEar):
    """`rollouts` are those that were asked for; a test works on them."""

    def __init__(self, state: Path, *, trouble: dict[str, str] | None = None) -> None:
        super().__init__(state, silence_s=60)
        self.rollouts: dict[str, LivedRollout] = {}
        self._trouble = trouble or {}

    @override
    def take(self, wake: Wake, *, again: bool) -> None:
        if wake.verb in ("rollout", "deployment"):
            self._take(wake.id)

    def _take(self, request: str) -> None:
        from adapters.store.models import OperatorRequest

        asked = OperatorRequest.objects.get(id=request)
        action, name = asked.args
        lived = self.lived(name.partition(".")[0])
        if asked.verb == "deployment":
            kinds = {"pause": de.PauseAsked, "resume": de.ResumeAsked, "abort": de.AbortAsked}
            kinds |= {"release": de.ReleaseAsked}
            lived.tell(name, kinds[action](deployment=name, actor=asked.actor), request)
        elif action == "begin":
            lived.begin(request)
        elif action == "forecast":
            lived.forecast(request, self._trouble)
        else:
            told = {"pause": re.RolloutPauseAsked, "resume": re.RolloutResumeAsked, "abort": re.RolloutAbortAsked}
            lived.tell_rollout(told[action](rollout=name, actor=asked.actor), request)
        lived.end()

    def lived(self, rollout: str) -> LivedRollout:
        """Return a roll-out that was planned, as it is lived here."""
        if rollout not in self.rollouts:
            from adapters.store.rollouts import halls_served, rollout_plan

            plan, served = rollout_plan(rollout), halls_served()
            self.rollouts[rollout] = LivedRollout(
                self.log,
                {server: served[server] for server in plan.servers},
                rollout=rollout,
                canaries=plan.canaries,
                batch=plan.batch,
                failures_allowed=plan.failures_allowed,
            )
        return self.rollouts[rollout]


@contextmanager
def rollout_desk(state: Path, *, trouble: dict[str, str] | None = None) -> Iterator[RolloutDesk]:
    """Take this site's requests for roll-outs."""
    made = RolloutDesk(state, trouble=trouble)
    made.start()
    try:
        yield made
    finally:
        made.close()
