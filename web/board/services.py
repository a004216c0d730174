# SPDX-License-Identifier: Apache-2.0
"""What the pages change."""

from datetime import timedelta

from django.contrib.sessions.backends.base import SessionBase

from web.accounts.scopes import Scope

WALL = timedelta(days=365)


def keep_on_the_wall(*, session: SessionBase, scope: Scope) -> None:
    """Let a wall screen stay signed in: nobody stands there to do it anew. Only for whoever may only look."""
    if scope is Scope.VIEW:
        session.set_expiry(WALL)
