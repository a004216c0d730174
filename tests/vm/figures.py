# SPDX-License-Identifier: Apache-2.0
"""What the tests in guests measure: said at the end of a run; with CAMPAIGN=full kept in a page of their own."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.campaign import Row, record_campaign, section

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "kernel-campaigns.md"
PROPERTY = "figure"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a section's table; tests that measure the same thing differently share a section."""

    section: str
    row: Row
    note: str = ""


def measured_now(name: str, row: Row, note: str = "") -> Figure:
    """Return a figure, with what else this machine had to do: processes that ran or wanted to, mean of a minute."""
    return Figure(name, {**row, "load here": round(os.getloadavg()[0], 1)}, note)


def plain(figure: Figure) -> tuple[str, dict[str, object], str]:
    """Return a figure's parts as plain values: tests that run in several processes send nothing else."""
    row = {str(key): str(value) if isinstance(value, str) else value for key, value in figure.row.items()}
    return figure.section, row, figure.note


def tables(figures: Iterable[Figure]) -> list[tuple[str, list[Row], str]]:
    """Return each section's name, rows and note, in the order in which they were measured."""
    found: dict[str, tuple[str, list[Row], str]] = {}
    for each in figures:
        _name, rows, _note = found.setdefault(each.section, (each.section, [], each.note))
        rows.append(each.row)
    return [*found.values()]


def told(figures: Iterable[Figure], *, keep: bool) -> str:
    """Return all sections as they are printed; write them into the page when they are to be kept."""
    found = tables(figures)
    if keep:
        for name, rows, note in found:
            record_campaign(name, rows, note, PAGE)
    return "\n".join(section(name, rows, note) for name, rows, note in found)
