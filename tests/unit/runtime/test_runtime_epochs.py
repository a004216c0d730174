# SPDX-License-Identifier: Apache-2.0
"""A device that started anew: what was still on its way from before is over, and no hall hears of it."""

import pytest

from statemachines import events as e
from statemachines.snapshot import Snapshot
from statemachines.words import Role, State
from tests.support.fake_hall import EPOCH, FakeHall, line, tell

P, S = Role.PROJECTION, Role.SOUND
NEW = EPOCH + 1


async def restarted(hall: FakeHall) -> None:
    """A hall has recovered; then its projector started anew, and the hall has heard so."""
    for owner in hall.owners.values():
        owner.snapshot = Snapshot(epoch=EPOCH, seq=1)
        owner.ring = [line(1, "added")]
    hall.begin()
    for role in hall.owners:
        hall.hearing.heard(e.DeviceAdded(role=role, epoch=EPOCH, hw_seq=1))
    await hall.recovered()
    hall.owners[P].snapshot = Snapshot(epoch=NEW, seq=1)
    hall.hearing.heard(e.DeviceAdded(role=P, epoch=NEW, hw_seq=1))
    await hall.until(lambda: hall.keeper.hall.projection.epoch == NEW)


@pytest.mark.parametrize(
    "late",
    [
        e.FilmInserted(role=P, epoch=EPOCH, hw_seq=2),
        e.FilmBroke(role=P, epoch=EPOCH, hw_seq=2),
        e.HeartbeatHeard(role=P, epoch=EPOCH, hw_seq=900),
    ],
    ids=["film", "break", "heartbeat"],
)
def test_a_late_event_of_an_epoch_that_is_over_reaches_no_hall(late: e.KernelEvent) -> None:
    async def story(hall: FakeHall) -> None:
        await restarted(hall)
        rows = len(hall.log.rows)
        hall.hearing.heard(late)
        hall.hearing.heard(e.DoorMoved(role=P, epoch=NEW, hw_seq=2, open=True))
        await hall.until(lambda: bool(hall.rows("door_moved")))
        assert {row.hw_epoch for row in hall.log.rows[rows:] if row.hw_epoch} == {NEW}
        assert (hall.keeper.hall.state, hall.keeper.hall.projection.epoch) == (State.IDLE, NEW)
        assert hall.hearing.ears[P].stale == 1

    tell(story)
