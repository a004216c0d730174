# SPDX-License-Identifier: Apache-2.0
"""reel-agent against lines of garbage, of gigabytes, and of people who would like a shell."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.agent import SHELLS, Agent
from tests.support.devices import TestDevice

ANSWER = re.compile(
    r"(ok \d+|(refused|failed) (\d+|hello) [a-z]+|pong \d+|welcome 1 [0-9a-z.: -]+|snapshot \d+ .*|bye|error [a-z]+)"
)


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def device(tmp_path: Path) -> Iterator[TestDevice]:
    with TestDevice(tmp_path, "alpha", "projection") as device:
        yield device


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    path = tmp_path / "agent.conf"
    path.write_text(f"devices = {tmp_path}\n")
    return path


@pytest.fixture
def agent(shell: str, conf: Path, device: TestDevice) -> Iterator[Agent]:
    with Agent(shell, conf) as agent:
        yield agent


@pytest.mark.parametrize(
    "line",
    [
        "",
        " ",
        "PING 1",
        "ping",
        "ping x",
        "ping -1",
        "ping 01",
        "ping 1 2",
        "ping 1\r",
        "ping\t1",
        "ping 1234567890123456789",
        "cmd 1 1 0 motor run",
        "cmd 1 1 1",
        "cmd 1 1 1 motor run fast",
        "cmd 1 1 one motor run",
        "cmd 1 1 1+1 motor run",
        "hello 1 alpha projection 2 1 Ctl 0",
        "hello 1 alpha projection 2 1 ctl",
        "ring 1 77",
        "ring 1 77 x",
        "bye now",
        "snapshot",
        "ping:2",
        "-n",
        "\\",
        "*",
        "ping 1 é",
    ],
)
def test_line_that_is_none_is_one_error_and_the_next_is_answered(agent: Agent, device: TestDevice, line: str) -> None:
    agent.hello()
    assert agent.ask(line) == "error line"
    assert agent.ask("cmd 1 1 1 motor run") == "ok 1"
    assert device.acted == ["motor run"]


def test_binary_and_nul_bytes_get_one_answer_a_line(agent: Agent) -> None:
    for line in (bytes(range(1, 10)) + bytes(range(11, 256)), b"\0", b"\xff\xfe", b"p\0ing", b"\x1b[2J"):
        assert agent.ask(line).startswith("error ")
        assert agent.ask("ping 7") == "pong 7"


def test_ten_errors_in_a_row_end_the_agent_with_status_4_and_nine_do_not(agent: Agent) -> None:
    for _ in range(9):
        assert agent.ask("x") == "error line"
    assert agent.ask("ping 1") == "pong 1"
    for _ in range(10):
        assert agent.ask("x") == "error line"
    assert agent.line() == ""
    assert agent.status() == 4


def test_line_over_512_bytes_is_refused(agent: Agent) -> None:
    assert agent.ask("ping " + "1" * 508) == "error long"
    assert agent.ask("x" * 512) == "error line"
    assert agent.ask("y" * 100_000) == "error long"
    assert agent.ask("ping 1") == "pong 1"


@pytest.mark.timeout(300)
def test_line_without_an_end_ends_the_agent_and_not_the_servers_memory(agent: Agent) -> None:
    status = Path(f"/proc/{agent.process.pid}/status")
    peak_kib = 0
    with contextlib.suppress(BrokenPipeError):
        for _ in range(100):
            agent.send(b"a" * 1_000_000)
            peak = re.search(r"VmPeak:\s+(\d+) kB", status.read_text())
            peak_kib = max(peak_kib, int(peak[1])) if peak else peak_kib
    # dash is ended by a signal, busybox gives up with status 1: neither is a status of the protocol.
    assert agent.status() in (-11, 1)
    assert 1_000 < peak_kib <= 12_288


SHELL_WORDS = [
    "$(touch hit)",
    "`touch hit`",
    ";touch hit",
    "|touch hit",
    "&touch hit",
    ">hit",
    "$HOME",
    "${x:=1}",
    "x[$(touch hit)]",
    "*",
    "?",
    "~",
    "'",
    '"',
    "\\",
    "../../etc",
    "-e",
    "%s%n",
]


@pytest.mark.parametrize("word", SHELL_WORDS)
def test_shell_words_have_no_effect_in_any_place(agent: Agent, device: TestDevice, tmp_path: Path, word: str) -> None:
    agent.hello()
    before = sorted(tmp_path.rglob("*"))
    for line in ("cmd 1 1 1 motor run", "hello 1 alpha projection 2 1 ctl 0", "ring 1 77 1", "ping 1", "snapshot 1"):
        words = line.split(" ")
        for place in range(len(words)):
            if words[place] in ("alpha", "projection"):
                continue  # ends the agent: the next test
            answer = agent.ask(" ".join([*words[:place], word, *words[place + 1 :]]))
            assert ANSWER.fullmatch(answer), answer
            assert agent.ask("ping 1") == "pong 1"
    assert sorted(tmp_path.rglob("*")) == before
    assert device.acted == []


def test_shell_words_in_the_hall_of_a_hello_have_no_effect(
    shell: str, conf: Path, device: TestDevice, tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*"))
    for word in ("$(touch${IFS}hit)", "`touch${IFS}hit`", "*", ">hit"):
        with Agent(shell, conf) as agent:
            assert agent.ask(f"hello 1 {word} projection 1 1 ctl 0") == "error hall"
            assert agent.status() == 3
    assert sorted(tmp_path.rglob("*")) == before


NUMBER = st.one_of(st.integers(0, 3).map(str), st.just("99999999999999999999"), st.just("-1"))
WORD = st.one_of(
    st.sampled_from("hello cmd ping snapshot motor run safe_stop alpha projection ctl 1 x $(id) *".split()),
    NUMBER,
    st.text(st.characters(exclude_characters="\n\0", codec="utf-8"), max_size=8),
)
LINE = st.one_of(
    st.lists(WORD, max_size=8).map(" ".join),
    st.tuples(NUMBER, NUMBER, NUMBER, WORD).map(lambda words: "cmd " + " ".join(words)),
    NUMBER.map("ping {}".format),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINE, max_size=12))
def test_each_request_gets_exactly_one_answer(shell: str, conf: Path, device: TestDevice, lines: list[str]) -> None:
    with Agent(shell, conf) as agent:
        for line in lines:
            answer = agent.ask(line)
            assert ANSWER.fullmatch(answer), (line, answer)
            if answer in ("error hall", "bye"):
                break
            # Were there a second answer, it would come in the place of this one.
            assert agent.ask("ping 5") == "pong 5"
