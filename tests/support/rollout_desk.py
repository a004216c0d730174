# SPDX-License-Identifier: Apache-2.0
"""Who takes requests for roll-outs where no runtime runs: the machines decide, model servers do what they ask."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from adapters.store.wake import Wake, wake_path
from statemachines import deployment_events as de
from statemachines import rollout_events as re
from tests.support.lived_rollout import LivedRollout

_MOST = 4096


class RolloutDesk:
    """`rollouts` are those that were asked for; a test works on them. `heard` is what came."""

    def __init__(self, state: Path, *, trouble: dict[str, str] | None = None) -> None:
        from adapters.store.writer import LogWriter  # its models need the open site

        self.rollouts: dict[str, LivedRollout] = {}
        self.heard: list[Wake] = []
        self.log = LogWriter(state)
        self._trouble = trouble or {}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(wake_path(state)))
        self._socket.settimeout(60)
        self._thread = threading.Thread(target=self._listen)

    def start(self) -> None:
        self.log.start()
        self._thread.start()

    def close(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join(10)
        self._socket.close()
        self.log.close()

    def _listen(self) -> None:
        from django.db import connections

        try:
            while message := self._socket.recv(_MOST):
                wake = msgspec.json.decode(message, type=Wake)
                self.heard.append(wake)
                if wake.verb in ("rollout", "deployment"):
                    self._take(wake.id)
        finally:
            connections.close_all()

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
