# SPDX-License-Identifier: Apache-2.0
"""What an agent's lines mean. A reader takes one answer's lines and is strict: a wrong word ends the link."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from adapters.ssh.errors import AgentMisbehaved, DeviceSilent, HelloRefused, RingEpochGone
from statemachines.snapshot import Snapshot, SnapshotMalformed, parse_snapshot

MAX_RING_LINES = 4096
"""A device keeps 256 or more lines and 64 safety lines; this many are still harmless."""

Answer = TypeVar("Answer")
Reader = Callable[[str], Answer | None]
"""Takes the next line of an answer; gives the answer when it is whole, None while more lines are due."""

_WORD = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CODE = re.compile(r"[a-z0-9_-]{1,16}")
_RESULT = re.compile(r"ok|(?:refused|failed):[a-z0-9_-]{1,16}|-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """An agent's answer to hello. `last` and `result` are of the last command that it took, '' = none."""

    version: str
    abi: int
    epoch: int
    last: int
    result: str
    unix_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RingLine:
    """One event that the device remembers: hw_seq, its own ns, EVENT word, frame counter, VAL ('' = none)."""

    seq: int
    ns: int
    word: str
    frame: int
    val: str


def _wrong(line: str, expected: str) -> AgentMisbehaved:
    return AgentMisbehaved(f"expected {expected}, read {line[:120]!r}")


def _number(text: str, line: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise _wrong(line, "an unsigned number")
    return int(text)


def read_welcome(line: str) -> Welcome:
    """Read the answer to hello.

    Raises:
        HelloRefused: stale, held, version, down or hall.
        AgentMisbehaved: it is neither.
    """
    match line.split(" "):
        case ["welcome", "1", version, abi, epoch, last, result, unix_s]:
            if not (_WORD.fullmatch(version) and _RESULT.fullmatch(result)):
                raise _wrong(line, "a version and a result")
            return Welcome(
                version=version,
                abi=_number(abi, line),
                epoch=_number(epoch, line),
                last=_number(last, line),
                result="" if result == "-" else result,
                unix_s=_number(unix_s, line),
            )
        case ["refused", "hello", code] if _CODE.fullmatch(code):
            raise HelloRefused(code)
        case ["error", "hall"]:
            raise HelloRefused("hall")
        case _:
            raise _wrong(line, "welcome or refused hello")


def result_reader(seq: int) -> Reader[str]:
    """Read a command's answer as `ok`, `refused:CODE` or `failed:CODE`."""

    def read(line: str) -> str:
        match line.split(" "):
            case ["ok", answered] if answered == str(seq):
                return "ok"
            case ["refused" | "failed" as word, answered, code] if answered == str(seq) and _CODE.fullmatch(code):
                return f"{word}:{code}"
            case _:
                raise _wrong(line, f"the result of command {seq}")

    return read


def exactly(expected: str) -> Reader[bool]:
    """Read an answer that can be only one line, such as `pong 7`."""

    def read(line: str) -> bool:
        if line != expected:
            raise _wrong(line, expected)
        return True

    return read


def snapshot_reader(number: int) -> Reader[Snapshot]:
    """Read `snapshot N k=v…`, or `refused N CODE` as DeviceSilent."""

    def read(line: str) -> Snapshot:
        match line.split(" "):
            case ["refused", refused, code] if refused == str(number) and _CODE.fullmatch(code):
                raise DeviceSilent(code)
        head, _, words = line.partition(f"snapshot {number} ")
        if head or not words:
            raise _wrong(line, f"snapshot {number}")
        try:
            return parse_snapshot(words)
        except SnapshotMalformed as malformed:
            raise _wrong(line, f"a snapshot without {malformed}") from malformed

    return read


@dataclass(slots=True)
class RingReader:
    """Reads `ring N COUNT`, that many lines with rising SEQ, `end N`."""

    number: int
    _due: int | None = None
    _lines: list[RingLine] = field(default_factory=list)

    def __call__(self, line: str) -> tuple[RingLine, ...] | None:
        if self._due is None:
            self._due = self._count(line)
        elif len(self._lines) < self._due:
            self._lines.append(self._event(line))
        elif line == f"end {self.number}":
            return tuple(self._lines)
        else:
            raise _wrong(line, f"end {self.number}")
        return None

    def _count(self, line: str) -> int:
        match line.split(" "):
            case ["ring", number, count] if number == str(self.number):
                due = _number(count, line)
                if due > MAX_RING_LINES:
                    raise _wrong(line, f"at most {MAX_RING_LINES} ring lines")
                return due
            case ["refused", number, "epoch"] if number == str(self.number):
                raise RingEpochGone("the device restarted: its ring is of another epoch")
            case ["refused", number, code] if number == str(self.number) and _CODE.fullmatch(code):
                raise DeviceSilent(code)
            case _:
                raise _wrong(line, f"ring {self.number}")

    def _event(self, line: str) -> RingLine:
        match line.split(" "):
            case [seq, ns, word, frame, *val] if len(val) <= 1 and _WORD.fullmatch(word):
                event = RingLine(
                    seq=_number(seq, line),
                    ns=_number(ns, line),
                    word=word,
                    frame=_number(frame, line),
                    val=val[0] if val else "",
                )
            case _:
                raise _wrong(line, "SEQ NS EVENT FRAME VAL")
        if self._lines and event.seq <= self._lines[-1].seq:
            raise _wrong(line, f"a ring line after {self._lines[-1].seq}")
        return event
