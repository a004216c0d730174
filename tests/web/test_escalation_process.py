# SPDX-License-Identifier: Apache-2.0
"""A real web process tells of alarms by itself, once, however often it is killed; one that cannot is not begun."""

import json
import subprocess
import sys
import time
from http import HTTPStatus
from pathlib import Path

import pytest
from django.test import Client

from statemachines import events as e
from tests.support.ports import free_port
from tests.web.support.access import describe
from tests.web.support.hook import Hook
from tests.web.support.lived import LivedHall, log_of
from tests.web.support.server import WebProcess
from tests.web.support.watching import SECRET, addresses, watched
from web.accounts.people import put_user
from web.accounts.scopes import Scope
from web.watch.models import Telling


def environment(**settings: object) -> dict[str, str]:
    return {"PROJECTIONIST_ALARMS": json.dumps(settings), "PROJECTIONIST_WEBHOOK_SECRET": SECRET}


def test_it_is_told_over_a_kill_and_that_it_is_over_too(state: Path) -> None:
    describe()
    with Hook().listening() as hook, log_of(state) as log:
        hall = LivedHall(log)
        hall.broken()
        hall.end()
        web = WebProcess(state, **environment(after_s=5, webhook=hook.url))
        try:
            web.start()
            raised = hook.wait_for("raised")
            assert raised["alarm"] == "film_break"
            _wait_until_told()
            web.kill()
            web.start()
            hall.ask("acknowledge")
            hall.end()
            over = hook.wait_for("over")
            assert over["since_ms"] == raised["since_ms"]
            assert web.stop() < 5
        finally:
            web.close()
        assert SECRET not in web.said
        assert "hush-hush" not in web.said
    # On a machine that stands still for 5 s a message may come twice; it is the same one then.
    assert {told["id"] for told in hook.told} == {raised["id"], over["id"]}
    assert Telling.objects.count() == 2


def _wait_until_told(limit_s: float = 30) -> None:
    """Wait until the web has noted that its message arrived."""
    limit = time.monotonic() + limit_s
    while not Telling.objects.exclude(told_ns=None).exists():
        assert time.monotonic() < limit
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("alarms", "words"),
    [
        ('{"webhook": "nowhere"}', "alarms.webhook must be an address"),
        ('{"mail_to": ["duty@rialto.example"]}', "alarms.mail_to needs alarms.mail_from"),
        ("not JSON", "PROJECTIONIST_ALARMS cannot be read"),
    ],
)
def test_a_web_whose_alarms_would_reach_nobody_is_not_begun(
    state: Path, monkeypatch: pytest.MonkeyPatch, alarms: str, words: str
) -> None:
    monkeypatch.setenv("PROJECTIONIST_STATE", str(state))
    monkeypatch.setenv("PROJECTIONIST_ALARMS", alarms)
    command = [sys.executable, "-m", "web", "serve", "--port", "0"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_administration_shows_what_could_not_be_told(state: Path) -> None:
    describe()
    with log_of(state) as log, watched(log, addresses(webhook=f"http://127.0.0.1:{free_port()}/")) as site:
        site.hall.hear(e.FilmBroke)
        site.wait(61)
    client = Client()
    client.force_login(put_user(name="boss", password="a long password", scope=Scope.ADMIN))
    page = client.get("/admin/watch/telling/").content.decode()
    assert "127.0.0.1 could not be reached: Connection refused" in page
    assert client.get("/admin/watch/telling/add/").status_code == HTTPStatus.FORBIDDEN
    assert client.get("/admin/watch/shiftnote/").status_code == HTTPStatus.OK
