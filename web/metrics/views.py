# SPDX-License-Identifier: Apache-2.0
"""/metrics, for a Prometheus that has a token."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from ninja.errors import HttpError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from web.accounts.auth import caller_of, require_scope
from web.accounts.scopes import Scope
from web.api.errors import refusal
from web.metrics.own import OWN
from web.metrics.store import StoreCollector

OWN.register(StoreCollector())


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer a scrape; whoever scrapes needs the scope `view`."""
    try:
        require_scope(caller_of(request), Scope.VIEW)
    except HttpError as wrong:
        return refusal(wrong.status_code, str(wrong), headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(generate_latest(OWN), content_type=CONTENT_TYPE_LATEST)
