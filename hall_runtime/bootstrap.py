# SPDX-License-Identifier: Apache-2.0
"""The one place where adapters are constructed and wired: a configuration in, a running site out."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path

import structlog

from adapters.kernel.line_socket import LineSource
from adapters.kernel.netlink import NetlinkSource
from adapters.kernel.source import EventSource
from adapters.ssh.authority import Authority, passphrase_from_environment
from adapters.ssh.handshakes import HandshakeGate
from adapters.ssh.link import open_link
from adapters.store.controller import controller_id
from adapters.store.lock import SiteLock
from adapters.store.site import open_site
from hall_runtime.clock import RuntimeClock
from hall_runtime.config import HallConfig, SiteConfig
from hall_runtime.hearing import Hearing
from hall_runtime.keeper import HallKeeper, Stepped
from hall_runtime.keyring import Keyring, address_of
from hall_runtime.recovery import last_known
from hall_runtime.runtime import HallParts, Runtime
from hall_runtime.session_owner import SessionOwner
from hall_runtime.session_ports import Opened
from statemachines.events import Event, Source
from statemachines.record import Record
from statemachines.words import Role, State

_say = structlog.get_logger("bootstrap")
CONNECT_LIMIT_S = 10.0


def machine_version() -> str:
    """Return sha256 over the sources of the machines: which of them decided what a row says."""
    files = [file for file in resources.files("statemachines").iterdir() if file.name.endswith(".py")]
    parts = (file.name.encode() + b"\0" + file.read_bytes() for file in sorted(files, key=lambda file: file.name))
    return hashlib.sha256(b"".join(parts)).hexdigest()


class _Opener:
    """Opens the links of one hall, under the site's limit of simultaneous handshakes: halls with film first."""

    def __init__(self, config: SiteConfig, hall: HallConfig, keyring: Keyring, gate: HandshakeGate) -> None:
        self._config, self._hall, self._keyring, self._gate = config, hall, keyring, gate
        self.keeper: HallKeeper | None = None

    async def __call__(self, role: Role, gen: int) -> Opened:  # noqa: ARG002  # one server serves every generation
        server = self._config.server(self._hall.server_of(role) or "")
        idle = self.keeper is None or self.keeper.hall.state is State.IDLE
        async with self._gate.admitted(priority=int(idle)):
            credential = self._keyring.mint(self._hall.id, role)
            minted_ns = time.monotonic_ns()
            link = await open_link(address_of(self._config, server), credential, limit_s=CONNECT_LIMIT_S)
        # sshd counts whole seconds: our end must not lie behind the server's
        life_ns = (self._config.ssh.certificate_s - 1) * 1_000_000_000
        return Opened(link=link, serial=credential.serial, minted_ns=minted_ns, life_ns=life_ns)


def _source(config: SiteConfig) -> EventSource:
    kernel = config.kernel
    if kernel.source == "socket":
        return LineSource(Path(kernel.socket or ""))
    return NetlinkSource(kernel.subsystem, kernel.synth_uuid, kernel.buffer_mib << 20)


@asynccontextmanager
async def site_runtime(config: SiteConfig, on_step: Stepped | None = None) -> AsyncIterator[Runtime]:
    """Bring a site up, hand out its runtime, and wind it down again.

    Raises:
        SiteLocked: another runtime runs on this site.
        StateUnusable, LogNotWritable: the state directory or the log cannot be used.
        AuthorityError: the certificate authority is missing, not private, or its passphrase is wrong.
    """
    lock = SiteLock(config.state)
    await asyncio.to_thread(open_site, config.state)
    with lock:
        keyring = Keyring(config, await asyncio.to_thread(_authority, config))
        runtime = await _wired(config, keyring, on_step)
        try:
            await runtime.start()
            yield runtime
        finally:
            await runtime.close()


def _authority(config: SiteConfig) -> Authority:
    return Authority.load(Path(config.ssh.authority), passphrase_from_environment())


async def _wired(config: SiteConfig, keyring: Keyring, on_step: Stepped | None) -> Runtime:
    from adapters.store.services import next_incarnation
    from adapters.store.writer import LogWriter

    loop = asyncio.get_running_loop()
    clock, version = RuntimeClock(), machine_version()
    incarnation = await asyncio.to_thread(next_incarnation)
    controller = await asyncio.to_thread(controller_id, config.state)
    runtime: Runtime | None = None

    def trouble(words: str) -> None:
        if runtime is not None:
            loop.call_soon_threadsafe(runtime.raise_condition, "log_not_writable", words)

    def healthy() -> None:
        if runtime is not None:
            loop.call_soon_threadsafe(runtime.clear_condition, "log_not_writable")

    log = LogWriter(config.state, on_trouble=trouble, on_healthy=healthy)
    gate = HandshakeGate(config.ssh.handshakes)
    halls: dict[str, HallParts] = {}
    for hall in config.halls:
        settings = config.settings_of(hall)
        now = await asyncio.to_thread(last_known, hall.id, settings.roles)
        clock.not_before(now.hall.at_ns)
        opener = _Opener(config, hall, keyring, gate)
        owners: dict[Role, SessionOwner] = {}
        keeper = HallKeeper(
            now,
            log=log,
            clock=clock,
            version=version,
            owners=owners,
            on_step=_noticing(halls, on_step),
        )
        opener.keeper = keeper
        for role in settings.roles:
            owners[role] = SessionOwner(
                hall=hall.id,
                role=role,
                fence=incarnation,  # term 0: no controller holds a lease yet
                controller=controller,
                opener=opener,
                post=_posting(keeper),
                highest=now.hall.device(role).cmd_seq,
            )
        halls[hall.id] = HallParts(keeper, Hearing(keeper, owners), owners, settings)
    log.start()
    session_settings = config.ssh.session_settings()
    runtime = Runtime(config.state, halls, _source(config), log, clock, keyring, session_settings, incarnation)
    return runtime


def _posting(keeper: HallKeeper) -> Callable[[Event], object]:
    return lambda event: keeper.post(event, Source.SESSION)


def _noticing(halls: dict[str, HallParts], on_step: Stepped | None) -> Stepped:
    def stepped(keeper: HallKeeper, row: Record) -> None:
        halls[keeper.id].hearing.stepped(row)
        if on_step is not None:
            on_step(keeper, row)

    return stepped
