# SPDX-License-Identifier: Apache-2.0
"""What the tables of /admin/ share that services alone may change."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from typing_extensions import override

if TYPE_CHECKING:
    Table = admin.ModelAdmin[Any]
else:  # Django's own class takes no types
    Table = admin.ModelAdmin


def when(at_ns: int | None, *, never: str = "never") -> str:
    """Return a moment (ns since 1970) in UTC; `never` where there is none."""
    return never if at_ns is None else f"{datetime.fromtimestamp(at_ns / 1e9, UTC):%Y-%m-%d %H:%M:%S} UTC"


class Untouchable(Table):
    """A table to look at."""

    @override
    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
