# SPDX-License-Identifier: Apache-2.0
"""What becomes of a server's watch link, written down: rows in its own stream, an alarm where it is refused."""

from collections.abc import Iterable, Mapping

import structlog

from adapters.store.errors import StoreError
from hall_runtime.clock import RuntimeClock
from hall_runtime.keeper import HallKeeper
from hall_runtime.ports import Log
from hall_runtime.watch_ports import WatchNews
from statemachines.alarms import find
from statemachines.events import ConditionCleared, ConditionRaised, Source
from statemachines.history import SERVER, WATCH
from statemachines.record import Record
from statemachines.words import Role, Verdict

_say = structlog.get_logger("watch")


def alarm_of(role: Role) -> str:
    """Return the alarm of a hall whose server in this role refuses the watch link, or is not the one we know."""
    return f"watch_refused_{role}"


class WatchBook:
    """Keeps the book of one server. `seats` are what it serves, `keepers` the site's halls."""

    def __init__(
        self,
        *,
        server: str,
        seats: Iterable[tuple[str, Role]],
        keepers: Mapping[str, HallKeeper],
        log: Log,
        clock: RuntimeClock,
        version: str,
    ) -> None:
        self._server, self._seats, self._keepers = server, tuple(seats), keepers
        self._log, self._clock, self._version = log, clock, version

    def __call__(self, news: WatchNews) -> None:
        """Write news down; what they mean for the halls' hearing they learn from the source itself."""
        try:
            self._log.append(self._row(news))
        except StoreError as wrong:
            _say.error("row_not_logged", server=self._server, kind=news.kind, why=str(wrong))
        for hall, role in self._seats:
            self._alarm(self._keepers[hall], role, news)

    def _row(self, news: WatchNews) -> Record:
        return Record(
            stream=f"{SERVER}{self._server}",
            log_seq=0,
            subject=f"{WATCH}{self._server}",
            at_ns=self._clock.now_ns(),
            kind=news.kind,
            payload={"serial": news.serial},
            source=str(Source.RUNTIME),
            verdict=str(Verdict.INTERNAL),
            reason=news.words,
            version=self._version,
        )

    def _alarm(self, keeper: HallKeeper, role: Role, news: WatchNews) -> None:
        name = alarm_of(role)
        if news.refused:
            keeper.post(ConditionRaised(alarm=name, detail=news.words), Source.RUNTIME)
        elif news.serial and find(keeper.hall.alarms, name) is not None:
            keeper.post(ConditionCleared(alarm=name), Source.RUNTIME)
