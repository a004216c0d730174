# SPDX-License-Identifier: Apache-2.0
"""reel-agent's lines for a server with a device, under each shell that it promises to run in."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.agent import SHELLS, Agent
from tests.support.devices import TestDevice


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    path = tmp_path / "agent.conf"
    path.write_text(f"# devices of a test\n\ndevices = {tmp_path}\n")
    return path


@pytest.fixture
def device(tmp_path: Path) -> Iterator[TestDevice]:
    with TestDevice(tmp_path, "alpha", "projection") as device:
        yield device


@pytest.fixture
def agent(shell: str, conf: Path, device: TestDevice) -> Iterator[Agent]:
    with Agent(shell, conf) as agent:
        yield agent


def test_hello_is_welcomed_with_version_abi_epoch_last_result_and_time(agent: Agent) -> None:
    words = agent.hello().split(" ")
    assert words[:2] == ["welcome", "1"]
    assert words[3:7] == ["1", "77", "0", "-"]
    assert abs(int(words[7]) - time.time()) < 5


def test_command_reaches_the_device_once_and_a_resend_is_answered_from_memory(agent: Agent, device: TestDevice) -> None:
    agent.hello()
    assert agent.ask("cmd 1 1 1 motor run") == "ok 1"
    assert agent.ask("cmd 1 1 1 motor run") == "ok 1"
    assert agent.ask("cmd 1 1 2 safe_stop") == "ok 2"
    assert device.acted == ["motor run", "safe_stop"]


def test_refusals_and_failures_of_the_device_are_passed_on(agent: Agent, device: TestDevice) -> None:
    agent.hello()
    device.results = {"dowser": "refused:interlock", "lamp": "failed:timeout"}
    assert agent.ask("cmd 1 1 1 dowser open") == "refused 1 interlock"
    assert agent.ask("cmd 1 1 2 lamp on") == "failed 2 timeout"
    assert agent.ask("cmd 1 1 2 lamp on") == "failed 2 timeout"


def test_number_out_of_order_is_a_gap_but_safe_stop_acts_at_any_higher_one(agent: Agent, device: TestDevice) -> None:
    agent.hello()
    assert agent.ask("cmd 1 1 3 motor run") == "refused 3 gap"
    assert agent.ask("cmd 1 1 9 safe_stop") == "ok 9"
    assert agent.ask("cmd 1 1 8 safe_stop") == "refused 8 gap"
    assert device.acted == ["safe_stop"]


def test_verb_that_nobody_knows_uses_its_number_up(agent: Agent, device: TestDevice) -> None:
    agent.hello()
    assert agent.ask("cmd 1 1 1 explode now") == "refused 1 verb"
    assert agent.ask("cmd 1 1 2 curtain open") == "refused 2 verb"
    assert agent.ask("cmd 1 1 3 motor run") == "ok 3"
    assert device.acted == ["motor run"]


def test_command_needs_a_hello_and_its_own_claim(agent: Agent, device: TestDevice) -> None:
    assert agent.ask("cmd 1 1 1 motor run") == "error hello"
    agent.hello()
    assert agent.ask("cmd 1 2 1 motor run") == "refused 1 gap"
    assert agent.ask("cmd 2 0 1 motor run") == "refused 1 gap"
    assert device.acted == []


def test_newer_claim_supersedes_the_older_agent(shell: str, conf: Path, agent: Agent, device: TestDevice) -> None:
    agent.hello(gen=1)
    agent.ask("cmd 1 1 1 motor run")
    with Agent(shell, conf) as successor:
        assert successor.hello(gen=2).split(" ")[5:7] == ["1", "ok"]
        assert agent.ask("cmd 1 1 2 motor stop") == "refused 2 stale"
        assert successor.ask("cmd 1 2 2 dowser open") == "ok 2"
    assert device.acted == ["motor run", "dowser open"]


def test_resend_after_a_rotation_is_answered_from_memory(
    shell: str, conf: Path, agent: Agent, device: TestDevice
) -> None:
    agent.hello(gen=1)
    device.results["lamp"] = "failed:timeout"
    agent.send(b"cmd 1 1 1 lamp on\n")
    assert agent.line() == "failed 1 timeout"
    with Agent(shell, conf) as successor:
        assert successor.hello(gen=2, seq=0).split(" ")[5:7] == ["1", "failed:timeout"]
        assert successor.ask("cmd 1 2 1 lamp on") == "failed 1 timeout"


def test_hello_raises_last_so_that_nothing_below_it_acts(agent: Agent, device: TestDevice) -> None:
    assert agent.hello(seq=5).split(" ")[5] == "0"
    assert agent.ask("cmd 1 1 1 motor run") == "refused 1 gap"
    assert agent.ask("cmd 1 1 6 motor run") == "ok 6"
    assert agent.hello(gen=2, seq=9).split(" ")[5:7] == ["6", "failed:unknown"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("hello 1 alpha projection 5 7 ctl 0", "refused hello stale"),
        ("hello 1 alpha projection 5 6 ctl 0", "refused hello stale"),
        ("hello 1 alpha projection 4 9 ctl 0", "refused hello stale"),
        ("hello 1 alpha projection 5 8 other 0", "refused hello held"),
        ("hello 1 alpha projection 6 1 other 0", "refused hello held"),
        ("hello 2 alpha projection 6 1 ctl 0", "refused hello version"),
    ],
)
def test_hello_is_refused(agent: Agent, line: str, answer: str) -> None:
    agent.hello(fence=5, gen=7)
    assert agent.ask(line) == answer
    assert agent.ask("cmd 5 7 1 motor run") == "ok 1"


def test_another_controller_may_come_once_the_lease_has_ended(agent: Agent, device: TestDevice) -> None:
    agent.hello(fence=5)
    device.lease_s = 0.0
    assert agent.hello(fence=6, controller="other").startswith("welcome")


@pytest.mark.parametrize("words", ["beta projection", "alpha sound"])
def test_hello_for_another_device_ends_the_agent_with_status_3(agent: Agent, words: str) -> None:
    assert agent.ask(f"hello 1 {words} 1 1 ctl 0") == "error hall"
    assert agent.status() == 3


def test_ping_feeds_the_lease_once_somebody_has_claimed(agent: Agent, device: TestDevice) -> None:
    assert agent.ask("ping 1") == "pong 1"
    agent.hello(gen=4)
    assert agent.ask("ping 18446744073709551") == "pong 18446744073709551"
    assert agent.ask("cmd 1 4 1 motor run") == "ok 1"  # the device reads in order: the ping is behind it
    device.wait_for(1)
    assert set(device.pings) <= {(1, 4)}


def test_snapshot_is_the_devices_own_line(agent: Agent, device: TestDevice) -> None:
    device.say("filmin")
    state = (device.path / "snapshot").read_text().strip()
    assert agent.ask("snapshot 12") == f"snapshot 12 {state}"


def test_ring_merges_both_rings_by_number_without_doubles(agent: Agent, device: TestDevice) -> None:
    device.say("filmin")
    device.say("break", safety=True)
    device.say("estop", safety=True, telemetry=False)
    device.say("tension", val="slack")
    assert agent.ask("ring 1 77 2") == "ring 1 3"
    lines = [agent.line() for _ in range(4)]
    assert lines == ["2 2000 break 0 0", "3 3000 estop 0 0", "4 4000 tension 0 slack", "end 1"]
    assert agent.ask("ring 2 77 5") == "ring 2 0"
    assert agent.line() == "end 2"


def test_ring_of_another_epoch_is_refused(agent: Agent, device: TestDevice) -> None:
    device.restart(epoch=78)
    assert agent.ask("ring 1 77 1") == "refused 1 epoch"
    assert agent.ask("ring 2 78 1") == "ring 2 0"


def test_bye_and_the_end_of_input_end_the_agent_well(agent: Agent, shell: str, conf: Path) -> None:
    assert agent.ask("bye") == "bye"
    assert agent.status() == 0
    with Agent(shell, conf) as other:
        other.send(b"ping 1")  # a line without its end is no request
        other.close_input()
        assert other.line() == ""
        assert other.status() == 0


def test_device_that_vanished_is_known_to_be_down(agent: Agent, device: TestDevice) -> None:
    agent.hello()
    device.vanish()
    assert agent.ask("cmd 1 1 1 motor run") == "failed 1 down"
    assert agent.ask("snapshot 2") == "refused 2 down"
    assert agent.ask("ring 3 77 1") == "refused 3 down"
    assert agent.ask("ping 4") == "pong 4"
    assert agent.hello(gen=2) == "refused hello down"
    assert not device.path.exists()


def test_device_that_hangs_makes_the_agent_mute_and_nothing_is_made_up(agent: Agent, device: TestDevice) -> None:
    agent.hello()
    device.hang()
    agent.send(b"cmd 1 1 1 motor run\n")
    assert agent.is_mute(0.3)


def test_stray_results_of_other_agents_are_not_taken_for_ours(agent: Agent, device: TestDevice) -> None:
    agent.hello(gen=3)
    for line in ("1 2 1 failed:down", "1 3 9 failed:down", "rubbish", "1 3 1 ok; touch x"):
        device.answer_stray(line)
    assert agent.ask("cmd 1 3 1 motor run") == "ok 1"


def test_rest_of_a_result_that_a_stopped_agent_had_begun_to_read_is_no_newer_claim(
    agent: Agent, device: TestDevice
) -> None:
    device.answer_stray("104 5713 ok")
    assert agent.hello(gen=105).startswith("welcome 1 ")
    assert device.unread_results() == []


def test_result_of_a_newer_claim_is_left_for_its_owner(agent: Agent, device: TestDevice) -> None:
    agent.hello(gen=3)
    device.hang()
    device.answer_stray("1 4 1 ok")
    assert agent.ask("cmd 1 3 1 motor run") == "failed 1 unknown"
    assert device.unread_results() == ["1 4 1 ok"]


def test_without_a_result_among_ten_the_outcome_is_unknown(agent: Agent, device: TestDevice) -> None:
    agent.hello(gen=3)
    device.hang()
    for seq in range(10, 20):
        device.answer_stray(f"1 3 {seq} ok")
    assert agent.ask("cmd 1 3 1 motor run") == "failed 1 unknown"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "say devices ="),
        ("devices = relative\n", "'devices = relative' is none of"),
        ("colour = red\n", "'colour = red' is none of"),
        ("legacy motor fly = /bin/true\n", "there is no verb 'motor fly'"),
        ("legacy motor run = /bin/true\n", "journal ="),
        ("devices = /d\nlegacy motor run = /bin/true\n", "either devices or legacy"),
    ],
)
def test_mistake_in_the_configuration_is_told_and_ends_with_status_2(
    shell: str, tmp_path: Path, text: str, words: str
) -> None:
    conf = tmp_path / "agent.conf"
    conf.write_text(text)
    with Agent(shell, conf) as agent:
        assert agent.status() == 2
        assert words in agent.complaint()


@pytest.mark.parametrize(
    ("hall", "role"), [("Alpha", "projection"), ("a/b", "sound"), ("alpha", "lamp"), ("", "sound")]
)
def test_arguments_that_name_no_device_end_with_status_2(shell: str, conf: Path, hall: str, role: str) -> None:
    with Agent(shell, conf, hall, role) as agent:
        assert agent.status() == 2
