# SPDX-License-Identifier: Apache-2.0
"""`deploy plan` and `deploy start`: a release over servers, in waves."""

import re
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hall_runtime.cli.common import (
    DEFAULT_CONFIG,
    CommandFailed,
    ConfigOption,
    StateOption,
    configuration,
    local_words,
    opened,
    state_directory,
    told,
    who,
)
from hall_runtime.cli.deploy.asking import ask
from hall_runtime.describe import describe
from statemachines.rollout_value import Plan, Target, Window

if TYPE_CHECKING:
    from adapters.store.models import RolloutEntry

_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)-([01]?\d|2[0-3]):([0-5]\d)")

Release = Annotated[str, typer.Argument(help="A release's id, or its sha256 or the beginning of that.")]
Servers = Annotated[str, typer.Option(help="Which servers, by commas, in their order; default: all that serve a hall.")]
Canaries = Annotated[int, typer.Option(help="So many servers first; one that fails halts the roll-out.", min=0)]
Batch = Annotated[int, typer.Option(help="So many servers at a time after them.", min=1)]
Failures = Annotated[int, typer.Option(help="So many servers may fail before it halts.", min=0)]
Hours = Annotated[str, typer.Option("--window", help="Begin servers only then, in the site's time, as 01:00-06:00.")]


class _Wish(NamedTuple):
    """What was asked for on the command line."""

    release: str
    servers: str
    canaries: int
    batch: int
    failures: int
    window: str


def _opened(state: Path | None, config: Path) -> Path:
    """Open the site, and where its configuration is at hand note first which servers it names."""
    site = opened(state_directory(state, config))
    if state is None and config.is_file():
        told_site = configuration(config)
        with told():
            describe(told_site)
    return site


def plan(  # noqa: PLR0917  # options are named on the command line
    release: Release,
    servers: Servers = "",
    canaries: Canaries = 1,
    batch: Batch = 10,
    failures: Failures = 0,
    window: Hours = "",
    state: StateOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Plan a roll-out and print its waves. Nothing begins by it."""
    _opened(state, config)
    made = _planned(_Wish(release, servers, canaries, batch, failures, window))
    typer.echo(f"begin it: `projectionist deploy start {made.id}`")


def start(  # noqa: PLR0917  # options are named on the command line
    release: Annotated[str, typer.Argument(help="A release, or a roll-out that was planned, as r3.")],
    servers: Servers = "",
    canaries: Canaries = 1,
    batch: Batch = 10,
    failures: Failures = 0,
    window: Hours = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would do to which server, and why not.")
    ] = False,
    state: StateOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Begin a roll-out, or with --dry-run say what it would do."""
    site = _opened(state, config)
    from adapters.store.errors import DeploymentUnknown
    from adapters.store.rollouts import rollout_of

    try:
        rollout = rollout_of(rollout=release).id
    except DeploymentUnknown:
        rollout = _planned(_Wish(release, servers, canaries, batch, failures, window)).id
    if dry_run:
        _dry_run(site, rollout)
        return
    ask(site, "begin", rollout)
    from hall_runtime.cli.deploy.status import stands

    typer.echo(f"{rollout}: {stands(rollout)}")
    typer.echo(f"watch it: `projectionist deploy status {rollout} --follow`")


def _planned(wish: _Wish) -> "RolloutEntry":
    from adapters.store.releases import release_named
    from adapters.store.rollouts import plan_rollout

    with told():
        made = plan_rollout(
            release=release_named(name=wish.release),
            servers=[each.strip() for each in wish.servers.split(",") if each.strip()],
            canaries=wish.canaries,
            batch=wish.batch,
            failures_allowed=wish.failures,
            window=_window(wish.window),
            by=who(),
            now_ns=time.time_ns(),
        )
    typer.echo(f"planned: {made.id}, {made.release.name} onto {len(made.servers)} server(s)")
    for line in _waves(made):
        typer.echo(f"  {line}")
    return made


def _waves(made: "RolloutEntry") -> list[str]:
    """Return a line a wave."""
    from adapters.store.rollouts import plan_of

    told_plan = plan_of(made)
    targets = tuple(Target(server=server, halls=()) for server in told_plan.servers)
    whole = Plan(release=told_plan.release, targets=targets, canaries=told_plan.canaries, batch=told_plan.batch)
    waves: dict[int, list[str]] = {}
    for index, server in enumerate(told_plan.servers):
        waves.setdefault(whole.wave_of(index), []).append(server)
    return [f"{f'wave {wave}' if wave else 'canaries'}: {', '.join(names)}" for wave, names in sorted(waves.items())]


def _window(hours: str) -> Window:
    if not hours:
        return Window()
    from adapters.store.directory import site_entry
    from adapters.store.zone import zone_of

    found = _HOURS.fullmatch(hours)
    if found is None:
        raise CommandFailed(f"hours are FROM-TO, as 01:00-06:00, not {hours!r}", status=2)
    numbers = [int(each) for each in found.groups()]
    offset = datetime.now(zone_of(site_entry().zone)).utcoffset()
    return Window(
        opens_min=numbers[0] * 60 + numbers[1],
        closes_min=numbers[2] * 60 + numbers[3],
        offset_s=int(offset.total_seconds()) if offset else 0,
    )


def _dry_run(site: Path, rollout: str) -> None:
    ask(site, "forecast", rollout)
    from adapters.store.rollouts_now import forecast_of

    with told():
        found = forecast_of(rollout)
    if found is None:
        raise CommandFailed(f"{rollout}: the dry run is not in the log")
    for each in found.servers:
        mark = "would get it" if each.does else "would NOT get it"
        typer.echo(f"{each.server} (wave {each.wave}) {mark}: {local_words(each.words)}")
    typer.echo(f"nothing was begun; begin it: `projectionist deploy start {rollout}`")
    if not any(each.does for each in found.servers):
        raise CommandFailed("no server would get it")
