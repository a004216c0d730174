# SPDX-License-Identifier: Apache-2.0
"""A site with servers and a release that model servers take. Used after its site is open."""

import time

from statemachines.deployment_facts import Release
from tests.support.model_server import RELEASE
from tests.support.releases import manifest_of, module


def describe_servers(count: int = 3) -> None:
    """Give the site so many halls, each with a server `booth1` … for both roles."""
    from adapters.store.directory import describe_site
    from adapters.store.models import HallEntry, ServerEntry, SiteEntry

    halls = [HallEntry(id=f"h{n}", name=f"Hall {n}", projection=f"booth{n}") for n in range(1, count + 1)]
    servers = [ServerEntry(id=f"booth{n}", host=f"10.0.0.{n}", port=22) for n in range(1, count + 1)]
    describe_site(site=SiteEntry(id="rialto", name="Rialto", zone="Europe/Berlin"), halls=halls, servers=servers)


def put_release(release: Release = RELEASE, *, by: str = "anna", notes: str = "Quieter motor.") -> None:
    """Put a release into the table, as if it lay on the shelf."""
    from adapters.store.releases import add_release

    add_release(
        release=release,
        manifest=manifest_of({"reelctl.ko": module()}).decode(),
        signature="-----BEGIN SSH SIGNATURE-----",
        signer="anna",
        built_by="anna",
        commit="0123abcd",
        notes=notes,
        by=by,
        now_ns=time.time_ns(),
    )


def plan(servers: list[str] | None = None, *, canaries: int = 1, batch: int = 10, failures_allowed: int = 0) -> str:
    """Plan a roll-out of the release; return its id."""
    from adapters.store.releases import release_of
    from adapters.store.rollouts import plan_rollout

    return plan_rollout(
        release=release_of(sha256=RELEASE.sha256),
        servers=servers or [],
        canaries=canaries,
        batch=batch,
        failures_allowed=failures_allowed,
        by="anna",
        now_ns=time.time_ns(),
    ).id
