# SPDX-License-Identifier: Apache-2.0
"""What a link promises, the same against OpenSSH and against the simulated booth's own server."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.ssh.answers import RingLine
from adapters.ssh.errors import AnswerOverdue, HelloRefused, LinkLost, RingEpochGone
from adapters.ssh.link import AgentLink, open_link
from tests.support.ssh import HALL, LIMIT_S, ROLE, Booth, asyncssh_booth, openssh_booth

FENCE = 3


@pytest.fixture(params=[pytest.param("openssh", marks=pytest.mark.real_sshd), "asyncssh"])
async def booth(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Booth]:
    serving = {"openssh": openssh_booth, "asyncssh": asyncssh_booth}[request.param]
    async with serving(tmp_path) as booth:
        yield booth


@pytest.fixture
async def link(booth: Booth) -> AsyncIterator[AgentLink]:
    link = await open_link(booth.address, booth.credential(), limit_s=LIMIT_S)
    yield link
    await link.close(LIMIT_S)


async def greet(link: AgentLink, *, gen: int = 1, controller: str = "c1", seq: int = 0) -> int:
    welcome = await link.hello(HALL, ROLE, FENCE, gen, controller, seq, LIMIT_S)
    assert (welcome.epoch, welcome.abi) == (77, 1)
    return welcome.last


async def test_commands_flow_without_waiting_and_take_effect_in_order(booth: Booth, link: AgentLink) -> None:
    assert await greet(link) == 0
    verbs = [("lamp", "on"), ("motor", "run"), ("dowser", "open"), ("motor", "stop")]
    answers = [link.command(FENCE, 1, seq, *words) for seq, words in enumerate(verbs, 1)]
    async with asyncio.timeout(LIMIT_S):
        assert await asyncio.gather(*answers) == ["ok"] * 4
    assert booth.device.acted == [" ".join(words) for words in verbs]


async def test_answers_are_words_that_the_hall_understands(booth: Booth, link: AgentLink) -> None:
    await greet(link)
    booth.device.results["motor"] = "refused:interlock"
    booth.device.results["lamp"] = "failed:timeout"
    answers = [
        link.command(FENCE, 1, 1, "motor", "run"),
        link.command(FENCE, 1, 2, "lamp", "on"),
        link.command(FENCE, 1, 2, "lamp", "on"),
        link.command(FENCE, 1, 9, "safe_stop"),
        link.command(FENCE, 1, 12, "clear"),
    ]
    async with asyncio.timeout(LIMIT_S):
        said = await asyncio.gather(*answers)
    assert said == ["refused:interlock", "failed:timeout", "failed:timeout", "ok", "refused:gap"]


async def test_a_newer_link_ends_the_rights_of_the_older_one(booth: Booth, link: AgentLink) -> None:
    await greet(link)
    assert await link.command(FENCE, 1, 1, "lamp", "on") == "ok"
    newer = await open_link(booth.address, booth.credential(), limit_s=LIMIT_S)
    assert await greet(newer, gen=2, seq=1) == 1
    assert await link.command(FENCE, 1, 2, "lamp", "off") == "refused:stale"
    assert await newer.command(FENCE, 2, 2, "motor", "run") == "ok"
    await newer.close(LIMIT_S)
    assert booth.device.acted == ["lamp on", "motor run"]


async def test_hello_is_refused_with_its_reason(booth: Booth, link: AgentLink) -> None:
    await greet(link, gen=5)
    for controller, gen, code in (("c1", 5, "stale"), ("c2", 6, "held")):
        other = await open_link(booth.address, booth.credential(), limit_s=LIMIT_S)
        with pytest.raises(HelloRefused) as refused:
            await other.hello(HALL, ROLE, FENCE, gen, controller, 0, LIMIT_S)
        assert refused.value.code == code
        await other.close(LIMIT_S)


async def test_a_hello_for_another_hall_ends_the_agent(link: AgentLink) -> None:
    with pytest.raises(HelloRefused, match="another hall"):
        await link.hello("beta", ROLE, FENCE, 1, "c1", 0, LIMIT_S)
    async with asyncio.timeout(LIMIT_S):
        reason = await link.closed
    assert isinstance(reason, LinkLost)
    assert "status 3: it serves another hall" in str(reason)


async def test_ping_feeds_the_lease_and_measures_the_way(booth: Booth, link: AgentLink) -> None:
    await greet(link)
    for _ in range(3):
        assert 0 < await link.ping(LIMIT_S) < LIMIT_S * 1_000_000
    assert await link.command(FENCE, 1, 1, "lamp", "on") == "ok"
    assert booth.device.pings == [(FENCE, 1)] * 3


async def test_snapshot_and_rings(booth: Booth, link: AgentLink) -> None:
    await greet(link)
    for word in ("filmin", "frame", "ready"):
        booth.device.say(word)
    booth.device.say("break", safety=True, telemetry=False)
    snapshot = await link.snapshot(LIMIT_S)
    assert (snapshot.epoch, snapshot.seq, snapshot.fence, snapshot.gen) == (77, 4, FENCE, 1)
    lines = await link.ring(77, 2, LIMIT_S)
    assert [line.word for line in lines] == ["frame", "ready", "break"]
    assert lines[-1] == RingLine(seq=4, ns=4000, word="break", frame=0, val="0")
    with pytest.raises(RingEpochGone):
        await link.ring(78, 1, LIMIT_S)
    assert await link.ping(LIMIT_S) > 0


async def test_a_device_that_hangs_is_overdue_and_the_link_closes_all_the_same(booth: Booth, link: AgentLink) -> None:
    await greet(link)
    booth.device.hang()
    stuck = link.command(FENCE, 1, 1, "lamp", "on")
    with pytest.raises(AnswerOverdue, match="no answer to ping within"):
        await link.ping(0.2)
    async with asyncio.timeout(LIMIT_S):
        await link.close(1.0)
    with pytest.raises(LinkLost, match="closed by us"):
        await stuck


async def test_bye_ends_the_agent_in_good_order(link: AgentLink) -> None:
    await greet(link)
    await link.bye(LIMIT_S)
    async with asyncio.timeout(LIMIT_S):
        assert "status 0" in str(await link.closed)


async def test_the_server_dies_while_commands_wait(booth: Booth, link: AgentLink) -> None:
    await greet(link)
    booth.device.hang()
    waiting = link.command(FENCE, 1, 1, "lamp", "on")
    await booth.stop()
    async with asyncio.timeout(LIMIT_S):
        reason = await link.closed
        with pytest.raises(LinkLost):
            await waiting
    assert isinstance(reason, LinkLost)
    with pytest.raises(LinkLost):
        await link.ping(LIMIT_S)


@pytest.mark.parametrize("word", ["on; reboot", "a\nb", "", "x" * 65, "ä"])
async def test_no_word_can_carry_another_line(link: AgentLink, word: str) -> None:
    with pytest.raises(ValueError, match="cannot be a word"):
        await link.command(FENCE, 1, 1, "masking" if word else word, word)
    assert await link.ping(LIMIT_S) > 0
