# SPDX-License-Identifier: Apache-2.0
"""A report in a few sentences, for whoever reads nothing else. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from web.api.shapes.report import FaultRun, OffsetRange, ReportLine, Stop
from web.sight.speech import MS, Speech


def clock(at_ms: int, speech: Speech) -> str:
    """Return a time of day, such as 20:45:07."""
    return f"{_local(at_ms, speech):%H:%M:%S}"


def day(at_ms: int, speech: Speech) -> str:
    """Return a day, such as Sunday, 22 November 2026."""
    moment = _local(at_ms, speech)
    return f"{moment:%A}, {moment.day} {moment:%B %Y}"


def _local(at_ms: int, speech: Speech) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, UTC) + timedelta(seconds=speech.offset_s(at_ms * MS))


def lasting(span_ms: int) -> str:
    """Return a span, such as 1 h 46 min or 4 min 12 s."""
    seconds = span_ms // 1000
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds % 60} s"


def times(count: int) -> str:
    """Return how often, in words where they are shorter."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def sentences(
    line: ReportLine,
    *,
    stopped: Sequence[Stop],
    broken: Sequence[FaultRun],
    offset: OffsetRange | None,
    light_ms: int,
    speech: Speech,
) -> list[str]:
    """Return the show in a few sentences."""
    what = line.title or "The show"
    began = f"{what} in {line.name} began at {clock(line.started_ms, speech)}"
    if line.ended_ms is None:
        said = [f"{began} and goes on."]
    elif line.complete:
        said = [f"{began} and ended at {clock(line.ended_ms, speech)}, with the end of its film."]
    else:
        said = [f"{began} and ended early, at {clock(line.ended_ms, speech)}: {line.ended}."]
    reels = "1 reel" if line.reels == 1 else f"{line.reels} reels"
    said.append(f"It ran {reels}, with light on film for {lasting(light_ms)}.")
    if not stopped and not broken:
        said.append("It was not stopped, and nothing broke.")
    if stopped:
        waited = sum(each.until_ms - each.at_ms for each in stopped if each.until_ms is not None)
        said.append(f"It was stopped {times(len(stopped))}" + (f", for {lasting(waited)}." if waited else "."))
    if broken:
        said.append(f"The hall was in fault {times(len(broken))}: {'; '.join(each.words for each in broken)}.")
    if offset is not None:
        said.append(f"The sound was between {_off(offset.min_us)} and {_off(offset.max_us)} ms off its picture.")
    return said


def _off(offset_us: int) -> str:
    return f"{offset_us / 1000:+.0f}".replace("-", "−")
