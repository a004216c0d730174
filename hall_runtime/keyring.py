# SPDX-License-Identifier: Apache-2.0
"""The site's keys: a fresh certificate for each link, and the end of those that an operator revokes."""

import time
from collections.abc import Mapping
from dataclasses import replace

import structlog

from adapters.ssh.authority import Authority, Serials
from adapters.ssh.credential import Credential, Order
from adapters.ssh.deploy import DEPLOY_USER, deploy_order
from adapters.ssh.enrol import KRL_COMMAND
from adapters.ssh.errors import LinkError
from adapters.ssh.hostkeys import ServerAddress
from adapters.ssh.krl import build_krl, krl_order, push_krl
from adapters.ssh.revocation import RevocationStore, Revoked
from adapters.ssh.watch import watch_command, watch_order
from hall_runtime.config import Server, SiteConfig
from statemachines.words import Role

_say = structlog.get_logger("keys")
PUSH_LIMIT_S = 10.0


def address_of(config: SiteConfig, server: Server) -> ServerAddress:
    """Return where a server is and how it proves itself."""
    return ServerAddress(
        host=server.host,
        port=server.port,
        user=config.ssh.user,
        host_keys=(server.host_key,) if server.host_key else (),
        host_ca=server.host_ca or "",
    )


def root_address_of(config: SiteConfig, server: Server) -> ServerAddress:
    """Return how deployments reach a server: the same machine, as root."""
    return replace(address_of(config, server), user=DEPLOY_USER)


class Keyring:
    """Mints from the site's authority, and keeps the list of revoked serials."""

    def __init__(self, config: SiteConfig, authority: Authority) -> None:
        self._config, self._authority = config, authority
        self._serials = Serials()
        self._revoked = RevocationStore(config.state / "revoked.jsonl")

    def mint(self, hall: str, role: Role) -> Credential:
        """Return a new key and certificate for one (hall, role), valid from now."""
        ssh = self._config.ssh
        order = Order(
            hall=hall,
            role=role,
            force_command=f"{ssh.agent} {hall} {role}",
            source_address=tuple(ssh.source_address),
            life_s=ssh.certificate_s,
        )
        return self._mint(order)

    def mint_watch(self, server: Server) -> Credential:
        """Return a new key and certificate for a server's watch link, valid from now: it can only listen."""
        ssh, command = self._config.ssh, watch_command(self._config.kernel.subsystem)
        return self._mint(watch_order(server.id, command, tuple(ssh.source_address), ssh.certificate_s))

    def mint_deploy(self, server: Server) -> Credential:  # noqa: ARG002  # each is for one connection to one server
        """Return a new key and certificate for deployments, good for two minutes from now: only for root's verbs."""
        return self._mint(deploy_order(self._config.site.id, tuple(self._config.ssh.source_address)))

    def _mint(self, order: Order) -> Credential:
        now_ns = time.time_ns()
        return self._authority.mint(order, now_s=now_ns // 1_000_000_000, serial=self._serials.draw(now_ns))

    async def revoke(self, serial: int) -> Mapping[str, str]:
        """Revoke a certificate and tell every server; return by server id `ok` or what went wrong.

        Raises:
            RevocationsUnreadable: the site's own list is damaged.
            KrlRefused: the list cannot be made.
        """
        now_s = int(time.time())
        self._revoked.add(Revoked(serial=serial, until_s=now_s + self._config.ssh.certificate_s), now_s=now_s)
        serials = self._revoked.current(now_s)
        krl = await build_krl(self._authority.public_line, serials, version=now_s)
        outcome = {server.id: await self._push(server, krl) for server in self._config.servers}
        _say.info("key_revoked", serial=serial, servers=outcome)
        return outcome

    async def _push(self, server: Server, krl: bytes) -> str:
        ssh = self._config.ssh
        credential = self._mint(krl_order(self._config.site.id, KRL_COMMAND, tuple(ssh.source_address)))
        # Where servers take deployments, root keeps the list: it is held against it too.
        address = (root_address_of if self._config.deploy.signers else address_of)(self._config, server)
        try:
            await push_krl(address, credential, krl, limit_s=PUSH_LIMIT_S)
        except LinkError as wrong:
            return str(wrong)
        return "ok"
