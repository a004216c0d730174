# SPDX-License-Identifier: Apache-2.0
"""Asking the runtime from a route: the refusals as answers, and the deed for the audit."""

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpRequest

from adapters.store.errors import RequestRefused
from web.accounts.audit import Deed, note_deed
from web.accounts.auth import caller_of
from web.api.errors import Refused
from web.api.shapes.request import RequestView, Stage
from web.asking.services import NotTheSame, Unsent, ask


def asked_of(
    request: HttpRequest, *, hall: str = "", verb: str, args: Sequence[str], request_id: UUID | None = None
) -> RequestView:
    """Ask a hall, or with an empty one the site, as whoever calls; return what came of it by then.

    Raises:
        Refused: nobody could understand it (422), its id was used for something else (409), it reached nobody (503).
    """
    try:
        view, written = ask(request_id=request_id, hall=hall, verb=verb, args=args, caller=caller_of(request))
    except RequestRefused as wrong:
        raise Refused(422, str(wrong)) from wrong
    except NotTheSame as wrong:
        raise Refused(409, str(wrong)) from wrong
    except Unsent as wrong:
        note_deed(request, Deed(action=verb, hall=hall, written=False))  # it would only wait for the database
        raise Refused(503, str(wrong)) from wrong
    note_deed(request, _deed(view, written=written))
    return view


def _deed(view: RequestView, *, written: bool) -> Deed:
    return Deed(
        action=view.verb,
        hall=view.hall,
        detail=" ".join(view.args),
        request=str(view.id),
        verdict=view.verdict or ("" if view.stage is Stage.ASKED else view.stage.value),
        reason=view.reason if view.verdict or view.stage is not Stage.ASKED else "",
        written=written,
    )
