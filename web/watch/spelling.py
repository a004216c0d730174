# SPDX-License-Identifier: Apache-2.0
"""A report as its page shows it: tables of plain text, times in the site's zone. Pure; the template escapes all."""

from dataclasses import dataclass

from web.api.shapes.note import NoteView
from web.api.shapes.report import OffsetRange, Report, ReportLine
from web.sight.speech import Speech
from web.watch.summary import clock, day, lasting

_ROLES = {"projection": "picture", "sound": "sound"}
_OPEN = "not in this show"


@dataclass(frozen=True)
class Table:
    """One part of a report; without rows it is left out."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True)
class SpelledNote:
    """A note; one that was struck through says by whom."""

    at: str
    about: str
    text: str
    author: str
    struck_by: str


@dataclass(frozen=True)
class Spelled:
    """A whole report."""

    heading: str
    day: str
    summary: list[str]
    tables: list[Table]
    notes: list[SpelledNote]


def line_spelled(line: ReportLine, speech: Speech) -> dict[str, str]:
    """Return one show as the list of reports shows it."""
    ended = "goes on" if line.ended_ms is None else clock(line.ended_ms, speech)
    return {
        "pos": str(line.pos),
        "what": line.title or "Show",
        "day": day(line.started_ms, speech),
        "began": clock(line.started_ms, speech),
        "ended": ended if line.complete or line.ended_ms is None else f"{ended}, early",
        "stops": str(line.stops),
        "faults": str(line.faults),
    }


def report_spelled(report: Report, speech: Speech) -> Spelled:
    """Return a report as its page shows it."""

    def at(at_ms: int | None) -> str:
        return _OPEN if at_ms is None else clock(at_ms, speech)

    def span(from_ms: int, to_ms: int | None) -> str:
        return _OPEN if to_ms is None else lasting(to_ms - from_ms)

    tables = [
        Table(
            "Reels",
            ("Reel", "Feet", "Began", "Ended"),
            [(str(r.reel), str(r.feet or "not known"), at(r.started_ms), at(r.ended_ms)) for r in report.runs],
        ),
        Table(
            "Stops",
            ("At", "For", "Why", "Who"),
            [(at(s.at_ms), span(s.at_ms, s.until_ms), s.words, s.who) for s in report.stopped],
        ),
        Table(
            "Faults",
            ("At", "In fault for", "Picture again", "What", "Also"),
            [
                (at(f.at_ms), span(f.at_ms, f.until_ms), at(f.picture_ms), f.words, "; ".join(f.also))
                for f in report.broken
            ],
        ),
        Table(
            "Alarms",
            ("At", "For", "What"),
            [(at(a.at_ms), span(a.at_ms, a.until_ms), a.words) for a in report.alarms],
        ),
        Table(
            "Who asked for what",
            ("At", "Who", "What", "What came of it"),
            [(at(a.at_ms), a.who, a.what, a.words if a.done else f"refused: {a.words}") for a in report.asked],
        ),
        Table(
            "Connections lost",
            ("At", "For", "To", "Why"),
            [(at(g.at_ms), span(g.at_ms, g.until_ms), _ROLES[g.role], g.words) for g in report.sessions_lost],
        ),
        Table(
            "Commands that were not carried out",
            ("At", "Device", "Command", "Answer"),
            [(at(c.at_ms), _ROLES[c.role], c.command, c.result) for c in report.refused],
        ),
        Table("Figures", ("What", "How much"), _figures(report)),
    ]
    what = report.title or "Show"
    return Spelled(
        heading=f"{what}, {report.name}",
        day=day(report.started_ms, speech),
        summary=report.summary,
        tables=[table for table in tables if table.rows],
        notes=[_note(note, speech) for note in report.notes],
    )


def _figures(report: Report) -> list[tuple[str, ...]]:
    keys = ", ".join(f"{_ROLES[role]} {count}" for role, count in report.rotations.items())
    return [
        ("Light on film", lasting(report.light_ms)),
        ("Sound against picture", _offset(report.offset)),
        ("Keys renewed", keys or "none"),
        ("Hardware events lost", str(report.events_lost)),
    ]


def _offset(offset: OffsetRange | None) -> str:
    if offset is None:
        return "not measured"
    low, middle, high = (f"{us / 1000:+.1f}" for us in (offset.min_us, offset.median_us, offset.max_us))
    return f"{low} to {high} ms, half of it below {middle} ms".replace("-", "−")


def _note(note: NoteView, speech: Speech) -> SpelledNote:
    return SpelledNote(
        at=clock(note.at_ms, speech),
        about="" if note.hall else "whole site",
        text=note.text,
        author=note.author,
        struck_by=note.struck_by,
    )
