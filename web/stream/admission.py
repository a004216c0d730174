# SPDX-License-Identifier: Apache-2.0
"""That somebody may look."""

from django.http import HttpResponse

from web.accounts.auth import Caller


class Admission(HttpResponse):
    """Django's answer to whoever may look; `web.stream.app` carries the connection on.

    Anything else that gets it, such as a test's client, sees an empty stream. `cursor`: the last position that the
    viewer has, None when it comes for the first time; `hall`: the only one that it wants to see, or empty.
    """

    def __init__(self, *, caller: Caller, hall: str, cursor: int | None) -> None:
        super().__init__(
            content_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Referrer-Policy": "no-referrer"},
        )
        self.caller, self.hall, self.cursor = caller, hall, cursor
