# SPDX-License-Identifier: Apache-2.0
"""A list of revoked keys on its whole way: made, pushed through its own principal, in force at a real sshd."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from adapters.ssh.credential import Credential
from adapters.ssh.errors import CredentialRefused, KrlRefused, Unreachable
from adapters.ssh.krl import KRL_PRINCIPAL, build_krl, krl_order, push_krl
from adapters.ssh.link import open_link
from tests.support.ssh import HALL, LIMIT_S, ROLE, agent_server, authority, mint, sshd_address
from tests.support.sshd import AGENT, RealSshd

REEL_KRL = AGENT / "reel-krl"


@pytest.fixture
def sshd() -> Iterator[RealSshd]:
    with RealSshd(ca_public=authority().public_line, principals=[f"reel-{HALL}-{ROLE}", KRL_PRINCIPAL]) as sshd:
        shutil.copy(REEL_KRL, sshd.root / "reel-krl")
        sshd.grant(sshd.root)
        (sshd.root / "host_key").chmod(0o600)
        yield sshd


def pusher(sshd: RealSshd) -> Credential:
    order = krl_order("site", f"{sshd.root}/reel-krl {sshd.root}/revoked.krl", ("127.0.0.1/32",))
    return authority().mint(order, now_s=int(time.time()), serial=1)


def left_over(sshd: RealSshd) -> list[Path]:
    return list(sshd.root.glob("revoked.krl.new*"))


@pytest.mark.real_sshd
async def test_a_pushed_list_is_in_force_and_can_be_taken_back(sshd: RealSshd) -> None:
    lost = mint(sshd.force_command(HALL, ROLE))
    await (await open_link(sshd_address(sshd), lost, limit_s=LIMIT_S)).close(LIMIT_S)
    for serials, refused in (([lost.serial], True), ([], False)):
        krl = await build_krl(authority().public_line, serials, version=1)
        await push_krl(sshd_address(sshd), pusher(sshd), krl, limit_s=LIMIT_S)
        if refused:
            with pytest.raises(CredentialRefused):
                await open_link(sshd_address(sshd), lost, limit_s=LIMIT_S)
        else:
            await (await open_link(sshd_address(sshd), lost, limit_s=LIMIT_S)).close(LIMIT_S)
    assert left_over(sshd) == []


@pytest.mark.real_sshd
@pytest.mark.parametrize(
    ("sent", "code"),
    [(b"", "size"), (b"no list", "list"), (b"SSHKRL\n\0" + b"\0" * 40, "list"), (b"x" * 70_000, "size")],
    ids=["empty", "text", "damaged", "big"],
)
async def test_a_list_that_would_lock_everybody_out_is_refused(sshd: RealSshd, sent: bytes, code: str) -> None:
    before = (sshd.root / "revoked.krl").read_bytes()
    with pytest.raises(KrlRefused) as refused:
        await push_krl(sshd_address(sshd), pusher(sshd), sent, limit_s=LIMIT_S)
    assert refused.value.code == code
    assert (sshd.root / "revoked.krl").read_bytes() == before
    assert left_over(sshd) == []
    await (await open_link(sshd_address(sshd), mint(), limit_s=LIMIT_S)).close(LIMIT_S)


async def test_a_server_that_takes_the_list_and_says_nothing() -> None:
    async def mute(process: asyncssh.SSHServerProcess[bytes]) -> None:
        await process.stdin.read()
        await process.channel.wait_closed()

    async with agent_server(mute) as address:
        with pytest.raises(Unreachable, match="no answer"):
            await push_krl(address, mint(), b"x", limit_s=0.5)


@pytest.mark.parametrize("answer", [b"", b"yes\n", b"ok ok\n", b"\xff\n", b"y" * 100_000])
async def test_a_server_that_answers_something_else(answer: bytes) -> None:
    async def odd(process: asyncssh.SSHServerProcess[bytes]) -> None:
        await process.stdin.read()
        process.stdout.write(answer)

    async with agent_server(odd) as address:
        with pytest.raises(KrlRefused) as refused:
            await push_krl(address, mint(), b"x", limit_s=LIMIT_S)
    assert refused.value.code == "answer"
    assert len(str(refused.value)) < 300
