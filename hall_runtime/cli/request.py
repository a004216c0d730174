# SPDX-License-Identifier: Apache-2.0
"""`projectionist request`: ask a hall for something, and say what its machine made of it."""

import time
from pathlib import Path
from typing import Annotated
from uuid import uuid4

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
from statemachines.history import state_in
from statemachines.now import now_from
from statemachines.words import Verdict

_WAIT_S = 5.0
_NOBODY_S = 1.0
"""Where nobody was woken a runtime may be starting just now, and looks by itself."""


def _root_alarm(hall: str) -> str:
    """Return the alarm that an acknowledgement without a name means: that of the fault."""
    from adapters.store.selectors import hall_now

    found = hall_now(hall=hall)
    cause = now_from(found.value).hall.fault.cause if found else ""
    if not cause:
        raise CommandFailed(f"{hall} is not in fault: name the alarm to acknowledge")
    return cause


def request(
    hall: Annotated[str, typer.Argument(help="The hall's id.")],
    verb: Annotated[str, typer.Argument(help="start, stop, rewind, acknowledge, reset, shelve or emergency_stop.")],
    args: Annotated[list[str] | None, typer.Argument(help="acknowledge ALARM; shelve ALARM MINUTES.")] = None,
    state: StateOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Ask a hall; wait for the verdict of its machine."""
    from adapters.store.wake import send_wake

    directory = state_directory(state, config)
    request_id = str(uuid4())
    stopping = verb == "emergency_stop"
    # An emergency stop asks no database first: the datagram alone is enough.
    woken = stopping and send_wake(directory, request_id=request_id, hall=hall, verb=verb)
    try:
        known = _halls(directory)
        if hall in known:
            _ask(request_id, hall, verb, args or [])
    except CommandFailed as failed:
        if not woken:
            raise
        typer.echo(f"the emergency stop was sent, though: {failed}", err=True)
    else:
        if hall not in known:
            raise CommandFailed(f"there is no hall {hall!r} on this site: it has {', '.join(known) or 'none yet'}")
    woken = woken or send_wake(directory, request_id=request_id, hall=hall, verb=verb)
    with told():
        _tell_verdict(request_id, hall, verb, woken=woken)


def _halls(directory: Path) -> list[str]:
    opened(directory)
    from adapters.store.selectors import halls_now

    with told():
        return [found.hall for found in halls_now()]


def _ask(request_id: str, hall: str, verb: str, args: list[str]) -> None:
    from adapters.store.services import ask_operator_request

    with told():
        if verb == "acknowledge" and not args:
            args = [_root_alarm(hall)]
        ask_operator_request(hall=hall, verb=verb, args=args, actor=who(), now_ns=time.time_ns(), request_id=request_id)


def _tell_verdict(request_id: str, hall: str, verb: str, *, woken: bool) -> None:
    from adapters.store.models import EventRow

    limit = time.monotonic() + (_WAIT_S if woken else _NOBODY_S)
    while time.monotonic() < limit:
        row = EventRow.objects.filter(request=request_id).values_list("verdict", "reason", "after").first()
        if row is not None:
            verdict, reason, after = row
            if verdict == Verdict.REFUSAL:
                raise CommandFailed(f"{hall} refuses {verb}: {local_words(reason)}")
            typer.echo(f"{hall} {verb}: {local_words(reason)} (now {state_in(after)})")
            return
        time.sleep(0.05)
    why = f"it did not answer within {_WAIT_S:.0f} s" if woken else "no runtime runs on this site"
    raise CommandFailed(f"{hall} {verb}: asked, but {why}")
