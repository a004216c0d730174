# SPDX-License-Identifier: Apache-2.0
"""The page in docs/: what stands between its marks is written from figures, its pictures are drawn; the prose stays.

The figures of the newest run of each part are kept beside the page, so that one part can be measured again by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.machine import MachineFacts
from benchmarks.measure import Figure
from benchmarks.plot import Bar, bars, shown

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "explanation" / "performance.md"
FIGURES = PAGE.with_suffix(".json")
IMAGES = ROOT / "docs" / "images"
BEGIN, END = "<!-- {}: written by make bench-page -->", "<!-- {}: end -->"

_HEAD = "| figure | value | beside | ratio | aim | | samples |\n|---|---:|---|---:|---:|---|---:|"


@dataclass(frozen=True, slots=True)
class Part:
    """What one run measured of one part, and on what."""

    before: MachineFacts
    after: MachineFacts
    figures: list[Figure]


def write(found: Mapping[str, Part]) -> None:
    """Keep what was measured, write each part of it into its place, and draw the pictures."""
    parts = kept() | dict(found)
    FIGURES.write_bytes(msgspec.json.format(msgspec.json.encode(parts), indent=1) + b"\n")
    text = PAGE.read_text(encoding="utf-8")
    for name, part in found.items():
        text = between(text, name, f"{table(part.figures)}\n\n{told(part.before, part.after)}")
    PAGE.write_text(text, encoding="utf-8")
    IMAGES.mkdir(parents=True, exist_ok=True)
    for file, picture in pictures(each for part in parts.values() for each in part.figures).items():
        (IMAGES / file).write_text(picture, encoding="utf-8")


def kept() -> dict[str, Part]:
    """Return the newest run of each part, by the part's name."""
    return msgspec.json.decode(FIGURES.read_bytes(), type=dict[str, Part]) if FIGURES.exists() else {}


def between(text: str, name: str, new: str) -> str:
    """Return the text with what stands between the marks of `name` replaced.

    Raises:
        ValueError: the page has no such marks.
    """
    begin, end = BEGIN.format(name), END.format(name)
    head, found, rest = text.partition(begin)
    _old, closed, tail = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{PAGE} has no marks for {name}: write {begin} and {end} where its figures belong")
    return f"{head}{begin}\n{new}\n{end}{tail}"


def told(before: MachineFacts, after: MachineFacts) -> str:
    """Return what figures were measured on, as a sentence."""
    return (
        f"On {before.cores} cores of a virtual machine ({before.cpu}), {before.system}, Python {before.python}, "
        f"{before.ssh}. Load average {before.load:.1f} when the run began and {after.load:.1f} when it ended, "
        "the run's own work included."
    )


def table(figures: Sequence[Figure]) -> str:
    """Return figures as a table."""
    return "\n".join([_HEAD, *(_row(each) for each in figures)])


def _row(figure: Figure) -> str:
    beside = "" if figure.floor is None else f"{figure.floor:.3g} {figure.unit}: {figure.floor_says}"
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}" if figure.ratio < 20 else f"{figure.ratio:.0f}"
    aim = "" if figure.aim is None else f"{'≥' if figure.at_least else '≤'} {figure.aim:g}"
    mark = {True: "reached", False: "**missed**", None: ""}[figure.reached]
    value = shown(figure.value)
    return f"| {figure.says} | {value} {figure.unit} | {beside} | {ratio} | {aim} | {mark} | {figure.samples:,} |"


def pictures(figures: Iterable[Figure]) -> dict[str, str]:
    """Return the pictures that can be drawn of these figures, by file name."""
    known = {each.name: each for each in figures}
    drawn = {"performance-costs.svg": costs(known)} if known.keys() & _COSTS.keys() else {}
    return drawn | ({"performance-corridor.svg": corridor(known)} if "uevent_to_ack_p50" in known else {})


_WAYS = {
    "warm_exec": "asyncssh, a new channel",
    "control_master": "ssh through a ControlMaster",
    "cold_ssh": "ssh",
    "ansible_rulebook": "Event-Driven Ansible",
}


def corridor(known: Mapping[str, Figure]) -> str:
    """Return the picture of the ways from an event to an acknowledged command."""
    rows = []
    for how, words in (("", "at rest"), ("_busy", "back to back")):
        start, worst = known[f"uevent_to_ack{how}_p50"], known[f"uevent_to_ack{how}_p99"]
        rows += [
            Bar(f"floor, {words}", start.floor or 0, worst.floor),
            Bar(f"Projectionist, {words}", start.value, worst.value, ours=True),
        ]
        rows += [
            Bar(f"{label}, {words}", known[f"{name}{how}_p50"].value)
            for name, label in _WAYS.items()
            if f"{name}{how}_p50" in known
        ]
    return bars("From a kernel event to a command carried out, median (line: to p99)", "ms", rows)


_COSTS = {
    "uevent_to_ack_p50": "event to command ÷ floor, at rest",
    "uevent_to_ack_busy_p50": "event to command ÷ floor, back to back",
    "decision_deciding_event": "decision ÷ bare transitions",
    "decision_whole_show": "step of a whole show ÷ bare transitions",
    "append_row": "append ÷ raw sqlite3",
    "eventsourcing_row": "eventsourcing ÷ our verified replay",
    "replay_memory": "memory, 1,000,000 ÷ 100,000 rows",
}


def costs(known: Mapping[str, Figure]) -> str:
    """Return the picture of what things cost as multiples of what they are compared with."""
    found = [(label, known[name]) for name, label in _COSTS.items() if name in known]
    rows = [Bar(label, figure.ratio or 0, aim=figure.aim, ours=True) for label, figure in found]
    return bars("Cost as a multiple of floor or peer (dashed: the aim)", "×", rows)
