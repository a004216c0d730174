# SPDX-License-Identifier: Apache-2.0
"""A storm of real uevents over a small buffer in the middle of a show, and a film break in the middle of the storm."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from statemachines.history import state_in
from statemachines.words import Role, State
from tests.faults.campaign import Campaign
from tests.faults.checker import hardware_wrongs
from tests.faults.evidence import acts
from tests.faults.storming import BUFFER, HALL, Storm, cinema, said_into, storming
from tests.support.multiplex import Multiplex

pytestmark = [
    pytest.mark.real_uevents,
    pytest.mark.real_sshd,
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may have the kernel send uevents"),
]

EVENTS = 20_000
ACTED_S = 0.1


async def show(storm: Storm) -> None:
    """Bring the picture onto the screen."""
    keeper = storm.parts.keeper
    await storm.do(f"{HALL} insert")
    await storm.until("threading", lambda: keeper.hall.state is State.THREADING)
    await storm.do(f"{HALL} ready")
    await storm.until("the lamp burns", lambda: keeper.hall.projector.lamp == "lit")
    await storm.until("the sessions are up", lambda: all(keeper.hall.device(role).link.up for role in Role))
    await storm.do(f"{HALL} start")
    await storm.until("the picture is there", lambda: keeper.hall.projector.dowser_open)
    await storm.at_rest()


def rage(storm: Storm, events: int) -> float:
    """Let the roller rattle, and the film break in the middle of it; return the rate of events (1/s)."""
    site = storm.site
    first, began, broken = site.device(HALL).seq, time.monotonic(), False
    site.do(f"{HALL} fault rattle {events}")
    while (seq := site.device(HALL).seq) < first + events:
        if not broken and seq > first + events // 3:
            site.do(f"{HALL} fault break")
            broken = True
    rate = events / (time.monotonic() - began)
    assert broken
    return rate


def met(storm: Storm) -> dict[str, float | str]:
    """Return how the break became known, and how long after that its commands were out and had taken effect.

    That they took effect is the device's word, and the device is busy with the storm: it is told, not judged.
    """
    (row,) = [row for row in storm.rows if (state_in(row.before), state_in(row.after)) == ("projecting", "fault")]
    broke = next(row for row in storm.rows if row.kind == "film_broke")
    sent = {(each["role"], each["cmd_seq"]) for each in row.effects if each["do"] == "command"}
    done = [act.ns for role in Role for act in acts(storm.site, HALL, role) if (role, act.seq) in sent]
    assert len(done) == len(sent) >= 3, "dowser and motor, sound, lights"
    return {
        "the break came by": row.source if row is broke else row.kind,
        "commands out after ms": storm.out_ms(row),
        "all in effect after ms": (max(done) - (row.at_ns - storm.anchor_ns)) / 1e6,
        "since it broke ms": (max(done) - broke.hw_ns) / 1e6,
    }


async def still_hears(storm: Storm) -> None:
    """The monitor is alive: what happens now comes live."""
    before = storm.ear.came[Role.PROJECTION].total()
    await storm.do(f"{HALL} door open")
    await storm.until("the door is heard live", lambda: storm.ear.came[Role.PROJECTION].total() > before)
    await storm.until("an open door is known", lambda: storm.parts.keeper.hall.projector.door_open)
    await storm.do(f"{HALL} door closed")
    await storm.until("a closed door is known", lambda: not storm.parts.keeper.hall.projector.door_open)


async def weathered(site: Multiplex, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    async with storming(site, monkeypatch) as storm:
        await show(storm)
        rate = await asyncio.to_thread(rage, storm, EVENTS)
        await storm.at_rest()
        await still_hears(storm)
        await storm.at_rest()
        devices = {role: await storm.device(role) for role in Role}
        accounts, books = storm.accounts(), storm.books()
        given = sum(ear.books.settled for ear in storm.parts.hearing.ears.values())
        assert storm.ear.overflows
        assert all(times == 1 for came in storm.ear.came.values() for times in came.values())
        assert books.live + books.from_ring + books.lost == sum(accounts.values()) == given
        hall = storm.parts.keeper.hall
        assert [*hardware_wrongs(hall, devices)] == []
        assert hall.state is State.FAULT
        assert hall.fault.cause in ("film_break", "hardware_latched"), "heard, or read before it was heard"
        how = await asyncio.to_thread(met, storm)
        return {"events": EVENTS, "a second": round(rate), "overflows": storm.ear.overflows, **accounts, **how}


def test_a_storm_with_a_film_break_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, campaign: Campaign) -> None:
    rows = []
    for run in range(campaign.of(10)):
        directory = tmp_path / f"{run}"
        directory.mkdir()
        with said_into(directory / "runtime.log", monkeypatch), cinema(directory) as site:
            rows.append(asyncio.run(weathered(site, monkeypatch)))
    note = (
        f"One writer, as fast as it can; the listener's buffer is {BUFFER >> 10} KiB. Times in one process's clock. "
        f"What is held to {ACTED_S * 1e3:.0f} ms of the delivery or repair is when the commands are out. That they are "
        "in effect is the word of the simulated device, a Python process that still sends its storm on the same two "
        "cores meanwhile: that time is told, not judged."
    )
    campaign.record("A storm of real uevents in a show, with a film break in its middle", rows, note)
    assert max(float(str(row["commands out after ms"])) for row in rows) <= ACTED_S * 1e3, str(rows)
