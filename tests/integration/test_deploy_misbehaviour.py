# SPDX-License-Identifier: Apache-2.0
"""Servers that answer a deployment's steps with something else, too much, too little, or nothing."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import asyncssh
import pytest

from adapters.ssh.deploy import open_deploy
from adapters.ssh.errors import DeployMisbehaved, LinkError, LinkLost, ServerRefused
from tests.support.ssh import LIMIT_S, agent_server, mint

SHA = "0" * 64


async def mute(process: asyncssh.SSHServerProcess[bytes]) -> None:
    await process.channel.wait_closed()


async def gone(process: asyncssh.SSHServerProcess[bytes]) -> None:
    process.get_extra_info("connection").abort()


async def half(process: asyncssh.SSHServerProcess[bytes]) -> None:
    process.stdout.write(b"epochs=1\n")
    process.exit(0)


async def endless(process: asyncssh.SSHServerProcess[bytes]) -> None:
    while True:
        process.stdout.write(b"log x\n" * 1000)
        await process.stdout.drain()


async def killed(process: asyncssh.SSHServerProcess[bytes]) -> None:
    process.stdout.write(b"epochs=1\nok\n")
    process.exit_with_signal("KILL")


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (mute, LinkLost),
        (gone, LinkLost),
        (half, DeployMisbehaved),
        (endless, DeployMisbehaved),
        (killed, DeployMisbehaved),
    ],
)
async def test_the_session_is_over(
    behaviour: Callable[[asyncssh.SSHServerProcess[bytes]], object], error: type[LinkError]
) -> None:
    async with agent_server(behaviour) as address:  # type: ignore[arg-type]
        link = await open_deploy(address, mint(), LIMIT_S)
        with pytest.raises(error):
            await link.load(SHA, limit_s=1.0)
        with pytest.raises(LinkLost):
            await link.load(SHA, limit_s=LIMIT_S)
        await link.close()


async def test_a_refusal_in_the_middle_of_an_upload_is_heard(tmp_path: Path) -> None:
    async def full(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.stdout.write(b"refused no space is left\n")
        process.exit(1)

    big = tmp_path / "big"
    big.write_bytes(bytes(8 << 20))
    async with agent_server(full) as address:
        link = await open_deploy(address, mint(), LIMIT_S)
        for _ in range(2):
            with pytest.raises(ServerRefused, match="no space is left"):
                await link.stage(SHA, {"manifest": big}, limit_s=LIMIT_S)
        await link.close()


async def test_a_server_that_does_not_take_an_upload_is_left_in_time(tmp_path: Path) -> None:
    big = tmp_path / "big"
    big.write_bytes(bytes(8 << 20))
    async with agent_server(mute) as address:
        link = await open_deploy(address, mint(), LIMIT_S)
        began = asyncio.get_running_loop().time()
        with pytest.raises(LinkLost, match="no answer to 'stage put manifest'"):
            await link.stage(SHA, {"manifest": big}, limit_s=0.5)
        assert asyncio.get_running_loop().time() - began < 5
        await link.close()


async def test_no_session_outlives_its_certificate() -> None:
    aged = mint(age_s=117, life_s=120)
    async with agent_server(mute) as address:
        busy, idle = [await open_deploy(address, aged, LIMIT_S) for _ in range(2)]
        assert (busy.serial, 0 < busy.left_s < 3) == (aged.serial, True)
        began = asyncio.get_running_loop().time()
        with pytest.raises(LinkLost, match="no answer to 'load' before the session's certificate ended"):
            await busy.load(SHA, limit_s=60.0)
        assert asyncio.get_running_loop().time() - began < 3
        await asyncio.sleep(0.2)
        assert (idle.left_s, idle._connection.is_closed()) == (0.0, True)
        for link in (busy, idle):
            await link.close()


async def test_no_word_of_another_form_is_ever_sent() -> None:
    async with agent_server(mute) as address:
        link = await open_deploy(address, mint(), LIMIT_S)
        for word in ("", "a b", "a;b", "$(id)", "x" * 129, "a\n"):
            with pytest.raises(ValueError, match="a word of a request"):
                await link.unload(word, limit_s=1.0)
        await link.close()
