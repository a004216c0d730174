# SPDX-License-Identifier: Apache-2.0
"""The runtime is killed, or ends, in every state: the hardware goes on, is taken over, and hears nothing twice."""

from pathlib import Path

from statemachines.hall import Hall
from statemachines.history import HALL, state_in
from statemachines.words import Latch, Lights, Motor, Role, Sound, State
from tests.support.multiplex import Multiplex


def film_runs(site: Multiplex) -> None:
    """The picture is on the screen, and its frames go on."""
    frame = site.device("h1").frame
    site.until("the film goes on", lambda: site.device("h1").frame > frame)
    assert site.device("h1").dowser_open


def nothing_twice(site: Multiplex) -> None:
    """Each number was sent once; each device has acted on the last of them."""
    for role in Role:
        numbers = [seq for seq, _ in site.commands("h1", role)]
        assert numbers == sorted(set(numbers))
        assert site.device("h1", role).last == max(numbers, default=0)
    said, words = site.said("h1"), [command for _, command in site.commands("h1")]
    assert said["dowser=1"] == words.count("dowser open")
    assert said["lampon"] == words.count("lamp on")


def log_is_whole(site: Multiplex) -> None:
    verified = site.ask("log", "verify", "--state", site.state)
    assert (verified.returncode, verified.stderr) == (0, "")
    replayed = site.ask("replay", site.state)
    assert "states, effects and hashes are as logged" in replayed.stdout, replayed.stderr


def states_since_start(site: Multiplex) -> set[str]:
    """Return every state that the hall was in since the newest start of the runtime."""
    rows = site.rows("h1", HALL)
    first = max(n for n, row in enumerate(rows) if row.kind == "hall_configured")
    return {state_in(mark) for row in rows[first:] for mark in (row.before, row.after)}


def test_a_show_outlives_a_killed_runtime_and_is_taken_over_as_it_runs(tmp_path: Path) -> None:
    with Multiplex(tmp_path, feet=2000) as site:
        site.start()
        site.project("h1")
        assert site.device("h1").fence == 1
        sent = site.commands("h1"), site.commands("h1", Role.SOUND)
        site.kill()
        site.until("nobody feeds the lease any more", lambda: not site.device("h1").lease_fed)
        film_runs(site)

        site.start()
        film_runs(site)
        assert states_since_start(site) == {State.PROJECTING}
        assert (site.commands("h1"), site.commands("h1", Role.SOUND)) == sent
        assert site.device("h1").fence == site.device("h1", Role.SOUND).fence == 2
        assert site.said("h1")["dowser=0"] == 0

        site.do("h1 stop")
        site.until("the show has stopped", lambda: not site.device("h1").dowser_open and site.is_settled("h1"))
        nothing_twice(site)
        assert site.end() == 0
        log_is_whole(site)


def test_a_runtime_that_is_asked_to_end_leaves_the_show_running(tmp_path: Path) -> None:
    with Multiplex(tmp_path, feet=2000) as site:
        site.start()
        site.project("h1")
        assert site.end(limit_s=5) == 0
        film_runs(site)
        assert site.said("h1")["dowser=0"] == 0
        log_is_whole(site)
        site.start()
        assert states_since_start(site) == {State.PROJECTING}
        site.do("h1 stop")
        site.until_state("h1", State.THREADING)


def test_rewinding_goes_on_over_a_kill(tmp_path: Path) -> None:
    with Multiplex(tmp_path, feet=500, fps=2400) as site:
        site.start()
        site.project("h1")
        site.until_state("h1", State.REWINDING)
        site.until("the film is rewound", lambda: site.hall("h1").projector.motor is Motor.REWIND)
        site.kill()
        assert site.device("h1").motor is Motor.REWIND
        site.start()
        site.until_state("h1", State.THREADING)
        assert states_since_start(site) == {State.REWINDING, State.THREADING}
        site.until("all is answered", lambda: site.is_settled("h1"))
        nothing_twice(site)
        site.do("h1 remove")
        site.until_state("h1", State.IDLE)
        assert site.end() == 0
        log_is_whole(site)


def test_idle_stays_idle_over_a_kill(tmp_path: Path) -> None:
    with Multiplex(tmp_path) as site:
        site.start()
        site.kill()
        site.start()
        assert states_since_start(site) == {State.IDLE}
        assert site.commands("h1") == []
        site.thread("h1")
        nothing_twice(site)


def is_in_order(hall: Hall) -> bool:
    """A hall in fault: light off the film, the room lit and quiet."""
    projector = hall.projector
    stands = not projector.dowser_open and projector.motor is Motor.STOP
    return hall.fault.confirmed and stands and projector.lights is Lights.UP and hall.rack.sound is Sound.MUTE


def test_film_that_breaks_while_nobody_controls_it_is_a_fault_that_outlives_another_kill(tmp_path: Path) -> None:
    with Multiplex(tmp_path, feet=2000) as site:
        site.start()
        site.project("h1")
        site.kill()
        site.do("h1 fault break")
        site.start()
        assert site.hall("h1").fault.cause == "film_break"
        site.until("the room is lit and quiet", lambda: is_in_order(site.hall("h1")))
        assert site.device("h1").lights is Lights.UP
        assert site.device("h1", Role.SOUND).sound is Sound.MUTE
        assert [latch.name for latch in site.device("h1").latched] == [Latch.BREAK]

        site.until("all is answered", lambda: site.is_settled("h1"))
        site.kill()
        site.start()
        assert states_since_start(site) == {State.FAULT}
        assert site.hall("h1").fault.cause == "film_break"

        refused = site.request("h1", "reset")
        assert refused.returncode == 1
        assert "acknowledge" in refused.stderr
        assert site.request("h1", "acknowledge").returncode == 0
        site.do("h1 rethread")
        site.until("the film is taut", lambda: site.hall("h1").taut)
        assert "now threading" in site.request("h1", "reset").stdout
        site.until("the latch is cleared", lambda: not site.device("h1").latched)
        site.until("all is answered", lambda: site.is_settled("h1"))
        nothing_twice(site)
        assert site.end() == 0
        log_is_whole(site)


def test_hardware_that_loses_its_power_during_a_show_comes_back_as_another_epoch(tmp_path: Path) -> None:
    with Multiplex(tmp_path, feet=2000) as site:
        site.start()
        site.project("h1")
        epoch = site.device("h1").epoch
        site.end_booth(power_cut=True)
        site.until_row("h1", "watch_lost")
        site.start_booth()
        assert site.device("h1").epoch != epoch
        site.until_state("h1", State.FAULT)
        assert site.hall("h1").fault.cause == "device_restarted"
        site.until("the hardware is heard again", lambda: all(site.hall("h1").device(role).heard for role in Role))
        site.until("the hardware is read again", lambda: site.hall("h1").fault.confirmed)
        assert site.request("h1", "acknowledge").returncode == 0
        site.until("the hall can be reset", lambda: site.request("h1", "reset").returncode == 0)
        site.until_state("h1", State.IDLE)
        site.project("h1")
        for role in Role:
            assert site.hall("h1").device(role).epoch == site.device("h1", role).epoch
            assert site.device("h1", role).last == site.commands("h1", role)[-1][0]
        assert site.end() == 0
        log_is_whole(site)


def test_hardware_that_is_switched_off_in_an_idle_hall_is_a_fault_until_it_is_back(tmp_path: Path) -> None:
    with Multiplex(tmp_path) as site:
        site.start()
        site.end_booth()
        site.until_state("h1", State.FAULT)
        assert site.hall("h1").fault.cause == "device_removed"
        site.start_booth()
        site.until("the hardware is read again", lambda: site.hall("h1").fault.confirmed)
        assert site.request("h1", "acknowledge").returncode == 0
        site.until("the hall can be reset", lambda: site.request("h1", "reset").returncode == 0)
        site.thread("h1")
