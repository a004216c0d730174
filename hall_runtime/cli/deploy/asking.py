# SPDX-License-Identifier: Apache-2.0
"""`deploy pause`, `resume`, `abort`, `release`: asked of the runtime as a request, and its verdict waited for."""

import time
from pathlib import Path
from typing import Annotated

import typer

from hall_runtime.cli.common import (
    DEFAULT_CONFIG,
    CommandFailed,
    ConfigOption,
    StateOption,
    local_words,
    opened,
    state_directory,
    told,
    who,
)
from statemachines.words import Verdict

_WAIT_S = 5.0
_DRY_RUN_S = 120.0
_NOBODY_S = 1.0
"""Where nobody was woken a runtime may be starting just now, and looks by itself."""

Target = Annotated[str, typer.Argument(help="A roll-out, as r3, or one server's deployment in it, as r3.booth1.1.")]


def pause(target: Target, state: StateOption = None, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Begin no more servers, and let those wait that are untouched yet."""
    _told(target, "pause", opened(state_directory(state, config)))


def resume(target: Target, state: StateOption = None, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Go on. Servers that were rolled back are tried again; a failed one is brought back once more."""
    _told(target, "resume", opened(state_directory(state, config)))


def abort(target: Target, state: StateOption = None, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Begin no more servers; those being worked on go back to what they had. Committed ones stay."""
    _told(target, "abort", opened(state_directory(state, config)))


def release(
    deployment: Annotated[str, typer.Argument(help="One server's deployment, as r3.booth1.1.")],
    state: StateOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Let the halls of a deployment go that has failed. Look at its server first: nobody here knows what it runs."""
    if "." not in deployment:
        raise CommandFailed(f"release takes one server's deployment, as {deployment}.booth1.1: see `deploy status`")
    _told(deployment, "release", opened(state_directory(state, config)))


def ask(site: Path, action: str, target: str) -> str:
    """Ask the runtime, wait for its verdict, and return the reason that it gives.

    Raises:
        CommandFailed: it refuses, does not answer, or none runs.
    """
    from adapters.store.rollouts_now import verdict_on
    from adapters.store.services import ask_operator_request
    from adapters.store.wake import send_wake

    verb = "deployment" if "." in target else "rollout"
    with told():
        asked = ask_operator_request(hall="", verb=verb, args=[action, target], actor=who(), now_ns=time.time_ns())
        request = str(asked.id)
        woken = send_wake(site, request_id=request, hall="", verb=verb)
        limit_s = _NOBODY_S if not woken else _DRY_RUN_S if action == "forecast" else _WAIT_S
        limit = time.monotonic() + limit_s
        while (made := verdict_on(request=request)) is None and time.monotonic() < limit:
            time.sleep(0.05)
    if made is None:
        why = f"it did not answer within {limit_s:.0f} s" if woken else "no runtime runs on this site"
        raise CommandFailed(f"{target} {action}: asked, but {why}")
    if made.verdict == Verdict.REFUSAL:
        raise CommandFailed(f"{target} refuses {action}: {local_words(made.reason)}")
    return local_words(made.reason)


def _told(target: str, action: str, site: Path) -> None:
    words = ask(site, action, target)
    from hall_runtime.cli.deploy.status import stands

    typer.echo(f"{target} {action}: {words or stands(target)}")
