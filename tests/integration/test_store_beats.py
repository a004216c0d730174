# SPDX-License-Identifier: Apache-2.0
"""What the writer keeps beside the rows: figures with each beat, and waypoints of a hall's value."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.support.sites import open_site
from tests.support.store import SECOND_NS, draft, fold, value_after

if TYPE_CHECKING:
    from adapters.store.writer import LogWriter


@pytest.fixture
def writer(tmp_path: Path) -> Iterator["LogWriter"]:
    open_site(tmp_path / "state")
    from adapters.store.writer import LogWriter

    made = LogWriter(tmp_path / "state")
    made.start()
    yield made
    made.close()


async def until(wanted: Any, told: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while await asyncio.to_thread(told) != wanted:  # noqa: ASYNC110  # a table tells nobody
            await asyncio.sleep(0.02)


def halls_told() -> list[tuple[str, int, str]]:
    from adapters.store.models import HallNow

    return list(HallNow.objects.order_by("hall").values_list("hall", "heartbeat_ns", "figures"))


def runtime_told() -> list[tuple[int, str]]:
    from adapters.store.models import RuntimeNow

    return list(RuntimeNow.objects.values_list("at_ns", "figures"))


def waypoints() -> list[tuple[str, int, int, str]]:
    from adapters.store.models import Waypoint

    return list(Waypoint.objects.order_by("hall", "log_seq").values_list("hall", "log_seq", "at_ns", "value"))


async def test_figures_come_with_the_beats_of_hall_and_runtime(writer: "LogWriter") -> None:
    writer.append(draft("hall1", 1), value=value_after(1))
    await writer.flush()
    writer.heartbeat("hall1", 7 * SECOND_NS, '{"mailbox":3}')
    writer.runtime_beat(8 * SECOND_NS, '{"events":{}}')
    await until([("hall1", 7 * SECOND_NS, '{"mailbox":3}')], halls_told)
    await until([(8 * SECOND_NS, '{"events":{}}')], runtime_told)
    writer.runtime_beat(9 * SECOND_NS, "{}")
    await until([(9 * SECOND_NS, "{}")], runtime_told)


async def test_a_halls_value_is_kept_every_ten_minutes_of_its_log(writer: "LogWriter") -> None:
    for n in (1, 2, 300, 600, 601, 602, 1200, 1201):
        writer.append(draft("hall1", n), value=value_after(n))
        await writer.flush()
    writer.append(draft("hall2", 5), value=value_after(5))
    await writer.flush()
    assert await asyncio.to_thread(waypoints) == [
        ("hall1", 1, 1 * SECOND_NS, value_after(1).decode()),
        ("hall1", 5, 601 * SECOND_NS, value_after(601).decode()),
        ("hall1", 8, 1201 * SECOND_NS, value_after(1201).decode()),
        ("hall2", 1, 5 * SECOND_NS, value_after(5).decode()),
    ]


async def test_waypoints_go_with_the_rows_that_led_to_them(writer: "LogWriter") -> None:
    from adapters.store.prune import prune

    for n in range(1, 1300, 100):
        writer.append(draft("hall1", n), value=value_after(n))
        await writer.flush()
    assert [seq for _, seq, _, _ in await asyncio.to_thread(waypoints)] == [1, 7, 13]
    await asyncio.to_thread(prune, before_ns=700 * SECOND_NS, fold=fold)
    assert [seq for _, seq, _, _ in await asyncio.to_thread(waypoints)] == [13]


async def test_the_writer_tells_what_waits(writer: "LogWriter") -> None:
    assert (writer.waiting, writer.lost, writer.oldest_ns()) == (0, 0, None)
    writer.append(draft("hall1", 4))
    writer.append(draft("hall1", 5))
    assert (writer.waiting, writer.oldest_ns()) == (2, 4 * SECOND_NS)
    await writer.flush()
    assert (writer.waiting, writer.oldest_ns()) == (0, None)


async def test_another_value_than_a_halls_is_kept_by_its_stream_and_subject(writer: "LogWriter") -> None:
    from adapters.store.models import HallNow, ValueNow

    def kept() -> list[tuple[str, str, str, int]]:
        return list(ValueNow.objects.values_list("stream", "subject", "value", "log_seq"))

    for n in (1, 2):
        row = msgspec.structs.replace(draft("server:s1", n), subject="deploy:d1")
        writer.append(row, value=b'{"n":%d}' % n)
    await writer.flush()
    assert await asyncio.to_thread(kept) == [("server:s1", "deploy:d1", '{"n":2}', 2)]
    assert not await asyncio.to_thread(HallNow.objects.exists)
