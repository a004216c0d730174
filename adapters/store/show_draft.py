# SPDX-License-Identifier: Apache-2.0
"""A show before it is planned: what was asked for, and what is wrong with it, in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from adapters.store.directory import hall_entries, site_entry
from adapters.store.models import PrintEntry, ShowEntry
from adapters.store.prints import programme_problems
from adapters.store.selectors import halls_now, value_of
from adapters.store.zone import zone_of
from statemachines.film import duration_ms
from statemachines.now import Now
from statemachines.show import CUES, Cue, Start
from statemachines.words import Verb

CUES_MOST = 100
_WAYS = {Verb.LIGHTS: "up or down", Verb.CURTAIN: "open or close", Verb.MASKING: "to a name of a-z and 0-9"}
_MS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class ShowDraft:
    """A show as somebody wants it. `print`: from the book; then title, gauge and feet are left out."""

    hall: str
    starts_ns: int
    print: PrintEntry | None = None
    title: str = ""
    gauge: int = 0
    feet: tuple[int, ...] = ()
    start: str = Start.OPERATOR
    cues: tuple[Cue, ...] = ()

    @property
    def programme(self) -> tuple[str, int, tuple[int, ...]]:
        """Title, gauge in mm and feet of each reel, from the book where it names a print."""
        if self.print is not None:
            return self.print.title, self.print.gauge, tuple(self.print.feet)
        return self.title.strip(), self.gauge, self.feet


def draft_of(entry: ShowEntry) -> ShowDraft:
    """Return a planned show as a draft, to change it."""
    return ShowDraft(
        hall=entry.hall,
        starts_ns=entry.starts_ns,
        print=entry.print,
        title=entry.title,
        gauge=entry.gauge or 0,
        feet=tuple(entry.feet),
        start=entry.start,
        cues=tuple(Cue(**{**cue, "verb": Verb(cue["verb"])}) for cue in entry.cues),
    )


@dataclass(frozen=True)
class HallFacts:
    """What planning needs of a hall. `gauges` is empty while nobody has told it."""

    name: str
    gauges: tuple[int, ...] = ()


@dataclass(frozen=True)
class SiteFacts:
    """What planning needs of a site."""

    halls: Mapping[str, HallFacts]
    zone: tzinfo = UTC

    def spoken(self, at_ns: int) -> str:
        """Return a moment in the site's zone."""
        return datetime.fromtimestamp(at_ns / 1e9, self.zone).strftime("%H:%M on %d %b %Y")


def site_facts() -> SiteFacts:
    """Read what the configuration told of the site, and what its halls' machines say of their projectors."""
    gauges = {row.hall: _gauges_of(value_of(row)) for row in halls_now()}
    names = {entry.id: entry.name for entry in hall_entries()} or {hall: hall for hall in gauges}
    halls = {hall: HallFacts(name, gauges.get(hall, ())) for hall, name in names.items()}
    return SiteFacts(halls, zone_of(site_entry().zone))


def _gauges_of(now: Now | None) -> tuple[int, ...]:
    return () if now is None else now.hall.settings.gauges or (now.hall.settings.gauge,)


def lasts_ns(gauge: int, feet: Iterable[int]) -> int:
    """Return how long the reels run, without the time between them. Raises GaugeUnknown."""
    return sum(duration_ms(gauge, each) for each in feet) * _MS


def problems_of(draft: ShowDraft, site: SiteFacts, now_ns: int) -> list[str]:
    """Return what is wrong with a show by itself; what it overlaps is not looked at."""
    title, gauge, feet = draft.programme
    problems = programme_problems(title=title, gauge=gauge, feet=feet)
    problems += _hall_problems(draft.hall, gauge, site)
    if not 0 < draft.starts_ns < now_ns + timedelta(days=3660).total_seconds() * 1e9:
        problems.append("it starts at a time that no calendar here has")
    elif draft.starts_ns <= now_ns:
        problems.append(f"{site.spoken(draft.starts_ns)} is past")
    if draft.start not in tuple(Start):
        problems.append(f"start is {' or '.join(Start)}, not {draft.start!r:.80}")
    return [*problems, *_cue_problems(draft.cues, len(feet))]


def _hall_problems(hall: str, gauge: int, site: SiteFacts) -> list[str]:
    known = site.halls.get(hall)
    if known is None:
        there = f"there are {', '.join(site.halls)}" if site.halls else "none is known yet: start the runtime once"
        return [f"there is no hall {hall!r:.80} here; {there}"]
    if known.gauges and gauge not in known.gauges:
        takes = " and ".join(f"{each} mm" for each in known.gauges)
        return [f"{known.name} cannot run {gauge} mm film: it takes {takes}"]
    return []


def _cue_problems(cues: tuple[Cue, ...], reels: int) -> list[str]:
    if len(cues) > CUES_MOST:
        return [f"a show has at most {CUES_MOST} cues"]
    problems = []
    for number, cue in enumerate(cues, 1):
        if cue.verb not in CUES:
            problems.append(f"cue {number}: a cue moves {', '.join(CUES)}, not {cue.verb}")
        elif not cue.is_of_the_room:
            problems.append(f"cue {number}: {cue.verb} goes {_WAYS[cue.verb]}, not {cue.arg!r:.40}")
        if not 1 <= cue.reel <= max(reels, 1):
            problems.append(f"cue {number}: the show has no reel {cue.reel}")
        if not 0 <= cue.frame < 2**31:
            problems.append(f"cue {number}: a frame counts from 0, not {cue.frame}")
    return problems
