# SPDX-License-Identifier: Apache-2.0
"""A hall's keeper: every event a row with its cause, every effect carried out, sessions as the hall wants them."""

import asyncio

import pytest
from structlog.testing import capture_logs

from adapters.store.errors import RecordUnfit
from statemachines import events as e
from statemachines.effects import Command
from statemachines.events import Source
from statemachines.record import Record
from statemachines.replay import Fold
from statemachines.session_effects import CloseLink, OpenLink
from statemachines.session_value import SessionState
from statemachines.settings import Settings
from statemachines.snapshot import Snapshot
from statemachines.words import Role, State, Tension
from tests.support.fake_hall import EPOCH, FakeHall, tell
from tests.support.virtual_time import run_virtual

P, S = Role.PROJECTION, Role.SOUND
_AT_REST = e.RuntimeRecovered(
    projection=Snapshot(epoch=EPOCH, seq=1, tension=Tension.SLACK), sound=Snapshot(epoch=EPOCH, seq=1)
)


async def idle(hall: FakeHall) -> None:
    """An idle hall that has read its hardware, its sessions closed."""
    hall.begin(hearing=False)
    await hall.until(lambda: hall.keeper.hall.projection.link.up and hall.keeper.hall.sound.link.up)
    hall.keeper.post(_AT_REST, Source.RUNTIME)
    await hall.recovered()
    await hall.until(lambda: all(each.state is SessionState.DOWN for each in hall.keeper.sessions.values()))


async def threaded(hall: FakeHall) -> None:
    """Film is ready, the lamp burns."""
    await idle(hall)
    hall.keeper.post(e.FilmInserted(role=P, epoch=EPOCH, hw_seq=2), Source.KERNEL)
    hall.keeper.post(e.TensionChanged(role=P, epoch=EPOCH, hw_seq=3, tension=Tension.GOOD), Source.KERNEL)
    await hall.until(lambda: hall.keeper.hall.projection.link.up and hall.keeper.hall.sound.link.up)
    hall.keeper.post(e.FilmReady(role=P, epoch=EPOCH, hw_seq=4), Source.KERNEL)
    await hall.until(lambda: "lamp on" in hall.owners[P].commands)
    hall.keeper.post(e.LampLit(role=P, epoch=EPOCH, hw_seq=5), Source.KERNEL)
    await hall.until(lambda: bool(hall.rows("lamp_lit")))


async def projecting(hall: FakeHall) -> None:
    await threaded(hall)
    hall.keeper.post(e.ShowStarted(role=P, epoch=EPOCH, hw_seq=6), Source.KERNEL)
    await hall.until(lambda: "motor run" in hall.owners[P].commands)
    hall.keeper.post(e.MotorAtSpeed(role=P, epoch=EPOCH, hw_seq=7), Source.KERNEL)
    await hall.until(lambda: hall.keeper.hall.projector.dowser_open)


def by_number(hall: FakeHall, cause: str) -> Record:
    return hall.log.rows[int(cause) - 1]


def test_every_row_folds_to_what_it_says() -> None:
    hall = tell(projecting)
    fold = Fold()
    for row in hall.log.rows:
        fold.row(row)
    assert fold.now("h1") == hall.keeper.now
    times = [row.at_ns for row in hall.log.rows]
    assert times == sorted(times)


def test_an_answer_names_the_row_that_asked_and_a_deadline_the_row_that_set_it() -> None:
    hall = tell(projecting)
    done = hall.rows("command_done")
    assert done
    for row in done:
        asked = [effect for effect in by_number(hall, row.cause).effects if effect["do"] == "command"]
        assert (row.payload["role"], row.payload["cmd_seq"]) in {(each["role"], each["cmd_seq"]) for each in asked}
    closed = next(row for row in hall.rows("timer_due") if row.payload["name"].endswith(":close"))
    armed = [each["name"] for each in by_number(hall, closed.cause).effects if each["do"] == "arm_timer"]
    assert closed.payload["name"] in armed


def test_an_answer_that_comes_at_once_names_its_row_too() -> None:
    async def story(hall: FakeHall) -> None:
        await projecting(hall)
        hall.owners[S].away = True
        hall.keeper.post(e.FilmBroke(role=P, epoch=EPOCH, hw_seq=8), Source.KERNEL)
        await hall.until(lambda: hall.keeper.hall.state is State.FAULT)
        await hall.until(lambda: any(row.payload["result"] == "failed:down" for row in hall.rows("command_done")))

    hall = tell(story)
    down = [row for row in hall.rows("command_done") if row.payload["result"] == "failed:down"]
    assert {by_number(hall, row.cause).kind for row in down} == {"film_broke"}


def test_sessions_follow_what_the_hall_wants() -> None:
    async def story(hall: FakeHall) -> None:
        await threaded(hall)
        wanted = [row for row in hall.rows("session_wanted") if int(row.cause) > 1]
        assert {row.subject for row in wanted} == {"session:projection", "session:sound"}
        assert {by_number(hall, row.cause).kind for row in wanted} == {"film_inserted"}
        hall.keeper.post(e.FilmRemoved(role=P, epoch=EPOCH, hw_seq=6), Source.KERNEL)
        await hall.until(lambda: all(each.state is SessionState.DOWN for each in hall.keeper.sessions.values()))
        began, over = hall.rows("film_removed")[-1].at_ns, hall.rows("links_drained")[-1].at_ns
        assert 5.0 <= (over - began) / 1e9 < 5.2

    hall = tell(story)
    for owner in hall.owners.values():
        links = [type(effect) for effect in owner.executed if not isinstance(effect, Command)]
        assert links == [OpenLink, CloseLink, OpenLink, CloseLink]


def test_film_takes_the_programme_of_its_hall() -> None:
    async def story() -> None:
        hall = FakeHall(settings=Settings(gauge=70, feet=(1400, 900)))
        try:
            await threaded(hall)
            assert (hall.keeper.hall.film.gauge, hall.keeper.hall.film.feet) == (70, (1400, 900))
            assert hall.rows("film_inserted")[0].payload["feet"] == (1400, 900)
        finally:
            await hall.end()

    run_virtual(story())


def test_a_break_stops_everything_even_when_the_row_and_the_first_command_fail() -> None:
    async def story(hall: FakeHall) -> None:
        await projecting(hall)
        hall.log.broken = RecordUnfit("no row can hold it")
        hall.owners[P].defect = RuntimeError("the owner stumbled")
        hall.keeper.post(e.FilmBroke(role=P, epoch=EPOCH, hw_seq=8), Source.KERNEL)
        with pytest.raises(ExceptionGroup, match="the owner stumbled"):
            await hall.keeper_task
        assert hall.keeper.hall.state is State.FAULT
        assert hall.owners[P].commands[-1] == "lights up"
        assert hall.owners[S].commands[-1] == "safe_stop"

    tell(story)


def test_the_canonical_line_tells_the_change_and_no_value_of_the_hall() -> None:
    with capture_logs() as said:
        tell(projecting)
    started = next(line for line in said if line["event"] == "show_started")
    assert started["change"] == "threading → projecting"
    assert "command projection motor run" in started["effects"]
    told = {key for line in said for key in line}
    assert told <= {
        *("event log_level hall subject seq change verdict reason effects us".split()),
        *("alarm words root".split()),
    }
    assert not any(len(word) == 64 for line in said for value in line.values() for word in str(value).split(":"))


def test_an_old_deadline_is_armed_again_with_no_more_than_it_had() -> None:
    async def story(hall: FakeHall) -> None:
        await threaded(hall)
        hold = hall.keeper.hall.armed("lamp_hold")
        assert hold is not None
        hall.keeper.timers.close()
        hall.keeper.rearm()
        await asyncio.sleep(hall.settings.timings.lamp_hold / 1e9 + 1)
        assert "lamp off" in hall.owners[P].commands
        assert abs(hall.rows("timer_due")[-1].at_ns - hold.at_ns) < 50_000_000

    tell(story)
