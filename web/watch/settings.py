# SPDX-License-Identifier: Apache-2.0
"""Whom alarms are told to. From the environment: what `projectionist web` reads in `[alarms]`, and the secrets.

PROJECTIONIST_ALARMS holds `AlarmSettings` as JSON. Secrets stand in no configuration file:
PROJECTIONIST_WEBHOOK_SECRET signs what is posted, PROJECTIONIST_SMTP_PASSWORD logs in at the mail server.
"""

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from typing_extensions import override

from web.refused import CommandRefused
from web.watch.models import Channel

VARIABLE, WEBHOOK_SECRET, SMTP_PASSWORD = (
    "PROJECTIONIST_ALARMS",
    "PROJECTIONIST_WEBHOOK_SECRET",
    "PROJECTIONIST_SMTP_PASSWORD",
)
_SECRET_LEAST = 16


class AlarmSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to tell, and after how long. Without a webhook and without `mail_to` nobody is told.

    `after_s`: how long an alarm waits unacknowledged, and how long the runtime may show no life. `tries`: how often a
    message is sent before it is given up. `smtp_security`: `tls` from the start, `starttls`, or `none`.
    """

    after_s: Annotated[int, msgspec.Meta(ge=1, le=3600)] = 60
    tries: Annotated[int, msgspec.Meta(ge=1, le=20)] = 8
    webhook: str = ""
    mail_to: tuple[str, ...] = ()
    mail_from: str = ""
    smtp_host: str = "localhost"
    smtp_port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 25
    smtp_user: str = ""
    smtp_security: Literal["none", "starttls", "tls"] = "none"


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """The settings with their secrets, which no representation shows."""

    settings: AlarmSettings
    webhook_secret: str = ""
    smtp_password: str = ""

    @override
    def __repr__(self) -> str:
        return f"Addresses({', '.join(self.channels) or 'nobody'})"

    @property
    def channels(self) -> tuple[Channel, ...]:
        """By which ways people are told."""
        by_webhook = (Channel.WEBHOOK,) if self.settings.webhook else ()
        return (*by_webhook, Channel.EMAIL) if self.settings.mail_to else by_webhook


def addresses_from(environment: Mapping[str, str]) -> Addresses:
    """Return whom this environment says to tell.

    Raises:
        CommandRefused: the settings cannot be used; the words name the key and never a secret.
    """
    try:
        settings = msgspec.json.decode(environment.get(VARIABLE) or "{}", type=AlarmSettings)
    except msgspec.MsgspecError as wrong:
        raise CommandRefused(f"{VARIABLE} cannot be read: {wrong}.", status=2) from wrong
    found = Addresses(
        settings=settings,
        webhook_secret=environment.get(WEBHOOK_SECRET, ""),
        smtp_password=environment.get(SMTP_PASSWORD, ""),
    )
    problem = _problem(found)
    if problem:
        raise CommandRefused(f"Alarms cannot be told: {problem}", status=2)
    return found


def _problem(found: Addresses) -> str:
    settings = found.settings
    if settings.webhook and not _is_address(settings.webhook):
        return "alarms.webhook must be an address such as https://alarms.example/booth."
    if settings.webhook and len(found.webhook_secret) < _SECRET_LEAST:
        return f"a webhook needs {WEBHOOK_SECRET} of at least {_SECRET_LEAST} characters, to sign what is sent."
    if settings.mail_to and not settings.mail_from:
        return "alarms.mail_to needs alarms.mail_from, the address that mail comes from."
    for each in (*settings.mail_to, settings.mail_from):
        if each and ("@" not in each or not each.isprintable() or " " in each):
            return f"{each!r} is no mail address."
    if settings.smtp_user and settings.smtp_security == "none":
        return "alarms.smtp_user needs alarms.smtp_security starttls or tls: a password never goes out in the clear."
    return ""


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return known and parts.username is None and text.isascii() and text.isprintable() and " " not in text
