# SPDX-License-Identifier: Apache-2.0
"""A whole site whose databases are on a server: the show needs the hardware, not the server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from statemachines.words import Motor, Role, State
from tests.support.multiplex import Multiplex
from tests.support.postgres import end_sessions
from tests.support.sites import the_server


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Multiplex]:
    with Multiplex(tmp_path, feet=3000) as made:
        made.start()
        yield made


def log_is_whole(site: Multiplex) -> None:
    assert site.end() == 0
    verified = site.ask("log", "verify", "--state", site.state)
    assert (verified.returncode, verified.stderr) == (0, "")
    replayed = site.ask("replay", site.state)
    assert "states, effects and hashes are as logged" in replayed.stdout, replayed.stderr


def test_a_show_goes_on_while_its_server_restarts_and_not_a_row_is_missing(site: Multiplex) -> None:
    site.project("h1")
    server = the_server()
    server.stop("fast")
    site.do("h1 stop")
    site.until("the hardware stands", lambda: site.device("h1").motor is Motor.STOP)
    server.start()
    connections.close_all()
    site.until_state("h1", State.THREADING)
    connections.close_all()
    assert end_sessions() > 0
    site.until("the runtime reads requests again", lambda: site.request("h1", "start").returncode == 0)
    site.until_state("h1", State.PROJECTING)
    site.until("h1 has every answer", lambda: site.is_settled("h1"))
    assert set(site.answers("h1", Role.PROJECTION).values()) == {"ok"}
    log_is_whole(site)


def test_a_runtime_on_another_machine_is_refused_before_it_touches_a_device(site: Multiplex, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(site.config.read_text().replace(str(site.state), str(tmp_path / "elsewhere")))
    second = site.ask("run", "--config", other)
    assert second.returncode == 1
    assert site.runtime is not None
    words = " ".join(second.stderr.split())
    assert "a runtime runs on this site already" in words, words
    assert f"pid {site.runtime.pid}" in words
    assert site.device("h1").fence == 1
