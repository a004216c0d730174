# SPDX-License-Identifier: Apache-2.0
"""A campaign of faults: how much of it runs, the seed that it prints, and the figures that it leaves behind.

`make faults` runs a tenth of each count and prints its figures; with CAMPAIGN=full everything runs and the figures
go into docs/explanation/fault-campaigns.md, one section for each campaign.
"""

import fcntl
import os
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "fault-campaigns.md"
HEAD = """\
# Fault campaigns

What was done to real parts, and what came of it. Every section is the newest full run of its campaign.
"""

Row = Mapping[str, object]


@dataclass(frozen=True)
class Campaign:
    """`full` is what CAMPAIGN=full asks for; `seed` decides every random choice."""

    full: bool
    seed: int

    def of(self, count: int) -> int:
        """Return how many of `count` runs are made: all, or a tenth and at least one."""
        return count if self.full else max(count // 10, 1)

    def either(self, full: float, short: float) -> float:
        """Return a span, in whatever unit: that of the campaign, or the scaled one."""
        return full if self.full else short

    def random(self, run: int = 0) -> random.Random:
        """Return the chance of one run; the same seed and run decide the same."""
        return random.Random(f"{self.seed}:{run}")

    def record(self, name: str, rows: Sequence[Row], note: str = "") -> None:
        """Print the figures of a campaign; when all of it ran, keep them for people too."""
        print(f"\n{section(name, rows, note)}")
        if self.full:
            record_campaign(name, rows, note)


def this_campaign() -> Campaign:
    """Return what the environment asks for: CAMPAIGN=full for all of it, SEED=number to repeat one."""
    drawn = int.from_bytes(os.urandom(4), "big")
    return Campaign(full=os.environ.get("CAMPAIGN") == "full", seed=int(os.environ.get("SEED", drawn)))


def section(name: str, rows: Sequence[Row], note: str = "") -> str:
    """Return a campaign's section: its heading, a note, and a table whose columns are the first row's keys."""
    columns = list(rows[0])
    cells = [columns, ["---"] * len(columns), *([_cell(row[column]) for column in columns] for row in rows)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in cells)
    return "\n\n".join(part for part in (f"## {name}", note, table) if part) + "\n"


def _cell(value: object) -> str:
    text = f"{value:.2f}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")


def record_campaign(name: str, rows: Sequence[Row], note: str = "", page: Path = PAGE) -> None:
    """Write a campaign's section into the page, in the place of an older one of that name.

    `rows` are the lines of its table: mappings with the same keys in the same order. Campaigns that run at the
    same time in several processes take turns.
    """
    page.parent.mkdir(parents=True, exist_ok=True)
    with page.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        head, *sections = re.split(r"^(?=## )", file.read() or HEAD, flags=re.MULTILINE)
        kept = [old for old in sections if not old.startswith(f"## {name}\n")]
        place = next((i for i, old in enumerate(sections) if old.startswith(f"## {name}\n")), len(kept))
        kept.insert(place, section(name, rows, note))
        file.truncate(0)
        file.write("\n\n".join(part.strip() for part in (head, *kept)) + "\n")
