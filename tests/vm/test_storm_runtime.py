# SPDX-License-Identifier: Apache-2.0
"""The same storm with a whole runtime behind it: telemetry is lost by the hundred, and the hall is in fault."""

from collections.abc import Callable
from pathlib import Path

import pytest

from statemachines.history import HALL
from statemachines.record import Record
from statemachines.words import Motor, Role, State, Tension
from tests.vm.cinema import VmCinema
from tests.vm.guest import Guest
from tests.vm.show import project

EDGES = 2000
BUSY_S = 60.0
"""Four handshakes with a guest of one processor, where others want the machine too."""
SECTION = "The same storm behind the watch link of a runtime"
NOTE = (
    "The hall is in fault; `live`, `from the rings` and `declared lost` add up to every number that both devices gave. "
    "`stepped`: rows of the log, each number once; what was neither stepped nor lost is telemetry that a newer one "
    "replaced before its turn, and heartbeats of an idle hall."
)


def given(guest: Guest) -> int:
    """Return how many numbers both devices have given."""
    return sum(guest.device("h1", role).seq for role in Role)


def books(site: VmCinema) -> dict[str, int]:
    """Return what the runtime says became of the numbers of both devices."""
    heard = site.hall_figures("h1")["heard"].values()
    return {name: sum(counts[name] for counts in heard) for name in ("live", "from_ring", "lost")}


def settled(site: VmCinema) -> dict[str, int]:
    """Return the books when they hold every number that was given, while none came; else nothing."""
    before, found = given(site.guest), books(site)
    return found if sum(found.values()) == before == given(site.guest) else {}


def numbered(rows: list[Record]) -> list[tuple[str, int]]:
    return [(row.payload["role"], row.hw_seq) for row in rows if row.hw_seq]


@pytest.fixture
def site(tmp_path: Path, guest_factory: Callable[..., Guest]) -> VmCinema:
    return VmCinema(tmp_path, guest_factory(halls=("h1",), fps_milli=48_000), feet=3000)


def test_a_storm_behind_a_watch_link_ends_in_fault(site: VmCinema, measured: Callable[..., None]) -> None:
    guest = site.guest
    with site:
        site.start(BUSY_S)
        project(site, "h1")
        calm = given(guest)
        guest.sim("h1", "rattle", f"{EDGES} snap")
        site.until_state("h1", State.FAULT)
        found = site.until("every number has its place", lambda: settled(site))
        assert sum(found.values()) >= calm + EDGES
        assert found["lost"] > 0

        hall, device = site.hall("h1"), guest.device("h1")
        assert hall.fault.cause in ("film_break", "hardware_latched"), "heard, or read before it was heard"
        assert (device.motor, device.dowser_open, device.tension) == (Motor.STOP, False, Tension.SLACK)
        assert (hall.projector.dowser_open, hall.projector.tension) == (False, Tension.SLACK)
        assert guest.truth("h1")["violations"] == "0"

        rows = site.rows("h1", HALL)
        stepped = numbered(rows)
        assert len(set(stepped)) == len(stepped), "a number was stepped twice"
        lost = sum(row.payload["count"] for row in rows if row.kind == "events_lost")
        assert lost == found["lost"]
        unstepped = sum(found.values()) - len(stepped) - lost
        assert 0 <= unstepped <= site.hall_figures("h1")["coalesced"] + calm
        (broke,) = (row for row in rows if row.kind == "film_broke")
        assert [seq for seq, *_ in guest.reactions("h1")][-1] == broke.hw_seq
        assert site.end() == 0
    told = {"events": EDGES, "live": found["live"], "from the rings": found["from_ring"], "declared lost": lost}
    measured(SECTION, {**told, "stepped": len(stepped), "the break came by": broke.source}, NOTE)
