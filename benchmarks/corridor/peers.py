# SPDX-License-Identifier: Apache-2.0
"""The floor and the peers. Each hears the same uevent from a raw netlink socket; each does less than the corridor.

No peer decides, numbers, logs or carries out anything: the floor's round trip is one byte through `cat`, the
others run `true`.
"""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import asyncssh
from typing_extensions import override

from adapters.ssh.connect import open_connection
from benchmarks.corridor.scene import REST_S, Scene

LIMIT_S = 10.0
_KERNEL_GROUP = 1
_NETLINK_KOBJECT_UEVENT = 15
_SO_RCVBUFFORCE = 33

React = Callable[[], Awaitable[object]]
Opened = AbstractAsyncContextManager[React]


class _Ear:
    """A raw netlink socket: no library, no parser; it looks for this run's id in the bytes."""

    def __init__(self, uuid: str) -> None:
        self._mark = uuid.encode("ascii")
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_KOBJECT_UEVENT)
        # As much as ours asks for: another program's storm must not cost an event of this one.
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 16 << 20)
        self._socket.bind((0, _KERNEL_GROUP))
        self._socket.setblocking(False)
        self._heard: asyncio.Future[None] | None = None
        asyncio.get_running_loop().add_reader(self._socket, self._readable)

    def _readable(self) -> None:
        if self._mark in self._socket.recv(8192) and self._heard is not None and not self._heard.done():
            self._heard.set_result(None)

    def next(self) -> asyncio.Future[None]:
        self._heard = asyncio.get_running_loop().create_future()
        return self._heard

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()


class _Echo(asyncssh.SSHClientSession[bytes]):
    """One byte out, one byte back, on a channel that stays open."""

    def __init__(self) -> None:
        self._back: asyncio.Future[None] | None = None

    @override
    def data_received(self, data: bytes, datatype: int | None) -> None:
        if self._back is not None:
            self._back.set_result(None)
            self._back = None

    def sent(self) -> asyncio.Future[None]:
        self._back = asyncio.get_running_loop().create_future()
        return self._back


async def timed(scene: Scene, react: React, samples: int, rest_s: float = REST_S) -> list[float]:
    """Send a uevent, react to it when it is heard, and return how long each took, in µs."""
    ear = _Ear(scene.uuid)
    try:
        taken = []
        for number in range(samples):
            heard = ear.next()
            began_ns = time.monotonic_ns()
            scene.uevent(f"EVENT=start SEQ={number}")
            async with asyncio.timeout(LIMIT_S):
                await heard
                await react()
            taken.append((time.monotonic_ns() - began_ns) / 1000)
            await asyncio.sleep(rest_s)
        return taken
    finally:
        ear.close()


@asynccontextmanager
async def floor(scene: Scene) -> AsyncIterator[React]:
    """A raw round trip on an open asyncssh channel whose other end is `cat`."""
    connection = await open_connection(scene.address, scene.credential("cat"), limit_s=LIMIT_S)
    async with connection:
        echo = _Echo()
        channel, _ = await connection.create_session(lambda: echo, encoding=None)

        async def react() -> None:
            back = echo.sent()
            channel.write(b"x")
            await back

        yield react


@asynccontextmanager
async def warm_exec(scene: Scene) -> AsyncIterator[React]:
    """A new exec channel for each event, on a connection that is open."""
    connection = await open_connection(scene.address, scene.credential("true"), limit_s=LIMIT_S)
    async with connection:
        yield lambda: connection.run("true", check=True)


@asynccontextmanager
async def control_master(scene: Scene) -> AsyncIterator[React]:
    """`ssh` for each event, through a ControlMaster that is up."""
    options = [*_options(scene, "master"), "-o", f"ControlPath={scene.directory}/mux"]
    host = scene.sshd.host
    # With -f it comes back once it is logged in.
    if status := await _status([*options, "-o", "ControlMaster=yes", "-f", "-N", host]):
        raise RuntimeError(f"the ControlMaster ended with status {status}")
    try:
        yield lambda: _ssh(options, host)
    finally:
        await _status([*options, "-O", "exit", host])


@asynccontextmanager
async def cold_ssh(scene: Scene) -> AsyncIterator[React]:
    """`ssh` for each event, with a connection of its own."""
    options = [*_options(scene, "cold"), "-o", "ControlPath=none"]
    yield lambda: _ssh(options, scene.sshd.host)


async def _ssh(options: list[str], host: str) -> None:
    if status := await _status([*options, host, "true"]):
        raise RuntimeError(f"ssh ended with status {status}")


async def _status(words: list[str]) -> int:
    nothing = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec("ssh", *words, stdin=nothing, stdout=nothing, stderr=nothing)
    return await process.wait()


def identity(scene: Scene, name: str, command: str) -> Path:
    """Write a key and its certificate for one command as OpenSSH's client reads them; return the key's path."""
    credential = scene.credential(command)
    key = scene.directory / name
    key.touch(mode=0o600)
    key.write_bytes(credential.key.export_private_key("openssh"))
    Path(f"{key}-cert.pub").write_bytes(credential.certificate.export_certificate())
    (scene.directory / "known_hosts").write_text(f"[{scene.sshd.host}]:{scene.sshd.port} {scene.sshd.host_public}\n")
    return key


def _options(scene: Scene, name: str) -> list[str]:
    settings = {
        "BatchMode": "yes",
        "IdentityFile": identity(scene, name, "true"),
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "UserKnownHostsFile": scene.directory / "known_hosts",
        "GlobalKnownHostsFile": os.devnull,
        "Port": scene.sshd.port,
        "User": scene.sshd.account,
    }
    return ["-F", os.devnull, *(word for key, value in settings.items() for word in ("-o", f"{key}={value}"))]
