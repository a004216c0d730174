# SPDX-License-Identifier: Apache-2.0
"""What the demonstration's cinema plans for the evening: a print for each hall, and shows of it."""

from adapters.store.prints import add_print
from adapters.store.show_draft import ShowDraft
from adapters.store.shows import Row, import_shows
from hall_runtime.demo.multiplex import SCREENS

MINUTE_NS = 60_000_000_000
QUARTER_NS = 15 * MINUTE_NS
_TITLES = {"h1": "Metropolis", "h2": "Playtime", "h3": "Meshes of the Afternoon", "h4": "Nosferatu"}
_AFTER_MIN = {"h1": (0, 150), "h2": (30,), "h3": (15, 90), "h4": (45,)}
"""When each hall's shows start, in minutes after the first of the evening."""


def demo_shows(now_ns: int) -> list[ShowDraft]:
    """Put the prints into the book and return the shows: from the next quarter of an hour that is 20 minutes away."""
    first_ns = -(-(now_ns + 20 * MINUTE_NS) // QUARTER_NS) * QUARTER_NS
    return [
        ShowDraft(hall=screen.id, starts_ns=first_ns + after * MINUTE_NS, print=book)
        for screen in SCREENS
        for book in [add_print(title=_TITLES[screen.id], gauge=screen.gauge, feet=screen.feet)]
        for after in _AFTER_MIN[screen.id]
    ]


def plan_demo_shows(now_ns: int) -> None:
    """Plan them. The site's halls were described before."""
    rows = [Row(number, draft) for number, draft in enumerate(demo_shows(now_ns), 1)]
    import_shows(rows=rows, partial=True, by="demo", now_ns=now_ns)
