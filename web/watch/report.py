# SPDX-License-Identifier: Apache-2.0
"""Reports of shows, made from the log when they are asked for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from adapters.store.selectors import hall_now
from adapters.store.selectors_report import rows_between, timecodes_between, titles_of
from statemachines.film import FRAMES_PER_FOOT
from statemachines.record import Record
from web.api.shapes.report import Report, ReportLine
from web.sight.site_view import Directory, directory
from web.sight.speech import ms
from web.watch import booth, picture
from web.watch.notes import notes_about
from web.watch.shows import hall_shows, show_begun_at
from web.watch.spans import Span, trigger
from web.watch.summary import sentences

_TELEMETRY = ("frame_counted", "heartbeat_heard", "timecode_read")
"""Most of the rows of a show; the timecode is read by itself."""


@dataclass(frozen=True)
class Programme:
    """What film was put in, as the hall was told. `gauge` is 0 and `feet` empty where it is not known."""

    gauge: int = 0
    feet: tuple[int, ...] = ()


def report_lines(*, names: Directory, hall: str, before: int | None, limit: int) -> list[ReportLine]:
    """Return a hall's shows that began before that position, newest first."""
    found = hall_shows(hall=hall, before=before, limit=limit)
    titles = _titles(found)
    return [_line(span, names, titles) for span in found]


def report(*, pos: int) -> Report | None:
    """Return the report of the show that began at that position; None when none did."""
    span = show_begun_at(pos=pos)
    return None if span is None else _report(span, directory())


def _report(span: Span, names: Directory) -> Report:
    hall, first = span.begun.stream, span.begun.log_seq
    last = span.closed.log_seq if span.closed is not None else None
    speech = names.speech
    told = list(rows_between(hall=hall, first=first, last=last, but=_TELEMETRY))
    until_ns = _until_ns(span)
    programme = _programme([*span.lead, *told])
    line = _line(span, names, _titles([span]))
    stopped, broken = picture.stops(span, speech), picture.faults(span, told, speech)
    lit_ms = picture.light_ms(span, told, until_ns)
    offset = booth.offsets(timecodes_between(hall=hall, first=first, last=last))
    said = sentences(line, stopped=stopped, broken=broken, offset=offset, light_ms=lit_ms, speech=speech)
    return Report(
        **line.model_dump(),
        summary=said,
        gauge=programme.gauge or None,
        light_ms=lit_ms,
        runs=picture.reel_runs(span, programme.feet),
        stopped=stopped,
        broken=broken,
        alarms=booth.alarm_runs(told, speech),
        offset=offset,
        sessions_lost=booth.session_gaps(told, speech),
        rotations=booth.rotations(told),
        events_lost=booth.events_lost(told),
        refused=booth.refused_commands(told),
        asked=booth.asked(told, speech),
        notes=notes_about(hall=hall, from_ns=span.begun.at_ns, to_ns=until_ns),
    )


def _until_ns(span: Span) -> int:
    """Return when a show was over, or until when the log tells of it."""
    if span.closed is not None:
        return span.closed.at_ns
    now = hall_now(hall=span.begun.stream)
    return max(now.at_ns if now else 0, span.rows[-1].at_ns)


def _titles(found: Iterable[Span]) -> dict[str, str]:
    return titles_of(shows={span.planned for span in found if span.planned})


def _line(span: Span, names: Directory, titles: Mapping[str, str]) -> ReportLine:
    left = span.picture_left
    speech = names.speech
    return ReportLine(
        pos=span.begun.pos,
        hall=span.begun.stream,
        name=names.name(span.begun.stream),
        title=titles.get(span.planned),
        started_ms=ms(span.begun.at_ns),
        ended_ms=ms(left.at_ns) if left else None,
        ended=speech.say(left.reason, left.at_ns) if left else "",
        complete=left is not None and trigger(left) == "reel_end",
        reels=len(picture.reel_runs(span, ())),
        stops=len(picture.stops(span, speech)),
        faults=len(picture.faults(span, (), speech)),
    )


def _programme(rows: Sequence[Record]) -> Programme:
    """Return what film was put in last before or in the show."""
    for row in reversed(rows):
        if row.kind == "film_inserted":
            gauge, feet = int(row.payload["gauge"]), tuple(int(each) for each in row.payload["feet"])
            return Programme(gauge, feet) if gauge in FRAMES_PER_FOOT and feet else Programme()
    return Programme()
