# SPDX-License-Identifier: Apache-2.0
"""What the kernel does by itself, with nobody alive: a break, the tail, an emergency stop, a lease that ends."""

from collections.abc import Callable

import pytest

from tests.vm.guest import Guest
from tests.vm.programs import static_program
from tests.vm.seat import Seat, project, stand_by

LEASE_NS = 5_000_000_000
STANDS_NS = 900_000_000
"""From motor off until the device is sure that the film stands: 300 ms of braking, 150 ms without a pulse, and some."""


def dark_and_still(guest: Guest) -> bool:
    """Tell whether the lines that the simulation sees are safe, and the device says the same."""
    truth, state = guest.truth("h1"), guest.snapshot("h1")
    assert (state["dowser"], state["sound"], state["motor"]) == ("closed", "mute", "stop")
    return (truth["dowser"], truth["unmute"], truth["motor"]) == ("closed", "0", "stop")


def test_with_nobody_alive_a_break_is_safe_and_kept(guest_factory: Callable[..., Guest]) -> None:
    guest = guest_factory(halls=("h1",))
    seat = project(guest)
    guest.sh("kill $(cat /run/sshd.pid)")
    guest.cut_network()
    while guest.snapshot("h1")["lease"] == "fed":
        assert guest.truth("h1")["dowser"] == "open"  # nobody pings, and the show goes on
    guest.sim("h1", "fault", "snap")
    seat.wait_for("stopped")
    assert dark_and_still(guest)
    ((seq, confirmed, _),) = guest.reactions("h1")
    opened = next(fact for fact in seat.facts() if fact.word == "dowser")
    assert seat.after(opened)[:3] == [("tension", "slack"), ("dowser", "0"), ("break", "0")]
    assert f"{seq} {confirmed} break " in guest.sh(f"cat {seat.directory}/safety_ring")
    state = guest.snapshot("h1")
    assert (state["latched"], state["ready"]) == (f"break:{seq}", "0")
    assert guest.truth("h1")["violations"] == "0"


def test_with_nobody_alive_the_tail_ends_the_show(guest_factory: Callable[..., Guest]) -> None:
    guest = guest_factory(halls=("h1",))
    seat = project(guest, feet=7)
    tail = seat.wait_for("tail")
    stopped = seat.wait_for("stopped")
    assert dark_and_still(guest)
    dowser = next(fact for fact in seat.facts() if fact.seq > tail.seq and fact.word == "dowser")
    assert 1_000_000_000 <= dowser.ns - tail.ns < 1_100_000_000
    assert 0 < stopped.frame - tail.frame <= 48
    state = guest.snapshot("h1")
    assert (state["latched"], state["ready"], state["film"]) == ("", "0", "1")
    assert seat.order("motor run") == "refused:interlock"
    assert seat.order("motor rewind") == "ok"
    assert seat.wait_for("rewound").frame == 0
    assert guest.truth("h1")["violations"] == "0"


@pytest.mark.parametrize(
    ("hand", "word"),
    [
        (("fault", "jam"), "stall"),
        (("fault", "slow"), "stall"),
        (("fault", "race"), "overspeed"),
        (("estop", "1"), "estop"),
    ],
)
def test_what_endangers_film_stops_and_latches(
    guest_factory: Callable[..., Guest], hand: tuple[str, str], word: str
) -> None:
    guest = guest_factory(halls=("h1",))
    seat = project(guest)
    guest.sim("h1", *hand)
    fact = seat.wait_for(word)
    seat.wait_for("stopped")
    assert dark_and_still(guest)
    assert guest.snapshot("h1")["latched"] == f"{word}:{fact.seq}"
    assert [seq for seq, *_ in guest.reactions("h1")] == [fact.seq]
    assert seat.order("motor run") == "refused:interlock"
    guest.sim("h1", "mend", 1)
    if word == "estop":
        assert seat.order("clear") == "refused:interlock"
        guest.sim("h1", "estop", 0)
    assert seat.order("clear") == "ok"
    assert seat.order("motor run") == "ok"
    assert guest.truth("h1")["violations"] == "0"


def test_one_roller_closes_the_dowser_at_once_and_is_a_break_soon_after(guest_factory: Callable[..., Guest]) -> None:
    guest = guest_factory(halls=("h1",))
    seat = project(guest)
    guest.sim("h1", "fault", "slackfeed")
    tension, broke = seat.wait_for("tension"), seat.wait_for("break")
    assert tension.val == "feed"
    assert seat.after(tension)[:2] == [("dowser", "0"), ("break", "0")]
    assert 50_000_000 <= broke.ns - tension.ns < 60_000_000
    assert seat.order("clear") == "refused:interlock"
    guest.sh(f"echo 1 >{seat.directory}/self_test")
    assert seat.wait_for("selftest").val == "0"
    assert guest.sh(f"cat {seat.directory}/self_test") == "failed:break"
    guest.sim("h1", "mend", 1)
    guest.sh(f"echo 1 >{seat.directory}/self_test")
    assert seat.wait_for("selftest").val == "1"
    assert seat.order("clear") == "ok"


def test_the_self_test_asks_its_questions_beside_a_show_and_moves_nothing(guest_factory: Callable[..., Guest]) -> None:
    guest = guest_factory(halls=("h1",))
    seat = project(guest)
    opened = seat.wait_for("dowser")
    guest.sh(f"echo 1 >{seat.directory}/self_test")
    assert seat.wait_for("selftest").val == "1"
    assert seat.after(opened) == [("selftest", "1")]
    assert guest.sh(f"cat {seat.directory}/self_test") == "ok"
    state, truth = guest.snapshot("h1"), guest.truth("h1")
    assert (state["dowser"], state["motor"], state["atspeed"], state["latched"]) == ("open", "run", "1", "")
    assert (truth["dowser"], truth["motor"], truth["violations"]) == ("open", "run", "0")


def test_the_lease_stops_what_no_audience_watches(guest_factory: Callable[..., Guest]) -> None:
    guest = guest_factory(halls=("h1",))
    seat = stand_by(guest)
    before, answer, after = seat.timed_order("motor run")
    assert answer == "ok"
    for foreign in ("1 2", "0 1", "2 1"):
        guest.sh(f"sleep 0.5; echo {foreign} >{seat.directory}/lease")
    stopped = seat.wait_for("stopped", 15)
    assert before + LEASE_NS <= stopped.ns <= after + LEASE_NS + STANDS_NS
    state = guest.snapshot("h1")
    assert (state["lease"], state["latched"], state["motor"]) == ("ended", "", "stop")
    assert seat.answer_to("command", f"1 1 {seat.last + 1} motor run") == "refused:interlock"


def test_the_sound_rack_counts_film_and_sound_by_one_clock(guest_factory: Callable[..., Guest]) -> None:
    guest = guest_factory(halls=("h1",))
    project(guest)
    rack = Seat(guest, "h1", "sound")
    assert rack.claim() == "ok"
    assert rack.order("sound play") == "ok"
    assert guest.truth("h1")["sound"] == "play"
    assert rack.order("sound analog") == "ok"
    assert guest.truth("h1")["sound"] == "analog"
    assert rack.order("dowser open") == "refused:verb"
    guest.sh("sleep 2.2")
    ring = guest.sh(f"cat {rack.directory}/ring").splitlines()
    places = [line.split()[4].split("x") for line in ring if " timecode " in line]
    assert len(places) >= 2
    assert all(film == sound for film, sound in places)
    assert int(places[-1][0]) > int(places[-2][0])
    assert int(guest.snapshot("h1")["frame"]) * 1_000_000 // 24 - int(places[-1][0]) in range(-200_000, 3_000_000)
    assert rack.order("safe_stop") == "ok"
    assert guest.truth("h1")["sound"] == "mute"


def test_a_thread_that_gets_no_processor_is_noticed(guest_factory: Callable[..., Guest]) -> None:
    guest = guest_factory(halls=("h1",))
    seat = project(guest)
    guest.put(static_program("hog"), "/root/hog")
    guest.sh("/root/hog 2")
    fact = seat.wait_for("watchdog")
    seat.wait_for("stopped")
    assert dark_and_still(guest)
    assert guest.snapshot("h1")["latched"] == f"watchdog:{fact.seq}"
    assert seat.order("clear") == "ok"
