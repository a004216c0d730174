# SPDX-License-Identifier: Apache-2.0
"""Users: made, listed, and given a scope and a password. There is no other way to change one."""

import re

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from web.accounts.models import User
from web.accounts.scopes import Scope, allows

_NAME = re.compile(r"[\w.@+-]{1,64}")


class UserRefused(ValueError):
    """A user that cannot be made or changed so, in words."""


def add_user(*, name: str, password: str, scope: Scope) -> User:
    """Make a user.

    Raises:
        UserRefused: the name is taken or no name, or the password is too easy.
    """
    if not _NAME.fullmatch(name):
        raise UserRefused(f"{name!r} is no user name: 1 to 64 letters, digits and @ . + - _.")
    if User.objects.filter(username=name).exists():
        raise UserRefused(
            f"There is a user {name} already; `projectionist users password {name}` changes the password."
        )
    user = User(username=name, scope=scope, is_staff=_may_manage(scope))
    _set_password(user, password)
    user.save()
    return user


def put_user(*, name: str, password: str, scope: Scope) -> User:
    """Make a user, or give the one of this name this scope and password.

    Raises:
        UserRefused: see `add_user`.
    """
    user = User.objects.filter(username=name).first()
    if user is None:
        return add_user(name=name, password=password, scope=scope)
    if not user.check_password(password):  # the same one hashed anew would sign out whoever is signed in
        set_password(name=name, password=password)
    return set_scope(name=name, scope=scope)


def set_scope(*, name: str, scope: Scope) -> User:
    """Change what a user may do.

    Raises:
        UserRefused: there is no such user.
    """
    user = _known(name)
    user.scope, user.is_staff = scope, _may_manage(scope)
    user.save(update_fields=["scope", "is_staff"])
    return user


def set_password(*, name: str, password: str) -> User:
    """Change a password; the user's sessions end by it.

    Raises:
        UserRefused: there is no such user, or the password is too easy.
    """
    user = _known(name)
    _set_password(user, password)
    user.save(update_fields=["password"])
    return user


def people() -> list[User]:
    """Return all users by name."""
    return list(User.objects.order_by("username"))


def _known(name: str) -> User:
    user = User.objects.filter(username=name).first()
    if user is None:
        raise UserRefused(f"There is no user {name}; `projectionist users list` shows all.")
    return user


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as wrong:
        raise UserRefused(" ".join(wrong.messages)) from wrong
    user.set_password(password)


def _may_manage(scope: Scope) -> bool:
    """Say whether the scope opens /admin/: shows and prints, or releases and roll-outs; everything for an admin."""
    return allows(scope, Scope.OPERATE) or allows(scope, Scope.DEPLOY)
