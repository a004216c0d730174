# SPDX-License-Identifier: Apache-2.0
"""Each seat of each server asked once: is it there, is it the one we know, does it take our certificate, what is it.

A greeting (`hello`) takes a device over. It is sent only while this process holds the site's lock, and only to a
device that stands: when the greeting's lease ends, there is nothing to stop.
"""

import re
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources

from adapters.ssh.errors import CredentialRefused, HelloRefused, HostKeyRefused, LinkError
from adapters.ssh.hostkeys import ServerAddress
from adapters.ssh.link import AgentLink, open_link
from hall_runtime.config import HallConfig, Server, SiteConfig
from hall_runtime.doctor.finding import Finding, well, worse, wrong
from hall_runtime.doctor.judge import judged_agent, judged_clock
from hall_runtime.doctor.turns import in_turns
from hall_runtime.keyring import Keyring, address_of
from statemachines.snapshot import Snapshot
from statemachines.words import Motor, Role

CONNECT_LIMIT_S = 5.0
ANSWER_LIMIT_S = 2.0


@dataclass(frozen=True)
class Greeting:
    """What makes a greeting acceptable: a fence that no runtime has used, and this controller's id."""

    fence: int
    controller: str


@dataclass(frozen=True)
class Seat:
    """One role of one hall, on its server."""

    hall: HallConfig
    role: Role
    server: Server

    @property
    def about(self) -> str:
        return f"{self.server.id}: {self.hall.id} {self.role}"


def agent_version() -> str:
    """Return the version of the agent that this program brings."""
    text = resources.files("adapters.ssh").joinpath("agent", "reel-agent").read_text("utf-8")
    found = re.search(r"^VERSION=(\S+)$", text, re.MULTILINE)
    return found[1] if found else "unknown"


def seats_of(config: SiteConfig) -> list[Seat]:
    """Return every seat of the site, by hall."""
    served = ((hall, role, hall.server_of(role)) for hall in config.halls for role in Role)
    return [Seat(hall, role, config.server(name)) for hall, role, name in served if name is not None]


async def servers(config: SiteConfig, keyring: Keyring, greeting: Greeting | None) -> list[Finding]:
    """Ask all seats, a few at a time; each within some ten seconds."""

    async def asked(seat: Seat) -> list[Finding]:
        return await _asked(seat, address_of(config, seat.server), keyring, greeting)

    answers = await in_turns(config, seats_of(config), asked)
    return [finding for findings in answers for finding in findings]


async def _asked(seat: Seat, address: ServerAddress, keyring: Keyring, greeting: Greeting | None) -> list[Finding]:
    try:
        credential = keyring.mint(seat.hall.id, seat.role)
        link = await open_link(address, credential, limit_s=CONNECT_LIMIT_S)
    except (LinkError, ValueError) as failed:
        return [wrong(seat.about, str(failed), _mend(failed, seat, address))]
    try:
        return await _examined(seat, link, greeting)
    except LinkError as failed:
        return [wrong(seat.about, f"took our certificate, but: {failed}", _mend(failed, seat, address))]
    finally:
        with suppress(LinkError):
            await link.bye(ANSWER_LIMIT_S)
        await link.close(ANSWER_LIMIT_S)


async def _examined(seat: Seat, link: AgentLink, greeting: Greeting | None) -> list[Finding]:
    snapshot = await link.snapshot(ANSWER_LIMIT_S)
    if greeting is None:
        return [well(seat.about, "host key, certificate, agent and device answer")]
    if not _stands(snapshot):
        how = "answers; its motor runs or its dowser is open, so that it was not greeted"
        return [worse(seat.about, how, "look again when the hall stands: then clocks and versions are compared")]
    words = (seat.hall.id, seat.role, greeting.fence, 1, greeting.controller, 0)
    welcome = await link.hello(*words, limit_s=ANSWER_LIMIT_S)
    ours_s = int(time.time())
    enrol = f"enrol it again: projectionist enrol {seat.server.id}"
    return [
        judged_agent(seat.about, welcome.version, welcome.abi, ours=agent_version(), enrol=enrol),
        judged_clock(seat.about, welcome.unix_s, ours_s),
    ]


def _stands(snapshot: Snapshot) -> bool:
    return snapshot.motor is Motor.STOP and not snapshot.dowser_open


def _mend(failed: Exception, seat: Seat, address: ServerAddress) -> str:
    """Return what to do, where the error's own words do not say it."""
    match failed:
        case CredentialRefused() | HostKeyRefused():
            return ""
        case HelloRefused(code="stale"):
            return "the device knows a newer start of this site: is this state directory an old copy?"
        case HelloRefused(code="held"):
            return "end the other controller of this hall, or take the hall out of one of the two configurations"
        case ValueError():
            return f"mend the keys of server {seat.server.id!r} in the configuration"
        case LinkError():
            return f"is {address} switched on, is its address right, does sshd run, was it enrolled for {seat.hall.id}?"
        case _:
            return ""
