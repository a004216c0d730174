# SPDX-License-Identifier: Apache-2.0
"""A stretch of the past as lanes: who was in which state from when to when. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from statemachines.alarms import AlarmState
from statemachines.hall import Hall
from statemachines.history import HALL, SESSION, state_in
from statemachines.record import Record
from statemachines.session_value import ControlSession, SessionState
from statemachines.words import State, Verdict
from web.api.shapes.past import AlarmSpan, SessionSpan, StateSpan
from web.sight.speech import Speech, ms


@dataclass(frozen=True)
class Stretch:
    """From when to when, in ns."""

    from_ns: int
    to_ns: int

    def clipped(self, begin_ns: int, end_ns: int) -> tuple[int, int] | None:
        """Return the part of a span that lies within, in ms; None when that is not even one."""
        begin_ms, end_ms = ms(max(begin_ns, self.from_ns)), ms(min(end_ns, self.to_ns))
        return (begin_ms, end_ms) if begin_ms < end_ms else None


def state_lane(hall: Hall, begin_ns: int, changes: Iterable[Record], stretch: Stretch) -> list[StateSpan]:
    """Return the hall's states; `hall` is its value at `begin_ns`, from which the changes lead on."""
    lane: list[StateSpan] = []
    state = hall.state

    def close(end_ns: int) -> None:
        span = stretch.clipped(begin_ns, end_ns)
        if span:
            lane.append(StateSpan(state=state, from_ms=span[0], to_ms=span[1]))

    for row in changes:
        if row.subject == HALL and row.verdict == Verdict.TRANSITION:
            close(row.at_ns)
            begin_ns, state = row.at_ns, State(state_in(row.after))
    close(stretch.to_ns)
    return lane


def session_lane(
    session: ControlSession, begin_ns: int, changes: Iterable[Record], stretch: Stretch
) -> list[SessionSpan]:
    """Return one session's states; a new link shows as a new `gen`."""
    lane: list[SessionSpan] = []
    state, gen = session.state, session.link_gen

    def close(end_ns: int) -> None:
        span = stretch.clipped(begin_ns, end_ns)
        if span:
            lane.append(SessionSpan(state=state, from_ms=span[0], to_ms=span[1], gen=gen))

    for row in changes:
        if row.subject == f"{SESSION}{session.role}" and row.verdict == Verdict.TRANSITION:
            close(row.at_ns)
            begin_ns, state = row.at_ns, SessionState(state_in(row.after))
            if row.kind in ("link_opened", "link_rotated"):
                gen = int(row.payload["gen"])
            elif state not in (SessionState.UP, SessionState.ROTATING):
                gen = 0
    close(stretch.to_ns)
    return lane


def alarm_lane(hall: Hall, rows: Iterable[Record], stretch: Stretch, speech: Speech) -> list[AlarmSpan]:
    """Return the spans in which each alarm's cause was there, by their beginnings."""
    lane: list[AlarmSpan] = []
    active = {
        alarm.name: (alarm.since_ns, alarm.words) for alarm in hall.alarms if alarm.state is not AlarmState.RETURNED
    }

    def close(name: str, end_ns: int | None) -> None:
        since_ns, words = active.pop(name)
        if end_ns is None or end_ns > stretch.from_ns:
            begin_ms, end_ms = ms(max(since_ns, stretch.from_ns)), None if end_ns is None else ms(end_ns)
            lane.append(AlarmSpan(name=name, words=speech.say(words, since_ns), from_ms=begin_ms, to_ms=end_ms))

    for row in rows:
        for effect in row.effects:
            name = str(effect.get("name", ""))
            if effect["do"] == "raise_alarm" and name not in active:
                active[name] = (row.at_ns, str(effect["words"]))
            elif effect["do"] == "return_alarm" and name in active:
                close(name, row.at_ns)
    for name in list(active):
        close(name, None)
    return sorted(lane, key=lambda span: (span.from_ms, span.name))
