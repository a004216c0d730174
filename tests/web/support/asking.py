# SPDX-License-Identifier: Apache-2.0
"""Asking the API as somebody who may look. Used after the fixture `state`."""

from typing import Any, Self

from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.web.support.access import bearer


class Counted:
    """What is asked of both databases within it: `reads` and `writes`, without who may ask."""

    def __init__(self) -> None:
        self.reads = self.writes = 0

    def __enter__(self) -> Self:
        self._captured = [CaptureQueriesContext(connections[name]).__enter__() for name in ("default", "log")]
        return self

    def __exit__(self, *trouble: Any) -> None:
        for each in self._captured:
            each.__exit__(*trouble)
        asked = [query["sql"] for each in self._captured for query in each if '"api_token"' not in query["sql"]]
        self.reads = sum(sql.startswith("SELECT") for sql in asked)
        self.writes = sum(sql.startswith(("INSERT", "UPDATE", "DELETE")) for sql in asked)


class Asking:
    """A client with a token of scope view."""

    def __init__(self) -> None:
        self._client = Client(headers=bearer())
        self.queries = 0

    def status(self, path: str) -> int:
        return int(self._client.get(f"/api/v1{path}").status_code)

    def refused(self, path: str, status: int) -> dict[str, str]:
        """Ask for what is refused with this status; return its code and words."""
        answer = self._client.get(f"/api/v1{path}")
        assert answer.status_code == status, answer.content
        error: dict[str, str] = answer.json()["error"]
        return error

    def __call__(self, path: str) -> Any:
        """Return what an answer 200 says; `queries` counts what it asked the databases, without who may ask."""
        with Counted() as counted:
            answer = self._client.get(f"/api/v1{path}")
        assert answer.status_code == 200, answer.content
        self.queries = counted.reads
        return answer.json()
