# SPDX-License-Identifier: Apache-2.0
"""An authority, credentials and scripted SSH servers for tests of the controller's side."""

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count

import asyncssh

from adapters.ssh.authority import Authority
from adapters.ssh.credential import Credential, Order
from adapters.ssh.hostkeys import ServerAddress

HALL, ROLE = "alpha", "projection"
LIMIT_S = 10.0

Agent = Callable[[asyncssh.SSHServerProcess[bytes]], Awaitable[None]]

_serials = count(1000)


@functools.cache
def authority() -> Authority:
    """Return the CA of this test run; it was never on a disk."""
    return Authority(asyncssh.generate_private_key("ssh-ed25519"))


def mint(
    force_command: str = "reel-agent",
    *,
    age_s: int = 0,
    life_s: int = 900,
    backdate_s: int = 60,
    principal: str = "",
    source_address: tuple[str, ...] = ("127.0.0.1/32",),
    signer: Authority | None = None,
) -> Credential:
    """Return a credential that was minted `age_s` seconds ago (negative: in the future)."""
    order = Order(
        hall=HALL,
        role=ROLE,
        force_command=force_command,
        source_address=source_address,
        life_s=life_s,
        backdate_s=backdate_s,
        principal=principal,
    )
    return (signer or authority()).mint(order, now_s=int(time.time()) - age_s, serial=next(_serials))


@asynccontextmanager
async def agent_server(agent: Agent) -> AsyncIterator[ServerAddress]:
    """Serve each session with `agent`, for certificates of this run's authority; all sessions end with the block."""
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    trusted = f'cert-authority,principals="reel-{HALL}-{ROLE}" {authority().public_line}\n'
    serving: set[asyncio.Task[None]] = set()

    async def serve(process: asyncssh.SSHServerProcess[bytes]) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        try:
            await agent(process)
        except (asyncssh.Error, OSError):
            pass  # the client hung up: what a test wants to know, it asks at the client's side
        finally:
            serving.discard(task)
            process.close()

    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[host_key],
        authorized_client_keys=asyncssh.import_authorized_keys(trusted),
        process_factory=serve,
        encoding=None,
    )
    try:
        yield ServerAddress(
            host="127.0.0.1",
            port=server.get_port(),
            host_keys=(host_key.export_public_key().decode().strip(),),
        )
    finally:
        for task in serving:
            task.cancel()
        server.close()
        await server.wait_closed()
