# SPDX-License-Identifier: Apache-2.0
"""Draws docs/images/demo.svg: the live view of a real demonstration, taken while a hall is in fault and others project.

`make picture` runs it. It takes half a minute, and the picture differs with each run, as the halls do.
"""

import asyncio
import io
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from adapters.store.site import open_site
from hall_runtime.cli.view import site_view
from hall_runtime.demo.directory import own_directory
from hall_runtime.saying import set_up_saying
from statemachines.words import State

if TYPE_CHECKING:
    from hall_runtime.demo.play import Show

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "demo.svg"
WIDTH = 112
FOR_S = 30.0
# Rich names fonts on a server of others; a picture asks nobody for anything.
FORMAT = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


class Painter:
    """Keeps the picture of the best moment so far."""

    def __init__(self) -> None:
        self.best, self.svg = -1, ""

    def __call__(self, show: "Show") -> None:
        states = [parts.keeper.hall.state for parts in show.runtime.halls.values()]
        score = 4 * (State.FAULT in states) + 2 * (State.PROJECTING in states) + (State.REWINDING in states)
        if score > self.best:
            self.best = score
            self.svg = self._drawn(show)

    def _drawn(self, show: "Show") -> str:
        from hall_runtime.demo.summary import footer

        console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
        now_ns = show.runtime.clock.now_ns()
        console.print(site_view(show.config.site.name, show.sights(), list(show.lines), footer(show), now_ns))
        return console.export_svg(title="projectionist demo", code_format=FORMAT, unique_id="demo")


def main() -> None:
    """Run a demonstration in a directory of its own and write the picture."""
    painter = Painter()
    with tempfile.TemporaryDirectory(prefix="projectionist-picture-") as name:
        directory = Path(name, "demo")
        with own_directory(directory):
            set_up_saying(file=directory / "runtime.log")
            open_site(directory / "state")
            from hall_runtime.demo.play import play  # its models need the open site

            asyncio.run(play(directory, events="auto", for_s=FOR_S, view=painter, say=lambda _words: None))
    PICTURE.write_text("\n".join(line.rstrip() for line in painter.svg.splitlines()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
