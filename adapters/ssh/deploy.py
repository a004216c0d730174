# SPDX-License-Identifier: Apache-2.0
"""The controller's side of deployments: one SSH connection as root, on which each step is one request to reel-deploy.

A certificate for it can do nothing else: its force-command is reel-deploy, which reads the request as words.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import asyncssh

from adapters.ssh.connect import closed_within, open_connection
from adapters.ssh.credential import Credential, Order
from adapters.ssh.deploy_answers import MAX_ANSWER, Answer, findings, parse_answer
from adapters.ssh.errors import DeployMisbehaved, LinkError, LinkLost, ServerRefused, readable
from adapters.ssh.hostkeys import ServerAddress
from statemachines.deployment_facts import Check, Findings

DEPLOY_PRINCIPAL = "reel-deploy"
DEPLOY_USER = "root"
DEPLOY_COMMAND = "/usr/local/lib/reel/reel-deploy"
"""The force-command of deployment certificates, where enrolment puts that program."""
DEPLOY_LIFE_S = 120
_MARGIN_S = 1.0
"""sshd counts whole seconds: our end must not lie behind the server's."""

MANIFEST, SIGNATURE = "manifest", "manifest.sig"
NO_MODULE = "none"
"""What a roll-back to no module is called on the line."""

_KEEPALIVE_S, _KEEPALIVES_LOST = 5.0, 3
_WORD = re.compile(r"[A-Za-z0-9._-]{1,128}")
_SHA = re.compile(r"[0-9a-f]{64}")
_CHUNK = 32_768
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a server was found to have, and the end of its kernel's log."""

    found: Findings
    kernel_log: str


@dataclass(frozen=True, slots=True)
class Probed:
    """How one check of the loaded module ended. `abi` is 0 for other checks; `words` say what is wrong."""

    passed: bool
    abi: int = 0
    words: str = ""
    kernel_log: str = ""


def deploy_order(site: str, source_address: tuple[str, ...], command: str = DEPLOY_COMMAND) -> Order:
    """Order the short certificate of one deployment session: it can do nothing but its verbs."""
    return Order(
        hall=site,
        role="deploy",
        principal=DEPLOY_PRINCIPAL,
        force_command=command,
        source_address=source_address,
        life_s=DEPLOY_LIFE_S,
    )


def _nothing(_: Answer) -> Any:
    return None


class DeployLink:
    """An open deployment session. Steps are asked one at a time; each takes its own limit in seconds.

    It ends with its certificate, by itself: no step lasts longer than that.

    Every step raises:
        ServerRefused: the server did not do it; the words say why. The session goes on.
        LinkLost: the session ended, or the limit did: whether it was done is not known. The session is over.
        DeployMisbehaved: the answer cannot be read. The session is over.
    """

    def __init__(self, connection: asyncssh.SSHClientConnection, serial: int, life_s: float) -> None:
        self.serial = serial
        self._connection = connection
        loop = asyncio.get_running_loop()
        self._ends_at = loop.time() + life_s
        self._end = loop.call_at(self._ends_at, connection.abort)

    @property
    def left_s(self) -> float:
        """Return how long its certificate is good, counted on the monotonic clock."""
        return max(0.0, self._ends_at - asyncio.get_running_loop().time())

    async def inspect(self, *, limit_s: float) -> Inspection:
        """Read what the server has."""
        return await self._ask("inspect", limit_s=limit_s, read=_inspected)

    async def stage(self, sha: str, files: Mapping[str, Path], *, limit_s: float) -> None:
        """Upload a release, its manifest first, and have the server verify it. `files` by name, as in the manifest."""
        ends_at = asyncio.get_running_loop().time() + limit_s
        for name in sorted(files, key=lambda each: (each != MANIFEST, each != SIGNATURE, each)):
            data = await asyncio.to_thread(files[name].read_bytes)
            await self._ask("stage", sha, "put", name, data=data, limit_s=_left_s(ends_at))
        await self._ask("stage", sha, "verify", limit_s=_left_s(ends_at))

    async def install(self, sha: str, *, limit_s: float) -> None:
        """Put the release where it can be loaded from; what boots now is kept under its own name."""
        await self._ask("install", sha, limit_s=limit_s)

    async def unload(self, sha: str, *, limit_s: float) -> None:
        """Unload the module that was found loaded under this name; refused while film is in a path."""
        await self._ask("unload", sha, limit_s=limit_s)

    async def load(self, sha: str, *, limit_s: float) -> tuple[int, ...]:
        """Load the installed release, and drill its interlock; return the epochs of its devices."""
        return await self._ask("load", sha, limit_s=limit_s, read=lambda answer: answer.numbers("epochs"))

    async def probe(self, sha: str, check: Check, *, limit_s: float) -> Probed:
        """Have the loaded release checked. A refusal is a check that did not pass."""
        read = _abi if check is Check.ABI else _passed
        try:
            return await self._ask("probe", sha, str(check), limit_s=limit_s, read=read)
        except ServerRefused as refused:
            return Probed(passed=False, words=refused.words, kernel_log=refused.kernel_log)

    async def commit(self, sha: str, *, limit_s: float) -> None:
        """Have the server start with the loaded release from now on."""
        await self._ask("commit", sha, limit_s=limit_s)

    async def rollback(self, sha_or_empty: str, *, limit_s: float) -> None:
        """Bring back what was kept: loaded now, and when the server starts. Empty: no module."""
        await self._ask("rollback", sha_or_empty or NO_MODULE, limit_s=limit_s)

    async def close(self, limit_s: float = 5.0) -> None:
        """Close in good order, and by force after `limit_s` seconds. Never raises and never hangs."""
        self._end.cancel()
        self._connection.close()
        await closed_within(self._connection, limit_s)

    async def _ask(
        self, *request: str, limit_s: float, data: bytes = b"", read: Callable[[Answer], _T] = _nothing
    ) -> _T:
        for word in request:
            if not _WORD.fullmatch(word):
                raise ValueError(f"a word of a request is {_WORD.pattern}, not {word!r}")
        asked = " ".join(word for word in request if not _SHA.fullmatch(word))
        left_s = self.left_s
        try:
            async with asyncio.timeout(min(limit_s, left_s)):
                said, status = await self._exchange(" ".join(request), data)
            if not said and status is None:
                raise LinkLost(f"the server ended the session at '{asked}'")
            return read(parse_answer(said, status))
        except TimeoutError as late:
            within = f"within {limit_s:g} s" if limit_s <= left_s else "before the session's certificate ended"
            raise self._over(LinkLost(f"no answer to '{asked}' {within}")) from late
        except (asyncssh.Error, OSError) as wrong:
            reason = readable(str(wrong)) or type(wrong).__name__
            raise self._over(LinkLost(f"at '{asked}': {reason}")) from wrong
        except (LinkError, asyncio.CancelledError):
            self._connection.abort()
            raise

    def _over(self, error: LinkError) -> LinkError:
        """What may still be done over there is not known, so nothing else is asked here."""
        self._connection.abort()
        return error

    async def _exchange(self, request: str, data: bytes) -> tuple[bytes, int | None]:
        """Send a request with its data; return all of the answer, and the status."""
        process = await self._connection.create_process(request, encoding=None, stderr=asyncssh.DEVNULL)
        feeding = asyncio.create_task(_feed(process, data))
        try:
            said = await _all_of(process)
            await process.wait_closed()
        finally:
            feeding.cancel()
            await asyncio.wait([feeding])
        return said, process.exit_status


def _left_s(ends_at: float) -> float:
    return max(0.001, ends_at - asyncio.get_running_loop().time())


def _inspected(answer: Answer) -> Inspection:
    return Inspection(findings(answer), answer.kernel_log)


def _passed(_: Answer) -> Probed:
    return Probed(passed=True)


def _abi(answer: Answer) -> Probed:
    return Probed(passed=True, abi=answer.number("abi"))


async def _feed(process: asyncssh.SSHClientProcess[bytes], data: bytes) -> None:
    """A server that refuses early does not read to the end; its answer says why."""
    with suppress(asyncssh.Error, OSError):
        for start in range(0, len(data), _CHUNK):
            process.stdin.write(data[start : start + _CHUNK])
            await process.stdin.drain()
        process.stdin.write_eof()


async def _all_of(process: asyncssh.SSHClientProcess[bytes]) -> bytes:
    said = b""
    while part := await process.stdout.read(_CHUNK):
        said += part
        if len(said) > MAX_ANSWER:
            raise DeployMisbehaved(f"it says more than {MAX_ANSWER} bytes")
    return said


async def open_deploy(address: ServerAddress, credential: Credential, limit_s: float) -> DeployLink:
    """Connect and authenticate within `limit_s` seconds. `address.user` is root on a server that was enrolled.

    Raises:
        CredentialRefused, HostKeyRefused, Unreachable: see `open_connection`.
        ValueError: the configured host keys cannot be read.
    """
    life_s = credential.valid_before_s - time.time() - _MARGIN_S
    began = time.monotonic()
    connection = await open_connection(address, credential, limit_s=limit_s)
    connection.set_keepalive(_KEEPALIVE_S, _KEEPALIVES_LOST)
    return DeployLink(connection, credential.serial, life_s - (time.monotonic() - began))
