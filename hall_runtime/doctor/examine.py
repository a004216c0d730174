# SPDX-License-Identifier: Apache-2.0
"""The whole examination, in order: this machine first, then its servers. Every look has a limit."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path

from adapters.store.controller import controller_id
from adapters.store.errors import SiteLocked, StoreError
from adapters.store.lock import SiteLock
from adapters.store.postgresql.address import on_server
from adapters.store.site import open_site
from hall_runtime.config import SiteConfig
from hall_runtime.doctor import files, server
from hall_runtime.doctor.deployments import deployments
from hall_runtime.doctor.finding import Finding, Mark, well, worse, wrong
from hall_runtime.doctor.kernel import kernel_events
from hall_runtime.doctor.servers import Greeting, seats_of, servers
from hall_runtime.doctor.watch import watch_links
from hall_runtime.keyring import Keyring

LOOK_LIMIT_S = 20.0
_A_SEAT_S = 12.0


async def examined(config: SiteConfig, *, ask_servers: bool) -> list[Finding]:
    """Look at everything and return what was found."""
    place = files.state_directory(config.state)
    findings = [_configuration(config), place, files.programs(), files.disk(config.state)]
    if all(map(config.is_watched, config.servers)):
        findings.append(well("kernel events", "come over the servers' watch links; none are heard from this machine"))
    else:
        findings += await _limited("kernel events", LOOK_LIMIT_S, kernel_events(config.kernel))
    if files.any_failed([place]):
        return findings
    kept: list[Finding] = []
    if place.mark is Mark.OK:
        kept += await _limited("databases", LOOK_LIMIT_S, asyncio.to_thread(_databases, config.state))
        kept.append(files.runtime(config.state))
    told, authority = await asyncio.to_thread(files.authority, Path(config.ssh.authority))
    findings += [*kept, *told]
    if ask_servers:
        keyring = None if authority is None else Keyring(config, authority)
        why = _why_no_greeting(config.state, [place, *kept])
        findings += await _servers(config, keyring, why)
        if keyring is not None:
            limit_s = _servers_limit_s(config)
            findings += await _limited("watch links", limit_s, watch_links(config, keyring))
            if config.deploy.signers:
                findings += await _limited("deployments", limit_s, deployments(config, keyring))
    return findings


def _configuration(config: SiteConfig) -> Finding:
    halls, machines = len(config.halls), len(config.servers)
    if not config.ssh.source_address:
        return worse(
            "configuration",
            f"{config.site.name}: {halls} halls, {machines} servers; a stolen certificate would be good from anywhere",
            "name this controller's addresses: [ssh] source_address; `projectionist enrol` needs them",
        )
    return well("configuration", f"{config.site.name}: {halls} halls, {machines} servers")


async def _servers(config: SiteConfig, keyring: Keyring | None, without: Finding | None) -> list[Finding]:
    if keyring is None:
        return [wrong("servers", "were not asked: there is no authority to sign a certificate", "mend it first")]
    limit_s = _servers_limit_s(config)
    if without is not None:
        return [without, *await _limited("servers", limit_s, servers(config, keyring, None))]
    try:
        with SiteLock(config.state):
            greeting = await asyncio.to_thread(_greeting, config.state)
            return await _limited("servers", limit_s, servers(config, keyring, greeting))
    except StoreError as failed:
        return [wrong("servers", f"were not asked: {failed}", "mend the state directory first")]


def _servers_limit_s(config: SiteConfig) -> float:
    return LOOK_LIMIT_S + _A_SEAT_S * (1 + len(seats_of(config)) // config.ssh.handshakes)


def _databases(state: Path) -> list[Finding]:
    return server.databases() if on_server() else files.databases(state)


def _why_no_greeting(state: Path, kept: list[Finding]) -> Finding | None:
    """Return why clocks and agent versions cannot be compared, or None when they can."""
    about = "clocks and agents"
    if files.any_failed(kept):
        return worse(about, "not compared: the state directory is not in order", "mend it first")
    if kept[0].mark is not Mark.OK:
        return worse(about, "not compared: the site has never run", "look again after its first start")
    try:
        with SiteLock(state):
            return None
    except SiteLocked:
        return worse(
            about,
            "not compared: a runtime holds the site, and a greeting would take its devices from it",
            "`projectionist keys status` tells what the runtime itself knows of its sessions",
        )


def _greeting(state: Path) -> Greeting:
    """Count one more start of the site: its fence is higher than any before, and lower than the runtime's next."""
    from adapters.store.services import next_incarnation

    open_site(state)
    return Greeting(fence=next_incarnation(), controller=controller_id(state))


async def _limited(about: str, limit_s: float, look: Awaitable[list[Finding]]) -> list[Finding]:
    with suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            return await look
    return [wrong(about, f"no answer within {limit_s:.0f} s", "look at this machine's load and disks, then again")]
