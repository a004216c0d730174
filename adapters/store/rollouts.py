# SPDX-License-Identifier: Apache-2.0
"""The table of roll-outs: planned, and read. How far each is, is in the log: see `rollouts_now`."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.db import IntegrityError, transaction

from adapters.store.directory import hall_entries
from adapters.store.errors import DeploymentRefused, DeploymentUnknown
from adapters.store.models import HallEntry, ReleaseEntry, RolloutEntry
from adapters.store.releases import release_value
from statemachines.deployment_facts import Release
from statemachines.rollout_value import Window

SERVERS_MOST = 1_000
ALWAYS = Window()
_MINUTES = 24 * 60
_TRIES = 20


class RolloutPlan(NamedTuple):
    """What a roll-out is to do, as it was planned; which halls a server serves the configuration says."""

    release: Release
    servers: tuple[str, ...]
    canaries: int
    batch: int
    failures_allowed: int
    window: Window


def rollouts(*, limit: int = 100) -> list[RolloutEntry]:
    """Return the newest roll-outs with their releases."""
    return list(RolloutEntry.objects.select_related("release").order_by("-made_ns", "-id")[:limit])


def rollout_of(*, rollout: str) -> RolloutEntry:
    """Return one roll-out with its release.

    Raises:
        DeploymentUnknown: there is none of that id.
    """
    found = RolloutEntry.objects.select_related("release").filter(pk=rollout).first()
    if found is None:
        raise DeploymentUnknown(f"there is no roll-out {rollout!r:.40} here")
    return found


def rollout_plan(rollout: str) -> RolloutPlan:
    """Return what a roll-out is to do.

    Raises:
        DeploymentUnknown: there is none of that id.
    """
    return plan_of(rollout_of(rollout=rollout))


def plan_of(entry: RolloutEntry) -> RolloutPlan:
    """Return what an entry says."""
    return RolloutPlan(
        release=release_value(entry.release),
        servers=tuple(entry.servers),
        canaries=entry.canaries,
        batch=entry.batch,
        failures_allowed=entry.failures_allowed,
        window=Window(**entry.window),
    )


def halls_served(entries: Sequence[HallEntry] | None = None) -> dict[str, tuple[str, ...]]:
    """Return by server the halls that it serves, in the order of the halls, which are read where they are not given."""
    found: dict[str, tuple[str, ...]] = {}
    for hall in hall_entries() if entries is None else entries:
        for server in dict.fromkeys((hall.projection, hall.sound)):
            if server:
                found[server] = (*found.get(server, ()), hall.id)
    return found


def plan_rollout(
    *,
    release: ReleaseEntry,
    servers: Sequence[str],
    canaries: int = 1,
    batch: int = 10,
    failures_allowed: int = 0,
    window: Window = ALWAYS,
    by: str,
    now_ns: int,
) -> RolloutEntry:
    """Plan a roll-out over these servers, or with none named over all that serve a hall. Nothing begins by it.

    Raises:
        DeploymentRefused: the release was withdrawn, or a server, a number or the window cannot be.
    """
    served = halls_served()
    chosen = list(servers or served)
    problems = [
        *_wrong_release(release),
        *_wrong_servers(chosen, served),
        *_wrong_numbers(canaries, batch, failures_allowed, window),
    ]
    if problems:
        raise DeploymentRefused(*problems)
    for _ in range(_TRIES):
        made = RolloutEntry(
            id=f"r{RolloutEntry.objects.count() + 1}",
            release=release,
            servers=chosen,
            canaries=canaries,
            batch=batch,
            failures_allowed=failures_allowed,
            window={"opens_min": window.opens_min, "closes_min": window.closes_min, "offset_s": window.offset_s},
            made_by=by,
            made_ns=now_ns,
        )
        try:
            with transaction.atomic():
                made.save(force_insert=True)
        except IntegrityError:  # somebody else's was planned in the same moment
            continue
        return made
    raise DeploymentRefused("too many roll-outs are being planned at once: try again")


def _wrong_release(release: ReleaseEntry) -> Iterator[str]:
    if release.withdrawn_ns is not None:
        yield f"{release.name} was withdrawn: choose another release"


def _wrong_servers(chosen: Sequence[str], served: dict[str, tuple[str, ...]]) -> Iterator[str]:
    if not chosen:
        yield "it names no server, and no server here serves a hall"
    if len(chosen) > SERVERS_MOST:
        yield f"it names {len(chosen)} servers, at most {SERVERS_MOST} can be in one roll-out"
        return
    for server, count in Counter(chosen).items():
        if server not in served:
            known = ", ".join(served) or "none"
            yield f"no hall here is served by a server {server!r:.40}; those that serve one are {known:.400}"
        elif count > 1:
            yield f"it names server {server} {count} times"


def _wrong_numbers(canaries: int, batch: int, failures_allowed: int, window: Window) -> Iterator[str]:
    told = (("canaries", canaries, 0), ("batch", batch, 1), ("allowed failures", failures_allowed, 0))
    for name, number, least in told:
        if not least <= number <= SERVERS_MOST:
            yield f"{name} are {least} to {SERVERS_MOST}, not {number}"
    if not (0 <= window.opens_min < _MINUTES and 0 <= window.closes_min < _MINUTES):
        yield "its hours are minutes of a day, 0 to 1439"
    if not -_MINUTES * 60 < window.offset_s < _MINUTES * 60:
        yield "the offset of its hours is less than a day"
