# SPDX-License-Identifier: Apache-2.0
"""A watch link for real: sshd, udevadm and the kernel, and what becomes of it when one of them goes."""

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest

from adapters.kernel import DeviceEar, Reason
from adapters.ssh.errors import CredentialRefused
from adapters.ssh.watch import UDEVADM, WATCH_PRINCIPAL, open_watch, watch_command
from hall_runtime.watch_source import WatchSource
from statemachines.events import EventsLost
from statemachines.words import Role
from tests.support.kernel_events import Ears, keys
from tests.support.ssh import LIMIT_S, mint, sshd_address
from tests.support.watched_kernel import WatchedKernel, watched_kernel

pytestmark = [pytest.mark.real_sshd, pytest.mark.real_uevents]


@pytest.fixture
def watched() -> Iterator[WatchedKernel]:
    with watched_kernel() as kernel:
        yield kernel


@pytest.fixture
async def ears() -> Ears:
    return Ears()


async def listening(watched: WatchedKernel, ears: Ears, **how: float) -> WatchSource:
    source = watched.source(**how)
    await ears.listen(source)
    assert ears.lost == []
    return source


async def until(true: Callable[[], bool]) -> None:
    """Look until something outside of this process has come about."""
    async with asyncio.timeout(LIMIT_S):
        while not true():  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.05)


async def test_a_cut_link_is_noticed_at_once_and_comes_back(watched: WatchedKernel, ears: Ears) -> None:
    source = await listening(watched, ears)
    watched.say(keys(1))
    await ears.wait_for(lambda: ears.seqs == [1])
    began = time.monotonic()
    watched.cut()
    await ears.wait_for(lambda: bool(ears.lost))
    assert time.monotonic() - began < 1
    assert "the watch link to proj1 is down" in ears.lost[0]
    await ears.wait_for(lambda: ears.ups == 2)
    watched.say(keys(2))
    await ears.wait_for(lambda: ears.seqs == [1, 2])
    await source.close()


async def test_a_half_open_link_is_noticed_within_five_seconds(watched: WatchedKernel, ears: Ears) -> None:
    source = await listening(watched, ears)
    watched.say(keys(1))
    await ears.wait_for(lambda: ears.seqs == [1])
    began = time.monotonic()
    watched.stop_the_connection()
    await ears.wait_for(lambda: bool(ears.lost))
    took_s = time.monotonic() - began
    assert took_s < 5, took_s
    await ears.wait_for(lambda: ears.ups == 2)
    watched.say(keys(2))
    await ears.wait_for(lambda: ears.seqs == [1, 2])
    await source.close()


async def test_keys_rotate_under_events_and_none_is_lost_or_doubled(watched: WatchedKernel, ears: Ears) -> None:
    source = await listening(watched, ears, rotate_s=0.4)
    ear, passed = DeviceEar(Role.PROJECTION, time.monotonic_ns()), list[int]()
    for seq in range(1, 601):
        watched.say(keys(seq))
        await asyncio.sleep(0.005)
    await ears.wait_for(lambda: len(set(ears.seqs)) == 600)
    for heard in ears.heard:
        for event in ear.hear(heard.event, time.monotonic_ns()):
            assert not isinstance(event, EventsLost)
            passed.append(getattr(event, "hw_seq", 0))
    assert passed == list(range(1, 601))
    assert len(set(watched.serials)) == len(watched.serials) >= 5
    assert (ears.ups, ears.lost) == (1, [])
    assert len(ears.seqs) > 600, "two links overlapped and nothing came twice: was there an overlap at all?"
    await source.close()


async def test_links_that_were_left_leave_nothing_running_on_the_server(watched: WatchedKernel, ears: Ears) -> None:
    source = await listening(watched, ears, rotate_s=0.3)
    assert len(watched.monitors()) == 1
    await until(lambda: len(watched.serials) >= 6)
    await source.close()
    assert watched.monitors()

    def ended() -> bool:
        # A monitor whose channel is gone ends when it writes its next event; a device speaks every two seconds.
        watched.say(keys(1))
        return not watched.monitors()

    await until(ended)


async def test_a_revoked_key_gets_no_link(watched: WatchedKernel, ears: Ears) -> None:
    source = await listening(watched, ears)
    used = source.serial
    assert used in watched.serials
    source.rotate()
    watched.sshd.revoke([used])
    await until(lambda: source.serial != used)
    assert f"serial {source.serial}" in watched.sshd.log_text()
    watched.sshd.revoke(watched.serials)
    watched.cut()
    await ears.wait_for(lambda: bool(ears.lost))
    await source.close()


async def test_the_certificate_is_good_for_nothing_but_listening(watched: WatchedKernel) -> None:
    other = mint(watch_command("mem"), principal="reel-h1-projection")
    with pytest.raises(CredentialRefused):
        await open_watch(sshd_address(watched.sshd), other, lambda _data: None, limit_s=LIMIT_S)
    said = bytearray()
    listens = mint(watch_command("mem"), principal=WATCH_PRINCIPAL)
    link = await open_watch(sshd_address(watched.sshd), listens, said.extend, limit_s=LIMIT_S)
    await until(lambda: b"KERNEL - " in said)
    await link.close(1.0)


async def test_a_server_without_udevadm_says_so(watched: WatchedKernel) -> None:
    missing = mint("/nowhere/udevadm monitor", principal=WATCH_PRINCIPAL)
    link = await open_watch(sshd_address(watched.sshd), missing, lambda _data: None, limit_s=LIMIT_S)
    reason = await asyncio.wait_for(link.closed, LIMIT_S)
    assert UDEVADM in str(reason)
    await link.close(1.0)


async def test_what_other_programs_have_the_kernel_send_is_counted_only(watched: WatchedKernel, ears: Ears) -> None:
    source = await listening(watched, ears)
    watched.kernel.say(keys(1), uuid="6ba7b810-9dad-11d1-80b4-00c04fd430c8")
    watched.say(keys(2))
    await ears.wait_for(lambda: ears.seqs == [2])
    assert source.refused[Reason.FOREIGN] >= 1
    await source.close()


async def test_a_flood_leaves_the_loop_to_others(watched: WatchedKernel, ears: Ears) -> None:
    source = await listening(watched, ears)
    longest_s = 0.0

    async def another_hall() -> None:
        nonlocal longest_s
        while True:
            began = time.monotonic()
            await asyncio.sleep(0)
            longest_s = max(longest_s, time.monotonic() - began)

    def flood() -> None:
        for seq in range(1, 3001):
            watched.say(keys(seq))

    other = asyncio.create_task(another_hall())
    await asyncio.to_thread(flood)
    await ears.wait_for(lambda: 3000 in ears.seqs)
    other.cancel()
    assert longest_s < 0.25, longest_s
    await source.close()
