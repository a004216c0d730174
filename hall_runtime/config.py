# SPDX-License-Identifier: Apache-2.0
"""`cinema.toml`: one file describes a site. A mistake in it is told with its key, its value and what is allowed."""

import ipaddress
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from hall_runtime.zone import is_zone
from statemachines.session_events import SessionSettings
from statemachines.settings import SECOND, Settings, Timings
from statemachines.words import Role


class ConfigRefused(ValueError):
    """A configuration that cannot be run; each line names a key, its value and what is allowed."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(f"{path} cannot be used:\n" + "\n".join(f"  {problem}" for problem in problems))


def _one_projector(value: Any) -> Any:
    if isinstance(value, list):
        raise ValueError("two projectors with changeover are not supported yet: name one server")
    return value


def _network(text: str) -> str:
    ipaddress.ip_network(text)
    return text


def _path(text: str) -> str:
    if "\0" in text:
        raise ValueError("a path has no NUL in it")
    return text


def _state(text: str) -> str:
    if len(os.fsencode(text)) > _STATE_MOST:
        raise ValueError(
            f"at most {_STATE_MOST} bytes, so that sockets fit below it; this has {len(os.fsencode(text))}"
        )
    return text


def _zone(name: str) -> str:
    if not is_zone(name):
        raise ValueError("an IANA zone that this machine knows, such as Europe/Berlin")
    return name


def _pair(value: Any) -> Any:
    """TOML has lists only; a pair is a tuple for strict validation."""
    return tuple(value) if isinstance(value, list) else value


_STATE_MOST = 90
"""In bytes: a Unix socket's path has at most 107."""

Id = Annotated[str, Field(pattern=r"^[a-z0-9]{1,16}$", description="1 to 16 of a-z and 0-9")]
PathText = Annotated[str, Field(min_length=1), AfterValidator(_path)]
StatePath = Annotated[PathText, AfterValidator(_state)]
Zone = Annotated[str, AfterValidator(_zone)]
Network = Annotated[str, AfterValidator(_network)]
Port = Annotated[int, Field(ge=1, le=65535)]
MailAddress = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=253)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Site(_Part):
    """The cinema. `state` is the directory of the log, the keys and the sockets; `zone`: else the machine's.

    `session_lead_min`: so long before a planned show its hall's sessions open.
    """

    id: Id
    name: str = Field(min_length=1, max_length=80)
    state: StatePath
    zone: Zone | None = None
    session_lead_min: int = Field(default=15, ge=1, le=240)


class Kernel(_Part):
    """How kernel events are heard, and what they look like, here and on servers with a watch link.

    `synth_uuid` only for simulated booths, `socket` only for source `socket`.
    """

    source: Literal["netlink", "socket"] = "netlink"
    subsystem: str = Field(default="reel", pattern=r"^[a-z0-9_-]{1,32}$")
    synth_uuid: str | None = Field(default=None, pattern=r"^[0-9a-f-]{36}$")
    socket: PathText | None = None
    buffer_mib: int = Field(default=16, ge=1, le=1024)

    @property
    def is_simulated(self) -> bool:
        """Whether a booth on this machine plays the hardware."""
        return self.source == "socket" or self.synth_uuid is not None

    @model_validator(mode="after")
    def _socket_named(self) -> Self:
        if self.source == "socket" and not self.socket:
            raise ValueError("source 'socket' needs `socket`, the path of the booth's socket")
        return self


class Ssh(_Part):
    """Keys and sessions. Rotation must end before the certificate does."""

    authority: PathText
    user: str = Field(default="reel", pattern=r"^[a-z_][a-z0-9_-]{0,31}$")
    agent: str = Field(default="/usr/local/lib/reel/reel-agent", pattern=r"^/[A-Za-z0-9/._-]+$")
    source_address: list[Network] = []
    handshakes: int = Field(default=8, ge=1, le=100)
    certificate_s: int = Field(default=900, ge=30, le=3600)
    rotate_s: Annotated[tuple[Seconds, Seconds], BeforeValidator(_pair)] = (540.0, 600.0)

    @model_validator(mode="after")
    def _rotates_in_time(self) -> Self:
        first, last = self.rotate_s
        if not first <= last < self.certificate_s:
            raise ValueError(f"rotate_s is [earliest, latest], both below certificate_s ({self.certificate_s})")
        return self

    def session_settings(self) -> SessionSettings:
        """Return the session machine's settings."""
        first, last = (int(each * SECOND) for each in self.rotate_s)
        return SessionSettings(rotate_min_ns=first, rotate_max_ns=last)


class Server(_Part):
    """A Linux machine reached over SSH. Exactly one of `host_key` and `host_ca`, each an OpenSSH public key line.

    `watch`: its kernel events are heard over a watch link; see `SiteConfig.is_watched` for what None means.
    """

    id: Id
    host: str = Field(min_length=1, max_length=253)
    port: Port = 22
    host_key: str | None = Field(default=None, pattern=r"^(ssh|ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+")
    host_ca: str | None = Field(default=None, pattern=r"^(ssh|ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+")
    watch: bool | None = None

    @property
    def is_this_machine(self) -> bool:
        """Whether its address is one by which every machine reaches itself."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @model_validator(mode="after")
    def _host_verified(self) -> Self:
        if (self.host_key is None) == (self.host_ca is None):
            raise ValueError("give exactly one of host_key and host_ca: a host is never trusted on first use")
        return self


class Programme(_Part):
    """What the hall usually shows: the gauge in mm, and the feet of each reel."""

    gauge: Literal[16, 35, 70] = 35
    feet: list[Annotated[int, Field(ge=20, le=20_000)]] = Field(default=[2000], min_length=1, max_length=40)
    dts: bool = True


class HallConfig(_Part):
    """One auditorium and the servers of its roles. `gauges`: what its projector takes; none: its programme's."""

    id: Id
    name: str = Field(min_length=1, max_length=80)
    projection: Annotated[Id, BeforeValidator(_one_projector)]
    sound: Id | None = None
    transport: Literal["reels", "platter"] = "reels"
    programme: Programme = Programme()
    gauges: list[Literal[16, 35, 70]] = []
    lamp_hold_min: int = Field(default=20, ge=1, le=240)
    threading_overdue_min: int = Field(default=30, ge=1, le=240)

    @model_validator(mode="after")
    def _takes_its_programme(self) -> Self:
        if self.gauges and self.programme.gauge not in self.gauges:
            raise ValueError(f"gauges has to name that of the programme too ({self.programme.gauge})")
        return self

    def server_of(self, role: Role) -> str | None:
        """Return the id of the role's server."""
        return self.projection if role is Role.PROJECTION else self.sound


class Alarms(_Part):
    """Whom the web tells of alarms that nobody acknowledges; the secrets for it stand in its environment."""

    after_s: int = Field(default=60, ge=1, le=3600)
    tries: int = Field(default=8, ge=1, le=20)
    webhook: str = Field(default="", pattern=r"^(https?://\S+)?$")
    mail_to: list[MailAddress] = Field(default=[], max_length=20)
    mail_from: MailAddress | Literal[""] = ""
    smtp_host: str = Field(default="localhost", min_length=1, max_length=253)
    smtp_port: Port = 25
    smtp_user: str = Field(default="", max_length=253)
    smtp_security: Literal["none", "starttls", "tls"] = "none"


Signer = Annotated[str, Field(pattern=r"^[A-Za-z0-9@._+-]{1,64} (ssh|ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+")]


class Deploy(_Part):
    """Whose releases servers take. Without signers none is enrolled for deployments."""

    signers: list[Signer] = Field(default=[], max_length=20)


class SiteConfig(_Part):
    """The whole file. `projection_fps` is 24 but in simulations."""

    site: Site
    kernel: Kernel = Kernel()
    ssh: Ssh
    alarms: Alarms = Alarms()
    deploy: Deploy = Deploy()
    projection_fps: int = Field(default=24, ge=1, le=100_000)
    servers: list[Server] = Field(min_length=1)
    halls: list[HallConfig] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        problems = [f"{what}s: id = {double!r} is there twice, give each its own" for what, double in self._doubles()]
        known = {server.id for server in self.servers}
        for hall in self.halls:
            for role in Role:
                server = hall.server_of(role)
                if server is not None and server not in known:
                    allowed = ", ".join(sorted(known))
                    problems.append(f"hall {hall.id!r}: {role} = {server!r} is no server; allowed: {allowed}")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _doubles(self) -> list[tuple[str, str]]:
        found = []
        for what, ids in (("server", [s.id for s in self.servers]), ("hall", [h.id for h in self.halls])):
            found += [(what, each) for each in sorted(set(ids)) if ids.count(each) > 1]
        return found

    @property
    def state(self) -> Path:
        return Path(self.site.state)

    def server(self, server_id: str) -> Server:
        """Return the server of that id."""
        return next(server for server in self.servers if server.id == server_id)

    def is_watched(self, server: Server) -> bool:
        """Whether a server is heard over a watch link: as its `watch` says, else if it is another machine.

        What a simulated booth plays is heard on this machine, wherever its servers seem to be. Of a server that
        serves no hall there is nothing to hear.
        """
        if not self.seats_of(server):
            return False
        if server.watch is not None:
            return server.watch
        return not (server.is_this_machine or self.kernel.is_simulated)

    def seats_of(self, server: Server) -> frozenset[tuple[str, Role]]:
        """Return the (hall id, role) pairs that a server serves."""
        return frozenset((hall.id, role) for hall in self.halls for role in Role if hall.server_of(role) == server.id)

    def settings_of(self, hall: HallConfig) -> Settings:
        """Return what the hall's machine needs to know."""
        minute = 60 * SECOND
        timings = Timings(
            threading_overdue=hall.threading_overdue_min * minute,
            lamp_hold=hall.lamp_hold_min * minute,
            session_lead=self.site.session_lead_min * minute,
        )
        return Settings(
            roles=tuple(role for role in Role if hall.server_of(role)),
            platter=hall.transport == "platter",
            dts=hall.programme.dts and hall.sound is not None,
            fps_milli=self.projection_fps * 1000,
            gauge=hall.programme.gauge,
            feet=tuple(hall.programme.feet),
            gauges=tuple(sorted(set(hall.gauges))),
            timings=timings,
        )


def _problem(error: Any) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{key}: unknown key; take it out"
    if error["type"] == "missing":
        return f"{key}: missing; it is needed"
    allowed = error["msg"].removeprefix("Value error, ")
    if not key:
        return str(allowed)
    value = error["input"]
    shown = "" if isinstance(value, dict) else f" = {repr(value)[:80]}"
    return f"{key}{shown}: {allowed[:1].lower()}{allowed[1:]}"


def parse_config(path: Path, text: str) -> SiteConfig:
    """Read a configuration's text; `path` is only for the words of an error.

    Raises:
        ConfigRefused: not TOML, an unknown or missing key, a wrong type or value, halls that do not fit servers.
    """
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as wrong:  # a number of 5,000 digits, a thousand brackets
        raise ConfigRefused(path, [f"not TOML: {wrong}"]) from wrong
    try:
        return SiteConfig.model_validate(data)
    except ValidationError as wrong:
        raise ConfigRefused(path, [_problem(error) for error in wrong.errors()]) from wrong


def load_config(path: Path) -> SiteConfig:
    """Read a configuration file.

    Raises:
        ConfigRefused: it cannot be read, or not used.
    """
    try:
        return parse_config(path, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as wrong:
        raise ConfigRefused(path, [f"it cannot be read: {wrong}"]) from wrong
