# SPDX-License-Identifier: Apache-2.0
"""Tasks that fail begin again and are told; the end comes in stages that name what still runs."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from hall_runtime.supervisor import Stage, Supervisor, wind_down
from hall_runtime.watchdog import Watchdog
from tests.support.virtual_time import run_virtual


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


def test_a_task_that_fails_is_told_and_begins_again() -> None:
    async def story() -> tuple[list[str], int]:
        told: list[str] = []
        begun = 0

        async def clumsy() -> None:
            nonlocal begun
            begun += 1
            if begun < 3:
                raise ValueError(f"attempt {begun}")
            await asyncio.Event().wait()

        supervisor = Supervisor(lambda name, words: told.append(f"{name}: {words}"))
        supervisor.keep("clumsy", clumsy)
        await asyncio.sleep(10)
        assert supervisor.running == ["clumsy"]
        await supervisor.end(1)
        assert supervisor.running == []
        return told, begun

    with capture_logs():
        assert run_virtual(story()) == (["clumsy: ValueError: attempt 1", "clumsy: ValueError: attempt 2"], 3)


def test_some_tasks_are_left_for_a_later_stage_and_one_that_does_not_end_is_named() -> None:
    async def story() -> None:
        release = asyncio.Event()

        async def forever() -> None:
            await asyncio.Event().wait()

        async def stubborn() -> None:
            try:
                await forever()
            finally:
                await release.wait()

        supervisor = Supervisor(lambda _name, _words: None)
        for name, run in (("hall h1", forever), ("desk", forever), ("stubborn", stubborn)):
            supervisor.keep(name, run)
        await asyncio.sleep(0)
        await supervisor.end(0.5, but="hall ")
        assert supervisor.running == ["hall h1", "stubborn"]
        release.set()
        await supervisor.end(0.5)
        assert supervisor.running == []

    run_virtual(story())


def test_the_stages_of_an_end_go_on_after_one_that_is_late_and_one_that_fails() -> None:
    async def story() -> tuple[bool, list[str]]:
        done: list[str] = []

        async def good() -> None:
            done.append("good")

        async def bad() -> None:
            raise RuntimeError("broken")

        async def slow() -> None:
            await asyncio.sleep(60)
            done.append("slow")

        stages = [Stage("slow", slow, 0.5), Stage("bad", bad, 0.5), Stage("good", good, 0.5)]
        return await wind_down(stages, lambda: ["hall h2"]), done

    with capture_logs() as said:
        assert run_virtual(story()) == (False, ["good"])
    assert [(each["event"], each["stage"]) for each in said] == [
        ("shutdown_stage_late", "slow"),
        ("shutdown_stage_failed", "bad"),
    ]
    assert said[0]["still_running"] == ["hall h2"]
    assert said[0]["limit_s"] == 0.5


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket at which systemd would listen, with a watchdog of 40 ms."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "40000")
        yield listening


async def test_the_watchdog_is_fed_only_while_no_hall_is_stuck(systemd: socket.socket) -> None:
    stuck: list[str] = []
    watchdog = Watchdog(lambda: stuck)
    watchdog.ready()
    running = asyncio.create_task(watchdog.run())
    told = [await asyncio.to_thread(systemd.recv, 100) for _ in range(3)]
    stuck += ["h1", "h3"]
    while (last := await asyncio.to_thread(systemd.recv, 100)) == b"WATCHDOG=1":
        pass
    after = await asyncio.to_thread(systemd.recv, 100)
    stuck.clear()
    while (again := await asyncio.to_thread(systemd.recv, 100)) != b"WATCHDOG=1":
        assert again == last
    running.cancel()
    watchdog.stopping()
    while (end := await asyncio.to_thread(systemd.recv, 100)) == b"WATCHDOG=1":
        pass
    assert told == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
    assert last == after == b"STATUS=stuck: h1, h3"
    assert end == b"STOPPING=1"


async def test_without_systemd_nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    watchdog = Watchdog(list)
    watchdog.ready()
    watchdog.stopping()
