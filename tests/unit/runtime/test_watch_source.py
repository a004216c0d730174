# SPDX-License-Identifier: Apache-2.0
"""A watch link's life, minutes of it in virtual time: heard, lost, refused, given new keys, ended."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable

import pytest

from adapters.kernel.parse import Reason
from adapters.ssh.errors import LinkError
from statemachines import events as e
from statemachines.session_events import SessionSettings
from tests.support.fake_watch import HEAD, Watched, event, refusal, unreachable, written
from tests.support.virtual_time import run_virtual

GONE = "REEL_HALL=h1 REEL_ROLE=projection"


def tell(story: Callable[[Watched], Awaitable[None]], **how: int) -> None:
    """Tell a story of one watched server; nothing of it may be left open at the end."""

    async def told() -> None:
        watched = Watched(**how)  # type: ignore[arg-type]  # numbers of seconds and chances
        try:
            await story(watched)
        finally:
            await watched.source.close()
        assert watched.server.open == []

    run_virtual(told())


def test_it_is_up_at_udevadms_word_and_not_before() -> None:
    async def story(watched: Watched) -> None:
        watched.server.mute = True
        beginning = asyncio.create_task(watched.begin())
        await asyncio.sleep(1)
        assert watched.ears.ups == 0
        watched.server.monitors[0].say(HEAD + event(1))
        await beginning
        assert (watched.ears.ups, watched.ears.seqs) == (1, [1])
        assert watched.source.serial == 1
        assert watched.news == ["watch_link_up"]

    tell(story)


def test_a_monitor_that_never_listens_is_left_and_tried_again() -> None:
    async def story(watched: Watched) -> None:
        watched.server.mute = True
        await watched.begin()
        assert "did not begin to listen" in watched.ears.lost[0]
        watched.server.mute = False
        await asyncio.sleep(6)
        assert watched.ears.ups == 1
        assert watched.server.open == [2]

    tell(story)


def test_a_lost_link_is_told_once_and_comes_back_by_itself() -> None:
    async def story(watched: Watched) -> None:
        await watched.begin()
        watched.server.fails = unreachable
        watched.server.monitors[0].cut()
        await asyncio.sleep(60)
        assert [words for words in watched.ears.lost if "network is gone" in words] == watched.ears.lost[:1]
        assert len(watched.ears.lost) == 2  # lost, then of another kind: it cannot be reached
        watched.server.fails = None
        await asyncio.sleep(16)
        assert watched.ears.ups == 2
        watched.server.monitors[-1].say(event(9))
        assert watched.ears.seqs == [9]
        assert watched.source.serial == 2

    tell(story)


def test_attempts_lie_ever_further_apart_up_to_the_limit() -> None:
    async def story(watched: Watched) -> None:
        watched.server.fails = unreachable
        await watched.begin()
        await asyncio.sleep(120)
        tried = watched.server.tried_at
        pauses = [later - earlier for earlier, later in itertools.pairwise(tried)]
        assert pauses[0] < 1
        assert pauses == sorted(pauses)
        assert max(pauses) == pytest.approx(15, abs=0.1)

    tell(story, jitter_ppm=1_000_000)


def test_a_server_that_is_back_is_not_waited_for() -> None:
    async def story(watched: Watched) -> None:
        watched.server.fails = unreachable
        await watched.begin()
        await asyncio.sleep(100)
        watched.server.fails = None
        watched.source.server_returned()
        await asyncio.sleep(0.2)
        assert watched.ears.ups == 1

    tell(story, jitter_ppm=1_000_000)


def test_a_refusal_is_not_hammered_and_told_as_one() -> None:
    async def story(watched: Watched) -> None:
        watched.server.fails = refusal
        await watched.begin()
        watched.source.server_returned()
        await asyncio.sleep(59)
        assert len(watched.server.tried_at) == 1
        assert watched.told[0].refused
        await asyncio.sleep(2)
        assert len(watched.server.tried_at) == 2
        assert len(watched.ears.lost) == len(watched.told) == 1
        watched.server.fails = None
        watched.source.rotate()  # an operator who has mended it does not wait
        await asyncio.sleep(0.2)
        assert watched.ears.ups == 1

    tell(story)


def test_a_new_key_is_in_use_before_the_old_link_is_left() -> None:
    async def story(watched: Watched) -> None:
        await watched.begin()
        await asyncio.sleep(539)
        assert watched.server.open == [1]
        await asyncio.sleep(1.2)
        assert watched.server.open == [1, 2]
        for monitor in watched.server.monitors:
            monitor.say(event(1))
            monitor.say(written(GONE, action="remove", seqnum=700))
        await asyncio.sleep(2)
        assert watched.server.open == [2]
        assert (watched.ears.ups, watched.ears.lost) == (1, [])
        heard = [each.event for each in watched.ears.heard]
        assert [type(each) for each in heard] == [e.ReelEnded, e.DeviceRemoved, e.ReelEnded]
        assert watched.source.serial == 2
        assert watched.news == ["watch_link_up", "watch_link_rotated"]

    tell(story)


def test_a_wish_for_a_new_key_that_comes_while_one_is_made_is_kept() -> None:
    async def story(watched: Watched) -> None:
        await watched.begin()
        watched.source.rotate()
        await asyncio.sleep(0.01)
        watched.source.rotate()  # the clock was set just now: the key on its way is of the time before
        await asyncio.sleep(2)
        assert watched.server.open == [3]

    tell(story)


def test_who_writes_the_book_cannot_end_the_link() -> None:
    async def story(watched: Watched) -> None:
        failures = list[object]()
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: failures.append(context["exception"]))

        def full(_news: object) -> None:
            raise RuntimeError("the book is full")

        watched.source._on_news = full
        await watched.begin()
        watched.server.monitors[0].cut()
        await asyncio.sleep(16)
        assert watched.ears.ups == 2
        assert len(failures) == 3

    tell(story)


def test_every_key_is_replaced_between_the_two_ages_at_the_latest_at_ten_minutes() -> None:
    async def story(watched: Watched) -> None:
        await watched.begin()
        await asyncio.sleep(1810)
        opened = [monitor.opened_at for monitor in watched.server.monitors]
        ages = [later - earlier for earlier, later in itertools.pairwise(opened)]
        assert len(ages) == 3
        assert all(540 <= age <= 600.1 for age in ages)

    tell(story, jitter_ppm=1_000_000)


@pytest.mark.parametrize("failure", [unreachable, refusal])
def test_a_link_that_gets_no_successor_is_closed_at_its_certificates_end(failure: Callable[[], LinkError]) -> None:
    async def story(watched: Watched) -> None:
        await watched.begin()
        watched.server.fails = failure
        await asyncio.sleep(890)
        assert watched.server.open == [1]
        assert watched.ears.lost == []
        assert "watch_rotation_failed" in watched.news
        await asyncio.sleep(11)
        assert watched.server.open == []
        assert "certificate ended" in watched.ears.lost[0]
        assert str(failure()) in watched.ears.lost[0]

    tell(story)


def test_a_successor_that_hangs_does_not_keep_a_link_beyond_its_end() -> None:
    async def story(watched: Watched) -> None:
        await watched.begin()
        watched.server.mute = True
        await asyncio.sleep(901)
        assert 1 not in watched.server.open
        assert "certificate ended" in watched.ears.lost[0]

    tell(story)


def test_a_link_that_is_lost_while_its_successor_opens_is_told() -> None:
    async def story(watched: Watched) -> None:
        await watched.begin()
        watched.server.mute = True
        watched.source.rotate()
        await asyncio.sleep(1)
        watched.server.monitors[0].cut()
        await asyncio.sleep(0.1)
        assert "network is gone" in watched.ears.lost[0]
        watched.server.mute = False
        await asyncio.sleep(20)
        assert watched.ears.ups == 2

    tell(story)


def test_a_link_left_behind_in_its_overlap_does_not_pass_for_the_one_that_was_lost() -> None:
    async def story(watched: Watched) -> None:
        await watched.begin()
        watched.source.rotate()
        await asyncio.sleep(0.2)
        watched.server.fails = unreachable
        watched.server.monitors[1].cut()
        await asyncio.sleep(0.1)
        watched.server.monitors[0].say(event(3))
        assert (watched.ears.ups, len(watched.ears.lost)) == (1, 1)

    tell(story)


def test_rubbish_is_counted_over_all_links() -> None:
    async def story(watched: Watched) -> None:
        await watched.begin()
        watched.server.monitors[0].say(event(1, "boom"))
        watched.source.rotate()
        await asyncio.sleep(2)
        watched.server.monitors[1].say(event(2, "boom") + event(3))
        assert watched.source.refused == {Reason.WORD: 2}
        assert watched.ears.seqs == [3]

    tell(story)


def test_after_close_nothing_is_told_and_nothing_is_tried() -> None:
    async def story(watched: Watched) -> None:
        await watched.begin()
        monitor = watched.server.monitors[0]
        await watched.source.close()
        monitor.say(event(1))
        await asyncio.sleep(700)
        assert (watched.ears.seqs, watched.ears.lost) == ([], [])
        assert len(watched.server.tried_at) == 1

    tell(story)


def test_closing_in_the_middle_of_an_attempt_leaves_nothing_open() -> None:
    async def story(watched: Watched) -> None:
        watched.server.mute = True
        beginning = asyncio.create_task(watched.begin())
        await asyncio.sleep(1)
        beginning.cancel()
        await watched.source.close()
        await watched.source.close()

    tell(story)


def test_a_defect_in_minting_costs_an_attempt_not_the_link() -> None:
    async def story(watched: Watched) -> None:
        def spoilt() -> LinkError:
            raise OSError("the authority cannot be read")

        watched.server.fails = spoilt
        await watched.begin()
        assert "authority cannot be read" in watched.ears.lost[0]
        watched.server.fails = None
        await asyncio.sleep(16)
        assert watched.ears.ups == 1

    tell(story)


def test_the_settings_are_those_of_the_sessions() -> None:
    async def told() -> None:
        watched = Watched(settings=SessionSettings(rotate_min_ns=10**9, rotate_max_ns=10**9))
        await watched.begin()
        await asyncio.sleep(5.5)
        await watched.source.close()
        assert watched.news.count("watch_link_rotated") == 5

    run_virtual(told())
