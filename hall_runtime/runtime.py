# SPDX-License-Identifier: Apache-2.0
"""A site's runtime put to work: halls kept, devices heard, requests taken, keys rotated, and an end in stages."""

import asyncio
import shutil
from collections.abc import Coroutine, Mapping
from pathlib import Path

import structlog

from adapters.ssh.errors import LinkError
from adapters.ssh.revocation import RevocationsUnreadable
from adapters.store.writer import LogWriter
from hall_runtime.clock import RuntimeClock
from hall_runtime.deployments.wiring import Deploying
from hall_runtime.figures import Figures
from hall_runtime.hall_parts import HallParts
from hall_runtime.keyring import Keyring
from hall_runtime.listening import Listening
from hall_runtime.requests import RequestDesk, SiteAsked
from hall_runtime.schedule import Schedule
from hall_runtime.supervisor import Stage, Supervisor, wind_down
from hall_runtime.tally import Tally
from hall_runtime.watchdog import STUCK_NS, Watchdog
from statemachines.events import ClockStepped, ConditionCleared, ConditionRaised, Event, HallConfigured, Source
from statemachines.session_events import RotationAsked, SessionBegun, SessionSettings

_say = structlog.get_logger("runtime")
_DISK_FULL = 0.90
_TICK_S = 1.0
_BREATH = 16
"""Halls in a row that show life before the loop may do something else."""


class Runtime:
    """Owns every long-lived thing of a site. Built by `bootstrap`; `start`, then `close`."""

    def __init__(  # noqa: PLR0917  # the one place where everything meets
        self,
        state: Path,
        halls: Mapping[str, HallParts],
        listening: Listening,
        log: LogWriter,
        clock: RuntimeClock,
        keyring: Keyring,
        session_settings: SessionSettings,
        incarnation: int,
        tally: Tally,
        deploying: Deploying,
    ) -> None:
        self.halls, self.listening, self.log, self.clock = halls, listening, log, clock
        self._tally, self._started_ns = tally, clock.now_ns()
        self._state, self._keyring, self.deploying = state, keyring, deploying
        self._session_settings, self._incarnation = session_settings, incarnation
        self.supervisor = Supervisor(self._task_failed)
        self.watchdog = Watchdog(self.stuck)
        keepers = {hall_id: parts.keeper for hall_id, parts in halls.items()}
        self.schedule = Schedule(keepers, clock)
        self.desk = RequestDesk(state, keepers, self._site_request, self.schedule.changed)
        self._errands: set[asyncio.Task[None]] = set()
        self._conditions: set[str] = set()

    async def start(self) -> None:
        """Begin: each hall hears of its settings first, then of what its hardware says."""
        for hall_id, parts in self.halls.items():
            keeper = parts.keeper
            keeper.post(HallConfigured(settings=parts.settings, incarnation=self._incarnation), Source.RUNTIME)
            keeper.post_to_sessions(lambda role: SessionBegun(role=role, settings=self._session_settings))
            keeper.rearm()
            parts.hearing.resume()
            self.supervisor.keep(f"hall {hall_id}", keeper.run)
            self.supervisor.keep(f"hearing {hall_id}", parts.hearing.run)
        self.supervisor.keep("deployments", self.deploying.desk.run)
        await self.listening.start()
        self.supervisor.keep("requests", self.desk.run)
        self.supervisor.keep("schedule", self.schedule.run)
        self.supervisor.keep("clock", self._tick)
        self.supervisor.keep("watchdog", self.watchdog.run)
        self.watchdog.ready()
        _say.info("runtime_started", halls=sorted(self.halls), incarnation=self._incarnation)

    async def close(self) -> bool:
        """End in stages, within about 5 s; tell whether each stage ended in time. A running show runs on."""
        self.watchdog.stopping()
        done = await wind_down(
            [
                Stage("requests and hearing", lambda: self.supervisor.end(0.8, but="hall "), 1.0),
                Stage("deployments", lambda: self.deploying.desk.close(0.8), 1.0),
                Stage("kernel events", self.listening.close, 1.0),
                Stage("sessions", self._close_sessions, 1.5),
                Stage("halls", self._end_halls, 0.5),
                Stage("log", lambda: asyncio.to_thread(self.log.close, 1.2), 2.5),
            ],
            lambda: self.supervisor.running,
        )
        _say.info("runtime_ended", in_time=done)
        return done

    async def _close_sessions(self) -> None:
        owners = [owner for parts in self.halls.values() for owner in parts.owners.values()]
        await asyncio.gather(*(owner.close(1.2) for owner in owners))

    async def _end_halls(self) -> None:
        """What is still in a mailbox is stepped; then the tasks end."""
        for parts in self.halls.values():
            await parts.keeper.mailbox.drained()
        await self.supervisor.end(0.4)
        for parts in self.halls.values():
            parts.keeper.timers.close()
        for errand in self._errands:
            errand.cancel()

    def post_all(self, event: Event) -> None:
        """Put an event into every hall's mailbox."""
        for parts in self.halls.values():
            parts.keeper.post(event, Source.RUNTIME)

    def stuck(self) -> list[str]:
        """Return the halls whose oldest event waits for too long."""
        now = self.clock.now_ns()
        waiting = {hall_id: parts.keeper.mailbox.oldest_ns() for hall_id, parts in self.halls.items()}
        return [hall_id for hall_id, oldest in waiting.items() if oldest is not None and now - oldest > STUCK_NS]

    # Conditions that the runtime itself notices.

    def raise_condition(self, name: str, words: str) -> None:
        """Raise an alarm in every hall, once."""
        if name not in self._conditions:
            self._conditions.add(name)
            self.post_all(ConditionRaised(alarm=name, detail=words))

    def clear_condition(self, name: str) -> None:
        """Let that alarm return."""
        if name in self._conditions:
            self._conditions.discard(name)
            self.post_all(ConditionCleared(alarm=name))

    def _task_failed(self, name: str, words: str) -> None:
        self.raise_condition(
            "controller_defect", f"a part of the controller failed and was begun again: {name}: {words}"
        )

    async def _tick(self) -> None:
        """Once a second: life shown, the wall clock compared, the disk looked at."""
        while True:
            await self._show_life()
            delta_ns = self.clock.step_seen()
            if delta_ns:
                self._clock_stepped(delta_ns)
            self._look_at_disk()
            await asyncio.sleep(_TICK_S)

    async def _show_life(self) -> None:
        """A thousand halls take tens of ms: events go first after every few of them."""
        now_ns, stuck, figures = self.clock.now_ns(), set(self.stuck()), Figures()
        for number, (hall_id, parts) in enumerate(self.halls.items(), start=1):
            told = figures.of_hall(parts)
            if hall_id not in stuck:
                self.log.heartbeat(hall_id, now_ns, told)
            if number % _BREATH == 0:
                await asyncio.sleep(0)
        told = figures.of_runtime(
            self._tally,
            self.log,
            now_ns=now_ns,
            started_ns=self._started_ns,
            overflows=self.listening.overflows,
            refused=self.listening.refused,
        )
        self.log.runtime_beat(now_ns, told)

    def _clock_stepped(self, delta_ns: int) -> None:
        _say.warning("clock_stepped", delta_s=delta_ns / 1e9)
        self.post_all(ClockStepped(delta_ns=delta_ns))
        for parts in self.halls.values():
            parts.keeper.post_to_sessions(lambda _role: ClockStepped(delta_ns=delta_ns))
        self.listening.rotate()

    def _look_at_disk(self) -> None:
        usage = shutil.disk_usage(self._state)
        if usage.used >= usage.total * _DISK_FULL:
            self.raise_condition("disk_nearly_full", f"the disk of {self._state} is more than 90 % full: make room")
        else:
            self.clear_condition("disk_nearly_full")

    # Requests to the site.

    def _site_request(self, asked: SiteAsked) -> None:
        match (asked.verb, *asked.args):
            case ("keys", "rotate"):
                self._rotate_all()
            case ("keys", "revoke", serial) if serial.isascii() and serial.isdigit():
                self._run_errand(self._revoke(int(serial)))
            case ("rollout" | "deployment", *_):
                self._run_errand(self.deploying.asking.take(asked))
            case _:
                why = "the runtime knows no such request"
                _say.warning("site_request_refused", verb=asked.verb, args=asked.args, why=why)

    def _rotate_all(self) -> None:
        for parts in self.halls.values():
            parts.keeper.post_to_sessions(lambda role: RotationAsked(role=role))
        self.listening.rotate()

    def _run_errand(self, errand: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _revoke(self, serial: int) -> None:
        """The sessions and links that use the key get another first: revocation never touches a live connection.

        A deployment session is ended: its step is tried again with another.
        """
        for parts in self.halls.values():
            for role, session in parts.keeper.sessions.items():
                if session.serial == serial:
                    parts.keeper.post(RotationAsked(role=role), Source.OPERATOR)
        self.listening.rotate(serial)
        await self.deploying.desk.revoked(serial)
        try:
            outcome = await self._keyring.revoke(serial)
        except (LinkError, RevocationsUnreadable, OSError) as wrong:
            self.raise_condition("revocation_incomplete", f"{serial} could not be revoked: {wrong}")
            return
        late = [server for server, result in outcome.items() if result != "ok"]
        if late:
            self.raise_condition(
                "revocation_incomplete", f"these servers do not know yet that {serial} is revoked: {late}"
            )
        else:
            self.clear_condition("revocation_incomplete")
