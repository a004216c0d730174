# SPDX-License-Identifier: Apache-2.0
"""A booth as a process: a whole show over its FIFOs and sockets, real uevents and SSH, and how it ends."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import msgspec
import pytest

from adapters.booth.plan import BoothPlan, BoothReady, HallPlan, ServedDevice, ServerPlan
from adapters.booth.ssh_server import AGENT_PATH
from adapters.kernel import NetlinkSource
from adapters.ssh.hostkeys import ServerAddress
from adapters.ssh.link import open_link
from statemachines import events as e
from statemachines.words import Latch, Role
from tests.support.booth_tree import (
    LIMIT_S,
    BoothProcess,
    TreeClient,
    booth_process,
    controlled,
    eventually,
    hands_at,
    lines_at,
    shown,
    spawn,
    written_plan,
)
from tests.support.kernel_events import Ears
from tests.support.ssh import HALL, ROLE, authority, mint
from tests.support.sshd import AGENT


def plan_in(directory: Path, **changes: object) -> BoothPlan:
    """A booth with two fast halls and lines for events."""
    usual: dict[str, object] = {
        "halls": (HallPlan(id="h1", feet=(600,)), HallPlan(id="h2", feet=(600,), gauge=70)),
        "devices": str(directory / "devices"),
        "state": str(directory / "state"),
        "projection_fps": 4800,
        "events": "socket",
    }
    return BoothPlan(**{**usual, **changes})  # type: ignore[arg-type]  # what a test says is checked as it runs


async def test_a_whole_show(tmp_path: Path) -> None:
    async with (
        booth_process(tmp_path, plan_in(tmp_path)) as booth,
        hands_at(booth.ready.hands_socket) as hand,
        lines_at(booth.ready.events_socket) as lines,
        controlled(booth.tree("h1-projection")) as projector,
    ):
        assert await hand("h1 insert") == "ok"
        assert await hand("h1 ready") == "ok"
        assert await projector.command("lamp", "on") == "ok"
        await lines.until(HALL="h1", EVENT="lampon")
        assert await projector.command("dowser", "open") == "refused:interlock"
        assert await projector.command("motor", "run") == "ok"
        await lines.until(HALL="h1", EVENT="atspeed")
        assert await projector.command("dowser", "open") == "ok"
        tail = await lines.until(HALL="h1", EVENT="tail")
        assert tail["FRAME"] == str(600 * 16 - 48)
        await lines.until(HALL="h1", EVENT="stopped")
        assert not projector.snapshot().dowser_open
        assert await projector.command("motor", "rewind") == "ok"
        await lines.until(HALL="h1", EVENT="rewound")
        await lines.until(HALL="h1", EVENT="stopped")
        assert await hand("h1 remove") == "ok"
        await lines.until(HALL="h1", EVENT="filmout")
        assert not projector.snapshot().film
    numbers = [int(event["SEQ"]) for event in lines.heard if (event["HALL"], event["ROLE"]) == ("h1", "projection")]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_a_break_at_the_socket_latches_in_the_tree(tmp_path: Path) -> None:
    async with (
        booth_process(tmp_path, plan_in(tmp_path, projection_fps=240)) as booth,
        hands_at(booth.ready.hands_socket) as hand,
        lines_at(booth.ready.events_socket) as lines,
        controlled(booth.tree("h1-projection")) as projector,
    ):
        await hand("h1 insert")
        await projector.command("motor", "run")
        await lines.until(HALL="h1", EVENT="atspeed")
        await projector.command("dowser", "open")
        assert await hand("h1 fault break") == "ok"
        await lines.until(HALL="h1", EVENT="stopped")
        words = [event["EVENT"] for event in lines.heard if event["HALL"] == "h1"]
        assert [word for word in words if word not in ("frame", "heartbeat", "timecode")][-4:] == [
            "tension",
            "dowser",
            "break",
            "stopped",
        ]
        assert [latch.name for latch in shown(await hand("h1 show")).latched] == [Latch.BREAK]
        assert await projector.command("clear") == "refused:interlock"
        assert await hand("h1 rethread") == "ok"
        assert await projector.command("clear") == "ok"


async def test_bad_lines_of_hands_are_answered_and_change_nothing(tmp_path: Path) -> None:
    async with (
        booth_process(tmp_path, plan_in(tmp_path)) as booth,
        hands_at(booth.ready.hands_socket) as hand,
    ):
        assert "no hall 'h9': choose one of h1, h2" in await hand("h9 insert")
        assert "choose one of insert" in await hand("h1 explode")
        assert "there is no hall" in await hand("")
        assert "at most 512 bytes" in await hand("h1 " + "x" * 2000)
        assert not shown(await hand("h1 show")).film


async def test_people_run_shows_by_themselves_once_somebody_controls_the_hall(tmp_path: Path) -> None:
    halls = (HallPlan(id="h1", feet=(600,), people=True),)
    async with (
        booth_process(tmp_path, plan_in(tmp_path, halls=halls)) as booth,
        lines_at(booth.ready.events_socket) as lines,
        controlled(booth.tree("h1-projection")) as projector,
    ):
        await lines.until(EVENT="ready")
        await projector.command("lamp", "on")
        await lines.until(EVENT="start")
        await lines.until(EVENT="start")
        await projector.command("motor", "run")
        await lines.until(EVENT="stopped")
        await projector.command("motor", "rewind")
        await lines.until(EVENT="filmout")
        await lines.until(EVENT="filmin")


async def _ends_cleanly(booth: BoothProcess) -> None:
    begun = time.monotonic()
    assert await booth.end() == 0
    assert time.monotonic() - begun < 2
    assert booth.process.stderr is not None
    assert await booth.process.stderr.read() == b""


async def test_sigterm_ends_it_cleanly_with_everybody_connected(tmp_path: Path) -> None:
    async with (
        booth_process(tmp_path, plan_in(tmp_path)) as booth,
        hands_at(booth.ready.hands_socket) as hand,
        lines_at(booth.ready.events_socket) as lines,
    ):
        await hand("h1 insert")
        await _ends_cleanly(booth)
        event = await lines.until(EVENT="removed", HALL="h2", ROLE="sound")
        assert event["SEQ"]
        assert not booth.tree("h1-projection").exists()


def _parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


async def test_hardware_outlives_whoever_started_it(tmp_path: Path) -> None:
    path = written_plan(tmp_path, plan_in(tmp_path, lifetime_s=60))
    script = '"$0" -m adapters.booth "$1" & echo $!; wait'
    starter = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", script, sys.executable, str(path), stdout=asyncio.subprocess.PIPE
    )
    assert starter.stdout is not None
    async with asyncio.timeout(LIMIT_S):
        pid = int(await starter.stdout.readline())
        ready = msgspec.json.decode(await starter.stdout.readline(), type=BoothReady)
        starter.kill()
        await eventually(lambda: _parent_of(pid) != starter.pid)
    async with hands_at(ready.hands_socket) as hand:
        assert await hand("h1 insert") == "ok"
        assert shown(await hand("h1 show")).film
    os.kill(pid, signal.SIGTERM)
    await eventually(lambda: not (Path(ready.devices) / "h1-projection").exists())
    async with asyncio.timeout(LIMIT_S):
        await starter.communicate()


async def test_a_lifetime_ends_it(tmp_path: Path) -> None:
    async with booth_process(tmp_path, plan_in(tmp_path, lifetime_s=1)) as booth:
        async with asyncio.timeout(LIMIT_S):
            assert await booth.process.wait() == 0


@pytest.mark.parametrize(
    ("text", "words"), [(b"{", "plan.json"), (b'{"halls":[{"id":"h1"}]}', "devices"), (b'{"halls":[]}', "halls")]
)
async def test_a_bad_plan_is_told_in_a_sentence(tmp_path: Path, text: bytes, words: str) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(text)
    process = await spawn(path)
    async with asyncio.timeout(LIMIT_S):
        out, err = await process.communicate()
    assert process.returncode == 2
    assert out == b""
    assert err.startswith(b"booth: ")
    assert words in err.decode()
    assert b"Traceback" not in err


@pytest.mark.real_uevents
async def test_events_are_real_uevents_that_carry_this_booths_mark(tmp_path: Path) -> None:
    async with (
        booth_process(tmp_path, plan_in(tmp_path, events="uevents")) as booth,
        hands_at(booth.ready.hands_socket) as hand,
    ):
        assert (booth.ready.way, booth.ready.events_socket) == ("uevents", "")
        source, ears = NetlinkSource(booth.ready.subsystem, booth.ready.uuid, 1 << 20), Ears()
        await ears.listen(source)
        assert await hand("h2 insert") == "ok"
        await ears.wait_for(lambda: any(isinstance(each.event, e.TensionChanged) for each in ears.heard))
        inserted = next(each for each in ears.heard if isinstance(each.event, e.FilmInserted))
        assert inserted.hall == "h2"
        assert inserted.event.role is Role.PROJECTION
        assert inserted.event.epoch == TreeClient(booth.tree("h2-projection")).snapshot().epoch
        assert not source.refused
        await source.close()


async def test_its_servers_reach_its_devices(tmp_path: Path) -> None:
    server = ServerPlan(
        name="s1",
        serves=(ServedDevice(hall=HALL, role=Role(ROLE), principal=f"reel-{HALL}-{ROLE}"),),
        user_ca=authority().public_line,
        agent_script=str(AGENT / "reel-agent"),
    )
    plan = plan_in(tmp_path, halls=(HallPlan(id=HALL),), servers=(server,))
    host_keys = []
    for _ in range(2):
        async with booth_process(tmp_path, plan) as booth:
            (told,) = booth.ready.servers
            host_keys.append(told.host_key)
            address = ServerAddress(host=told.host, port=told.port, host_keys=(told.host_key,))
            link = await open_link(address, mint(f"{AGENT_PATH} {HALL} {ROLE}"), limit_s=LIMIT_S)
            welcome = await link.hello(HALL, ROLE, 1, 1, "tester", 0, LIMIT_S)
            async with asyncio.timeout(LIMIT_S):
                assert await link.command(1, 1, 1, "lights", "down") == "ok"
                assert await link.command(1, 1, 2, "dowser", "open") == "refused:interlock"
            snapshot = await link.snapshot(LIMIT_S)
            assert (snapshot.epoch, snapshot.lights, snapshot.last) == (welcome.epoch, "down", 2)
            ring = await link.ring(snapshot.epoch, 1, LIMIT_S)
            assert ring[0].word == "added"
            await _ends_cleanly(booth)
            await link.close(LIMIT_S)
    assert host_keys[0] == host_keys[1]
