# SPDX-License-Identifier: Apache-2.0
"""reel-agent on a server without a device: verbs are commands, and a journal keeps the device's rule."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from statemachines.snapshot import Snapshot, parse_snapshot
from statemachines.words import Motor
from tests.support.agent import LIMIT_S, SHELLS, Agent

VERBS = ("motor stop", "motor run", "dowser open", "dowser close", "sound mute", "curtain open", "masking scope")


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Poll a file's state: there is nobody to tell when a shell has written it."""
    ends_at = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < ends_at, what
        time.sleep(0.02)


class Booth:
    """A legacy server's files: each command writes its own verb to `done`."""

    def __init__(self, root: Path) -> None:
        self.conf = root / "agent.conf"
        self.done = root / "done"
        self.root = root
        self.journal = root / "journal" / "alpha-projection"
        self.journal.parent.mkdir()
        self.script = root / "do"
        self.script.write_text(f'#!/bin/sh\necho "$*" >> {self.done}\n')
        self.script.chmod(0o755)
        self.configure({verb: f"{self.script} {verb}" for verb in VERBS})

    def configure(self, commands: dict[str, str]) -> None:
        lines = [f"journal = {self.journal.parent}"]
        lines += [f"legacy {verb} = {command}" for verb, command in commands.items()]
        self.conf.write_text("\n".join(lines) + "\n")

    def acted(self) -> list[str]:
        return self.done.read_text().splitlines() if self.done.exists() else []


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def booth(tmp_path: Path) -> Booth:
    return Booth(tmp_path)


@pytest.fixture
def agent(shell: str, booth: Booth) -> Iterator[Agent]:
    with Agent(shell, booth.conf) as agent:
        yield agent


def snapshot(agent: Agent) -> Snapshot:
    return parse_snapshot(agent.ask("snapshot 1").removeprefix("snapshot 1 "))


def test_mapped_command_runs_once_and_a_resend_is_answered_from_the_journal(agent: Agent, booth: Booth) -> None:
    assert agent.hello().startswith("welcome 1 ")
    assert agent.ask("cmd 1 1 1 motor run") == "ok 1"
    assert agent.ask("cmd 1 1 1 motor run") == "ok 1"
    assert agent.ask("cmd 1 1 2 masking scope") == "ok 2"
    assert agent.ask("cmd 1 1 4 motor stop") == "refused 4 gap"
    assert booth.acted() == ["motor run", "masking scope"]


def test_unmapped_verb_is_refused_and_uses_its_number_up(agent: Agent, booth: Booth) -> None:
    agent.hello()
    assert agent.ask("cmd 1 1 1 lamp on") == "refused 1 verb"
    assert agent.ask("cmd 1 1 2 masking flat") == "refused 2 verb"
    assert agent.ask("cmd 1 1 3 motor run") == "ok 3"
    assert booth.acted() == ["motor run"]


def test_command_gets_its_words_as_they_are_and_knows_its_hall(shell: str, booth: Booth) -> None:
    booth.script.write_text(f'#!/bin/sh\nprintf "%s|" "$@" "$REEL_HALL" "$REEL_ROLE" > {booth.done}\n')
    booth.configure({"motor run": f"{booth.script} * $(touch {booth.root}/hit) ;"})
    with Agent(shell, booth.conf) as agent:
        agent.hello()
        assert agent.ask("cmd 1 1 1 motor run") == "ok 1"
    assert booth.acted() == [f"*|$(touch|{booth.root}/hit)|;|alpha|projection|"]
    assert not (booth.root / "hit").exists()


def test_failures_of_commands_are_told_apart(shell: str, booth: Booth) -> None:
    booth.configure({"motor run": "false", "lamp on": "/nonexistent", "sound play": "sleep 30"})
    with Agent(shell, booth.conf) as agent:
        agent.hello()
        assert agent.ask("cmd 1 1 1 motor run") == "failed 1 unknown"
        assert agent.ask("cmd 1 1 2 lamp on") == "failed 2 down"
        assert agent.ask("cmd 1 1 3 sound play") == "failed 3 timeout"
        assert agent.ask("cmd 1 1 3 sound play") == "failed 3 timeout"


def test_command_that_reads_or_writes_does_not_disturb_the_lines(agent: Agent, booth: Booth) -> None:
    booth.script.write_text("#!/bin/sh\necho ok 99\necho noise >&2\ncat\n")
    agent.hello()
    agent.send(b"cmd 1 1 1 motor run\nping 2\n")
    assert agent.line() == "ok 1"
    assert agent.line() == "pong 2"


def test_safe_stop_without_a_command_of_its_own_is_made_of_its_parts(agent: Agent, booth: Booth) -> None:
    agent.hello()
    assert agent.ask("cmd 1 1 7 safe_stop") == "ok 7"
    assert booth.acted() == ["dowser close", "sound mute", "motor stop"]


def test_safe_stop_goes_on_after_a_part_that_failed_and_says_so(shell: str, booth: Booth) -> None:
    booth.configure({"motor stop": f"{booth.script} stop", "dowser close": "false"})
    with Agent(shell, booth.conf) as agent:
        agent.hello()
        assert agent.ask("cmd 1 1 1 safe_stop") == "failed 1 unknown"
    assert booth.acted() == ["stop"]


def test_agent_killed_in_a_command_leaves_its_result_unknown_and_it_is_never_repeated(shell: str, booth: Booth) -> None:
    booth.script.write_text(f'#!/bin/sh\necho "$*" >> {booth.done}\nexec sleep 1.5\n')
    with Agent(shell, booth.conf) as agent:
        agent.hello()
        agent.send(b"cmd 1 1 1 motor run\n")
        wait_until(lambda: booth.acted() == ["motor run"], "the command did not start")
        agent.process.kill()
        agent.status()
    assert booth.journal.read_text().splitlines()[-1] == "b 1 motor run"
    booth.script.write_text(f'#!/bin/sh\necho "$*" >> {booth.done}\n')
    with Agent(shell, booth.conf) as successor:
        assert successor.hello(gen=2).split(" ")[5:7] == ["1", "failed:unknown"]
        assert successor.ask("cmd 1 2 1 motor run") == "failed 1 unknown"
        assert successor.ask("cmd 1 2 2 motor stop") == "ok 2"
    assert booth.acted() == ["motor run", "motor stop"]


def test_journal_is_kept_over_agents_and_stays_short(shell: str, booth: Booth) -> None:
    with Agent(shell, booth.conf) as agent:
        epoch = agent.hello().split(" ")[4]
        for seq in range(1, 31):
            assert agent.ask(f"cmd 1 1 {seq} dowser open") == f"ok {seq}"
        agent.ask("bye")
    with Agent(shell, booth.conf) as agent:
        assert agent.ask("ping 1") == "pong 1"
        assert len(booth.journal.read_text().splitlines()) == 4
        assert agent.hello(gen=2).split(" ")[4:7] == [epoch, "30", "ok"]
        assert snapshot(agent) == Snapshot(
            epoch=int(epoch), seq=0, dowser_open=True, fence=1, gen=2, last=30, lease_fed=True
        )


def test_another_boot_is_another_epoch_and_nothing_is_known_of_the_actuators(shell: str, booth: Booth) -> None:
    booth.journal.write_text("n elsewhen 4242\nc 3 1 ctl 0\ne 8 ok\nk motor run\n")
    with Agent(shell, booth.conf) as agent:
        words = agent.hello(fence=3, gen=2).split(" ")
        assert words[4] != "4242"
        assert words[5:7] == ["0", "-"]
        assert snapshot(agent).motor is Motor.STOP


@pytest.mark.parametrize("torn", ["b", "b 3", "e 3 o", "c 1", "c 1 9 ct", "\0\0\0", "rubbish"])
def test_torn_last_line_of_a_journal_harms_nobody(shell: str, booth: Booth, torn: str) -> None:
    with Agent(shell, booth.conf) as agent:
        agent.hello()
        assert agent.ask("cmd 1 1 1 motor run") == "ok 1"
        agent.ask("bye")
    with booth.journal.open("a") as journal:
        journal.write(torn)
    with Agent(shell, booth.conf) as agent:
        assert agent.hello(gen=2, seq=1).startswith("welcome")
        assert agent.ask("cmd 1 2 1 motor run") == "ok 1"
        assert agent.ask("cmd 1 2 2 motor stop") == "ok 2"
    assert booth.acted() == ["motor run", "motor stop"]


def test_claims_follow_the_devices_rule(shell: str, booth: Booth, agent: Agent) -> None:
    agent.hello(fence=5, gen=2)
    with Agent(shell, booth.conf) as other:
        assert other.hello(fence=5, gen=2) == "refused hello stale"
        assert other.hello(fence=4, gen=9) == "refused hello stale"
        assert other.hello(fence=5, gen=9, controller="other") == "refused hello held"
        assert other.hello(fence=6, controller="other") == "refused hello held"
        assert other.hello(fence=5, gen=3, seq=4).startswith("welcome")
        assert agent.ask("cmd 5 2 5 motor run") == "refused 5 stale"
        assert other.ask("cmd 5 3 5 motor run") == "ok 5"
    assert booth.acted() == ["motor run"]


def test_ring_is_empty_and_of_the_snapshots_epoch(agent: Agent) -> None:
    epoch = snapshot(agent).epoch
    assert agent.ask(f"ring 1 {epoch} 1") == "ring 1 0"
    assert agent.line() == "end 1"
    assert agent.ask(f"ring 2 {epoch + 1} 1") == "refused 2 epoch"


def test_lease_that_ends_with_the_dowser_closed_stops_the_motor(agent: Agent, booth: Booth) -> None:
    agent.hello()
    agent.ask("cmd 1 1 1 dowser close")
    agent.ask("cmd 1 1 2 motor run")
    wait_until(lambda: booth.acted()[-1] == "motor stop", "the lease did not end")
    assert not snapshot(agent).lease_fed
    assert snapshot(agent).motor is Motor.STOP


def test_lease_acts_also_when_the_connection_broke(shell: str, booth: Booth) -> None:
    with Agent(shell, booth.conf) as agent:
        agent.hello()
        agent.ask("cmd 1 1 1 dowser close")
        agent.ask("cmd 1 1 2 motor run")
        agent.close_input()
        assert agent.line() == ""  # its output is closed at once: sshd must not wait for the lease
    wait_until(lambda: booth.acted()[-1] == "motor stop", "the lease did not end")


@pytest.mark.parametrize("dowser", ["dowser open", "clear"])
def test_lease_that_ends_with_the_dowser_open_or_unknown_lets_the_show_go_on(
    agent: Agent, booth: Booth, dowser: str
) -> None:
    agent.hello()
    agent.ask(f"cmd 1 1 1 {dowser}")
    agent.ask("cmd 1 1 2 motor run")
    wait_until(lambda: not snapshot(agent).lease_fed, "the lease did not end")
    # The watcher looks once a second, and twice before it acts.
    time.sleep(3)
    assert booth.acted()[-1] == "motor run"


@pytest.mark.slow
def test_fed_lease_and_a_farewell_stop_nothing(shell: str, booth: Booth) -> None:
    with Agent(shell, booth.conf) as agent:
        agent.hello()
        agent.ask("cmd 1 1 1 dowser close")
        agent.ask("cmd 1 1 2 motor run")
        for number in range(7):
            assert agent.ask(f"ping {number}") == f"pong {number}"
            time.sleep(1)
        assert snapshot(agent).lease_fed
        assert agent.ask("bye") == "bye"
        assert agent.status() == 0
    time.sleep(8)
    assert booth.acted() == ["dowser close", "motor run"]


def test_journal_that_cannot_be_written_is_told(shell: str, tmp_path: Path) -> None:
    conf = tmp_path / "agent.conf"
    conf.write_text(f"journal = {tmp_path / 'absent'}\nlegacy motor run = true\n")
    with Agent(shell, conf) as agent:
        assert agent.status() == 2
        assert "journal = a directory I can write to" in agent.complaint()


def test_two_agents_do_not_run_two_commands_at_once(shell: str, booth: Booth, agent: Agent) -> None:
    lock = booth.root / "one"
    booth.script.write_text(f"#!/bin/sh\nmkdir {lock} || exit 9\nsleep 0.3\nrmdir {lock}\n")
    agent.hello(gen=1)
    with Agent(shell, booth.conf) as successor:
        agent.send(b"cmd 1 1 1 motor run\n")
        wait_until(lock.exists, "the command did not start")
        assert successor.hello(gen=2).split(" ")[5:7] == ["1", "ok"]
        assert successor.ask("cmd 1 2 2 motor stop") == "ok 2"
    assert agent.line() == "ok 1"
