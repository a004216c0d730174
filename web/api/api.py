# SPDX-License-Identifier: Apache-2.0
"""The one NinjaAPI: its document, its errors, its routers. Whatever says nothing else needs the scope `view`."""

from ninja import NinjaAPI

from web.accounts.auth import needs
from web.accounts.scopes import Scope
from web.api.alarms import router as alarms
from web.api.audit import router as audit
from web.api.caller import router as caller
from web.api.deployments import router as deployments
from web.api.errors import handle_errors
from web.api.events import router as events
from web.api.halls import router as halls
from web.api.health import router as health
from web.api.notes import router as notes
from web.api.prints import router as prints
from web.api.reels import router as reels
from web.api.releases import router as releases
from web.api.reports import router as reports
from web.api.requests import router as requests
from web.api.rollouts import router as rollouts
from web.api.sessions import router as sessions
from web.api.shows import router as shows
from web.api.site import router as site
from web.api.stream import router as stream
from web.api.tokens import router as tokens

api = NinjaAPI(
    title="Projectionist",
    version="1",
    description="Halls, their machines, sessions, reels, alarms and log; and what operators ask of them.",
    urls_namespace="api",
    auth=needs(Scope.VIEW),
    docs_url=None,  # the interactive page would load its scripts from elsewhere
)
handle_errors(api)
api.add_router("", health, tags=["health"])
api.add_router("", site, tags=["site"])
api.add_router("", halls, tags=["halls"])
api.add_router("", sessions, tags=["halls"])
api.add_router("", reels, tags=["halls"])
api.add_router("", alarms, tags=["halls"])
api.add_router("", events, tags=["events"])
api.add_router("", shows, tags=["schedule"])
api.add_router("", prints, tags=["schedule"])
api.add_router("", reports, tags=["reports"])
api.add_router("", notes, tags=["reports"])
api.add_router("", stream, tags=["stream"])
api.add_router("", requests, tags=["requests"])
api.add_router("", releases, tags=["deployment"])
api.add_router("", rollouts, tags=["deployment"])
api.add_router("", deployments, tags=["deployment"])
api.add_router("", caller, tags=["access"])
api.add_router("", tokens, tags=["access"])
api.add_router("", audit, tags=["access"])
