# SPDX-License-Identifier: Apache-2.0
"""Looking at the halls and the runtime, and noting what is to be told. Blocks: it runs on a thread of the watcher."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.store.selectors import halls_now, value_of
from adapters.store.selectors_now import runtime_now
from statemachines.hall import Hall
from web.sight.hall_view import is_live
from web.sight.site_view import directory
from web.sight.speech import Speech
from web.watch import words
from web.watch.models import Channel, Telling
from web.watch.tellings import note_ended, note_raised, open_tellings, shelvings
from web.watch.waiting import RUNTIME_DEAD, Ended, Occurrence, consequences, due, ending

Open = Sequence[tuple[Occurrence, Telling]]


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look at the site. `began_ns`: since when somebody looks; a runtime is not missed before."""

    channels: tuple[Channel, ...]
    after_ns: int
    began_ns: int
    now_ns: int

    def take(self) -> None:
        """Note what has waited long enough, and what is over of that which was told."""
        speech = directory().speech
        noted = open_tellings()
        self._halls(noted, speech)
        self._runtime(noted, speech)

    def _halls(self, noted: Open, speech: Speech) -> None:
        halls = _halls()
        known = shelvings(now_ns=self.now_ns)
        waiting = due(halls.values(), known, after_ns=self.after_ns, now_ns=self.now_ns)
        for occurrence, (hall, alarm) in waiting.items():
            said = words.of_raised(alarm, consequences(hall, alarm), speech, self.now_ns)
            self._note(occurrence, said, noted)
        for occurrence, telling in noted:
            if occurrence.hall in halls:
                ended = ending(occurrence, halls[occurrence.hall], known)
                if ended is not None:
                    self._end(telling, *ended, speech)

    def _runtime(self, noted: Open, speech: Speech) -> None:
        runtime = runtime_now()
        if runtime is None:  # none has ever run here: nobody misses it
            return
        if self.now_ns - max(runtime.at_ns, self.began_ns) >= self.after_ns:
            dead = Occurrence(hall="", alarm=RUNTIME_DEAD, since_ns=runtime.at_ns)
            self._note(dead, words.of_dead(runtime.at_ns, speech, self.now_ns), noted)
        elif is_live(runtime.at_ns, self.now_ns):
            for occurrence, telling in noted:
                if occurrence.alarm == RUNTIME_DEAD and not occurrence.hall:
                    self._end(telling, Ended.RETURNED, 0, speech)

    def _note(self, occurrence: Occurrence, said: str, noted: Open) -> None:
        told = {Channel(telling.channel) for known, telling in noted if known == occurrence}
        missing = [channel for channel in self.channels if channel not in told]
        if missing:
            note_raised(occurrence=occurrence, channels=missing, words=said, now_ns=self.now_ns)

    def _end(self, telling: Telling, ended: Ended, until_ns: int, speech: Speech) -> None:
        said = words.of_ended(ended, telling.words, until_ns, speech, self.now_ns)
        note_ended(telling=telling, ended=ended, until_ns=until_ns, words=said, now_ns=self.now_ns)


def _halls() -> Mapping[str, Hall]:
    """Return the halls whose values can be read; of the others the board says so."""
    known = ((row.hall, value_of(row)) for row in halls_now())
    return {hall: now.hall for hall, now in known if now is not None}
