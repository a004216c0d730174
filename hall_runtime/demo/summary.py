# SPDX-License-Identifier: Apache-2.0
"""What a demonstration came to, told plainly, and whether everything is in order."""

from rich.box import SIMPLE
from rich.console import Group
from rich.table import Table
from rich.text import Text

from hall_runtime.demo.play import Show
from hall_runtime.demo.tally import HallTally
from statemachines.words import Role


def _losses(show: Show) -> tuple[int, int]:
    """Return how many events were repaired from rings, and how many are lost for good."""
    books = [ear.totals for parts in show.runtime.halls.values() for ear in parts.hearing.ears.values()]
    return sum(book.from_ring for book in books), sum(book.lost for book in books)


def footer(show: Show) -> Text:
    """Return the figures that stand under the live view."""
    sent = sum(tally.sent for tally in show.tallies.values())
    answered = sum(sum(tally.answered.values()) for tally in show.tallies.values())
    rotated = sum(sum(tally.rotations.values()) for tally in show.tallies.values())
    repaired, lost = _losses(show)
    words = (
        f"commands {answered}/{sent} answered · {rotated} key rotations · events repaired {repaired}, lost {lost} · "
        f"{show.way} · Ctrl-C ends"
    )
    text = Text(words, style="dim")
    if show.board is not None:
        text = Text.assemble((f"{show.board.words}\n", "bold"), text)
    return text


def _answers(tally: HallTally) -> str:
    """Return `answered of sent`, and how many were not `ok`."""
    answered = sum(tally.answered.values())
    other = answered - tally.answered["ok"]
    return f"{answered} of {tally.sent}" + (f" ({other} refused or failed)" if other else "")


def summary(show: Show, *, long_enough: bool) -> tuple[Group, bool]:
    """Return the summary, and whether everything is in order; shows and rotations count when it was long enough."""
    table = Table("hall", "whole shows", "faults", "resets", "commands answered", "key rotations", box=SIMPLE)
    for hall_id, tally in show.tallies.items():
        rotations = " ".join(f"{role} {tally.rotations[role]}" for role in Role)
        table.add_row(hall_id, str(tally.shows), str(tally.faults), str(tally.resets), _answers(tally), rotations)
    repaired, lost = _losses(show)
    wrong = _wrong(show, lost, long_enough=long_enough)
    lines = [
        Text(f"kernel events repaired from rings: {repaired}; lost for good: {lost}"),
        Text(f"look at it again: projectionist replay {show.config.state}", style="dim"),
        Text("everything is in order", style="green") if not wrong else Text("; ".join(wrong), style="red"),
    ]
    return Group(table, *lines), not wrong


def _wrong(show: Show, lost: int, *, long_enough: bool) -> list[str]:
    wrong = [f"{h}: {t.unanswered} commands were never answered" for h, t in show.tallies.items() if t.unanswered]
    wrong += [f"{lost} events were lost"] if lost else []
    if long_enough:
        wrong += [f"{h}: no whole show" for h, t in show.tallies.items() if not t.shows]
        wrong += [
            f"{h}: the {role} key never rotated"
            for h, tally in show.tallies.items()
            for role in Role
            if not tally.rotations[role]
        ]
        if not show.hands_off and not any(tally.resets for tally in show.tallies.values()):
            wrong.append("no fault was reset")
    return wrong
