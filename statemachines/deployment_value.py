# SPDX-License-Identifier: Apache-2.0
"""The whole value of one deployment: what is to be, what the server is known to have, which step is on its way."""

from enum import StrEnum

from statemachines.deployment_facts import Check, Findings, HallSight, Order, Release, Step
from statemachines.table import Draft, Machined
from statemachines.values import Value


class DeploymentState(StrEnum):
    """Up to `staged` the server runs untouched. The last four but `rolling_back` are ends; `failed` holds the halls

    until somebody releases them.
    """

    PENDING = "pending"
    PREFLIGHT = "preflight"
    STAGED = "staged"
    INSTALLED = "installed"
    PROBING = "probing"
    COMMITTED = "committed"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    FAILED = "failed"


class Limit(Value, frozen=True, kw_only=True):
    """An armed timer."""

    name: str
    at_ns: int


class CheckResult(Value, frozen=True, kw_only=True):
    """How a check of the new module ended; `words` say what was wrong."""

    check: Check
    passed: bool
    words: str = ""


NO_ORDER = Order(
    server="", halls=(), release=Release(id="", sha256="", size=0, kernel="", vermagic="", abi_min=0, abi_max=0)
)


class Deployment(Machined, frozen=True, kw_only=True):
    """One release on its way to one server.

    Its order names no hall until it was asked for. `doing` is the step on its way, `number` counts all of them. `known`
    was read or answered last, and is what the server has unless a step is on its way; `previous` booted before.
    `touched`: its module was ordered to go. `load_boot` names the server's run in which the new module was first
    loaded. `heard` are the epochs that sent a heartbeat. `attempts` were lost in a row, the last by `trouble`;
    `reason` is why the release is not there, `rollback_reason` why the server could not be brought back.
    """

    id: str
    state: DeploymentState = DeploymentState.PENDING
    order: Order = NO_ORDER
    paused: bool = False
    sights: tuple[HallSight, ...] = ()
    holding: bool = False
    doing: Step | None = None
    number: int = 0
    known: Findings | None = None
    previous: str = ""
    touched: bool = False
    load_boot: str = ""
    results: tuple[CheckResult, ...] = ()
    heard: tuple[int, ...] = ()
    attempts: int = 0
    trouble: str = ""
    reason: str = ""
    rollback_reason: str = ""
    limits: tuple[Limit, ...] = ()

    def armed(self, name: str) -> Limit | None:
        """Return the limit of that name, or None when it is not armed."""
        return next((limit for limit in self.limits if limit.name == name), None)

    @property
    def halls_seen(self) -> bool:
        return {sight.hall for sight in self.sights} == set(self.order.halls)

    @property
    def halls_at_rest(self) -> bool:
        """Every hall is known to be idle with no film in its path."""
        return self.halls_seen and all(sight.at_rest for sight in self.sights)

    @property
    def halls_kept(self) -> bool:
        """Every hall is at rest and held by this deployment."""
        return self.halls_at_rest and all(sight.holder == self.id for sight in self.sights)

    @property
    def waits_for_halls(self) -> bool:
        """Nothing is on its way and nothing will be tried again by itself."""
        return self.doing is None and self.armed("retry") is None

    @property
    def new_runs(self) -> bool:
        return self.known is not None and self.known.loaded == self.order.release.sha256

    @property
    def new_boots(self) -> bool:
        return self.known is not None and self.known.boots == self.order.release.sha256

    @property
    def old_runs(self) -> bool:
        """The server runs, and starts with, what it had before."""
        return self.known is not None and self.known.loaded == self.known.boots == self.previous

    @property
    def all_heard(self) -> bool:
        """A heartbeat came from every device of the loaded module, and there is one."""
        return self.known is not None and bool(self.known.epochs) and set(self.heard) == set(self.known.epochs)

    @property
    def proven(self) -> bool:
        """The new module passed every check, and all of its devices are heard."""
        return self.all_heard and {each.check for each in self.results if each.passed} == set(Check)


DeploymentDraft = Draft[Deployment]


def timer_name(deployment: str, name: str) -> str:
    """Return the name of a deployment's timer: `deploy:ID:NAME`."""
    return f"deploy:{deployment}:{name}"
