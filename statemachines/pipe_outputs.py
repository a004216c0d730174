# SPDX-License-Identifier: Apache-2.0
"""What a pipe asks of its owner, as data, and the times that it keeps."""

from dataclasses import dataclass

from statemachines.effects import Command

_MS = 1_000_000

ANSWER_NS = 500 * _MS
"""How long a rotation waits for the answers that are on their way."""
MUTE_NS = 250 * _MS
"""How long a rotation waits for the answer to a safety command."""
OVERDUE_NS = 2000 * _MS
"""How long any command may go without an answer."""

DOWN = "failed:down"
UNKNOWN = "failed:unknown"
OVERTAKEN = "refused:gap"


@dataclass(frozen=True, slots=True)
class Hello:
    """Say hello on `link` as `gen`; `seq` is the highest number that will never be sent again."""

    link: int
    gen: int
    seq: int


@dataclass(frozen=True, slots=True)
class Send:
    """Write a command on `link`."""

    link: int
    gen: int
    command: Command


@dataclass(frozen=True, slots=True)
class Done:
    """A command's one answer."""

    cmd_seq: int
    result: str


@dataclass(frozen=True, slots=True)
class Overdue:
    """A command has had no answer for 2 s."""

    cmd_seq: int


@dataclass(frozen=True, slots=True)
class Ready:
    """Commands go over `link` from now on; `last` is the highest number that the device had seen."""

    link: int
    gen: int
    last: int


@dataclass(frozen=True, slots=True)
class Drop:
    """Nothing goes over `link` any more: take leave and close it."""

    link: int


Output = Hello | Send | Done | Overdue | Ready | Drop
Outputs = tuple[Output, ...]
