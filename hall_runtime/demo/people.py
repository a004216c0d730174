# SPDX-License-Identifier: Apache-2.0
"""The demonstration's operator: acknowledges a fault and resets the hall, by the requests of any user."""

import asyncio
import time
from pathlib import Path

from adapters.store.services import ask_operator_request
from adapters.store.wake import send_wake
from hall_runtime.runtime import Runtime
from statemachines.explain import outlook
from statemachines.hall import Hall
from statemachines.words import State

_THINKING_S = 1.5


def _next_request(hall: Hall, at_ns: int) -> tuple[str, list[str]] | None:
    if hall.state is not State.FAULT:
        return None
    if not hall.fault.acknowledged_ns:
        return "acknowledge", [hall.fault.cause]
    can_reset = any(each.verb == "reset" and each.can_fire for each in outlook(hall, at_ns))
    return ("reset", []) if can_reset else None


def _ask(state: Path, hall: str, verb: str, args: list[str]) -> None:
    asked = ask_operator_request(hall=hall, verb=verb, args=args, actor="demo operator", now_ns=time.time_ns())
    send_wake(state, request_id=str(asked.id), hall=hall, verb=verb)


async def attend(runtime: Runtime, state: Path) -> None:
    """Until cancelled: look every second and a half, ask for the next thing that a fault needs."""
    while True:
        await asyncio.sleep(_THINKING_S)
        for hall_id, parts in runtime.halls.items():
            request = _next_request(parts.keeper.hall, runtime.clock.now_ns())
            if request is not None:
                await asyncio.to_thread(_ask, state, hall_id, *request)
