# SPDX-License-Identifier: Apache-2.0
"""The enrolment script, run for real: as root on this very machine, over a copy of its directories that only the
script and its sshd see (a mount namespace), so that nothing here is changed."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import asyncssh
import pytest

from adapters.ssh.credential import Order
from adapters.ssh.deploy import DEPLOY_COMMAND, DEPLOY_PRINCIPAL, open_deploy
from adapters.ssh.enrol import ACCOUNT, KRL_COMMAND, EnrolPlan, agent_command, enrolment_script
from adapters.ssh.errors import CredentialRefused, ServerRefused
from adapters.ssh.hostkeys import ServerAddress
from adapters.ssh.krl import KRL_PRINCIPAL, build_krl, krl_order, push_krl
from adapters.ssh.link import open_link
from adapters.ssh.watch import WATCH_PRINCIPAL, open_watch, watch_command
from tests.support.deploy_targets import deploy_credential
from tests.support.devices import TestDevice
from tests.support.ports import free_port
from tests.support.shipped import Signer, make_signer, module, ship
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


_ROOT_IS_OPEN = """
printf 'Match User root\\n    PermitRootLogin yes\\n' >/etc/ssh/sshd_config.d/05-other.conf
if sh ./script; then exit 1; fi
test ! -e /etc/ssh/sshd_config.d/10-reel.conf
rm /etc/ssh/sshd_config.d/05-other.conf
printf 'PermitRootLogin yes\\n' >/etc/ssh/sshd_config.d/05-other.conf
sh ./script
"""

_SERVE_ROOT = """
cat ./root.pub >/etc/ssh/keys_root
sh ./script
sh ./script
stat -c '%U:%G %a' /var/lib/reel /var/lib/reel/revoked.krl
exec "$(command -v sshd)" -D -e -p {port} -o ListenAddress=127.0.0.1 -o PidFile=none \\
    -o AuthorizedKeysFile=/etc/ssh/keys_%u -o StrictModes=no -o PermitRootLogin=no
"""


def prepare(top: Path, signers: tuple[str, ...] = ()) -> None:
    plan = EnrolPlan(
        server="proj1",
        seats=((HALL, ROLE),),
        authority_line=authority().public_line,
        controllers=("127.0.0.1",),
        devices=str(top / "devices"),
        watched="mem",
        signers=signers,
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
    async with asyncio.timeout(3 * LIMIT_S):  # an enrolment makes accounts and keys, and is run again
        while words not in said:
            line = await process.stdout.readline()
            assert line, f"it ended without saying {words!r}:\n{said}"
            said += line.decode()
    return said


@asynccontextmanager
async def served(top: Path, commands: str) -> AsyncIterator[Enrolled]:
    port = free_port()
    process = await in_namespace(top, commands.format(port=port))
    try:
        said = await told(process, "Server listening on")
        host_key = next(line for line in said.splitlines() if line.startswith("ssh-ed25519 "))
        yield Enrolled(ServerAddress(host="127.0.0.1", port=port, user=ACCOUNT, host_keys=(host_key,)), said)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()


@pytest.fixture
async def enrolled(top: Path) -> AsyncIterator[Enrolled]:
    async with served(top, _SERVE) as enrolled:
        yield enrolled


async def test_an_enrolled_server_serves_its_hall_and_nothing_else(top: Path, enrolled: Enrolled) -> None:
    assert enrolled.said.count("enrol: proj1 is ready. Pin its host key in cinema.toml") == 3
    good = mint(agent_command(HALL, ROLE))
    with TestDevice(top / "devices", HALL, ROLE) as device:
        link = await open_link(enrolled.address, good, limit_s=LIMIT_S)
        assert (await link.hello(HALL, ROLE, 1, 1, "c1", 0, LIMIT_S)).epoch == 77
        assert await link.command(1, 1, 1, "lamp", "on") == "ok"
        assert device.acted == ["lamp on"]
        await link.close(LIMIT_S)
    said = bytearray()
    watching = mint(watch_command("mem"), principal=WATCH_PRINCIPAL)
    watch = await open_watch(enrolled.address, watching, said.extend, limit_s=LIMIT_S)
    async with asyncio.timeout(LIMIT_S):
        while b"KERNEL - " not in said:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.01)
    await watch.close(1.0)
    root = ServerAddress(
        host=enrolled.address.host, port=enrolled.address.port, user="root", host_keys=enrolled.address.host_keys
    )
    for address, credential in (
        (root, good),
        (enrolled.address, mint("/bin/sh")),
        (enrolled.address, mint(agent_command("beta", ROLE))),
        (enrolled.address, mint("/bin/sh", principal=WATCH_PRINCIPAL)),
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


async def test_a_block_that_opens_root_s_login_wider_ends_the_enrolment(top: Path) -> None:
    """One before ours wins; a setting for everybody does not."""
    prepare_again(top, make_signer(top))
    process = await in_namespace(top, _ROOT_IS_OPEN)
    async with asyncio.timeout(3 * LIMIT_S):
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert said.decode().count("they were taken back") == 1


def root_of(enrolled: Enrolled) -> ServerAddress:
    return replace(enrolled.address, user="root")


async def test_a_server_that_takes_deployments_lets_root_in_for_them_alone(top: Path) -> None:
    signer = make_signer(top)
    prepare_again(top, signer)
    named, bare = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    lines = [f'command="echo done" {line(named)}', line(bare)]
    (top / "root.pub").write_text("\n".join([*lines, ""]))
    async with served(top, _SERVE_ROOT) as enrolled:
        assert "from now on root logs in over SSH only by a key that names a command" in enrolled.said
        assert "root:reel 1775\nroot:root 644" in enrolled.said
        root = root_of(enrolled)
        link = await open_deploy(root, deploy_credential(), LIMIT_S)
        found = (await link.inspect(limit_s=LIMIT_S)).found
        assert (found.kernel, found.staged) == (os.uname().release, ())
        release = ship(top / "release", {"reelctl.ko": module("new")}, signer)
        await link.stage(release.sha, release.files, limit_s=LIMIT_S)
        stranger = ship(top / "stranger", {"reelctl.ko": module("x")}, make_signer(top, "other"))
        with pytest.raises(ServerRefused, match="does not know"):
            await link.stage(stranger.sha, stranger.files, limit_s=LIMIT_S)
        await link.close()
        for address, credential in (
            (root, mint(agent_command(HALL, ROLE))),
            (root, deploy_credential("/bin/sh")),
            (root, mint(DEPLOY_COMMAND)),
            (root, mint(DEPLOY_COMMAND, principal=WATCH_PRINCIPAL)),
            (root, mint(KRL_COMMAND, principal=DEPLOY_PRINCIPAL)),
            (enrolled.address, deploy_credential()),
            (enrolled.address, mint(DEPLOY_COMMAND)),
            (enrolled.address, mint(KRL_COMMAND, principal=KRL_PRINCIPAL)),
        ):
            with pytest.raises(CredentialRefused):
                await open_link(address, credential, limit_s=LIMIT_S)
        # Root's own keys: one that names its command is let in, one that would be a shell is not.
        assert await run_as_root(root, named) == "done\n"
        with pytest.raises(asyncssh.Error):  # sshd hangs up on it, sooner or later
            await run_as_root(root, bare)
        # The list of revoked keys comes as root too, and is held against root's certificates and the account's.
        lost, gone = deploy_credential(), mint(agent_command(HALL, ROLE))
        pusher = authority().mint(krl_order("site", KRL_COMMAND, ("127.0.0.1/32",)), now_s=int(time.time()), serial=1)
        krl = await build_krl(authority().public_line, [lost.serial, gone.serial], version=1)
        await push_krl(root, pusher, krl, limit_s=LIMIT_S)
        for address, credential in ((root, lost), (enrolled.address, gone)):
            with pytest.raises(CredentialRefused):
                await open_link(address, credential, limit_s=LIMIT_S)
        await (await open_link(enrolled.address, mint(agent_command(HALL, ROLE)), limit_s=LIMIT_S)).close(LIMIT_S)


def prepare_again(top: Path, signer: Signer) -> None:
    for made in ("over", "devices"):
        (top / made).rmdir()
    prepare(top, (signer.line,))


def line(key: asyncssh.SSHKey) -> str:
    return key.export_public_key().decode().strip()


async def run_as_root(address: ServerAddress, key: asyncssh.SSHKey) -> str:
    trusted: tuple[list[asyncssh.SSHKey], ...] = ([asyncssh.import_public_key(address.host_keys[0])], [], [])
    async with asyncssh.connect(
        address.host,
        address.port,
        username="root",
        client_keys=[key],
        known_hosts=trusted,
        config=None,
        agent_path=None,
    ) as connection:
        return str((await connection.run("id")).stdout)
