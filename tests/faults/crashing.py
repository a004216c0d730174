# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.faults.crashing BOUNDARY "VERB ARG" CONFIG`: a runtime that kills itself at one boundary of a step.

Between deciding on a command and keeping its answer lie: the command is sent, its row is appended, it is committed,
the answer arrives, the answer's row is appended, it is committed. The first command with these words is cut there.
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

from adapters.store.site import open_site
from hall_runtime.config import load_config
from hall_runtime.session_owner import SessionOwner
from statemachines.effects import Command
from statemachines.record import Record

LIMIT_S = 5.0


class Crash:
    """Knows the rows that order the command, and those that take its answer in; `die` is kill -9 by oneself."""

    def __init__(self, words: str) -> None:
        self.words = words
        self.orders: dict[tuple[str, str, int], Record] = {}

    def die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def is_order(self, row: Record) -> bool:
        for effect in row.effects:
            if effect["do"] == "command" and f"{effect['verb']} {effect.get('arg', '')}".strip() == self.words:
                self.orders[row.stream, effect["role"], effect["cmd_seq"]] = row
                return True
        return False

    def is_answer(self, row: Record) -> bool:
        known = (row.kind == "command_done") and (row.stream, row.payload["role"], row.payload["cmd_seq"])
        return known in self.orders


def appending(crash: Crash, which: str, when: str = "") -> None:
    """Die `before` the row of the `order` or `answer` is appended, `after` that, or once it is `durable`."""
    from adapters.store.writer import LogWriter

    append = LogWriter.append

    def cut(log: LogWriter, draft: Record, **value: Any) -> Record:
        hit = crash.is_answer(draft) if which == "answer" else crash.is_order(draft)
        if hit and when == "before":
            crash.die()
        row = append(log, draft, **value)
        crash.is_order(row)
        if hit and when == "durable":
            durable(log, row)
        if hit and when:
            crash.die()
        return row

    LogWriter.append = cut  # type: ignore[method-assign, assignment]


def durable(log: Any, row: Record) -> None:
    """Wait on the loop's own thread until a row is committed."""
    done: Future[None] = Future()
    with log._changed:
        targets = {row.stream: row.log_seq}
        if log._backlog.reached(targets):
            return
        log._waiters.append((targets, done))
        log._changed.notify()
    done.result(LIMIT_S)


def sending(crash: Crash) -> None:
    """Die when the command is decided, before it is written to its channel."""
    execute = SessionOwner.execute

    def cut(owner: SessionOwner, effect: Any) -> None:
        if isinstance(effect, Command) and crash.words == f"{effect.verb} {effect.arg}".strip():
            crash.die()
        execute(owner, effect)

    SessionOwner.execute = cut  # type: ignore[method-assign, assignment]


def committing(crash: Crash, *, whole: bool) -> None:
    """Die inside the transaction that holds the row, or right after its commit."""
    from adapters.store import commit, writer

    insert, group_commit = commit.insert_records, commit.commit_group

    def cut_inside(records: Sequence[Record], recorded_ns: int) -> None:
        insert(records, recorded_ns)
        if any(map(crash.is_order, records)):
            crash.die()

    def cut_after(group: Any, *beside: Any) -> None:
        group_commit(group, *beside)
        if any(crash.is_order(waiting.record) for waiting in group):
            crash.die()

    if whole:
        writer.commit_group = cut_after  # type: ignore[attr-defined, assignment]
    else:
        commit.insert_records = cut_inside


def answering(crash: Crash) -> None:
    """Die when the answer has arrived and nobody has heard of it yet."""
    appending(crash, "order")
    answered = SessionOwner._answered

    def cut(owner: SessionOwner, line: Any, cmd_seq: int, answer: Any) -> None:
        if (owner._hall, owner._role, cmd_seq) in crash.orders:
            crash.die()
        answered(owner, line, cmd_seq, answer)

    SessionOwner._answered = cut  # type: ignore[method-assign, assignment]


BOUNDARIES: dict[str, Callable[[Crash], None]] = {
    "decided, not sent": sending,
    "sent, not appended": lambda crash: appending(crash, "order", "before"),
    "sent and appended, not committed": lambda crash: appending(crash, "order", "after"),
    "inside the commit": partial(committing, whole=False),
    "right after the commit": partial(committing, whole=True),
    "sent and committed, not answered": lambda crash: appending(crash, "order", "durable"),
    "answered, not stepped": answering,
    "answer stepped, not appended": lambda crash: appending(crash, "answer", "before"),
    "answer appended, not committed": lambda crash: appending(crash, "answer", "after"),
    "answer committed": lambda crash: appending(crash, "answer", "durable"),
}


def main(boundary: str, words: str, config: str) -> None:
    open_site(load_config(Path(config)).state)  # the models want a site before they can be imported
    BOUNDARIES[boundary](Crash(words))
    sys.argv = ["projectionist", "run", "--config", config]
    from hall_runtime.cli import main as projectionist

    projectionist()


if __name__ == "__main__":
    main(*sys.argv[1:])
