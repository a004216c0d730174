# SPDX-License-Identifier: Apache-2.0
"""What a user or a token may do. One scope each; some include others."""

from django.db import models


class Scope(models.TextChoices):
    """`view` sees everything; `operate` may ask halls; `deploy` may ship modules; `admin` may do all."""

    VIEW = "view", "may look"
    OPERATE = "operate", "may operate halls"
    DEPLOY = "deploy", "may deploy to servers"
    ADMIN = "admin", "may do everything"


_INCLUDED = {
    Scope.VIEW: frozenset({Scope.VIEW}),
    Scope.OPERATE: frozenset({Scope.VIEW, Scope.OPERATE}),
    Scope.DEPLOY: frozenset({Scope.VIEW, Scope.DEPLOY}),
    Scope.ADMIN: frozenset(Scope),
}


def allows(held: Scope, needed: Scope) -> bool:
    """Say whether whoever holds one scope may do what needs another."""
    return needed in _INCLUDED[held]
