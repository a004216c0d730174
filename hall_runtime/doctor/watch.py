# SPDX-License-Identifier: Apache-2.0
"""Each watch link tried once: does the server take the certificate, is it the one we know, does its monitor listen.

A second listener harms nobody: this may be done beside a running site.
"""

import asyncio
from typing import Any

from adapters.kernel.parse import MODULE_PREFIX
from adapters.kernel.udevadm import UdevadmReader
from adapters.ssh.errors import CredentialRefused, HostKeyRefused, LinkError, LinkLost
from adapters.ssh.watch import WatchLink, open_watch
from hall_runtime.config import Server, SiteConfig
from hall_runtime.doctor.finding import Finding, well, wrong
from hall_runtime.doctor.turns import in_turns
from hall_runtime.keyring import Keyring, address_of

CONNECT_LIMIT_S = 5.0
LISTENS_LIMIT_S = 3.0
CLOSE_LIMIT_S = 1.0


async def watch_links(config: SiteConfig, keyring: Keyring) -> list[Finding]:
    """Try the watch link of each server that has one, a few at a time; each within some ten seconds."""
    watched = filter(config.is_watched, config.servers)
    return await in_turns(config, watched, lambda server: _tried(config, server, keyring))


async def _tried(config: SiteConfig, server: Server, keyring: Keyring) -> Finding:
    about = f"{server.id}: watch link"
    reader, listens = UdevadmReader(prefix=MODULE_PREFIX, uuid=None), asyncio.Event()

    def take(data: bytes) -> None:
        reader.feed(data)
        if reader.listens:
            listens.set()

    address = address_of(config, server)
    try:
        credential = keyring.mint_watch(server)
        link = await open_watch(address, credential, take, limit_s=CONNECT_LIMIT_S)
    except (CredentialRefused, HostKeyRefused) as refused:
        return wrong(about, str(refused), _enrol(server))
    except (LinkError, ValueError) as failed:
        return wrong(about, str(failed), f"is {address} switched on, is its address right, does sshd run?")
    try:
        return await _heard(about, server, link, listens)
    finally:
        await link.close(CLOSE_LIMIT_S)


async def _heard(about: str, server: Server, link: WatchLink, listens: asyncio.Event) -> Finding:
    waiting = asyncio.create_task(listens.wait())
    closed = link.closed
    either: set[asyncio.Future[Any]] = {waiting, closed}
    try:
        await asyncio.wait(either, timeout=LISTENS_LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    if listens.is_set():
        return well(about, "host key and certificate are right, udevadm listens there")
    why = closed.result() if closed.done() else LinkLost(f"udevadm says nothing for {LISTENS_LIMIT_S:g} s")
    return wrong(about, f"took our certificate, but: {why}", _enrol(server))


def _enrol(server: Server) -> str:
    return (
        f"enrol it again: projectionist enrol {server.id}; "
        "or say `watch = false` for it, if it has no reel device of the kernel's"
    )
