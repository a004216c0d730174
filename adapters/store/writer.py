# SPDX-License-Identifier: Apache-2.0
"""The event log's one writer: a thread with its own connection that commits rows in groups."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import structlog
from django.db import connections

from adapters.store.backlog import Backlog
from adapters.store.commit import RUNTIME, Beat, commit_group, unstored
from adapters.store.errors import LogNotWritable
from adapters.store.place import log_place
from adapters.store.selectors import stream_heads
from adapters.store.waypoints import Waypoints
from statemachines.record import Record

_say = structlog.get_logger(__name__)
_GROUP_ROWS = 256
_GROUP_S = 0.005
_BEAT_S = 1.0
_RETRY_S, _RETRY_MOST_S = 0.05, 2.0
_IDLE_S = 1.0


def _nothing(*_words: str) -> None:
    """Nobody listens."""


class LogWriter:
    """Appends records; `append` never waits for the disk and refuses nothing that can be stored.

    A commit that fails is tried again, after 50 ms and then ever later up to 2 s; rows wait in order (see
    `backlog` for what happens beyond `room` rows). From the second failure in a row `trouble` says why and
    `on_trouble(words)` is called, and `on_healthy()` once a commit succeeds again: both on the writer's
    thread.
    """

    def __init__(
        self,
        state: Path,
        *,
        on_trouble: Callable[[str], None] = _nothing,
        on_healthy: Callable[[], None] = _nothing,
        room: int = 65_536,
    ) -> None:
        self.trouble = ""
        self._place = log_place(state)
        self._on_trouble, self._on_healthy, self._room = on_trouble, on_healthy, room
        self._changed = threading.Condition()
        self._backlog: Backlog | None = None
        self._beats: dict[str, Beat] = {}
        self._waypoints = Waypoints()
        self._waiters: list[tuple[dict[str, int], Future[None]]] = []
        self._failures = 0
        self._next_commit = self._next_beat = self._waiting_since = 0.0
        self._close_by: float | None = None
        self._thread: threading.Thread | None = None

    def start(self, limit_s: float = 10.0) -> None:
        """Load the chains' heads and begin to write. Blocks for some milliseconds.

        Raises:
            LogNotWritable: the log could not be read within the limit.
        """
        loaded: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(loaded,), name="log-writer", daemon=True)
        self._thread.start()
        try:
            loaded.result(limit_s)
        except Exception as wrong:
            raise LogNotWritable(f"{self._place} cannot be read: {str(wrong) or 'no answer'}; see `doctor`") from wrong

    def append(self, draft: Record, *, value: bytes | None = None) -> Record:
        """Number, chain and seal a record, and have it written; return it at once.

        `value` is canonical JSON after this row: a hall's with its sessions, for `hall_now`, or that of the row's
        own subject (a deployment, a roll-out), for `value_now`. A record with `log_seq` 0
        and an empty digest found no room: it is not in the log, and a `log_gap` row will say so.

        Raises:
            RecordUnfit: no row can hold it.
        """
        with self._changed:
            backlog = self._started()
            record = backlog.add(draft, value)
            waiting = len(backlog)
            if waiting == 1:
                self._waiting_since = time.monotonic()
            if waiting == _GROUP_ROWS:
                self._changed.notify()
        if waiting == 1:
            self._wake_soon()
        return record

    def _wake_soon(self) -> None:
        """Not at once: the thread would take the interpreter from the step whose commands are just going out."""
        try:
            asyncio.get_running_loop().call_later(_GROUP_S, self._wake)
        except RuntimeError:  # no loop: nobody's commands are going out
            self._wake()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify()

    def heartbeat(self, hall: str, now_ns: int, figures: str = "{}") -> None:
        """Note that the hall's task is alive, and its figures (JSON); written at 1 Hz."""
        with self._changed:
            if not self._beats:  # else the thread knows already: a thousand halls must not wake it a thousand times
                self._changed.notify()
            self._beats[hall] = Beat(now_ns, figures)

    def runtime_beat(self, now_ns: int, figures: str) -> None:
        """Note that the runtime is alive, and its figures (JSON); written at 1 Hz."""
        self.heartbeat(RUNTIME, now_ns, figures)

    @property
    def waiting(self) -> int:
        """How many rows wait for their commit."""
        return 0 if self._backlog is None else len(self._backlog)

    @property
    def lost(self) -> int:
        """How many rows found no room and are not declared yet."""
        return 0 if self._backlog is None else self._backlog.lost

    def oldest_ns(self) -> int | None:
        """Return the time of the oldest row that waits for its commit, None when none does."""
        with self._changed:
            waiting = [] if self._backlog is None else self._backlog.first(1)
        return waiting[0].record.at_ns if waiting else None

    async def committed(self, record: Record, limit_s: float = 5.0) -> None:
        """Wait until this appended record is durable.

        Raises:
            LogNotWritable: it is not yet, or it found no room.
        """
        if not record.digest:
            raise LogNotWritable(f"{record.stream} {record.kind}: not in the log, too many rows were waiting")
        await self._until({record.stream: record.log_seq}, limit_s)

    async def flush(self, limit_s: float = 5.0) -> None:
        """Wait until everything that was appended before is durable.

        Raises:
            LogNotWritable: it is not yet.
        """
        with self._changed:
            targets = self._started().targets()
        await self._until(targets, limit_s)

    def close(self, limit_s: float = 5.0) -> None:
        """Write what waits, then end the thread. Blocks: call it from a thread (`asyncio.to_thread`).

        Raises:
            LogNotWritable: rows are left that could not be written.
        """
        if self._thread is None:
            return
        with self._changed:
            self._close_by = time.monotonic() + limit_s
            self._changed.notify()
        self._thread.join(limit_s + 1.0)  # a commit under way may wait for a lock a little longer
        left = 0 if self._backlog is None else len(self._backlog) + self._backlog.lost
        if left or self._thread.is_alive():
            raise LogNotWritable(f"{left} rows were not written to {self._place}: {self.trouble or 'no time left'}")

    def _started(self) -> Backlog:
        if self._backlog is None:
            raise LogNotWritable("the log writer has not been started")
        return self._backlog

    async def _until(self, targets: dict[str, int], limit_s: float) -> None:
        reached: Future[None] = Future()
        with self._changed:
            if self._started().reached(targets):
                return
            self._waiters = [waiter for waiter in self._waiters if not waiter[1].cancelled()]
            self._waiters.append((targets, reached))
            self._changed.notify()
        try:
            async with asyncio.timeout(limit_s):
                await asyncio.wrap_future(reached)
        except TimeoutError:
            raise LogNotWritable(f"not in {self._place} after {limit_s} s: {self.trouble or 'still waiting'}") from None

    # What follows runs on the writer's thread.

    def _run(self, loaded: Future[None]) -> None:
        try:
            self._place.claim()
            self._backlog = Backlog(stream_heads(), self._room)
            loaded.set_result(None)
            while self._wait_for_work():
                self._commit(self._backlog)
        except Exception as wrong:
            if loaded.done():
                raise
            loaded.set_exception(wrong)
        finally:
            connections["log"].close()

    def _wait_for_work(self) -> bool:
        """Return True when a commit is due, False when there is nothing more to do before the end."""
        with self._changed:
            while True:
                now = time.monotonic()
                rows, closing = len(self._started()), self._close_by is not None
                if self._close_by is not None and (not rows or now > self._close_by):
                    return False
                in_a_hurry = rows >= _GROUP_ROWS or bool(self._waiters) or closing
                due = self._due(rows, in_a_hurry and not self._failures)
                if due <= now:
                    return True
                self._changed.wait(min(due - now, _IDLE_S))

    def _due(self, rows: int, in_a_hurry: bool) -> float:
        """Return the monotonic time at which to commit next."""
        if rows and in_a_hurry:
            return 0.0
        if rows:
            return max(self._next_commit, self._waiting_since + _GROUP_S)
        return max(self._next_beat, self._next_commit) if self._beats else float("inf")

    def _commit(self, backlog: Backlog) -> None:
        with self._changed:
            group, beats = backlog.first(_GROUP_ROWS), dict[str, Beat]()
            if time.monotonic() >= self._next_beat:
                beats = dict(self._beats)
        try:
            self._place.claim()
            commit_group(unstored(group) if self._failures else group, beats, time.time_ns(), self._waypoints)
        except Exception as wrong:  # whatever it is, rows wait and people are told; a dead thread would lose them
            self._failed(wrong)
        else:
            self._succeeded(backlog, len(group), beats)

    def _failed(self, wrong: Exception) -> None:
        connections["log"].close()
        self._failures += 1
        self._next_commit = time.monotonic() + min(_RETRY_S * 2 ** min(self._failures - 1, 10), _RETRY_MOST_S)
        first_told = not self.trouble
        if self._failures > 1:
            self.trouble = f"{self._place} cannot be written: {wrong}"
            if first_told:
                self._tell(self._on_trouble, self.trouble)

    def _succeeded(self, backlog: Backlog, count: int, beats: dict[str, Beat]) -> None:
        now = time.monotonic()
        self._failures, self._next_commit = 0, now + _GROUP_S
        with self._changed:
            backlog.settle(count)
            if beats:
                self._next_beat = now + _BEAT_S
                self._beats = {hall: at for hall, at in self._beats.items() if beats.get(hall) != at}
            waiters, self._waiters = self._waiters, []
            for targets, future in waiters:
                if not backlog.reached(targets):
                    self._waiters.append((targets, future))
                elif future.set_running_or_notify_cancel():
                    future.set_result(None)
        if self.trouble:
            self.trouble = ""
            self._tell(self._on_healthy)

    def _tell(self, callback: Callable[..., None], *words: str) -> None:
        try:
            callback(*words)
        except Exception:  # a listener that is gone (its loop closed) must not end the log
            _say.exception("log_writer_listener_failed", words=words)
