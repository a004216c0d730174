# SPDX-License-Identifier: Apache-2.0
"""The whole value of a roll-out: one release over many servers, in waves. Times are ns."""

from enum import StrEnum

from statemachines.deployment_facts import Release
from statemachines.table import Draft, Machined
from statemachines.values import Value

_MINUTE_NS = 60_000_000_000
_DAY = 24 * 60


class RolloutState(StrEnum):
    """`waiting` is for its hours; `halted` reached its limit of failures. `done` and `aborted` are ends."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    HALTED = "halted"
    ABORTING = "aborting"
    DONE = "done"
    ABORTED = "aborted"


class Place(StrEnum):
    """How far a server is; the last three are how its deployment ended."""

    WAITING = "waiting"
    WORKING = "working"
    COMMITTED = "committed"
    ROLLED_BACK = "rolled_back"
    FAILED = "failed"


FAILURES = (Place.ROLLED_BACK, Place.FAILED)


class Window(Value, frozen=True, kw_only=True):
    """The hours in which servers are begun: minutes of the day, `offset_s` seconds east of UTC.

    It may pass midnight; equal ends are the whole day.
    """

    opens_min: int = 0
    closes_min: int = 0
    offset_s: int = 0

    def _minute_ns(self, at_ns: int) -> int:
        """Return the time of day, in ns."""
        return (at_ns + self.offset_s * 1_000_000_000) % (_DAY * _MINUTE_NS)

    def _until(self, at_ns: int, minute: int) -> int:
        """Return how long it is until that minute comes next; a day when it is now."""
        day_ns = _DAY * _MINUTE_NS
        return (minute * _MINUTE_NS - self._minute_ns(at_ns) - 1) % day_ns + 1

    @property
    def always(self) -> bool:
        return self.opens_min == self.closes_min

    def is_open(self, at_ns: int) -> bool:
        """Tell whether servers may be begun at that time."""
        return self.always or self._until(at_ns, self.closes_min) < self._until(at_ns, self.opens_min)

    def changes_ns(self, at_ns: int) -> int:
        """Return when it next opens or closes; 0 when it never does."""
        if self.always:
            return 0
        return at_ns + min(self._until(at_ns, self.opens_min), self._until(at_ns, self.closes_min))


class Target(Value, frozen=True, kw_only=True):
    """A server and the halls that it serves."""

    server: str
    halls: tuple[str, ...]


class Plan(Value, frozen=True, kw_only=True):
    """What a roll-out is to do: the first `canaries` targets, then `batch` at a time, each wave after the last.

    A failing canary halts it; later it halts when more than `failures_allowed` servers failed.
    """

    release: Release
    targets: tuple[Target, ...]
    canaries: int = 1
    batch: int = 10
    failures_allowed: int = 0
    window: Window = Window()

    def wave_of(self, index: int) -> int:
        """Return in which wave the target of that index is; 0 are the canaries."""
        if index < self.canaries:
            return 0
        return 1 + (index - self.canaries) // self.batch


class Server(Value, frozen=True, kw_only=True):
    """A server's place in the roll-out. `attempt` counts its deployments; `reason` is why the last ended so.

    `excused`: it failed, and whoever resumed the roll-out knew it; the limit does not count it any more.
    """

    target: Target
    wave: int
    place: Place = Place.WAITING
    attempt: int = 0
    reason: str = ""
    excused: bool = False


NO_PLAN = Plan(
    release=Release(id="", sha256="", size=0, kernel="", vermagic="", abi_min=0, abi_max=0),
    targets=(),
)


class Rollout(Machined, frozen=True, kw_only=True):
    """It names no server until it was asked for; `change_ns` is when its hours begin or end next, 0 = never."""

    id: str
    state: RolloutState = RolloutState.WAITING
    plan: Plan = NO_PLAN
    servers: tuple[Server, ...] = ()
    change_ns: int = 0
    reason: str = ""

    @property
    def working(self) -> tuple[Server, ...]:
        return tuple(each for each in self.servers if each.place is Place.WORKING)

    @property
    def failures(self) -> tuple[Server, ...]:
        """Servers that did not get the release, and count."""
        return tuple(each for each in self.servers if each.place in FAILURES and not each.excused)

    @property
    def waiting(self) -> tuple[Server, ...]:
        return tuple(each for each in self.servers if each.place is Place.WAITING)

    @property
    def limit_reached(self) -> bool:
        """A canary failed, or more servers than the plan allows."""
        return any(each.wave == 0 for each in self.failures) or len(self.failures) > self.plan.failures_allowed

    @property
    def next_servers(self) -> tuple[Server, ...]:
        """The servers to begin now: those of the first wave that is not over, no two at a time in one hall."""
        unfinished = [*self.working, *self.waiting]
        wave = min((each.wave for each in unfinished), default=0)
        busy = {hall for each in self.working for hall in each.target.halls}
        begun = []
        for each in self.waiting:
            if each.wave == wave and busy.isdisjoint(each.target.halls):
                begun.append(each)
                busy.update(each.target.halls)
        return tuple(begun)


RolloutDraft = Draft[Rollout]


def deployment_id(rollout: str, server: Server) -> str:
    """Return the id of a server's deployment: `ROLLOUT.SERVER.ATTEMPT`."""
    return f"{rollout}.{server.target.server}.{server.attempt}"


def window_timer(rollout: str) -> str:
    """Return the name of the timer at which the hours begin or end."""
    return f"rollout:{rollout}:window"
