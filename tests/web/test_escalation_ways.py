# SPDX-License-Identifier: Apache-2.0
"""The ways by which alarms go out: mail, a webhook that does not behave, and settings that cannot be used."""

import asyncio
import logging
import time
from pathlib import Path

import msgspec
import pytest
from django.core import mail
from structlog.testing import capture_logs

from statemachines import events as e
from tests.support.ports import free_port
from tests.web.support.access import describe
from tests.web.support.lived import log_of
from tests.web.support.watching import PASSWORD, SECRET, addresses, watched
from web.refused import CommandRefused
from web.watch import webhook
from web.watch.models import Telling
from web.watch.settings import SMTP_PASSWORD, VARIABLE, WEBHOOK_SECRET, addresses_from
from web.watch.webhook import NotTaken, post

TO = ("duty@rialto.example", "boss@rialto.example")


def test_an_alarm_goes_out_by_mail_and_its_end_answers_it(state: Path) -> None:
    describe()
    with log_of(state) as log, watched(log, addresses(mail_to=TO)) as site:
        site.hall.hear(e.FilmBroke)
        site.wait(61)
        site.hall.ask("acknowledge")
        site.wait(1)
    raised, over = mail.outbox
    assert (raised.subject, tuple(raised.to)) == ("Rialto, Hall 1: needs somebody (film break)", TO)
    assert "The film broke: thread it again." in raised.body
    assert over.subject == "Rialto, Hall 1: over (film break)"
    assert over.extra_headers["In-Reply-To"] == raised.extra_headers["Message-ID"]


def test_a_mail_server_that_is_away_keeps_no_webhook_waiting_and_no_secret_is_said(
    state: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    describe()
    monkeypatch.setattr("django.conf.settings.EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
    told = addresses(webhook=f"http://127.0.0.1:{free_port()}/hush-hush", mail_to=TO)
    settings = msgspec.structs.replace(told.settings, smtp_host="127.0.0.1", smtp_port=free_port(), smtp_user="booth")
    told = msgspec.structs.replace(told, settings=settings)
    with caplog.at_level(logging.DEBUG), capture_logs() as said, log_of(state) as log, watched(log, told) as site:
        site.hall.hear(e.FilmBroke)
        site.wait(61)
    errors = {row.channel: row.error for row in Telling.objects.all()}
    assert errors["webhook"] == "127.0.0.1 could not be reached: Connection refused"
    assert errors["email"].startswith("127.0.0.1 did not take the mail: ")
    everything = f"{said}{caplog.text}{errors}{told!r}"
    assert not [hidden for hidden in (SECRET, PASSWORD, "hush-hush") if hidden in everything]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "127.0.0.1 gave no answer that is HTTP"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "127.0.0.1 gave no answer that is HTTP"),
        (b"H" * 5000, "127.0.0.1 gave no answer that is HTTP"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "127.0.0.1 answered 404; 2xx was expected"),
    ],
)
async def test_an_answer_that_is_none_is_told_as_such(answer: bytes, why: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(NotTaken, match=f"^{why}$"):
            await post(f"http://127.0.0.1:{port}/", b"{}", {})


async def test_a_webhook_that_answers_a_byte_at_a_time_has_one_limit_over_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "LIMIT_S", 0.5)
    left = asyncio.Event()

    async def dribble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not writer.transport.is_closing():
                writer.write(b"H")
                await asyncio.sleep(0.05)
        finally:
            writer.transport.abort()
            left.set()

    began = time.monotonic()
    async with await asyncio.start_server(dribble, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(NotTaken, match="did not answer"):
            await post(f"http://127.0.0.1:{port}/", b"{}", {})
        await asyncio.wait_for(left.wait(), 3)
    assert time.monotonic() - began < 3


def test_whoever_is_not_told_needs_no_settings() -> None:
    assert addresses_from({}).channels == ()


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"webhook": "ftp://x"}, "alarms.webhook"),
        ({"webhook": "https://anna:pw@x.example/"}, "alarms.webhook"),
        ({"webhook": "https://x.example/a b"}, "alarms.webhook"),
        ({"webhook": "https://x.example/"}, WEBHOOK_SECRET),
        ({"mail_to": ["a@b.example"]}, "alarms.mail_from"),
        ({"mail_to": ["nobody"], "mail_from": "a@b.example"}, "'nobody'"),
        ({"smtp_user": "booth"}, "alarms.smtp_security"),
        ({"after_s": 0}, "after_s"),
        ({"webbhook": ""}, "webbhook"),
    ],
)
def test_settings_that_cannot_be_used_are_named(settings: dict[str, object], names: str) -> None:
    environment = {VARIABLE: msgspec.json.encode(settings).decode(), SMTP_PASSWORD: PASSWORD}
    with pytest.raises(CommandRefused, match=names) as refused:
        addresses_from(environment)
    assert PASSWORD not in str(refused.value)
