# SPDX-License-Identifier: Apache-2.0
"""Lines between controller and agent: answers in order, garbage ends the link, nothing fills the memory."""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ssh.answers import (
    MAX_RING_LINES,
    RingLine,
    RingReader,
    Welcome,
    exactly,
    read_welcome,
    result_reader,
    snapshot_reader,
)
from adapters.ssh.conversation import MAX_LINE, MAX_UNANSWERED, Conversation, LineSplitter
from adapters.ssh.errors import (
    AgentMisbehaved,
    AnswerOverdue,
    DeviceSilent,
    HelloRefused,
    LinkError,
    LinkLost,
    RingEpochGone,
)
from statemachines.snapshot import Snapshot, format_snapshot


class Rig:
    """A conversation whose bytes and end can be looked at."""

    def __init__(self) -> None:
        self.written = b""
        self.hung_up = 0
        self.conversation = Conversation(self._write, self._hang_up)

    def _write(self, data: bytes) -> None:
        self.written += data

    def _hang_up(self) -> None:
        self.hung_up += 1

    def hears(self, *lines: str) -> None:
        self.conversation.received("".join(f"{line}\n" for line in lines).encode("latin-1"))

    def reason(self) -> LinkError:
        return self.conversation.closed.result()


async def test_requests_are_written_at_once_and_answered_in_order() -> None:
    rig = Rig()
    asked = [rig.conversation.ask(f"cmd 1 1 {seq} motor run", result_reader(seq)) for seq in (7, 8, 9)]
    assert rig.written == b"cmd 1 1 7 motor run\ncmd 1 1 8 motor run\ncmd 1 1 9 motor run\n"
    rig.hears("ok 7", "refused 8 busy")
    assert [answer.done() for answer in asked] == [True, True, False]
    rig.hears("failed 9 timeout")
    assert [answer.result() for answer in asked] == ["ok", "refused:busy", "failed:timeout"]
    assert not rig.conversation.is_over


async def test_answers_in_another_order_end_the_link() -> None:
    rig = Rig()
    first = rig.conversation.ask("cmd 1 1 7 motor run", result_reader(7))
    second = rig.conversation.ask("cmd 1 1 8 motor stop", result_reader(8))
    rig.hears("ok 8")
    assert isinstance(rig.reason(), AgentMisbehaved)
    assert rig.hung_up == 1
    for answer in (first, second):
        with pytest.raises(LinkLost, match="result of command 7"):
            answer.result()


async def test_an_answer_that_nobody_asked_for_ends_the_link() -> None:
    rig = Rig()
    rig.hears("ok 1")
    assert "nobody asked" in str(rig.reason())


async def test_an_answer_after_giving_up_is_not_taken_for_the_next_one() -> None:
    rig = Rig()
    with pytest.raises(AnswerOverdue, match="no answer to ping within 0 s"):
        await rig.conversation.ask_within("ping 1", exactly("pong 1"), 0)
    second = rig.conversation.ask("ping 2", exactly("pong 2"))
    rig.hears("pong 1", "pong 2")
    assert second.result()
    assert not rig.conversation.is_over


async def test_the_end_of_the_stream_is_told_to_all_who_wait_and_to_all_who_ask_later() -> None:
    rig = Rig()
    waiting = rig.conversation.ask("ping 1", exactly("pong 1"))
    watcher = asyncio.create_task(asyncio.wait_for(rig.conversation.closed, 5))
    impatient = asyncio.create_task(asyncio.wait_for(rig.conversation.closed, 0))
    with pytest.raises(TimeoutError):
        await impatient
    rig.conversation.end(LinkLost("cable"))
    rig.conversation.end(LinkLost("another reason"))
    assert str(await watcher) == "link lost: cable"
    for answer in (waiting, rig.conversation.ask("ping 2", exactly("pong 2"))):
        with pytest.raises(LinkLost, match="cable"):
            await answer
    assert rig.written == b"ping 1\n"


async def test_an_agent_that_never_answers_cannot_pile_up_requests() -> None:
    rig = Rig()
    answers = [rig.conversation.ask(f"ping {n}", exactly(f"pong {n}")) for n in range(MAX_UNANSWERED)]
    assert not any(answer.done() for answer in answers)
    with pytest.raises(LinkLost, match="unanswered"):
        rig.conversation.ask("ping 0", exactly("pong 0")).result()
    assert rig.hung_up == 1


@pytest.mark.parametrize("junk", ["pong 1\0", "pong\t1", "päng", "", "x" * 513, "pong 1\r", "pong 01"])
async def test_a_line_that_is_no_answer_ends_the_link(junk: str) -> None:
    rig = Rig()
    answer = rig.conversation.ask("ping 1", exactly("pong 1"))
    rig.hears(junk)
    assert isinstance(rig.reason(), AgentMisbehaved)
    assert isinstance(answer.exception(), LinkLost)


def test_a_line_without_an_end_is_refused_as_soon_as_it_is_too_long() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"x" * MAX_LINE) == []
    with pytest.raises(AgentMisbehaved, match="more than 512"):
        splitter.feed(b"x")


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)), st.data())
def test_lines_survive_any_cutting(lines: list[str], data: st.DataObject) -> None:
    stream = "".join(f"{line}\n" for line in lines).encode()
    splitter, read = LineSplitter(), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        read += splitter.feed(stream[:size])
        stream = stream[size:]
    assert read == lines


_READERS: tuple[Callable[[], Callable[[str], object]], ...] = (
    lambda: read_welcome,
    lambda: result_reader(1),
    lambda: exactly("pong 1"),
    lambda: snapshot_reader(1),
    lambda: RingReader(1),
)
_HEADS = st.sampled_from(
    "welcome 1 |welcome 1 v 1 2 3 ok |refused hello |refused 1 |ok 1|pong 1|snapshot 1 |ring 1 |error |".split("|")
)
_TEXT = st.text(st.characters(max_codepoint=255, exclude_characters="\n"), max_size=40)
_WORDS = st.text("0123456789 abcok:=-epochrunseq", max_size=40)


@given(st.sampled_from(_READERS), st.lists(st.builds(str.__add__, _HEADS, _TEXT | _WORDS), max_size=4))
def test_whatever_an_agent_says_only_typed_errors_come_of_it(
    reader: Callable[[], Callable[[str], object]], lines: list[str]
) -> None:
    async def listen() -> None:
        rig = Rig()
        answer = rig.conversation.ask("question", reader())
        rig.hears(*lines)
        if rig.conversation.is_over:
            assert isinstance(rig.reason(), AgentMisbehaved)
            assert rig.hung_up == 1
        if answer.done() and answer.exception() is not None:
            assert isinstance(answer.exception(), LinkError)

    asyncio.run(listen())


@given(st.binary(max_size=2000))
def test_bytes_of_any_kind_never_raise(data: bytes) -> None:
    async def listen() -> None:
        rig = Rig()
        answer = rig.conversation.ask("ping 1", exactly("pong 1"))
        rig.conversation.received(data)
        assert answer.done() == (b"\n" in data or len(data) > MAX_LINE)

    asyncio.run(listen())


def test_welcome() -> None:
    assert read_welcome("welcome 1 0.1.0 1 4294967295 12 failed:unknown 1800000000") == Welcome(
        version="0.1.0", abi=1, epoch=4294967295, last=12, result="failed:unknown", unix_s=1_800_000_000
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [("refused hello stale", "stale"), ("refused hello held", "held"), ("error hall", "hall")],
)
def test_refused_hello(line: str, code: str) -> None:
    with pytest.raises(HelloRefused) as refused:
        read_welcome(line)
    assert refused.value.code == code


def test_snapshot_reads_what_a_device_writes() -> None:
    snapshot = Snapshot(epoch=9, seq=4, film=True, fence=3, gen=2, last=17)
    assert snapshot_reader(6)(f"snapshot 6 {format_snapshot(snapshot)}") == snapshot
    with pytest.raises(DeviceSilent, match="down"):
        snapshot_reader(6)("refused 6 down")


def test_ring_gives_its_lines_when_it_is_whole() -> None:
    reader = RingReader(3)
    assert [reader(line) for line in ("ring 3 2", "5 100 frame 24 0", "6 200 tail 48")] == [None] * 3
    assert reader("end 3") == (
        RingLine(seq=5, ns=100, word="frame", frame=24, val="0"),
        RingLine(seq=6, ns=200, word="tail", frame=48, val=""),
    )


@pytest.mark.parametrize(
    "lines",
    [
        ["ring 3 1", "end 3"],
        ["ring 3 1", "5 100 frame 24 0", "6 100 frame 24 0"],
        ["ring 3 2", "5 100 frame 24 0", "5 100 frame 24 0"],
        ["ring 3 0", "end 4"],
        [f"ring 3 {MAX_RING_LINES + 1}"],
        ["ring 3 99999999999999999999999"],
        ["ring 2 0"],
    ],
)
def test_a_ring_that_cannot_be(lines: list[str]) -> None:
    reader = RingReader(3)
    for line in lines[:-1]:
        assert reader(line) is None
    with pytest.raises(AgentMisbehaved):
        reader(lines[-1])


def test_a_ring_of_another_epoch_or_of_no_device() -> None:
    with pytest.raises(RingEpochGone):
        RingReader(3)("refused 3 epoch")
    with pytest.raises(DeviceSilent):
        RingReader(3)("refused 3 down")
