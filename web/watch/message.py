# SPDX-License-Identifier: Apache-2.0
"""A message as it goes out: what a webhook is sent, and how it is signed; what stands in an e-mail. Pure."""

import hashlib
import hmac
from dataclasses import dataclass

import msgspec

from web.sight.speech import ms
from web.watch.models import Channel, Stage, Telling

SIGNATURE = "X-Projectionist-Signature"


@dataclass(frozen=True, kw_only=True)
class Place:
    """What people call the site and the hall; `hall` is empty for the site itself."""

    site: str
    site_name: str
    hall: str

    @property
    def spelled(self) -> str:
        return f"{self.site_name}, {self.hall}" if self.hall else self.site_name


def posted(telling: Telling, place: Place, now_ns: int) -> bytes:
    """Return the JSON that a webhook is sent. `id` is that of the message: one that comes twice is one."""
    return msgspec.json.encode(
        {
            "id": str(telling.id),
            "site": place.site,
            "site_name": place.site_name,
            "hall": telling.hall,
            "hall_name": place.hall,
            "alarm": telling.alarm,
            "stage": telling.stage,
            "since_ms": ms(telling.since_ns),
            "words": telling.words,
            "sent_ms": ms(now_ns),
        }
    )


def signature(body: bytes, secret: str) -> str:
    """Return the signature's header: whoever has the secret can tell that this site sent these bytes."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def subject(telling: Telling, place: Place) -> str:
    """Return an e-mail's subject, in one line."""
    stage = {Stage.RAISED: "needs somebody", Stage.OVER: "over"}[Stage(telling.stage)]
    return " ".join(f"{place.spelled}: {stage} ({telling.alarm.replace('_', ' ')})".split())


def letter(telling: Telling, place: Place) -> str:
    """Return an e-mail's text."""
    return f"{place.spelled}\n\n{telling.words}\n\nThe board of {place.site_name} shows how it stands now.\n"


def thread(telling: Telling, stage: Stage) -> str:
    """Return the Message-ID of an occurrence's message, so that its end is shown as an answer to its beginning."""
    whole = f"{telling.hall}.{telling.alarm}.{telling.since_ns}.{stage}.{Channel.EMAIL}"
    return f"<{hashlib.sha256(whole.encode()).hexdigest()[:32]}@projectionist.invalid>"
