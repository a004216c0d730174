# SPDX-License-Identifier: Apache-2.0
"""The enrolment script, run for real: as root on this very machine, over a copy of its directories that only the
script and its sshd see (a mount namespace), so that nothing here is changed."""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.ssh.credential import Order
from adapters.ssh.enrol import ACCOUNT, KRL_COMMAND, EnrolPlan, agent_command, enrolment_script
from adapters.ssh.errors import CredentialRefused
from adapters.ssh.hostkeys import ServerAddress
from adapters.ssh.krl import build_krl, krl_order, push_krl
from adapters.ssh.link import open_link
from tests.support.devices import TestDevice
from tests.support.ssh import HALL, LIMIT_S, ROLE, authority, mint

pytestmark = [
    pytest.mark.real_sshd,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can enrol a server"),
]

# $1 holds `script`; the rest is run in the namespace. Only /tmp and /proc stay the machine's own.
_NAMESPACE = """
set -e
top=$1
shift
mount --make-rprivate /
mount -t tmpfs none "$top/over"
mount -t tmpfs none /run
for directory in /etc /usr/local /var/lib; do
    name=$(basename "$directory")
    mkdir -p "$top/over/$name.up" "$top/over/$name.work"
    mount -t overlay none -o "lowerdir=$directory,upperdir=$top/over/$name.up,workdir=$top/over/$name.work" "$directory"
done
cd "$top"
exec sh -ec "$1"
"""

_SERVE = """
sh ./script
printf 'devices = by hand\\n' >/etc/reel/agent.conf
cp /var/lib/reel/revoked.krl before
sh ./script
cmp before /var/lib/reel/revoked.krl
grep -qx 'devices = by hand' /etc/reel/agent.conf
rm /etc/reel/agent.conf
sh ./script
exec "$(command -v sshd)" -D -e -p {port} -o ListenAddress=127.0.0.1 -o PidFile=none
"""

_TAKEN_BACK = """
sh ./script
cp /etc/ssh/sshd_config.d/10-reel.conf before
printf 'Match User reel\\n    TrustedUserCAKeys none\\n' >/etc/ssh/sshd_config.d/05-other.conf
echo 'MaxStartups 1' >>before
cp before /etc/ssh/sshd_config.d/10-reel.conf
if sh ./script; then exit 1; fi
cmp before /etc/ssh/sshd_config.d/10-reel.conf
rm /etc/ssh/sshd_config.d/10-reel.conf
if sh ./script; then exit 1; fi
test ! -e /etc/ssh/sshd_config.d/10-reel.conf
"""


def prepare(top: Path) -> None:
    plan = EnrolPlan(
        server="proj1",
        seats=((HALL, ROLE),),
        authority_line=authority().public_line,
        controllers=("127.0.0.1",),
        devices=str(top / "devices"),
    )
    (top / "script").write_text(enrolment_script(plan))
    (top / "over").mkdir()
    (top / "devices").mkdir()


@pytest.fixture
def top(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("enrol")
    for directory in (top, *top.parents):
        if directory.owner() == "root" and directory.is_relative_to("/tmp/"):
            directory.chmod(directory.stat().st_mode | 0o011)  # the agent's account reaches the devices
    prepare(top)
    return top


async def in_namespace(top: Path, commands: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        "unshare",
        "--mount",
        "sh",
        "-c",
        _NAMESPACE,
        "sh",
        top,
        commands,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


@dataclass(frozen=True, slots=True)
class Enrolled:
    address: ServerAddress
    said: str


async def told(process: asyncio.subprocess.Process, words: str) -> str:
    """Return what a process says until it says these words."""
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(LIMIT_S):
        while words not in said:
            line = await process.stdout.readline()
            assert line, f"it ended without saying {words!r}:\n{said}"
            said += line.decode()
    return said


@pytest.fixture
async def enrolled(top: Path) -> AsyncIterator[Enrolled]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = await in_namespace(top, _SERVE.format(port=port))
    try:
        said = await told(process, "Server listening on")
        host_key = next(line for line in said.splitlines() if line.startswith("ssh-ed25519 "))
        yield Enrolled(ServerAddress(host="127.0.0.1", port=port, user=ACCOUNT, host_keys=(host_key,)), said)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()


async def test_an_enrolled_server_serves_its_hall_and_nothing_else(top: Path, enrolled: Enrolled) -> None:
    assert enrolled.said.count("enrol: proj1 is ready. Pin its host key in cinema.toml") == 3
    good = mint(agent_command(HALL, ROLE))
    with TestDevice(top / "devices", HALL, ROLE) as device:
        link = await open_link(enrolled.address, good, limit_s=LIMIT_S)
        assert (await link.hello(HALL, ROLE, 1, 1, "c1", 0, LIMIT_S)).epoch == 77
        assert await link.command(1, 1, 1, "lamp", "on") == "ok"
        assert device.acted == ["lamp on"]
        await link.close(LIMIT_S)
    root = ServerAddress(
        host=enrolled.address.host, port=enrolled.address.port, user="root", host_keys=enrolled.address.host_keys
    )
    for address, credential in (
        (root, good),
        (enrolled.address, mint("/bin/sh")),
        (enrolled.address, mint(agent_command("beta", ROLE))),
        (enrolled.address, mint(agent_command(HALL, ROLE), principal="reel-beta-projection")),
        (enrolled.address, mint(KRL_COMMAND)),
    ):
        with pytest.raises(CredentialRefused):
            await open_link(address, credential, limit_s=LIMIT_S)


async def test_an_enrolled_server_takes_lists_of_revoked_keys(enrolled: Enrolled) -> None:
    lost = mint(agent_command(HALL, ROLE))
    await (await open_link(enrolled.address, lost, limit_s=LIMIT_S)).close(LIMIT_S)
    order: Order = krl_order("site", KRL_COMMAND, ("127.0.0.1/32",))
    pusher = authority().mint(order, now_s=int(time.time()), serial=1)
    krl = await build_krl(authority().public_line, [lost.serial], version=1)
    await push_krl(enrolled.address, pusher, krl, limit_s=LIMIT_S)
    with pytest.raises(CredentialRefused):
        await open_link(enrolled.address, lost, limit_s=LIMIT_S)
    await (await open_link(enrolled.address, mint(agent_command(HALL, ROLE)), limit_s=LIMIT_S)).close(LIMIT_S)


async def test_settings_that_sshd_does_not_follow_are_taken_back(top: Path) -> None:
    process = await in_namespace(top, _TAKEN_BACK)
    async with asyncio.timeout(LIMIT_S):
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert said.decode().count("they were taken back") == 2
