# SPDX-License-Identifier: Apache-2.0
"""A mailbox: safety overtakes and is never dropped, telemetry coalesces in order, and what waits is bounded."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall_runtime.mailbox import ROOM, Mail, Mailbox
from statemachines import events as e
from statemachines.kernel_words import SAFETY_CLASSES, TELEMETRY
from statemachines.words import Role

P, S = Role.PROJECTION, Role.SOUND


def mail(event: e.Event, at_ns: int = 0) -> Mail:
    return Mail(at_ns, "hall", event, e.Source.KERNEL)


def kernel(kind: type[e.KernelEvent], seq: int, role: Role = P) -> e.KernelEvent:
    return kind(role=role, epoch=7, hw_seq=seq)


def frame(seq: int) -> e.KernelEvent:
    return kernel(e.FrameCounted, seq)


def stop() -> e.OperatorRequested:
    return e.OperatorRequested(verb="emergency_stop")


async def taken(box: Mailbox) -> list[e.Event]:
    return [(await box.take()).event for _ in range(len(box))]


async def test_safety_overtakes_what_waits_and_keeps_its_own_order() -> None:
    box = Mailbox()
    first = [kernel(e.FilmReady, 1), e.TimerDue(name="x"), frame(2)]
    urgent = [kernel(kind, 3 + n) for n, kind in enumerate(SAFETY_CLASSES)] + [stop()]
    for event in (*first, *urgent):
        assert box.put(mail(event))
    assert await taken(box) == [*urgent, *first]


async def test_only_the_newest_telemetry_of_a_device_waits_where_it_came() -> None:
    box = Mailbox()
    ready, beat, other = kernel(e.FilmReady, 2), kernel(e.HeartbeatHeard, 4), kernel(e.HeartbeatHeard, 1, S)
    for event in (frame(1), ready, other, frame(3), beat, frame(5)):
        box.put(mail(event))
    assert box.coalesced == 2
    assert await taken(box) == [ready, other, beat, frame(5)]
    box.put(mail(frame(6)))
    assert await taken(box) == [frame(6)]


async def test_a_storm_is_bounded_and_keeps_neither_safety_nor_other_events_out() -> None:
    box = Mailbox()
    assert all(box.put(mail(kernel(e.FilmReady, n))) for n in range(ROOM))
    assert not box.put(mail(kernel(e.FilmReady, ROOM)))
    for n in range(3 * ROOM):
        assert box.put(mail(frame(n)))
    assert len(box) == ROOM + 1
    assert box.put(mail(stop()))
    assert box.put(mail(e.TimerDue(name="x")))
    assert box.put(mail(kernel(e.FilmBroke, ROOM)))
    await box.take()
    await box.take()
    await box.take()
    assert not box.put(mail(kernel(e.FilmReady, ROOM)))
    await box.take()
    assert box.put(mail(kernel(e.FilmReady, ROOM)))


async def test_drained_waits_for_the_last_and_for_the_taker_to_ask_again() -> None:
    box = Mailbox()
    box.put(mail(frame(1)))
    drained = asyncio.create_task(box.drained())
    await box.take()
    await asyncio.sleep(0)
    assert not drained.done()
    asking = asyncio.create_task(box.take())
    await drained
    box.put(mail(frame(2)))
    assert (await asking).event == frame(2)


async def test_how_long_something_waits_is_not_hidden_by_telemetry_that_coalesces() -> None:
    box = Mailbox()
    assert box.oldest_ns() is None
    for second in range(1, 9):
        box.put(mail(frame(second), at_ns=second))
    assert box.oldest_ns() == 1
    box.put(mail(kernel(e.FilmReady, 9), at_ns=9))
    await box.take()
    assert box.oldest_ns() == 9
    await box.take()
    assert box.oldest_ns() is None


_EVENTS = st.one_of(
    st.builds(
        kernel, st.sampled_from((*TELEMETRY[::2], e.FilmReady, *SAFETY_CLASSES)), st.just(0), st.sampled_from(Role)
    ),
    st.just(stop()),
    st.just(e.TimerDue(name="x")),
)


@given(st.lists(st.one_of(_EVENTS, st.none()), max_size=80))
@pytest.mark.filterwarnings("error")
def test_nothing_but_older_telemetry_is_lost_and_each_lane_keeps_its_order(story: list[e.Event | None]) -> None:
    """None in a story is a turn of the taker."""

    async def told() -> None:
        box = Mailbox()
        waiting: list[Mail] = []
        for place, event in enumerate(story):
            if event is not None:
                put = Mail(place, "hall", event, e.Source.KERNEL)
                assert box.put(put)
                kin = [w for w in waiting if isinstance(event, TELEMETRY) and _kin(w.event, event)]
                waiting = [w for w in waiting if w not in kin] + [put]
            elif waiting:
                got = await box.take()
                urgent = [w for w in waiting if isinstance(w.event, SAFETY_CLASSES) or w.event == stop()]
                assert got is (urgent or waiting)[0]
                waiting.remove(got)
            assert len(box) == len(waiting)

    asyncio.run(told())


def _kin(one: e.Event, other: e.Event) -> bool:
    return type(one) is type(other) and getattr(one, "role", None) == getattr(other, "role", None)
