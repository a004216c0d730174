# SPDX-License-Identifier: Apache-2.0
"""Requests through the API to a real runtime with real sessions: verdict, effect, the name in the log."""

import json
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.store.site import SITE_FILE
from statemachines.words import State
from tests.support.multiplex import Multiplex

PROGRAM = Path(sys.executable).with_name("projectionist")


class Api:
    """The site's API, asked with a token of scope operate."""

    def __init__(self, site: Multiplex, address: str, token: str) -> None:
        self._site, self._address, self._token = site, address, token

    def __call__(self, path: str, body: object = None) -> Any:
        asked = urllib.request.Request(  # noqa: S310  # our own address
            f"{self._address}/api/v1{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: S310
            return json.load(answer)

    def ask(self, hall: str, verb: str) -> Any:
        return self(f"/halls/{hall}/requests", {"verb": verb})

    def until_done(self, request: str) -> Any:
        def done() -> Any:
            found = self(f"/requests/{request}")
            return found if found["stage"] in ("done", "failed") else None

        return self._site.until("the request is done", done)


@contextmanager
def api_of(site: Multiplex) -> Iterator[Api]:
    web = subprocess.Popen(
        [PROGRAM, "web", "--config", site.config, "--port", "0"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    try:
        assert web.stderr is not None
        started = next(line for line in iter(web.stderr.readline, b"") if b"web_started" in line)
        made = site.ask("tokens", "add", "foyer tablet", "--scope", "operate", "--config", site.config)
        yield Api(site, json.loads(started)["address"], made.stdout.strip())
    finally:
        web.kill()
        web.communicate(timeout=10)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Multiplex]:
    with Multiplex(tmp_path, halls=("h1",), feet=2000) as made:
        made.start()
        yield made


@pytest.mark.slow
def test_an_evening_through_the_api(site: Multiplex) -> None:
    with api_of(site) as api:
        refused = api.ask("h1", "start")
        assert (refused["stage"], refused["reason"]) == ("refused", "no film is threaded in this hall")

        site.thread("h1")
        started = api.ask("h1", "start")
        assert (started["verdict"], started["reason"]) == ("transition", "the show was started")
        done = api.until_done(started["id"])
        assert done["stage"] == "done"
        assert [(each["role"], each["result"]) for each in done["commands"]] != []
        assert {each["result"] for each in done["commands"]} == {"ok"}
        assert site.hall("h1").state is State.PROJECTING

        with closing(sqlite3.connect(site.state / SITE_FILE)) as other:
            other.execute("BEGIN IMMEDIATE")
            stopped = api.ask("h1", "emergency_stop")
        assert stopped["verdict"] == "transition"
        assert "not written down" in stopped["reason"]
        site.until_state("h1", State.FAULT)
        site.until("the motor stands", lambda: site.device("h1").motor == "stop")

    actors = [
        (row.payload["verb"], row.payload["actor"]) for row in site.rows("h1") if row.kind == "operator_requested"
    ]
    assert actors == [(verb, "foyer tablet") for verb in ("start", "start", "emergency_stop")]


@pytest.mark.slow
def test_a_web_that_is_killed_changes_nothing_for_the_halls(site: Multiplex) -> None:
    with api_of(site):
        site.project("h1")
        before = len(site.rows("h1"))
    site.until("the show goes on", lambda: len(site.rows("h1")) > before + 3)
    assert site.hall("h1").state is State.PROJECTING
    assert site.hall("h1").alarms == ()
