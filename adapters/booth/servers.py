# SPDX-License-Identifier: Apache-2.0
"""The SSH servers of a plan, with host keys that stay the same when the booth is started again."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import asyncssh

from adapters.booth.errors import BoothRefused
from adapters.booth.plan import BoothPlan, ServerPlan, ServerReady
from adapters.booth.ssh_server import SshServerPlan, serve_ssh


@asynccontextmanager
async def open_servers(plan: BoothPlan, state: Path, close_limit_s: float) -> AsyncIterator[tuple[ServerReady, ...]]:
    """Listen for every server of the plan; keys and the agents' configuration are kept in `state`.

    Raises:
        BoothRefused: a server cannot listen, or its key or CA cannot be read.
    """
    conf = state / "agent.conf"
    conf.write_text(f"devices = {plan.devices}\n", encoding="utf-8")
    ready: list[ServerReady] = []
    async with AsyncExitStack() as opened:
        for server in plan.servers:
            try:
                listening = await serve_ssh(_ssh_plan(server, state, conf))
            except (OSError, ValueError) as wrong:
                raise BoothRefused(f"server {server.name}: {wrong}") from wrong
            opened.push_async_callback(listening.close, close_limit_s)
            ready += [
                ServerReady(
                    hall=served.hall,
                    role=served.role,
                    host=listening.host,
                    port=listening.port,
                    host_key=listening.host_public,
                )
                for served in server.serves
            ]
        yield tuple(ready)


def _ssh_plan(server: ServerPlan, state: Path, conf: Path) -> SshServerPlan:
    return SshServerPlan(
        user_ca=server.user_ca,
        principals={(served.hall, served.role): served.principal for served in server.serves},
        agent_script=Path(server.agent_script),
        agent_conf=conf,
        revoked_serials=Path(server.revoked_serials) if server.revoked_serials else None,
        port=server.port,
        host_key=_host_key(state / f"host-{server.name}"),
    )


def _host_key(path: Path) -> asyncssh.SSHKey:
    if path.exists():
        return asyncssh.read_private_key(path)
    key = asyncssh.generate_private_key("ssh-ed25519")
    path.touch(mode=0o600)
    key.write_private_key(path)
    return key
