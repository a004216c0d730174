# SPDX-License-Identifier: Apache-2.0
"""What the rest of the API costs: the database's reads and writes for each route, pinned, whatever there is already."""

import json
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from tests.web.support import showing
from tests.web.support.access import bearer
from tests.web.support.asking import Counted
from tests.web.support.lived import LivedHall, log_of
from tests.web.support.schedule import METROPOLIS, asked
from tests.web.test_queries import PATHS
from tests.web.test_queries_of_deployments import COSTS as DEPLOYING
from web.accounts.scopes import Scope
from web.api.api import api
from web.asking import services

MANY = 4
"""Shows, prints, notes, tokens, requests that the site has: no answer costs more for each."""
COSTS: dict[tuple[str, str], tuple[int, int]] = {
    ("DELETE", "/api/v1/prints/{print_id}"): (2, 2),
    ("DELETE", "/api/v1/shows/{show_id}"): (3, 2),
    ("DELETE", "/api/v1/tokens/{token_id}"): (0, 1),
    ("GET", "/api/v1/audit"): (2, 0),
    ("GET", "/api/v1/caller"): (0, 0),
    ("GET", "/api/v1/events.jsonl"): (2, 0),
    ("GET", "/api/v1/halls/{hall}/reports"): (5, 0),
    ("GET", "/api/v1/notes"): (1, 0),
    ("GET", "/api/v1/prints"): (1, 0),
    ("GET", "/api/v1/prints/{print_id}"): (1, 0),
    ("GET", "/api/v1/reports/{pos}"): (8, 0),
    ("GET", "/api/v1/requests/{request_id}"): (3, 0),
    ("GET", "/api/v1/shows"): (2, 0),
    ("GET", "/api/v1/shows/{show_id}"): (2, 0),
    ("GET", "/api/v1/tokens"): (0, 0),
    ("PATCH", "/api/v1/prints/{print_id}"): (3, 2),
    ("PATCH", "/api/v1/shows/{show_id}"): (9, 2),
    ("POST", "/api/v1/halls/{hall}/requests"): (4, 2),
    ("POST", "/api/v1/notes"): (0, 2),
    ("POST", "/api/v1/notes/{note}/strike"): (2, 2),
    ("POST", "/api/v1/prints"): (1, 2),
    ("POST", "/api/v1/shows"): (6, 2),
    ("POST", "/api/v1/shows/import"): (17, 4),
    ("POST", "/api/v1/site/requests"): (1, 2),
    ("POST", "/api/v1/stream/tickets"): (0, 2),
    ("POST", "/api/v1/tokens"): (1, 1),
}
"""Method and path: SELECTs, and INSERTs, UPDATEs or DELETEs; who may ask is found out besides."""


class Site:
    """A site in which a little happened, and a client that may do everything."""

    def __init__(self, state: Path) -> None:
        self.headers = bearer(Scope.ADMIN)
        self.client = Client(headers=self.headers)
        with log_of(state) as log:
            hall = LivedHall(log)
            showing.a_night(hall)
            hall.end()
        one = {name: self._many(name)[0] for name in ("prints", "shows", "notes", "tokens", "halls/h1/requests")}
        (report,) = self.client.get("/api/v1/halls/h1/reports").json()["reports"]
        self.places = {
            "hall": "h1",
            "show_id": one["shows"],
            "print_id": one["prints"],
            "note": one["notes"],
            "token_id": one["tokens"],
            "request_id": one["halls/h1/requests"],
            "pos": report["pos"],
        }

    def _many(self, name: str) -> list[str]:
        found = []
        for number in range(MANY):
            answer = self.client.post(f"/api/v1/{name}", body_of(f"/api/v1/{name}", number), "application/json")
            assert answer.status_code in (200, 201), answer.content
            found.append(answer.json()["id"])
        return found

    def cost(self, method: str, path: str) -> tuple[int, int]:
        """Ask once, and return reads and writes."""
        where = path.format(**self.places)
        with Counted() as counted:
            if path.endswith(".jsonl"):
                self._download(where)
            else:
                body: Any = body_of(path, MANY)
                kind = "text/csv" if isinstance(body, str) else "application/json"
                answer = self.client.generic(method, where, *_sent(body, kind))
                assert answer.status_code in (200, 201, 204), answer.content
        return counted.reads, counted.writes

    @async_to_sync  # what is not asynchronous in it runs on this thread, whose connections are counted
    async def _download(self, where: str) -> None:
        answer: Any = await AsyncClient().get(where, headers=self.headers)
        assert [part async for part in answer.streaming_content]


def _sent(body: Any, kind: str) -> tuple[bytes, str]:
    return (body if isinstance(body, str) else json.dumps(body)).encode(), kind


def body_of(path: str, number: int) -> Any:
    """Return what is sent there, different for each number."""
    starts = 60 + 300 * number
    match path.removeprefix("/api/v1/"):
        case "prints":
            return {**METROPOLIS, "title": f"Metropolis {number}"}
        case "prints/{print_id}":
            return {"notes": "vinegar"}
        case "shows":
            return asked(starts)
        case "shows/{show_id}":
            return {"title": "Sunrise"}
        case "shows/import":
            rows = "".join(f"h1,2027-05-0{day} 20:00,Sunrise,35,2000\n" for day in range(1, 4))
            return f"hall,starts,title,gauge,feet\n{rows}"
        case "notes":
            return {"text": f"Splice {number}."}
        case "tokens":
            return {"name": f"wall {number}", "scope": "view"}
        case "halls/{hall}/requests" | "halls/h1/requests":
            return {"verb": "start"}
        case "site/requests":
            return {"verb": "keys", "args": ["rotate"]}
        case _:
            return {}


@pytest.fixture
def site(state: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(services, "WAIT_S", 0.0)  # no runtime will answer
    return Site(state)


def pinned_elsewhere() -> set[tuple[str, str]]:
    told = {path.partition("?")[0].replace("h1", "{hall}") for path in PATHS}
    return {("GET", f"/api/v1{path}") for path in told} | {("GET", "/api/v1/stream")} | set(DEPLOYING)  # it has no end


def routes() -> list[tuple[str, str]]:
    document = api.get_openapi_schema(path_prefix="/api/v1/")["paths"]
    return [(method.upper(), path) for path, methods in document.items() for method in methods]


def test_each_route_that_ends_is_pinned() -> None:
    assert set(COSTS) | pinned_elsewhere() == set(routes())


@pytest.mark.parametrize("route", sorted(set(routes()) - pinned_elsewhere()), ids=" ".join)
def test_it_costs_so_many_reads_and_writes(site: Site, route: tuple[str, str]) -> None:
    assert site.cost(*route) == COSTS[route]
