# SPDX-License-Identifier: Apache-2.0
"""What every source of kernel events promises: of real uevents, here and over a watch link, and of a booth's socket."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.kernel import EventSource, Heard, LineSource, NetlinkSource, Reason
from tests.support.kernel_events import Ears, LineServer, Synthesiser, keys
from tests.support.watched_kernel import watched_kernel


@dataclass
class Way:
    """A started source and how to speak into its far end."""

    source: EventSource
    say: Callable[[str], None]
    ears: Ears
    ready: Callable[[], Awaitable[None]]


@pytest.fixture(
    params=[
        pytest.param("uevents", marks=pytest.mark.real_uevents),
        pytest.param("watch link", marks=[pytest.mark.real_uevents, pytest.mark.real_sshd]),
        "line socket",
    ]
)
async def way(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Way]:
    ears = Ears()
    if request.param == "uevents":
        kernel = Synthesiser()
        source: EventSource = NetlinkSource("mem", kernel.uuid, 1 << 20)
        yield Way(source, kernel.say, ears, lambda: asyncio.sleep(0))
        await source.close()
    elif request.param == "watch link":
        with watched_kernel() as watched:
            source = watched.source()
            yield Way(source, watched.say, ears, lambda: asyncio.sleep(0))
            await source.close()
    else:
        booth = LineServer(tmp_path / "booth")
        await booth.open()
        source = LineSource(tmp_path / "booth")
        yield Way(source, booth.say, ears, booth.joined)
        await source.close()
        await booth.close()


async def listening(way: Way) -> Ears:
    await way.ears.listen(way.source)
    await way.ready()
    return way.ears


async def test_a_source_that_has_started_is_up_and_hears_in_order(way: Way) -> None:
    ears = await listening(way)
    assert (ears.ups, ears.lost) == (1, [])
    for seq in range(1, 101):
        way.say(keys(seq))
    await ears.wait_for(lambda: len(ears.heard) >= 100)
    assert ears.seqs == list(range(1, 101))
    assert ears.heard[0].hall == "h1"


async def test_what_is_no_event_is_counted_and_passed_over(way: Way) -> None:
    ears = await listening(way)
    way.say(keys(1, word="explode"))
    way.say(keys(0))
    way.say(keys(2, word="door", val="7"))
    way.say(keys(3))
    await ears.wait_for(lambda: bool(ears.heard))
    assert ears.seqs == [3]
    counted = {reason: way.source.refused[reason] for reason in (Reason.WORD, Reason.NUMBER, Reason.VALUE)}
    assert counted == {Reason.WORD: 1, Reason.NUMBER: 1, Reason.VALUE: 1}


async def test_a_listener_that_raises_does_not_cost_the_next_event(way: Way) -> None:
    failures: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
    ears = await listening(way)

    def fail_at_one(heard: Heard) -> None:
        if heard.event.hw_seq == 1:
            raise RuntimeError("hall is full")
        ears.heard.append(heard)

    ears.on_heard = fail_at_one
    way.say(keys(1))
    way.say(keys(2))
    await ears.wait_for(lambda: bool(ears.heard))
    assert ears.seqs == [2]
    assert "hall is full" in repr(failures[0]["exception"])


async def test_after_close_nothing_is_told_any_more(way: Way) -> None:
    ears = await listening(way)
    await way.source.close()
    await way.source.close()
    witness = Ears()
    await witness.listen(way.source)
    await way.ready()
    way.say(keys(1))
    await witness.wait_for(lambda: bool(witness.heard))
    assert (ears.heard, ears.lost) == ([], [])
