# SPDX-License-Identifier: Apache-2.0
"""The Django app."""

from functools import partial
from typing import Any

from django.apps import AppConfig
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from typing_extensions import override

_lenient = partial(str, encoding="utf-8", errors="replace")


class StoreConfig(AppConfig):
    name = "adapters.store"
    label = "store"
    default_auto_field = "django.db.models.BigAutoField"

    @override
    def ready(self) -> None:
        connection_created.connect(_read_spoilt_text)


def _read_spoilt_text(connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    """Let a log row with a flipped byte be read, such that `verify` can name it."""
    if connection.alias == "log" and connection.vendor == "sqlite":
        connection.connection.text_factory = _lenient
