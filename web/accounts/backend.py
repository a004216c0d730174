# SPDX-License-Identifier: Apache-2.0
"""What a user may do in /admin/, from their one scope: there are no groups and no single permissions."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from typing_extensions import override

from web.accounts.models import User
from web.accounts.scopes import Scope, allows

_NEEDED = {
    "showentry": Scope.OPERATE,
    "printentry": Scope.OPERATE,
    "releaseentry": Scope.DEPLOY,
    "rolloutentry": Scope.DEPLOY,
}
"""Which scope the store's models need that others than admins may change, by their names."""


class ScopeBackend(ModelBackend):
    """Passwords as Django checks them; permissions by scope."""

    @override
    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if not (isinstance(user_obj, User) and user_obj.is_active):
            return False
        if user_obj.holds == Scope.ADMIN:
            return True
        app, _dot, what = perm.partition(".")
        model = what.partition("_")[2]
        needed = _NEEDED.get(model)
        return app == "store" and needed is not None and allows(user_obj.holds, needed)

    @override
    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        if not (isinstance(user_obj, User) and user_obj.is_active):
            return False
        may = any(allows(user_obj.holds, needed) for needed in _NEEDED.values())
        return user_obj.holds == Scope.ADMIN or (app_label == "store" and may)
