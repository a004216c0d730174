# SPDX-License-Identifier: Apache-2.0
"""The attribute tree of a booth on a real file system, through real FIFOs."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.booth.booth import Booth
from adapters.booth.emit import LineEmitter
from adapters.booth.plan import BoothPlan, HallPlan
from statemachines.words import Motor
from tests.support.booth_tree import TreeClient, eventually, lines_at


class Opened:
    """A booth in this process."""

    def __init__(self, directory: Path, emitter: LineEmitter) -> None:
        plan = BoothPlan(
            halls=(HallPlan(id="h1", feet=(600,)),),
            devices=str(directory / "devices"),
            state=str(directory),
            projection_fps=240,
        )
        self.booth = Booth(plan, emitter)
        self.emitter = emitter
        self.events = directory / "events.sock"
        self.devices = directory / "devices"


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Opened]:
    emitter = LineEmitter()
    opened = Opened(tmp_path, emitter)
    await emitter.listen(opened.events)
    opened.booth.open()
    yield opened
    opened.booth.close()
    await emitter.close()


@pytest.fixture
async def client(opened: Opened) -> AsyncIterator[TreeClient]:
    client = TreeClient(opened.devices / "h1-projection")
    yield client
    client.close()


def test_its_names_are_those_of_the_contract(opened: Opened) -> None:
    names = "abi_version claim command lease result ring safety_ring self_test snapshot".split()
    for device in ("h1-projection", "h1-sound"):
        assert sorted(path.name for path in (opened.devices / device).iterdir()) == names
    assert (opened.devices / "h1-sound" / "abi_version").read_text() == "1\n"


async def test_a_command_is_answered_and_seen_in_the_snapshot_at_once(client: TreeClient) -> None:
    await client.claim()
    assert await client.command("lights", "down") == "ok"
    snapshot = client.snapshot()
    assert snapshot.lights == "down"
    assert (snapshot.fence, snapshot.gen, snapshot.last, snapshot.lease_fed) == (1, 1, 1, True)


async def test_several_lines_at_once_are_answered_in_order(client: TreeClient) -> None:
    await client.claim()
    lines = "1 1 1 lights down\n1 1 2 dowser open\n1 1 2 dowser open\n1 1 9 lights up\n"
    answer = await client.ask("command", lines.strip())
    assert answer.split("\n") == [
        "1 1 1 ok",
        "1 1 2 refused:interlock",
        "1 1 2 refused:interlock",
        "1 1 9 refused:gap",
    ]


async def test_garbage_changes_nothing_and_the_next_line_is_heard(client: TreeClient) -> None:
    await client.claim()
    before = client.snapshot()
    client.write("command", "1 1 1\n-1 1 1 motor run\n1 1 1 MOTOR run\n\n\xff\xfe\n")
    client.write("command", "y" * 3000)
    client.write("command", "y" * 3000 + "\n")
    client.write("claim", "1 2 Bad_Name 0\nx\n")
    client.write("lease", "what\n")
    client.write("self_test", "7\n")
    assert await client.command("lights", "down") == "ok"
    after = client.snapshot()
    assert (after.last, after.gen, after.seq) == (1, before.gen, before.seq)


async def test_a_result_that_nobody_took_does_not_answer_the_next_one(client: TreeClient) -> None:
    await client.claim()
    client.write("command", "1 1 1 lights down\n")
    await eventually(lambda: client.snapshot().last == 1)
    await asyncio.sleep(0.3)  # its reader is gone for good
    assert await client.ask("command", "1 1 2 lights up") == "1 1 2 ok"


async def test_results_that_nobody_takes_never_block_the_device(client: TreeClient) -> None:
    await client.claim()
    for seq in range(1, 9001):
        client.write("command", f"1 1 {seq} lights down\n")
        if seq % 100 == 0:
            await asyncio.sleep(0)
    await eventually(lambda: client.snapshot().last == 9000)


async def test_pings_keep_the_lease_and_without_them_it_ends(opened: Opened, client: TreeClient) -> None:
    await client.claim()
    opened.booth.do("h1 insert")
    assert await client.command("motor", "run") == "ok"
    client.ping()
    begun = time.monotonic()
    await eventually(lambda: client.snapshot().motor is Motor.STOP)
    assert 4.5 < time.monotonic() - begun < 7
    assert not client.snapshot().lease_fed


async def test_while_film_moves_the_snapshot_is_fresh(opened: Opened, client: TreeClient) -> None:
    await client.claim()
    opened.booth.do("h1 insert")
    await client.command("motor", "run")
    seen = []
    for _ in range(25):
        await asyncio.sleep(0.1)
        seen.append(time.monotonic_ns() - client.snapshot().ns)
    assert max(seen) < 1_500_000_000  # it is written each half second; while nothing moves, with each heartbeat of 2 s
    assert client.snapshot().frame > 0


async def test_a_safety_event_is_in_both_rings_and_latched(opened: Opened, client: TreeClient) -> None:
    async with lines_at(opened.events) as lines:
        opened.booth.do("h1 estop press")
        event = await lines.until(EVENT="estop")
        ring, safety = client.ring(), client.ring("safety_ring")
    assert ring[-1] == safety[-1]
    assert ring[-1][0] == event["SEQ"]
    assert [(latch.name, latch.seq) for latch in client.snapshot().latched] == [("estop", int(event["SEQ"]))]


async def test_lost_events_are_in_the_ring_though_not_sent(opened: Opened, client: TreeClient) -> None:
    async with lines_at(opened.events) as lines:
        assert opened.booth.do("h1 fault lose 2") == "ok"
        for wish in ("insert", "ready"):
            opened.booth.do(f"h1 {wish}")
        ready = await lines.until(EVENT="ready")
    heard = [int(event["SEQ"]) for event in lines.heard if event["ROLE"] == "projection"]
    assert heard == [int(ready["SEQ"])]
    assert [line[2] for line in client.ring()[-3:]] == ["filmin", "tension", "ready"]


async def test_a_client_that_does_not_listen_costs_only_its_own_events(opened: Opened) -> None:
    projector = opened.booth.stages["h1"].rig.projector
    async with lines_at(opened.events), lines_at(opened.events) as awake:
        for _ in range(100):
            for _ in range(100):
                opened.booth.do("h1 start")
            await awake.until(EVENT="start", SEQ=str(projector.journal.seq))
    assert opened.emitter.lost > 0
    numbers = [int(event["SEQ"]) for event in awake.heard if event["ROLE"] == "projection"]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert len(numbers) >= 10_000


async def test_a_tree_left_over_is_made_anew(tmp_path: Path) -> None:
    left = tmp_path / "devices" / "h1-projection"
    left.mkdir(parents=True)
    (left / "snapshot").write_text("old")
    os.mkfifo(left / "command")
    emitter = LineEmitter()
    opened = Opened(tmp_path, emitter)
    opened.booth.open()
    client = TreeClient(left)
    await client.claim()
    client.close()
    opened.booth.close()
    assert not left.exists()
