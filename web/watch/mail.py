# SPDX-License-Identifier: Apache-2.0
"""Sending an e-mail through Django's mail backends. Blocks: it runs on a thread of the watcher."""

import smtplib

from django.core.mail import EmailMessage, get_connection

from web.watch.message import Place, letter, subject, thread
from web.watch.models import Stage, Telling
from web.watch.settings import Addresses
from web.watch.webhook import NotTaken

LIMIT_S = 5
"""For each word of the mail server."""


def send(telling: Telling, place: Place, addresses: Addresses) -> None:
    """Hand a message to the mail server.

    Raises:
        NotTaken: it did not take it; the words hold nothing of the login.
    """
    settings = addresses.settings
    connection = get_connection(
        host=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_user or None,
        password=addresses.smtp_password or None,
        use_tls=settings.smtp_security == "starttls",
        use_ssl=settings.smtp_security == "tls",
        timeout=LIMIT_S,
    )
    mail = EmailMessage(
        subject=subject(telling, place),
        body=letter(telling, place),
        from_email=settings.mail_from,
        to=list(settings.mail_to),
        connection=connection,
        headers=_headers(telling),
    )
    try:
        mail.send()
    except smtplib.SMTPAuthenticationError:
        raise NotTaken(f"{settings.smtp_host} refused the login") from None
    except smtplib.SMTPResponseException as wrong:
        raise NotTaken(f"{settings.smtp_host} refused the mail with {wrong.smtp_code}") from None
    except smtplib.SMTPRecipientsRefused as wrong:
        raise NotTaken(f"{settings.smtp_host} refused {', '.join(wrong.recipients)}") from None
    except (smtplib.SMTPException, OSError) as wrong:
        why = getattr(wrong, "strerror", None) or type(wrong).__name__
        raise NotTaken(f"{settings.smtp_host} did not take the mail: {why}") from None


def _headers(telling: Telling) -> dict[str, str]:
    told = {"Auto-Submitted": "auto-generated", "Message-ID": thread(telling, Stage(telling.stage))}
    if telling.stage == Stage.OVER:
        told["In-Reply-To"] = told["References"] = thread(telling, Stage.RAISED)
    return told
