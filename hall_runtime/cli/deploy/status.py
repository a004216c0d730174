# SPDX-License-Identifier: Apache-2.0
"""`deploy status`: a roll-out or one deployment as it stands, once or live."""

import time
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from hall_runtime.cli.common import (
    DEFAULT_CONFIG,
    CommandFailed,
    ConfigOption,
    StateOption,
    local_time,
    local_words,
    opened,
    state_directory,
    told,
)
from hall_runtime.cli.deploy.view import Sight, changes, deployment_view, logs_view, rollout_view
from statemachines import deployment_words, rollout
from statemachines.deployment_told import kernel_logs, row_words
from statemachines.rollout_value import Place, RolloutState

_PACE_S = 0.5
_STOPS = (RolloutState.DONE, RolloutState.ABORTED, RolloutState.HALTED)
_NOT_BEGUN = "it was planned, and not begun"


def status(
    target: Annotated[str, typer.Argument(help="A roll-out, as r3, or one server's deployment in it, as r3.booth1.1.")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until it is over, or has halted.")] = False,
    log: Annotated[bool, typer.Option("--log", help="Print the servers' kernel logs too, before and after.")] = False,
    state: StateOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show a roll-out's servers, or one deployment's steps. With --follow it ends with 1 unless all were committed."""
    opened(state_directory(state, config))
    console = Console(highlight=False)
    with told():
        if "." in target:
            _deployment(console, target, log=log)
            return
        sight = _follow(console, target) if follow else _sight(target)
        if not follow:
            console.print(rollout_view(sight, time.time_ns()))
        if log:
            _logs(console, sight)
    if follow:
        _judge(sight)


def stands(target: str) -> str:
    """Return a sentence that says where a roll-out or a deployment stands."""
    from adapters.store.rollouts_now import deployment_now, rollout_now

    with told():
        if "." in target:
            found = deployment_now(target)
            return deployment_words.label(found.deployment) if found else _NOT_BEGUN
        value = rollout_now(target)
    return local_words(rollout.label(value)) if value else _NOT_BEGUN


def _sight(target: str) -> Sight:
    from adapters.store.rollouts import rollout_of
    from adapters.store.rollouts_now import deployments_of, rollout_now

    entry = rollout_of(rollout=target)
    value = rollout_now(target)
    return Sight(target, entry.release.name, value, deployments_of(value) if value else {})


def _follow(console: Console, target: str) -> Sight:
    """Draw it again and again on a terminal; elsewhere print a line for each change."""
    sight = _sight(target)
    if not console.is_terminal:
        return _follow_in_lines(console, sight)
    with Live(rollout_view(sight, time.time_ns()), console=console, refresh_per_second=4) as live:
        while not _stopped(sight):
            time.sleep(_PACE_S)
            sight = _sight(target)
            live.update(rollout_view(sight, time.time_ns()))
    return sight


def _follow_in_lines(console: Console, sight: Sight) -> Sight:
    before: Sight | None = None
    while True:
        for line in changes(before, sight):
            console.print(f"{local_time(time.time_ns())[:8]} {line}", markup=False, soft_wrap=True)
        if _stopped(sight):
            return sight
        time.sleep(_PACE_S)
        before, sight = sight, _sight(sight.id)


def _stopped(sight: Sight) -> bool:
    return sight.rollout is None or sight.rollout.state in _STOPS


def _judge(sight: Sight) -> None:
    if sight.rollout is None:
        raise CommandFailed(f"{sight.id}: {_NOT_BEGUN}; begin it: projectionist deploy start {sight.id}")
    places = {each.place for each in sight.rollout.servers}
    if sight.rollout.state is not RolloutState.DONE or places != {Place.COMMITTED}:
        raise CommandFailed(local_words(rollout.label(sight.rollout)))


def _deployment(console: Console, target: str, *, log: bool) -> None:
    from adapters.store.rollouts_now import deployment_now, deployment_steps

    found = deployment_now(target)
    if found is None:
        raise CommandFailed(f"there is no deployment {target!r} on this site: see `deploy status` of its roll-out")
    rows = deployment_steps(found)
    lines = [f"{local_time(row.at_ns)}  {local_words(row_words(row))}" for row in rows]
    console.print(deployment_view(found.deployment, lines))
    if log:
        console.print(logs_view(target, kernel_logs(rows)))


def _logs(console: Console, sight: Sight) -> None:
    from adapters.store.rollouts_now import deployment_now, deployment_steps

    for value in sight.deployments.values():
        found = deployment_now(value.id)
        if found is not None:
            console.print(logs_view(value.id, kernel_logs(deployment_steps(found))))
