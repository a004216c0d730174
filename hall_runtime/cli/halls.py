# SPDX-License-Identifier: Apache-2.0
"""`projectionist halls`: what every hall is doing, from any terminal, live."""

import time
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.text import Text

from hall_runtime.cli.common import DEFAULT_CONFIG, CommandFailed, ConfigOption, StateOption, opened, state_directory
from hall_runtime.cli.view import HallSight, site_view
from statemachines.now import NowUnreadable, now_from


def sights() -> list[HallSight]:
    """Return the halls as the log has them now."""
    from adapters.store.selectors import halls_now

    try:
        return [
            HallSight(now=now_from(found.value), beat_ns=max(found.heartbeat_ns, found.at_ns)) for found in halls_now()
        ]
    except NowUnreadable as wrong:
        raise CommandFailed(f"the log was written by another version: {wrong}") from wrong


def halls(
    once: Annotated[bool, typer.Option("--once", help="Print once and end.")] = False,
    state: StateOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show the halls. Ctrl-C ends the live view."""
    directory = opened(state_directory(state, config))
    footer = Text(f"{directory} · Ctrl-C ends this view, never the halls", style="dim")
    if once:
        Console().print(site_view("halls", sights(), (), footer, time.time_ns()))
        return
    with Live(refresh_per_second=4, screen=False) as live:
        try:
            while True:
                live.update(site_view("halls", sights(), (), footer, time.time_ns()))
                time.sleep(0.5)
        except KeyboardInterrupt:
            return
