# SPDX-License-Identifier: Apache-2.0
"""OpenSSH's list of revoked keys (KRL): made by ssh-keygen, checked by ssh-keygen, pushed to a server."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

import asyncssh

from adapters.ssh.connect import open_connection
from adapters.ssh.credential import Credential, Order
from adapters.ssh.errors import KrlRefused, Unreachable
from adapters.ssh.hostkeys import ServerAddress

KRL_PRINCIPAL = "reel-krl"
MAX_KRL_BYTES = 65_536
"""The same limit as in reel-krl."""
_KEYGEN_LIMIT_S = 10.0
_MAX_ANSWER_BYTES = 64


def krl_order(site: str, force_command: str, source_address: tuple[str, ...]) -> Order:
    """Order the short certificate with which a list is pushed: it can do nothing else."""
    return Order(
        hall=site,
        role="krl",
        principal=KRL_PRINCIPAL,
        force_command=force_command,
        source_address=source_address,
        life_s=120,
    )


async def build_krl(authority_line: str, serials: Sequence[int], *, version: int) -> bytes:
    """Make the list that revokes these serials of this CA; `version` must rise (Unix seconds will do).

    Raises:
        KrlRefused: it would be too big, or ssh-keygen fails.
    """
    with tempfile.TemporaryDirectory(prefix="reel-krl-") as name:
        authority, spec, made = (Path(name, part) for part in ("ca.pub", "spec", "krl"))
        authority.write_text(f"{authority_line}\n", encoding="ascii")
        spec.write_text("".join(f"serial: {serial}\n" for serial in sorted(serials)), encoding="ascii")
        await _keygen("-q", "-k", "-f", str(made), "-s", str(authority), "-z", str(version), str(spec))
        await _keygen("-Q", "-f", str(made))
        krl = made.read_bytes()
    if len(krl) > MAX_KRL_BYTES:
        raise KrlRefused("size", f"{len(krl)} bytes, at most {MAX_KRL_BYTES}: revoke the CA itself instead")
    return krl


async def _keygen(*arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        "ssh-keygen",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_KEYGEN_LIMIT_S):
            _, complaint = await process.communicate()
    except TimeoutError as late:
        raise KrlRefused("timeout", f"ssh-keygen took more than {_KEYGEN_LIMIT_S:g} s") from late
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise KrlRefused("keygen", complaint.decode(errors="replace").strip()[:200])


async def push_krl(address: ServerAddress, credential: Credential, krl: bytes, *, limit_s: float) -> None:
    """Give a server the new list; it is in force there when this returns.

    Raises:
        KrlRefused: the server did not take it; `code` is size, list or write.
        CredentialRefused, HostKeyRefused, Unreachable: see `open_connection`.
    """
    ends_at = asyncio.get_running_loop().time() + limit_s
    connection = await open_connection(address, credential, limit_s=limit_s)
    try:
        async with asyncio.timeout_at(ends_at):
            answer = await _exchange(connection, krl)
    except (TimeoutError, asyncssh.Error, OSError) as wrong:
        raise Unreachable(str(address), f"no answer to the list of revoked keys: {wrong}") from wrong
    finally:
        connection.abort()
    match answer.split():
        case ["ok"]:
            return
        case ["failed", code]:
            raise KrlRefused(code, f"said {address}")
        case _:
            raise KrlRefused("answer", f"{address} said {answer!r}")


async def _exchange(connection: asyncssh.SSHClientConnection, krl: bytes) -> str:
    # The certificate's force-command takes the place of this name.
    process = await connection.create_process("reel-krl", encoding=None)
    process.stdin.write(krl)
    process.stdin.write_eof()
    answer = await process.stdout.readline()
    return str(answer[:_MAX_ANSWER_BYTES].decode("ascii", "replace"))
