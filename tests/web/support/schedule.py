# SPDX-License-Identifier: Apache-2.0
"""A site with two halls to plan shows for. Used after the fixture `state`."""

import time
from typing import Any

from django.test import Client

from tests.web.support.access import bearer
from web.accounts.scopes import Scope

MS_PER_MINUTE = 60_000
METROPOLIS = {"title": "Metropolis", "gauge": 35, "feet": [2000, 1950]}


def operator() -> Client:
    """Return a client that may operate."""
    return Client(headers=bearer(Scope.OPERATE))


def in_minutes(minutes: int) -> int:
    """Return a moment in ms, on a whole minute."""
    return (int(time.time()) // 60 + minutes) * MS_PER_MINUTE


def asked(minutes: int = 60, **fields: object) -> dict[str, object]:
    """Return a show to plan, so many minutes from now."""
    return {"hall": "h1", "starts_ms": in_minutes(minutes), **METROPOLIS, **fields}


def plan(client: Client, minutes: int = 60, **fields: object) -> dict[str, Any]:
    """Plan a show and return what the API says of it."""
    answer = client.post("/api/v1/shows", asked(minutes, **fields), content_type="application/json")
    assert answer.status_code == 201, answer.json()
    told: dict[str, Any] = answer.json()
    return told


def refusal(client: Client, minutes: int = 60, **fields: object) -> str:
    """Ask for a show that cannot be and return the words."""
    answer = client.post("/api/v1/shows", asked(minutes, **fields), content_type="application/json")
    assert answer.status_code in (404, 422), answer.json()
    return str(answer.json()["error"]["words"])
