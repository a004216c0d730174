# SPDX-License-Identifier: Apache-2.0
"""Writing the shared tables. Called from threads or synchronous code: Django refuses the event loop."""

import re
from collections.abc import Sequence
from uuid import UUID, uuid4

from django.db import transaction

from adapters.store.errors import RequestRefused
from adapters.store.models import Incarnation, OperatorRequest

REQUEST_LIFE_NS = 10_000_000_000
HALL_VERBS = {
    "start": (),
    "stop": (),
    "rewind": (),
    "acknowledge": ("ALARM",),
    "reset": (),
    "shelve": ("ALARM", "MINUTES"),
    "emergency_stop": (),
}
"""What may be asked of a hall, with the arguments that it takes."""
SITE_VERBS = {
    "keys": ("rotate|revoke",),
    "log": ("prune",),
    "rollout": ("begin|pause|resume|abort|forecast", "ROLLOUT"),
    "deployment": ("pause|resume|abort|release", "DEPLOYMENT"),
}
"""What may be asked of the site, with the first argument's choices; where no other is named more may follow."""
ANSWERED = frozenset({"rollout", "deployment"})
"""Verbs of the site whose verdict is in the log, on the row that carries the request's id."""

_HALL = re.compile(r"[a-z0-9]{1,16}")
_NAMES = {"rollout": _HALL, "deployment": re.compile(r"[a-z0-9]{1,16}\.[a-z0-9]{1,16}\.[0-9]{1,6}")}
_MINUTES = re.compile(r"[0-9]{1,4}")
_ARG_MOST = 64


def ask_operator_request(
    *, hall: str, verb: str, args: Sequence[str] = (), actor: str, now_ns: int, request_id: str = ""
) -> OperatorRequest:
    """Store a request; it expires 10 s after `now_ns`. An empty `hall` asks the site.

    `request_id` is a UUID that was told to the runtime already; without one it is drawn.

    Raises:
        RequestRefused: no hall id, no verb, wrong arguments, or nobody who asks.
    """
    if hall:
        _require_hall_verb(hall, verb, args)
    else:
        _require_site_verb(verb, args)
    for arg in args:
        if not (arg.isprintable() and 0 < len(arg) <= _ARG_MOST):
            raise RequestRefused(f"{verb}: an argument has 1 to {_ARG_MOST} printable characters, not {arg!r:.80}")
    if not actor.strip():
        raise RequestRefused(f"{verb}: a request must name who asks")
    return OperatorRequest.objects.create(
        id=UUID(request_id) if request_id else uuid4(),
        hall=hall,
        verb=verb,
        args=list(args),
        actor=actor,
        created_ns=now_ns,
        expires_ns=now_ns + REQUEST_LIFE_NS,
    )


def _require_hall_verb(hall: str, verb: str, args: Sequence[str]) -> None:
    if not _HALL.fullmatch(hall):
        raise RequestRefused(f"{hall!r} is no hall id: 1 to 16 of a-z and 0-9")
    if verb not in HALL_VERBS:
        raise RequestRefused(f"a hall cannot be asked to {verb!r}; it knows {', '.join(HALL_VERBS)}")
    wanted = HALL_VERBS[verb]
    if len(args) != len(wanted):
        raise RequestRefused(f"{hall}: expected '{' '.join((verb, *wanted))}', got {len(args)} arguments")
    if verb == "shelve" and not (_MINUTES.fullmatch(args[1]) and 0 < int(args[1]) <= 1440):
        raise RequestRefused(f"{hall}: shelve takes 1 to 1440 minutes, not {args[1]!r:.80}")


def _require_site_verb(verb: str, args: Sequence[str]) -> None:
    if verb not in SITE_VERBS:
        raise RequestRefused(f"the site cannot be asked to {verb!r}; it knows {', '.join(SITE_VERBS)}")
    choices = SITE_VERBS[verb][0]
    if not args or args[0] not in choices.split("|"):
        raise RequestRefused(f"expected '{' '.join((verb, *SITE_VERBS[verb]))}'")
    named = _NAMES.get(verb)
    if named is not None and not (len(args) == 2 and named.fullmatch(args[1])):
        raise RequestRefused(f"expected '{' '.join((verb, *SITE_VERBS[verb]))}'")


def next_incarnation() -> int:
    """Count one more start of a runtime on this site and return the count, from 1. Under `SiteLock`."""
    with transaction.atomic(using="log"):
        Incarnation.objects.get_or_create(pk=1, defaults={"count": 0})
        row = Incarnation.objects.select_for_update().get(pk=1)  # two starts never get one number
        row.count += 1
        row.save(update_fields=["count"])
    return row.count
