# SPDX-License-Identifier: Apache-2.0
"""What a controller can rely on at a server that takes deployments: held by the real reel-deploy and by the simulated
one."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.ssh.deploy import DeployLink
from adapters.ssh.errors import ServerRefused
from statemachines.deployment_facts import Check
from tests.support.deploy_targets import Target, opened, real_target, simulated_target
from tests.support.shipped import AGENT, ILL_AGENT, KERNEL, VERMAGIC, Shipped, Signer, make_signer, module, ship
from tests.support.ssh import LIMIT_S
from tests.support.sysroot import OLD, OLD_KO

NEW_KO = module("new")
PARTS = {"reelctl.ko": NEW_KO, "reel-agent": AGENT, "agent.conf": b"devices = /new\n"}


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return make_signer(tmp_path_factory.mktemp("signer"))


@pytest.fixture
def old() -> bytes | None:
    return OLD_KO


@pytest.fixture(params=[pytest.param("real", marks=pytest.mark.real_sshd), "simulated"])
async def target(
    request: pytest.FixtureRequest, signer: Signer, tmp_path: Path, old: bytes | None
) -> AsyncIterator[Target]:
    serving = real_target(signer, old) if request.param == "real" else simulated_target(signer, tmp_path, old)
    async with serving as target:
        yield target


@pytest.fixture
async def link(target: Target) -> AsyncIterator[DeployLink]:
    link = await opened(target)
    yield link
    await link.close()


@pytest.fixture
def release(tmp_path: Path, signer: Signer) -> Shipped:
    return ship(tmp_path / "release", PARTS, signer)


@pytest.fixture
def ill_release(tmp_path: Path, signer: Signer, ill: str) -> Shipped:
    key, _, value = ill.partition("=")
    return ship(tmp_path / "ill", {"reelctl.ko": module("ill", **{key: value})}, signer)


async def brought(link: DeployLink, release: Shipped) -> tuple[int, ...]:
    """Bring a release up to where it is loaded."""
    await link.stage(release.sha, release.files, limit_s=LIMIT_S)
    await link.install(release.sha, limit_s=LIMIT_S)
    await link.unload((await link.inspect(limit_s=LIMIT_S)).found.loaded, limit_s=LIMIT_S)
    return await link.load(release.sha, limit_s=LIMIT_S)


async def test_a_server_as_it_was_set_up(link: DeployLink) -> None:
    inspection = await link.inspect(limit_s=LIMIT_S)
    found = inspection.found
    assert (found.kernel, found.vermagic, found.sig_enforce) == (KERNEL, VERMAGIC, False)
    assert (found.loaded, found.boots, found.staged, found.installed) == (OLD, OLD, (), ())
    assert found.modules == ("gpio_ich", "lpc_ich")
    assert len(found.epochs) == 3
    assert found.free > 0
    assert found.boot_id
    assert inspection.kernel_log == "[    1.0] reelctl: it lives\n[    2.0] all is well"


async def test_a_release_on_its_whole_way_each_step_asked_twice(
    target: Target, link: DeployLink, release: Shipped
) -> None:
    before = (await link.inspect(limit_s=LIMIT_S)).found
    for _ in range(2):
        await link.stage(release.sha, release.files, limit_s=LIMIT_S)
    assert (await link.inspect(limit_s=LIMIT_S)).found.staged == (release.sha,)
    for _ in range(2):
        await link.install(release.sha, limit_s=LIMIT_S)
    found = (await link.inspect(limit_s=LIMIT_S)).found
    assert found.installed == tuple(sorted((OLD, release.sha)))
    assert (found.loaded, found.boots, found.epochs) == (OLD, OLD, before.epochs)
    for _ in range(2):
        await link.unload(OLD, limit_s=LIMIT_S)
    found = (await link.inspect(limit_s=LIMIT_S)).found
    assert (found.loaded, found.boots, found.epochs) == ("", OLD, ())
    epochs = await link.load(release.sha, limit_s=LIMIT_S)
    assert epochs == await link.load(release.sha, limit_s=LIMIT_S)
    assert len(epochs) == 3
    assert not set(epochs) & set(before.epochs)
    found = (await link.inspect(limit_s=LIMIT_S)).found
    assert (found.loaded, found.boots, found.epochs) == (release.sha, OLD, epochs)
    for check in Check:
        probed = await link.probe(release.sha, check, limit_s=LIMIT_S)
        assert (probed.passed, probed.words) == (True, "")
        assert probed.abi == (2 if check is Check.ABI else 0)
    assert target.beside("reel-agent") != PARTS["reel-agent"]
    for _ in range(2):
        await link.commit(release.sha, limit_s=LIMIT_S)
    found = (await link.inspect(limit_s=LIMIT_S)).found
    assert (found.loaded, found.boots, found.epochs) == (release.sha, release.sha, epochs)
    assert {name: target.beside(name) for name in ("reel-agent", "agent.conf")} == {
        name: PARTS[name] for name in ("reel-agent", "agent.conf")
    }
    await target.reboot()
    again = (await link.inspect(limit_s=LIMIT_S)).found
    assert (again.loaded, again.boots) == (release.sha, release.sha)
    assert again.boot_id != found.boot_id
    assert (await link.probe(release.sha, Check.DRILL, limit_s=LIMIT_S)).passed


async def test_a_restart_before_the_commit_brings_the_old_module(
    target: Target, link: DeployLink, release: Shipped
) -> None:
    await brought(link, release)
    await target.reboot()
    found = (await link.inspect(limit_s=LIMIT_S)).found
    assert (found.loaded, found.boots) == (OLD, OLD)


@pytest.mark.parametrize("committed", [False, True])
async def test_what_was_there_before_is_brought_back(
    target: Target, link: DeployLink, release: Shipped, committed: bool
) -> None:
    before = {name: target.beside(name) for name in ("reel-agent", "agent.conf")}
    await brought(link, release)
    if committed:
        await link.commit(release.sha, limit_s=LIMIT_S)
    for _ in range(2):
        await link.rollback(OLD, limit_s=LIMIT_S)
    found = (await link.inspect(limit_s=LIMIT_S)).found
    assert (found.loaded, found.boots) == (OLD, OLD)
    assert {name: target.beside(name) for name in before} == before
    await target.reboot()
    found = (await link.inspect(limit_s=LIMIT_S)).found
    assert (found.loaded, found.boots) == (OLD, OLD)


async def test_one_release_after_another_and_back(
    target: Target, link: DeployLink, release: Shipped, tmp_path: Path, signer: Signer
) -> None:
    await brought(link, release)
    await link.commit(release.sha, limit_s=LIMIT_S)
    third = ship(tmp_path / "third", {"reelctl.ko": module("third")}, signer, release_id="reelctl-3")
    await brought(link, third)
    await link.commit(third.sha, limit_s=LIMIT_S)
    found = (await link.inspect(limit_s=LIMIT_S)).found
    assert (found.loaded, found.boots) == (third.sha, third.sha)
    assert found.installed == tuple(sorted((OLD, release.sha, third.sha)))
    await link.rollback(release.sha, limit_s=LIMIT_S)
    found = (await link.inspect(limit_s=LIMIT_S)).found
    assert (found.loaded, found.boots) == (release.sha, release.sha)
    assert target.beside("reel-agent") == PARTS["reel-agent"]


@pytest.mark.parametrize("old", [None])
async def test_a_server_without_a_module_gets_one_and_loses_it_again(
    target: Target, link: DeployLink, release: Shipped
) -> None:
    found = (await link.inspect(limit_s=LIMIT_S)).found
    assert (found.loaded, found.boots, found.epochs) == ("", "", ())
    await link.stage(release.sha, release.files, limit_s=LIMIT_S)
    await link.install(release.sha, limit_s=LIMIT_S)
    assert (await link.inspect(limit_s=LIMIT_S)).found.installed == (release.sha,)
    await link.load(release.sha, limit_s=LIMIT_S)
    await link.commit(release.sha, limit_s=LIMIT_S)
    await target.reboot()
    found = (await link.inspect(limit_s=LIMIT_S)).found
    assert (found.loaded, found.boots) == (release.sha, release.sha)
    for _ in range(2):
        await link.rollback("", limit_s=LIMIT_S)
    await target.reboot()
    found = (await link.inspect(limit_s=LIMIT_S)).found
    assert (found.loaded, found.boots) == ("", "")
    assert target.beside("reel-agent") != PARTS["reel-agent"]


async def test_film_in_a_path_keeps_its_module(target: Target, link: DeployLink, release: Shipped) -> None:
    await link.stage(release.sha, release.files, limit_s=LIMIT_S)
    await link.install(release.sha, limit_s=LIMIT_S)
    target.film("h2")
    with pytest.raises(ServerRefused, match="in use: film is in the path of hall h2") as refused:
        await link.unload(OLD, limit_s=LIMIT_S)
    assert refused.value.kernel_log
    found = (await link.inspect(limit_s=LIMIT_S)).found
    assert (found.loaded, found.boots) == (OLD, OLD)


async def test_film_in_a_path_keeps_what_is_to_be_rolled_back(
    target: Target, link: DeployLink, release: Shipped
) -> None:
    await brought(link, release)
    await link.commit(release.sha, limit_s=LIMIT_S)
    target.film("h1")
    with pytest.raises(ServerRefused, match="film is in the path of hall h1"):
        await link.rollback(OLD, limit_s=LIMIT_S)
    found = (await link.inspect(limit_s=LIMIT_S)).found
    assert (found.loaded, found.boots) == (release.sha, release.sha)


async def test_a_full_disk_is_told(target: Target, link: DeployLink, release: Shipped) -> None:
    target.fill_disk()
    with pytest.raises(ServerRefused, match="no space"):
        await link.stage(release.sha, release.files, limit_s=LIMIT_S)
    assert (await link.inspect(limit_s=LIMIT_S)).found.staged == ()


async def test_only_what_somebody_known_signed_is_staged(
    link: DeployLink, release: Shipped, tmp_path: Path, signer: Signer
) -> None:
    stranger = ship(tmp_path / "stranger", PARTS, make_signer(tmp_path, "stranger_key"), release_id="reelctl-3")
    elsewhere = ship(tmp_path / "elsewhere", PARTS, signer, release_id="reelctl-4", namespace="file")
    swapped = Shipped(release.sha, {**release.files, "manifest.sig": elsewhere.files["manifest.sig"]})
    cases = (
        (release.without("manifest.sig"), "unsigned"),
        (stranger, "does not know"),
        (swapped, "does not fit the manifest"),
        (elsewhere, "does not fit|does not know"),
        (release.without("reel-agent"), "reel-agent of release .* is missing"),
    )
    for case, words in cases:
        with pytest.raises(ServerRefused, match=words):
            await link.stage(case.sha, case.files, limit_s=LIMIT_S)
        with pytest.raises(ServerRefused):
            await link.install(case.sha, limit_s=LIMIT_S)
        found = (await link.inspect(limit_s=LIMIT_S)).found
        assert (found.staged, found.installed) == ((), ())


async def test_a_file_that_is_not_what_the_manifest_says_is_refused(
    link: DeployLink, release: Shipped, tmp_path: Path
) -> None:
    tampered = tmp_path / "tampered.ko"
    tampered.write_bytes(NEW_KO[:-2] + b"X\n")
    for name, path in (("reelctl.ko", tampered), ("manifest", tampered)):
        with pytest.raises(ServerRefused, match="tampered with"):
            await link.stage(release.sha, {**release.files, name: path}, limit_s=LIMIT_S)
    assert (await link.inspect(limit_s=LIMIT_S)).found.staged == ()


@pytest.mark.parametrize(
    ("ill", "check", "words"),
    [
        ("self_test=failed:lampfail", Check.SELF_TEST, "hall h1 .projection.: failed:lampfail"),
        ("drill=ok", Check.DRILL, "dowser"),
        ("drill=refused:busy", Check.DRILL, "answered 'refused:busy', not refused:interlock"),
    ],
)
async def test_a_module_that_is_not_well_is_told_by_its_probes(
    link: DeployLink, ill_release: Shipped, check: Check, words: str
) -> None:
    release = ill_release
    await brought(link, release)
    for each in Check:
        probed = await link.probe(release.sha, each, limit_s=LIMIT_S)
        assert probed.passed == (each is not check)
        if each is check:
            assert re.search(words, probed.words)
            assert probed.kernel_log


async def test_an_agent_that_is_not_well_is_told_before_it_is_the_servers(
    target: Target, link: DeployLink, tmp_path: Path, signer: Signer
) -> None:
    before = target.beside("reel-agent")
    release = ship(tmp_path / "ill", {"reelctl.ko": NEW_KO, "reel-agent": ILL_AGENT}, signer)
    await brought(link, release)
    for each in Check:
        probed = await link.probe(release.sha, each, limit_s=LIMIT_S)
        assert probed.passed == (each is not Check.AGENT)
        if each is Check.AGENT:
            assert probed.words.startswith("hall h1 (projection): the release's agent does not answer as it must: ")
            assert "yntax error" in probed.words
    assert target.beside("reel-agent") == before
    bare = ship(tmp_path / "bare", {"reelctl.ko": module("bare")}, signer, release_id="reelctl-3")
    await brought(link, bare)
    assert (await link.probe(bare.sha, Check.AGENT, limit_s=LIMIT_S)).passed


async def test_another_abi_is_told_as_it_is(link: DeployLink, tmp_path: Path, signer: Signer) -> None:
    release = ship(tmp_path / "other", {"reelctl.ko": module("other", abi="7")}, signer)
    await brought(link, release)
    assert (await link.probe(release.sha, Check.ABI, limit_s=LIMIT_S)).abi == 7


async def test_a_module_that_the_kernel_refuses_leaves_none_loaded(
    link: DeployLink, tmp_path: Path, signer: Signer
) -> None:
    release = ship(tmp_path / "other", {"reelctl.ko": module("other", refuse="Invalid module format")}, signer)
    with pytest.raises(ServerRefused, match="Invalid module format") as refused:
        await brought(link, release)
    assert refused.value.kernel_log
    found = (await link.inspect(limit_s=LIMIT_S)).found
    assert (found.loaded, found.boots) == ("", OLD)
    await link.rollback(OLD, limit_s=LIMIT_S)
    found = (await link.inspect(limit_s=LIMIT_S)).found
    assert (found.loaded, found.boots) == (OLD, OLD)


async def test_steps_out_of_their_order_are_refused(link: DeployLink, release: Shipped) -> None:
    sha = release.sha
    for step in (link.install, link.load, link.commit):
        with pytest.raises(ServerRefused):
            await step(sha, limit_s=LIMIT_S)
    for check in Check:
        assert "is not loaded" in (await link.probe(sha, check, limit_s=LIMIT_S)).words
    with pytest.raises(ServerRefused, match="not installed"):
        await link.rollback(sha, limit_s=LIMIT_S)
    with pytest.raises(ServerRefused, match="is loaded, not"):
        await link.unload(sha, limit_s=LIMIT_S)
    await link.stage(sha, release.files, limit_s=LIMIT_S)
    await link.install(sha, limit_s=LIMIT_S)
    with pytest.raises(ServerRefused, match="unload it first"):
        await link.load(sha, limit_s=LIMIT_S)
    found = (await link.inspect(limit_s=LIMIT_S)).found
    assert (found.loaded, found.boots) == (OLD, OLD)
