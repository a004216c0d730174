# SPDX-License-Identifier: Apache-2.0
"""A hall's ears: holes are repaired from rings, silence is told, and a start reads before it decides."""

import asyncio
from collections import Counter

from hall_runtime.mailbox import ROOM
from statemachines import events as e
from statemachines.events import Source
from statemachines.history import HALL
from statemachines.snapshot import Latched, Snapshot
from statemachines.words import Latch, Motor, Role, Sound, State, Tension
from tests.support.fake_hall import EPOCH, FakeHall, line, tell

P, S = Role.PROJECTION, Role.SOUND


def beat(seq: int, role: Role = P) -> e.KernelEvent:
    return e.HeartbeatHeard(role=role, epoch=EPOCH, hw_seq=seq)


async def listening(hall: FakeHall) -> None:
    """A hall that has recovered beside devices that have said one word each."""
    for owner in hall.owners.values():
        owner.snapshot = Snapshot(epoch=EPOCH, seq=1, tension=Tension.SLACK)
        owner.ring = [line(1, "added")]
    hall.begin()
    for role in hall.owners:
        hall.hearing.heard(e.DeviceAdded(role=role, epoch=EPOCH, hw_seq=1))
    await hall.recovered()


async def beating(hall: FakeHall, seconds: float, first: int = 2, *, but: Role | None = None) -> None:
    """Both devices say that they live, every two seconds."""
    for n in range(int(seconds // 2)):
        for role in hall.owners:
            if role is not but:
                hall.hearing.heard(beat(first + n, role))
                hall.owners[role].snapshot = Snapshot(epoch=EPOCH, seq=first + n, tension=Tension.SLACK)
        await asyncio.sleep(2)


def test_a_hole_is_read_from_the_ring_and_told_in_order() -> None:
    async def story(hall: FakeHall) -> None:
        await listening(hall)
        hall.owners[P].ring += [line(2, "filmin"), line(3, "tension", val="good"), line(4, "heartbeat")]
        hall.owners[P].snapshot = Snapshot(epoch=EPOCH, seq=4, film=True)
        hall.hearing.heard(beat(4))
        await hall.until(lambda: bool(hall.rows("tension_changed")))
        assert (EPOCH, 2) in hall.owners[P].asked_ring
        heard = [row for row in hall.log.rows if row.hw_seq > 1]
        assert [(row.hw_seq, row.source) for row in heard][:2] == [(2, "ring"), (3, "ring")]
        assert [row.hw_seq for row in heard] == [2, 3, 4]
        assert hall.keeper.hall.state is State.THREADING
        assert not hall.rows("events_lost")

    tell(story)


def test_a_hole_in_an_idle_hall_asks_once_for_a_session_and_is_not_given_up_before_it_is_there() -> None:
    async def story(hall: FakeHall) -> None:
        await listening(hall)
        await beating(hall, 16)
        assert all(str(each.state) == "down" for each in hall.keeper.sessions.values())
        asked = len(hall.rows("warm_up_asked"))
        hall.owners[P].away = True
        hall.owners[P].ring = [line(n, "heartbeat") for n in range(1, 21)]
        hall.hearing.heard(beat(20))
        await asyncio.sleep(3)
        assert not hall.rows("events_lost")
        hall.owners[P].away = False
        await hall.until(lambda: hall.keeper.hall.projection.hw_seq == 20)
        assert len(hall.rows("warm_up_asked")) == asked + 1
        assert not hall.rows("events_lost")

    tell(story)


def test_a_hole_does_not_shorten_the_time_that_sessions_are_kept_warm_for() -> None:
    async def story(hall: FakeHall) -> None:
        await listening(hall)
        await beating(hall, 16)
        wanted_ns = hall.keeper.time_ns + 3600 * 10**9
        for owner in hall.owners.values():
            owner.away = True
        hall.keeper.post(e.WarmUpAsked(until_ns=wanted_ns), Source.RUNTIME)
        asked = len(hall.rows("warm_up_asked")) + 1
        hall.hearing.heard(beat(20))
        await hall.until(lambda: len(hall.rows("warm_up_asked")) > asked)
        assert hall.keeper.hall.warm_until_ns == wanted_ns

    tell(story)


def test_a_hole_that_nobody_can_fill_is_counted_and_the_rest_is_heard() -> None:
    async def story(hall: FakeHall) -> None:
        await listening(hall)
        for owner in hall.owners.values():
            owner.away = True
        await beating(hall, 16)
        hall.hearing.heard(beat(20))
        hall.hearing.heard(e.DoorMoved(role=P, epoch=EPOCH, hw_seq=21, open=True))
        await hall.until(lambda: hall.keeper.hall.projector.door_open)
        (lost,) = hall.rows("events_lost")
        assert (lost.payload["count"], lost.payload["through"]) == (10, 19)
        began = hall.rows("warm_up_asked")[-1].at_ns
        assert 4.5 <= (lost.at_ns - began) / 1e9 <= 6

    tell(story)


def test_three_missing_heartbeats_are_silence_until_the_next_is_heard() -> None:
    async def story(hall: FakeHall) -> None:
        await listening(hall)
        await beating(hall, 20)
        assert not hall.rows("watch_lost")
        await beating(hall, 20, first=12, but=S)
        (lost,) = hall.rows("watch_lost")
        assert (lost.payload["role"], lost.payload["reason"]) == ("sound", "three heartbeats are missing")
        reads = [row.at_ns for row in hall.rows("snapshot_read") if row.payload["role"] == "sound"]
        assert 0.9 <= (reads[-1] - reads[-2]) / 1e9 <= 1.6
        hall.owners[S].ring = [line(n, "heartbeat") for n in range(1, 23)]
        await beating(hall, 2, first=22)
        (back,) = hall.rows("watch_up")
        assert back.payload["role"] == "sound"

    tell(story)


def test_a_source_that_is_lost_is_told_for_every_device_and_so_is_its_return() -> None:
    async def story(hall: FakeHall) -> None:
        await listening(hall)
        for role in Role:
            hall.hearing.deaf(role, "the booth closed its socket")
        await hall.until(lambda: len(hall.rows("watch_lost")) == 2)
        assert {row.payload["reason"] for row in hall.rows("watch_lost")} == {"the booth closed its socket"}
        for role in Role:
            hall.hearing.deaf(role, "")
        for role in Role:
            hall.hearing.heard(beat(2, role))
        await hall.until(lambda: len(hall.rows("watch_up")) == 2)

    tell(story)


def test_one_source_that_is_lost_leaves_the_other_device_heard() -> None:
    async def story(hall: FakeHall) -> None:
        await listening(hall)
        hall.hearing.deaf(S, "the watch link to rack1 is down")
        await hall.until(lambda: bool(hall.rows("watch_lost")))
        await beating(hall, 10, but=S)
        (lost,) = hall.rows("watch_lost")
        assert (lost.payload["role"], lost.payload["reason"]) == ("sound", "the watch link to rack1 is down")
        reads = Counter(row.payload["role"] for row in hall.rows("snapshot_read") if row.log_seq > lost.log_seq)
        assert reads["sound"] >= 8
        assert reads["projection"] <= 2

    tell(story)


def test_a_link_that_takes_its_time_to_come_up_is_no_silence_but_what_is_silent_then_is() -> None:
    async def story(hall: FakeHall) -> None:
        for owner in hall.owners.values():
            owner.snapshot = Snapshot(epoch=EPOCH, seq=1, tension=Tension.SLACK)
            owner.ring = [line(1, "added")]
        hall.begin()
        await asyncio.sleep(14)
        for role in Role:
            hall.hearing.deaf(role, "")
        await asyncio.sleep(4)
        assert not hall.rows("watch_lost")
        await hall.until(lambda: len(hall.rows("watch_lost")) == 2)
        assert {row.payload["reason"] for row in hall.rows("watch_lost")} == {"three heartbeats are missing"}
        assert 19.5 <= (hall.rows("watch_lost")[0].at_ns - hall.log.rows[0].at_ns) / 1e9 <= 21.5

    tell(story, linked=tuple(Role))


def test_a_link_that_never_comes_up_is_silence_in_the_end() -> None:
    async def story(hall: FakeHall) -> None:
        hall.begin()
        await hall.until(lambda: len(hall.rows("watch_lost")) == 2)
        assert 20 <= (hall.rows("watch_lost")[0].at_ns - hall.log.rows[0].at_ns) / 1e9 <= 22

    tell(story, linked=tuple(Role))


def test_what_was_said_while_nothing_was_heard_is_stepped_ahead_of_the_snapshot() -> None:
    async def story(hall: FakeHall) -> None:
        await listening(hall)
        hall.hearing.deaf(P, "the watch link to proj1 is down")
        broken = (Latched(name=Latch.BREAK, seq=4),)
        owner = hall.owners[P]
        owner.ring += [line(2, "filmin"), line(3, "tension", val="slack"), line(4, "break"), line(5, "stopped")]
        owner.snapshot = Snapshot(epoch=EPOCH, seq=5, film=True, tension=Tension.SLACK, latched=broken)
        hall.hearing.deaf(P, "")
        await hall.until(lambda: hall.keeper.hall.state is State.FAULT)
        assert hall.keeper.hall.fault.cause == "film_break"
        await hall.until(lambda: hall.keeper.hall.projection.hw_seq == 5)
        said = [(row.hw_seq, row.source) for row in hall.log.rows if row.hw_seq > 1 and row.kind != "film_broke"]
        assert said == [(2, "ring"), (3, "ring"), (5, "ring")]
        assert not hall.rows("events_lost")

    tell(story)


def test_a_start_steps_what_the_ring_tells_commands_nothing_for_it_and_then_reads_all_at_once() -> None:
    async def story(hall: FakeHall) -> None:
        broken = (Latched(name=Latch.BREAK, seq=4),)
        owner = hall.owners[P]
        owner.snapshot = Snapshot(epoch=EPOCH, seq=5, film=True, tension=Tension.SLACK, latched=broken)
        owner.ring = [line(1, "added"), line(2, "filmin"), line(3, "ready"), line(4, "break"), line(5, "stopped")]
        hall.owners[S].snapshot = Snapshot(epoch=EPOCH, seq=1, sound=Sound.PLAY)
        hall.owners[S].ring = [line(1, "added")]
        hall.begin()
        await hall.recovered()
        kinds = [row.kind for row in hall.log.rows if row.subject == HALL]
        first = kinds.index("runtime_recovered")
        assert {"film_inserted", "film_broke", "motor_stopped"} <= set(kinds[:first])
        before = [
            effect for row in hall.log.rows[: hall.rows("runtime_recovered")[0].log_seq - 1] for effect in row.effects
        ]
        assert not [effect for effect in before if effect["do"] == "command"]
        assert hall.keeper.hall.fault.cause == "film_break"
        await hall.until(lambda: hall.owners[S].commands == ["safe_stop"])
        assert len(hall.rows("runtime_recovered")) == 1

    tell(story)


def test_a_start_waits_for_the_sound_server_but_not_for_ever() -> None:
    async def story(hall: FakeHall) -> None:
        hall.owners[P].snapshot = Snapshot(epoch=EPOCH, seq=1, film=True, motor=Motor.STOP)
        hall.owners[P].ring = [line(1, "added")]
        hall.owners[S].away = True
        hall.begin()
        await hall.recovered()
        (row,) = hall.rows("runtime_recovered")
        assert row.payload["sound"] is None
        assert 10 <= (row.at_ns - hall.log.rows[0].at_ns) / 1e9 <= 12
        assert hall.keeper.hall.state is State.THREADING

    tell(story)


def test_a_hall_whose_projector_cannot_be_read_does_not_recover() -> None:
    async def story(hall: FakeHall) -> None:
        hall.owners[P].away = True
        hall.begin()
        await asyncio.sleep(60)
        assert not hall.keeper.hall.recovered
        hall.owners[P].away = False
        await hall.recovered()

    tell(story)


def test_a_storm_that_finds_no_room_is_told_as_lost_once_there_is_room() -> None:
    async def story(hall: FakeHall) -> None:
        await listening(hall)
        for seq in range(2, ROOM + 12):
            hall.hearing.heard(e.DoorMoved(role=P, epoch=EPOCH, hw_seq=seq, open=bool(seq % 2)))
        hall.hearing.heard(e.FilmBroke(role=P, epoch=EPOCH, hw_seq=ROOM + 12))
        await hall.until(lambda: bool(hall.rows("events_lost")))
        assert hall.keeper.hall.state is State.FAULT
        (lost,) = hall.rows("events_lost")
        assert lost.payload["through"] == ROOM + 11
        assert len(hall.rows("door_moved")) + lost.payload["count"] == ROOM + 10

    tell(story)


def test_a_device_that_the_hall_does_not_have_is_not_heard() -> None:
    async def story(hall: FakeHall) -> None:
        await listening(hall)
        before = len(hall.log.rows)
        hall.hearing.heard(beat(9, S))
        await asyncio.sleep(0.2)
        assert not [row for row in hall.log.rows[before:] if row.hw_seq == 9]

    tell(story, roles=(P,))
