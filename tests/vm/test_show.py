# SPDX-License-Identifier: Apache-2.0
"""A whole show by real interrupts: film in, READY, START, tail, rewind; what the runtime does of it, and how fast."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from statemachines.history import HALL
from statemachines.record import Record
from statemachines.words import Role, State
from tests.faults.campaign import Campaign
from tests.vm.cinema import GuestCinema, VmCinema
from tests.vm.clocks import GuestClock, read_clock
from tests.vm.guest import Guest
from tests.vm.show import threaded

IDLE, THREADING, PROJECTING, REWINDING, _FAULT = State
PAUSES = 20


def all_is_well(site: VmCinema, guest: Guest, hall: str) -> None:
    """Each command was answered once, with ok; nothing was lost; light fell only on film that ran.

    A guest that others keep from the processor may see its film run unsteadily, and refuse to open the dowser until it
    is at speed again.
    """
    for role in Role:
        commands = site.commands(hall, role)
        assert [seq for seq, _ in commands] == list(range(1, len(commands) + 1))
        answers = site.answers(hall, role)
        assert answers.keys() == dict(commands).keys()
        refused = {(words, answers[seq]) for seq, words in commands if answers[seq] != "ok"}
        assert refused <= {("dowser open", "refused:interlock")}
        assert guest.device(hall, role).last == len(commands)
    assert "events_lost" not in site.kinds(hall)
    assert guest.truth(hall)["violations"] == "0"


def log_is_whole(site: GuestCinema) -> None:
    assert site.end() == 0
    verified = site.ask("log", "verify", "--state", site.state)
    assert (verified.returncode, verified.stderr) == (0, "")
    replayed = site.ask("replay", site.state)
    assert "states, effects and hashes are as logged" in replayed.stdout, replayed.stderr


def test_a_whole_show_by_real_interrupts_beside_a_local_hall(
    tmp_path: Path, guest_factory: Callable[..., Guest]
) -> None:
    guest = guest_factory(halls=("h1",))
    with VmCinema(tmp_path, guest, feet=20) as site:
        site.start()
        threaded(site, "h1")
        site.project("local1")
        guest.sim("h1", "press", "start")
        site.until("the picture is on the screen", lambda: site.hall("h1").projector.dowser_open)
        assert guest.truth("h1")["dowser"] == "open"
        site.until("the sound plays", lambda: guest.truth("h1")["unmute"] == "1")
        site.until_state("h1", REWINDING)
        assert (guest.truth("h1")["dowser"], guest.truth("h1")["unmute"]) == ("closed", "0")
        site.until_state("h1", THREADING)
        guest.sim("h1", "empty", "1")
        site.until_state("h1", IDLE)
        assert site.changes("h1") == [IDLE, THREADING, PROJECTING, REWINDING, THREADING, IDLE]
        from_kernel = [row for row in site.rows("h1", HALL) if row.hw_seq]
        epochs = {guest.device("h1", role).epoch for role in Role}
        assert {row.hw_epoch for row in from_kernel} <= epochs
        site.until("the local hall's show is over too", lambda: site.changes("local1")[-2:] == [REWINDING, THREADING])
        all_is_well(site, guest, "h1")
        log_is_whole(site)


def has_stopped(site: VmCinema, times: int) -> bool:
    return site.kinds("h1").count("motor_stopped") == times


def answered(rows: list[Record]) -> list[tuple[Record, Record]]:
    """Return each kernel event that made a command for the projector, with the answer to the first such command."""
    done = {row.payload["cmd_seq"]: row for row in rows if row.kind == "command_done" and _of_projector(row.payload)}
    pairs = []
    for row in rows:
        made = [effect["cmd_seq"] for effect in row.effects if effect["do"] == "command" and _of_projector(effect)]
        if row.hw_seq and made:
            pairs.append((row, done[made[0]]))
    return pairs


@dataclass(frozen=True)
class Taken:
    """From an interrupt to the runtime's step of it, and from there to the acknowledgement of its first command."""

    kind: str
    heard_ms: float
    obeyed_ms: float

    @property
    def whole_ms(self) -> float:
        return self.heard_ms + self.obeyed_ms


SECTION = "From an interrupt to the acknowledged command"
NOTE = (
    "START and STOP are pressed, and film reaches its speed: an interrupt in the guest → uevent → watch link → runtime "
    "on the host → control session → agent in the guest → device → its answer at the runtime. The aim: p50 8 ms. A "
    "step with several commands has them share the guest's two processors, which are this machine's. A ping goes to "
    "the agent's shell and back, as a command does. {clock}"
)


def rows(took: list[Taken], pings_ms: list[float]) -> Iterator[dict[str, object]]:
    """Yield the lines of the table: the whole way and its parts."""
    parts = {
        "interrupt → acknowledged command": [each.whole_ms for each in took],
        "the same, a step with one command (START → motor)": [
            each.whole_ms for each in took if each.kind == "show_started"
        ],
        "interrupt → the runtime's step": [each.heard_ms for each in took],
        "step → acknowledged command": [each.obeyed_ms for each in took],
        "ping → pong of the agent in the guest": pings_ms,
    }
    for part, ms in parts.items():
        yield {"way": part, "times": len(ms), "p50 ms": quantile(ms, 50), "p99 ms": quantile(ms, 99)}


def quantile(values: list[float], percent: int) -> float:
    return sorted(values)[len(values) * percent // 100]


def _of_projector(what: dict[str, object]) -> bool:
    return what["role"] == Role.PROJECTION


@pytest.mark.alone
def test_how_long_an_interrupt_takes_to_an_acknowledged_command(
    tmp_path: Path, guest_factory: Callable[..., Guest], measured: Callable[..., None], campaign: Campaign
) -> None:
    guest = guest_factory(halls=("h1",), processors=2)
    pauses = campaign.of(PAUSES)
    with VmCinema(tmp_path, guest, feet=2000) as site:
        site.start()
        threaded(site, "h1")
        first = read_clock(guest)
        pings_ms = []
        for times in range(1, pauses + 1):
            guest.sim("h1", "press", "start")
            site.until("the picture is on the screen", lambda: site.hall("h1").projector.dowser_open)
            guest.sim("h1", "press", "stop")
            site.until_state("h1", THREADING)
            site.until("it heard that the film stands", partial(has_stopped, site, times))
            site.until("every command is answered", lambda: site.is_settled("h1"))
            pings_ms += [each / 1000 for each in site.hall_figures("h1")["round_trip_us"].values() if each]
        clock = GuestClock(first, read_clock(guest))
        took = [
            Taken(row.kind, (row.at_ns - clock.host_ns(row.hw_ns)) / 1e6, (done.at_ns - row.at_ns) / 1e6)
            for row, done in answered(site.rows("h1", HALL))
        ]
        assert len(took) >= 3 * pauses
        note = NOTE.format(clock=f"The guest's clock is known to ±{clock.error_ns / 1e6:.1f} ms.")
        for row in rows(took, pings_ms):
            measured(SECTION, row, note)
        assert 0 < quantile([each.whole_ms for each in took], 50) < 100, "that is no automation any more"
        all_is_well(site, guest, "h1")
        log_is_whole(site)
