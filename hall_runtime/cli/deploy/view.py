# SPDX-License-Identifier: Apache-2.0
"""What a terminal shows of a roll-out: a row a server, with its bar, and of a deployment its steps."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from hall_runtime.cli.common import local_time, local_words
from statemachines import deployment_words, rollout
from statemachines.deployment_told import KernelLog
from statemachines.deployment_value import Deployment
from statemachines.rollout_outlook import progress
from statemachines.rollout_value import Place, Rollout, Server

_STYLES = {
    Place.WAITING: "dim",
    Place.WORKING: "blue",
    Place.COMMITTED: "green",
    Place.ROLLED_BACK: "red",
    Place.FAILED: "bold white on red",
}
_BAR = 20


class Sight(NamedTuple):
    """A roll-out to draw; None where it was not begun. `deployments` by server."""

    id: str
    release: str
    rollout: Rollout | None
    deployments: Mapping[str, Deployment]


def rollout_view(sight: Sight, now_ns: int) -> RenderableType:
    """Return the whole picture."""
    head = Text.assemble((f" {sight.id} · {sight.release} ", "bold reverse"), ("  " + local_time(now_ns)[:8], "dim"))
    if sight.rollout is None:
        return Group(head, Text("Planned, and not begun."))
    table = Table(box=None, pad_edge=False)
    for name in ("server", "wave", "", "state"):
        table.add_column(name, no_wrap=True)
    table.add_column("how it stands", overflow="fold")
    for server in sight.rollout.servers:
        table.add_row(*_cells(server, sight.deployments.get(server.target.server)))
    return Group(head, Text(local_words(rollout.label(sight.rollout))), table)


def _cells(server: Server, value: Deployment | None) -> tuple[RenderableType, ...]:
    style = _STYLES[server.place]
    done = progress(value) if value is not None else 0
    bar = ProgressBar(total=100, completed=done, width=_BAR, complete_style=style, finished_style=style)
    state = Text(server.place.replace("_", " "), style=style)
    wave = str(server.wave) if server.wave else "canary"
    return server.target.server, wave, bar, state, _words(server, value)


def _words(server: Server, value: Deployment | None) -> str:
    return local_words(deployment_words.label(value)) if value is not None else server.reason


def changes(before: Sight | None, after: Sight) -> Iterator[str]:
    """Yield a line for each server, and for the roll-out, that is not as it was."""
    old = _lines(before) if before is not None else {}
    for name, words in _lines(after).items():
        if old.get(name) != words:
            yield f"{name}: {words}"


def _lines(sight: Sight) -> dict[str, str]:
    if sight.rollout is None:
        return {sight.id: "Planned, and not begun."}
    found = {}
    for server in sight.rollout.servers:
        name = server.target.server
        value = sight.deployments.get(name)
        share = f"{progress(value)} % " if value is not None else ""
        found[name] = f"{share}{server.place.replace('_', ' ')}. {_words(server, value)}".rstrip(". ")
    return found | {sight.id: local_words(rollout.label(sight.rollout))}


def deployment_view(value: Deployment, lines: Sequence[str]) -> RenderableType:
    """Return one deployment: where it stands, and all that happened."""
    head = Text(f" {value.id} · {value.order.release.id} ", style="bold reverse")
    bar = ProgressBar(total=100, completed=progress(value), width=_BAR * 2)
    return Group(head, Text(local_words(deployment_words.label(value))), bar, *(Text(line) for line in lines))


def logs_view(deployment: str, logs: Sequence[KernelLog]) -> RenderableType:
    """Return the kernel logs of a deployment's server."""
    if not logs:
        return Text(f"{deployment}: the server told no kernel log", style="dim")
    return Group(
        *(
            Panel(
                Text(each.text.strip()),
                title=Text(f"{deployment}: kernel log at {local_time(each.at_ns)[:8]}"),
                subtitle=Text(local_words(each.words)),
                title_align="left",
                border_style="grey37",
            )
            for each in logs
        )
    )
