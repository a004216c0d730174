# SPDX-License-Identifier: Apache-2.0
"""Who takes requests where no runtime runs: hears wakes, and writes the rows that a test wants as their answer."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typing_extensions import override

from adapters.store.wake import Wake
from statemachines.record import Record
from tests.support.store import value_after
from tests.support.wake_ear import WakeEar


@dataclass(frozen=True)
class Verdict:
    """What the hall's machine makes of every request. `commands` are (role, cmd_seq, verb, arg)."""

    verdict: str = "transition"
    reason: str = "the show was started"
    commands: tuple[tuple[str, int, str, str], ...] = ()
    expired: bool = False


class Desk(WakeEar):
    """Listens on the site's wake socket."""

    def __init__(self, state: Path, verdict: Verdict | None) -> None:
        super().__init__(state, silence_s=30)
        self._verdict = verdict

    @override
    def take(self, wake: Wake, *, again: bool) -> None:
        if self._verdict is not None and wake.hall and not again:
            self.judge(wake.hall, wake.id)

    def answer(self, hall: str, cause: int, results: Sequence[tuple[str, int, str]]) -> None:
        """Write answers to commands: (role, cmd_seq, result), each caused by row `cause`."""
        for role, cmd_seq, result in results:
            payload = {"role": role, "cmd_seq": cmd_seq, "result": result}
            self._write(hall, "command_done", payload, Verdict("internal", "answered"), cause=str(cause))

    def judge(self, hall: str, request: str) -> int:
        """Write the verdict on a request; return its row's number."""
        assert self._verdict is not None
        payload = {"verb": "start"} | ({"expired": True} if self._verdict.expired else {})
        return self._write(hall, "operator_requested", payload, self._verdict, request=request)

    def _write(
        self, hall: str, kind: str, payload: dict[str, Any], made: Verdict, *, request: str = "", cause: str = ""
    ) -> int:
        effects = tuple(
            {"do": "command", "role": role, "cmd_seq": seq, "verb": verb} | ({"arg": arg} if arg else {})
            for role, seq, verb, arg in made.commands
        )
        row = Record(
            stream=hall,
            log_seq=0,
            subject="hall",
            at_ns=1_000_000_000,
            hw_epoch=0,
            hw_seq=0,
            hw_ns=0,
            kind=kind,
            payload=payload,
            source="operator",
            cause=cause,
            before="idle:0",
            after="idle:0",
            verdict=made.verdict,
            reason=made.reason,
            effects=effects,
            version="v",
            request=request,
        )
        written = self.log.append(row, value=value_after(1))
        asyncio.run(self.log.flush())
        return written.log_seq


@contextmanager
def desk(state: Path, verdict: Verdict | None = Verdict()) -> Iterator[Desk]:  # it never changes
    """Take this site's requests; with no verdict they are heard and nothing more."""
    made = Desk(state, verdict)
    made.start()
    try:
        yield made
    finally:
        made.close()
