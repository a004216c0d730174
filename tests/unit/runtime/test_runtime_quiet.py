# SPDX-License-Identifier: Apache-2.0
"""Heartbeats of a hall at rest are heard but not all stepped; nothing else that a device says is held back."""

import asyncio

import pytest
from msgspec.structs import replace

from hall_runtime.quiet import MOST_HELD, QuietHeartbeats
from statemachines import events as e
from statemachines.events import Source
from statemachines.hall import Hall, Hold, new_hall, with_device
from statemachines.settings import Settings
from statemachines.snapshot import Snapshot
from statemachines.words import Role, State
from tests.support.fake_hall import EPOCH, FakeHall, line, tell

P, S = Role.PROJECTION, Role.SOUND


def at_rest(**fields: object) -> Hall:
    hall = with_device(new_hall("h1", Settings()), P, epoch=EPOCH, hw_seq=10)
    return replace(hall, **fields)


def beat(seq: int, *, role: Role = P, epoch: int = EPOCH, frame: int = 0) -> e.HeartbeatHeard:
    return e.HeartbeatHeard(role=role, epoch=epoch, hw_seq=seq, frame=frame)


def test_a_heartbeat_that_only_counts_on_is_held_back_until_a_minute_of_them_is_open() -> None:
    quiet = QuietHeartbeats()
    held = [seq for seq in range(11, 60) if quiet.holds_back(at_rest(), beat(seq), Source.KERNEL)]
    assert held == list(range(11, 10 + MOST_HELD))


@pytest.mark.parametrize("state", [state for state in State if state is not State.IDLE])
def test_outside_idle_every_heartbeat_is_stepped(state: State) -> None:
    assert not QuietHeartbeats().holds_back(at_rest(state=state), beat(11), Source.KERNEL)


def test_in_a_held_hall_each_is_stepped_for_a_deployment_listens() -> None:
    held = at_rest(holds=(Hold(name="deployment", reason="a new module", by="r1.s1.1"),))
    assert not QuietHeartbeats().holds_back(held, beat(11), Source.KERNEL)


def test_an_open_dowser_a_new_epoch_another_frame_and_a_ring_are_news() -> None:
    quiet, hall = QuietHeartbeats(), at_rest()
    lit = replace(hall, projector=replace(hall.projector, dowser_open=True))
    assert not quiet.holds_back(lit, beat(11), Source.KERNEL)
    assert not quiet.holds_back(hall, beat(1, epoch=EPOCH + 1), Source.KERNEL)
    assert not quiet.holds_back(hall, beat(11, frame=1), Source.KERNEL)
    assert not quiet.holds_back(hall, beat(11), Source.RING)
    assert not quiet.holds_back(hall, beat(1, role=S), Source.KERNEL)


def test_what_is_held_gives_way_to_anything_newer_of_the_same_device() -> None:
    quiet, hall = QuietHeartbeats(), at_rest()
    assert quiet.holds_back(hall, beat(11), Source.KERNEL)
    assert not quiet.holds_back(hall, e.FilmReady(role=P, epoch=EPOCH, hw_seq=12), Source.KERNEL)
    assert quiet.release(P) is None


def test_a_snapshot_is_judged_against_the_heartbeats_that_were_held_back() -> None:
    """Else film that no event told of would lie in the gate unnoticed: the snapshot would seem ahead of the events."""

    async def story(hall: FakeHall) -> None:
        for owner in hall.owners.values():
            owner.snapshot, owner.ring = Snapshot(epoch=EPOCH, seq=1), [line(1, "added")]
        hall.begin()
        for role in hall.owners:
            hall.hearing.heard(e.DeviceAdded(role=role, epoch=EPOCH, hw_seq=1))
        await hall.recovered()
        for seq in (2, 3, 4):
            for role in hall.owners:
                hall.hearing.heard(beat(seq, role=role))
            await asyncio.sleep(2)
        assert hall.keeper.hall.projection.hw_seq == 1
        hall.owners[P].snapshot = Snapshot(epoch=EPOCH, seq=4, film=True)
        hall.hearing.look()
        hall.keeper.post(e.WarmUpAsked(until_ns=hall.keeper.time_ns + 10**10), Source.RUNTIME)
        await hall.until(lambda: hall.keeper.hall.state is State.THREADING)
        assert hall.keeper.hall.projection.hw_seq == 4

    tell(story)
