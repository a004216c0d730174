# SPDX-License-Identifier: Apache-2.0
"""The ear of one device: order, holes, repair, giving up, epochs, silence."""

from collections.abc import Iterable

import pytest

from adapters.kernel import Books, DeviceEar, Gap
from adapters.kernel.ledger import HELD_LIMIT
from statemachines import events as e
from statemachines.words import Role

MS = 1_000_000
SECOND = 1000 * MS


def count(seq: int, epoch: int = 7) -> e.KernelEvent:
    return e.FrameCounted(role=Role.PROJECTION, epoch=epoch, hw_seq=seq, frame=24 * seq)


def broke(seq: int, epoch: int = 7) -> e.KernelEvent:
    return e.FilmBroke(role=Role.PROJECTION, epoch=epoch, hw_seq=seq)


def lost(number: int, through: int, epoch: int = 7) -> e.EventsLost:
    return e.EventsLost(role=Role.PROJECTION, epoch=epoch, count=number, through=through)


def counts(seqs: Iterable[int], epoch: int = 7) -> list[e.KernelEvent]:
    return [count(seq, epoch) for seq in seqs]


def heard_through(seq: int) -> DeviceEar:
    ear = DeviceEar(Role.PROJECTION, now_ns=0)
    for each in counts(range(1, seq + 1)):
        assert ear.hear(each, 0) == [each]
    return ear


def test_events_in_order_pass_at_once_and_are_booked() -> None:
    ear = heard_through(5)
    assert ear.gap is None
    assert ear.books == Books(live=5)
    assert ear.epoch == 7


def test_beyond_a_hole_events_wait_for_the_ring_then_pass_in_order() -> None:
    ear = heard_through(2)
    assert ear.hear(count(5), 10) == []
    assert ear.hear(count(6), 20) == []
    assert ear.gap == Gap(epoch=7, first=3, through=4, since_ns=10)
    assert ear.repair(7, counts([3, 4, 5, 6]), 30) == counts([3, 4, 5, 6])
    assert ear.books == Books(live=4, from_ring=2)


def test_a_safety_event_never_waits_and_never_passes_twice() -> None:
    ear = heard_through(2)
    ear.hear(count(4), 10)
    assert ear.hear(broke(6), 11) == [broke(6)]
    assert ear.hear(broke(6), 12) == []
    answer = [count(3), count(4), count(5), broke(6), count(7)]
    assert ear.repair(7, answer, 13) == counts([3, 4, 5, 7])
    assert ear.hear(count(7), 14) == []
    assert ear.books == Books(live=4, from_ring=3, duplicates=2)


def test_what_the_ring_no_longer_has_is_told_as_lost_in_its_place() -> None:
    ear = heard_through(2)
    ear.hear(count(9), 10)
    answer = [broke(4), *counts([7, 8, 9])]
    assert ear.repair(7, answer, 11) == [lost(1, 3), broke(4), lost(2, 6), *counts([7, 8, 9])]
    assert ear.books == Books(live=3, from_ring=3, lost=3)


def test_a_ring_read_too_early_proves_no_loss_of_what_came_later() -> None:
    ear = heard_through(2)
    ear.hear(count(5), 10)
    ear.hear(count(8), 20)
    assert ear.repair(7, counts([3, 4, 5]), 30) == counts([3, 4, 5])
    assert ear.gap == Gap(epoch=7, first=6, through=7, since_ns=20)
    assert ear.repair(7, counts([6, 7, 8]), 40) == counts([6, 7, 8])
    assert ear.books.lost == 0


def test_a_ring_ahead_of_the_queue_proves_no_loss_of_what_is_still_queued() -> None:
    ear = heard_through(2)
    assert ear.repair(7, counts([5, 6]), 10) == []
    assert ear.hear(count(3), 20) == [count(3)]
    assert ear.hear(count(4), 21) == counts([4, 5, 6])
    assert ear.books == Books(live=4, from_ring=2)


def test_a_hole_without_an_answer_is_given_up_after_a_second() -> None:
    ear = heard_through(2)
    ear.hear(count(5), 10)
    assert ear.due(10 + SECOND - 1) == []
    assert ear.due(10 + SECOND) == [lost(2, 4), count(5)]
    assert ear.gap is None
    assert ear.due(5 * SECOND) == []


def test_a_younger_hole_keeps_its_own_second() -> None:
    ear = heard_through(2)
    ear.hear(count(4), 0)
    ear.hear(count(6), 900 * MS)
    assert ear.due(SECOND) == [lost(1, 3), count(4)]
    assert ear.gap == Gap(epoch=7, first=5, through=5, since_ns=900 * MS)
    assert ear.due(1900 * MS) == [lost(1, 5), count(6)]


def test_a_late_answer_passes_only_safety_events_that_nobody_has_seen() -> None:
    ear = heard_through(2)
    ear.hear(count(6), 0)
    ear.due(SECOND)
    assert ear.books == Books(live=3, lost=3)
    assert ear.repair(7, [count(3), broke(4), count(5), count(6)], 2 * SECOND) == [broke(4)]
    assert ear.repair(7, [broke(4)], 3 * SECOND) == []
    assert ear.hear(count(3), 3 * SECOND) == []
    assert ear.books == Books(live=3, from_ring=1, lost=2, duplicates=1)


def test_a_late_live_event_fills_its_hole() -> None:
    ear = heard_through(1)
    ear.hear(count(4), 0)
    assert ear.hear(count(2), 1) == [count(2)]
    assert ear.gap == Gap(epoch=7, first=3, through=3, since_ns=0)
    assert ear.hear(count(3), 2) == counts([3, 4])
    assert ear.books == Books(live=4)


def test_the_gap_ends_at_the_highest_number_that_is_still_missing() -> None:
    ear = heard_through(1)
    ear.hear(count(6), 0)
    ear.hear(count(5), 1)
    ear.hear(count(4), 2)
    assert ear.gap == Gap(epoch=7, first=2, through=3, since_ns=0)


def test_a_storm_beyond_a_hole_is_bounded() -> None:
    ear = heard_through(1)
    for each in counts(range(3, 3 + HELD_LIMIT)):
        assert ear.hear(each, 0) == []
    passed = ear.hear(count(3 + HELD_LIMIT), 0)
    assert passed == [lost(1, 2), *counts(range(3, 4 + HELD_LIMIT))]


def test_the_end_of_a_burst_is_found_by_the_snapshot() -> None:
    ear = heard_through(2)
    ear.check(7, 5, 0)
    gaps = [ear.due(now_ns) or ear.gap for now_ns in (249 * MS, 250 * MS)]
    assert gaps == [None, Gap(epoch=7, first=3, through=5, since_ns=250 * MS)]
    assert ear.repair(7, counts([4, 5]), 300 * MS) == [lost(1, 3), *counts([4, 5])]


def test_events_that_were_only_under_way_open_no_gap() -> None:
    ear = heard_through(2)
    ear.check(7, 3, 0)
    ear.hear(count(3), 100 * MS)
    ear.check(7, 4, 200 * MS)
    gaps = [ear.due(now_ns) or ear.gap for now_ns in (300 * MS, 449 * MS, 450 * MS)]
    assert gaps == [None, None, Gap(epoch=7, first=4, through=4, since_ns=450 * MS)]


def test_a_frequent_snapshot_does_not_put_the_discovery_off() -> None:
    ear = heard_through(2)
    for tick in range(3):
        ear.check(7, 5 + tick, tick * 100 * MS)
    ear.due(250 * MS)
    assert ear.gap is not None


def test_a_restarted_device_begins_at_one_and_flushes_what_was_held() -> None:
    ear = heard_through(2)
    ear.hear(count(4), 0)
    assert ear.hear(count(1, epoch=8), 1) == [lost(1, 3), count(4), count(1, epoch=8)]
    assert ear.epoch == 8
    assert ear.books == Books(live=1)
    assert ear.totals == Books(live=4, lost=1)


def test_a_first_number_above_one_is_a_hole_from_one() -> None:
    ear = DeviceEar(Role.PROJECTION, now_ns=0)
    assert ear.hear(count(3), 5) == []
    assert ear.gap == Gap(epoch=7, first=1, through=2, since_ns=5)


def test_stragglers_of_an_epoch_that_is_over_are_dropped() -> None:
    ear = heard_through(2)
    ear.hear(count(1, epoch=8), 0)
    assert ear.hear(broke(3, epoch=7), 1) == []
    assert ear.repair(7, [broke(3)], 2) == []
    ear.check(7, 99, 2)
    assert ear.due(SECOND) == []
    assert ear.epoch == 8
    assert ear.stale == 1


def test_an_epoch_that_only_seemed_over_is_taken_up_again_on_the_word_of_two_snapshots() -> None:
    ear = heard_through(2)
    ear.hear(count(1, epoch=6), 0)
    assert ear.hear(count(3), 1) == []
    for now_ns in (0, 500 * MS):
        ear.check(7, 3, now_ns)
    ear.due(600 * MS)
    assert ear.gap == Gap(epoch=7, first=3, through=3, since_ns=600 * MS)
    assert ear.repair(7, counts([1, 2, 3]), 700 * MS) == [count(3)]
    assert ear.totals == Books(live=3, from_ring=1)


def test_the_ring_of_a_device_that_restarted_while_the_runtime_was_down_is_heard() -> None:
    ear = DeviceEar(Role.PROJECTION, now_ns=0)
    ear.resume(7, 10, ahead=[], now_ns=0)
    assert ear.repair(8, counts([3, 4], epoch=8), 1) == [lost(2, 2, epoch=8), *counts([3, 4], epoch=8)]
    assert ear.repair(9, counts([1], epoch=9), 2) == []


def test_a_restart_of_which_nothing_was_heard_is_found_by_the_snapshot() -> None:
    ear = heard_through(2)
    ear.check(8, 2, 0)
    assert ear.due(250 * MS) == []
    assert ear.gap == Gap(epoch=8, first=1, through=2, since_ns=250 * MS)
    assert ear.repair(8, counts([1, 2], epoch=8), 300 * MS) == counts([1, 2], epoch=8)


def test_a_restarted_runtime_goes_on_where_it_stopped() -> None:
    ear = DeviceEar(Role.PROJECTION, now_ns=0)
    ear.resume(7, 10, ahead=[13], now_ns=0)
    assert ear.gap == Gap(epoch=7, first=11, through=12, since_ns=0)
    assert ear.hear(broke(13), 1) == []
    assert ear.repair(7, [count(12), broke(13), count(14)], 2) == [lost(1, 11), *counts([12, 14])]
    assert ear.books == Books(from_ring=2, lost=1, before=11, duplicates=1)


def test_what_the_ring_lost_while_the_runtime_was_down_is_told_at_once() -> None:
    ear = DeviceEar(Role.PROJECTION, now_ns=0)
    ear.resume(7, 10, ahead=[], now_ns=0)
    assert ear.repair(7, counts([15, 16]), 1) == [lost(4, 14), *counts([15, 16])]
    assert ear.gap is None


def test_a_class_device_that_comes_or_goes_passes_without_being_booked() -> None:
    ear = heard_through(2)
    ear.hear(count(4), 0)
    gone = e.DeviceRemoved(role=Role.PROJECTION, epoch=0, hw_seq=0)
    assert ear.hear(gone, 1) == [gone]
    assert ear.books == Books(live=2)
    assert ear.epoch == 7


@pytest.mark.parametrize("answer", [[], counts([1, 2])])
def test_an_answer_with_nothing_new_changes_nothing(answer: list[e.KernelEvent]) -> None:
    ear = heard_through(2)
    ear.hear(count(4), 0)
    assert ear.repair(7, answer, 1) == []
    assert ear.gap == Gap(epoch=7, first=3, through=3, since_ns=0)


def test_silence_is_three_missed_heartbeats() -> None:
    ear = heard_through(1)
    assert not ear.silent(6 * SECOND - 1)
    assert ear.silent(6 * SECOND)
    ear.hear(count(2), 6 * SECOND)
    assert not ear.silent(7 * SECOND)


def test_a_number_from_far_away_costs_no_time() -> None:
    ear = heard_through(1)
    ear.hear(count(2**62), 0)
    assert ear.due(SECOND) == [lost(2**62 - 2, 2**62 - 1), count(2**62)]
