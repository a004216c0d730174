# SPDX-License-Identifier: Apache-2.0
"""The one place where adapters are constructed and wired: a configuration in, a running site out."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from importlib import resources
from pathlib import Path

import structlog

from adapters.kernel.line_socket import LineSource
from adapters.kernel.netlink import NetlinkSource
from adapters.kernel.parse import MODULE_PREFIX, SYNTHETIC_PREFIX
from adapters.kernel.source import EventSource
from adapters.kernel.udevadm import UdevadmReader
from adapters.releases.shelf import SIGNERS, Shelf
from adapters.releases.signing import write_signers
from adapters.ssh.authority import Authority, passphrase_from_environment
from adapters.ssh.deploy import open_deploy
from adapters.ssh.errors import Unreachable
from adapters.ssh.handshakes import HandshakeGate
from adapters.ssh.link import open_link
from adapters.ssh.watch import open_watch
from adapters.store.controller import controller_id
from adapters.store.lock import SiteLock
from adapters.store.site import open_site
from hall_runtime.clock import RuntimeClock
from hall_runtime.config import HallConfig, Server, SiteConfig
from hall_runtime.deployments.desk import DeploymentDesk
from hall_runtime.deployments.ports import DeployLink
from hall_runtime.deployments.recovery import left_behind
from hall_runtime.deployments.wiring import Deploying
from hall_runtime.hall_parts import HallParts
from hall_runtime.hearing import Hearing
from hall_runtime.keeper import HallKeeper, Stepped
from hall_runtime.keyring import Keyring, address_of, root_address_of
from hall_runtime.listening import Hears, Listening
from hall_runtime.recovery import last_known
from hall_runtime.returning import Servers
from hall_runtime.runtime import Runtime
from hall_runtime.session_owner import SessionOwner
from hall_runtime.session_ports import Opened
from hall_runtime.tally import Tally
from hall_runtime.watch_book import WatchBook
from hall_runtime.watch_ports import OpenedWatch, Take
from hall_runtime.watch_source import WatchSource
from statemachines.events import Event, Source
from statemachines.history import SERVER
from statemachines.record import Record
from statemachines.session_events import ServerReturned
from statemachines.session_value import SessionState
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

    def __init__(
        self, config: SiteConfig, hall: HallConfig, keyring: Keyring, gate: HandshakeGate, servers: Servers
    ) -> None:
        self._config, self._hall, self._keyring, self._gate, self._servers = config, hall, keyring, gate, servers
        self.keeper: HallKeeper | None = None

    async def __call__(self, role: Role, gen: int) -> Opened:  # noqa: ARG002  # one server serves every generation
        server = self._config.server(self._hall.server_of(role) or "")
        idle = self.keeper is None or self.keeper.hall.state is State.IDLE
        async with self._gate.admitted(priority=int(idle)):
            credential = self._keyring.mint(self._hall.id, role)
            minted_ns = time.monotonic_ns()
            try:
                link = await open_link(address_of(self._config, server), credential, limit_s=CONNECT_LIMIT_S)
            except Unreachable:
                self._servers.unreachable(server.id)
                raise
        self._servers.answered(server.id)
        return Opened(link=link, serial=credential.serial, minted_ns=minted_ns, life_ns=_life_ns(self._config))


class _WatchOpener:
    """Opens the watch links of one server, under the same limit: those of servers whose halls have film first."""

    def __init__(
        self,
        *,
        config: SiteConfig,
        server: Server,
        keyring: Keyring,
        gate: HandshakeGate,
        servers: Servers,
        halls: Mapping[str, HallParts],
    ) -> None:
        self._config, self._server, self._keyring = config, server, keyring
        self._gate, self._servers, self._halls = gate, servers, halls

    async def __call__(self, take: Take) -> OpenedWatch:
        served = {hall for hall, _role in self._config.seats_of(self._server)}
        idle = all(self._halls[hall].keeper.hall.state is State.IDLE for hall in served)
        async with self._gate.admitted(priority=int(idle)):
            credential = self._keyring.mint_watch(self._server)
            minted_ns = time.monotonic_ns()
            address = address_of(self._config, self._server)
            try:
                link = await open_watch(address, credential, take, limit_s=CONNECT_LIMIT_S)
            except Unreachable:
                self._servers.unreachable(self._server.id)
                raise
        self._servers.answered(self._server.id)
        return OpenedWatch(link=link, serial=credential.serial, minted_ns=minted_ns, life_ns=_life_ns(self._config))


def _life_ns(config: SiteConfig) -> int:
    """Return how long we use a certificate: sshd counts whole seconds, our end must not lie behind the server's."""
    return (config.ssh.certificate_s - 1) * 1_000_000_000


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
    gate, tally = HandshakeGate(config.ssh.handshakes), Tally()
    halls: dict[str, HallParts] = {}
    desks: list[DeploymentDesk] = []
    links: dict[str, Hears[WatchSource]] = {}
    listening = Listening(halls, _local(config), links)
    servers = Servers(partial(_call_back, config, halls, listening))
    for hall in config.halls:
        settings = config.settings_of(hall)
        now = await asyncio.to_thread(last_known, hall.id, settings.roles)
        clock.not_before(now.hall.at_ns)
        opener = _Opener(config, hall, keyring, gate, servers)
        owners: dict[Role, SessionOwner] = {}
        keeper = HallKeeper(
            now,
            log=log,
            clock=clock,
            version=version,
            owners=owners,
            on_step=_noticing(halls, desks, on_step),
            tally=tally,
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
        linked = [role for role in settings.roles if _is_linked(config, hall, role)]
        halls[hall.id] = HallParts(keeper, Hearing(keeper, owners, linked), owners, settings)
    session_settings = config.ssh.session_settings()
    keepers = {hall_id: parts.keeper for hall_id, parts in halls.items()}
    left = await asyncio.to_thread(left_behind)
    clock.not_before(left.at_ns)
    opens = partial(_open_deploy, config, keyring, gate)
    await asyncio.to_thread(write_signers, config.state / SIGNERS, config.deploy.signers)
    shelf = Shelf(config.state)
    deploying = Deploying(config, halls, opens=opens, shelf=shelf, log=log, clock=clock, version=version)
    deploying.desk.recover(left.deployments, left.rollouts)
    for server in filter(config.is_watched, config.servers):
        seats = config.seats_of(server)
        clock.not_before(await asyncio.to_thread(_last_told_ns, server))
        source = WatchSource(
            server.id,
            _WatchOpener(config=config, server=server, keyring=keyring, gate=gate, servers=servers, halls=halls),
            partial(_reader, config),
            settings=session_settings,
            on_news=WatchBook(server=server.id, seats=seats, keepers=keepers, log=log, clock=clock, version=version),
        )
        links[server.id] = Hears(source, seats)
    log.start()
    desks.append(deploying.desk)
    runtime = Runtime(
        config.state, halls, listening, log, clock, keyring, session_settings, incarnation, tally, deploying
    )
    return runtime


def _is_linked(config: SiteConfig, hall: HallConfig, role: Role) -> bool:
    return config.is_watched(config.server(hall.server_of(role) or ""))


def _local(config: SiteConfig) -> Hears[EventSource] | None:
    """Return what hears this machine, and the seats whose servers no watch link hears."""
    here = frozenset[tuple[str, Role]]().union(
        *(config.seats_of(server) for server in config.servers if not config.is_watched(server))
    )
    return Hears(_source(config), here) if here else None


def _reader(config: SiteConfig) -> UdevadmReader:
    uuid = config.kernel.synth_uuid
    return UdevadmReader(prefix=MODULE_PREFIX if uuid is None else SYNTHETIC_PREFIX, uuid=uuid)


def _last_told_ns(server: Server) -> int:
    """Return the time of the newest row of a server's stream."""
    from adapters.store.selectors import last_record

    newest = last_record(stream=f"{SERVER}{server.id}")
    return newest.at_ns if newest is not None else 0


def _call_back(config: SiteConfig, halls: Mapping[str, HallParts], listening: Listening, server: str) -> None:
    """Tell the sessions, and the watch link, that wait for this server."""
    listening.server_returned(server)
    for hall in config.halls:
        keeper = halls[hall.id].keeper
        for role, waiting in keeper.sessions.items():
            if hall.server_of(role) == server and waiting.state is SessionState.BACKING_OFF:
                keeper.post(ServerReturned(role=role), Source.RUNTIME)


def _posting(keeper: HallKeeper) -> Callable[[Event], object]:
    return lambda event: keeper.post(event, Source.SESSION)


async def _open_deploy(config: SiteConfig, keyring: Keyring, gate: HandshakeGate, server_id: str) -> DeployLink:
    """Open a deployment session; halls come first."""
    server = config.server(server_id)
    async with gate.admitted(priority=2):
        address = root_address_of(config, server)
        return await open_deploy(address, keyring.mint_deploy(server), limit_s=CONNECT_LIMIT_S)


def _noticing(halls: dict[str, HallParts], desks: list[DeploymentDesk], on_step: Stepped | None) -> Stepped:
    def stepped(keeper: HallKeeper, row: Record) -> None:
        halls[keeper.id].hearing.stepped(row)
        for desk in desks:
            desk.hall_stepped(keeper.hall, row)
        if on_step is not None:
            on_step(keeper, row)

    return stepped
