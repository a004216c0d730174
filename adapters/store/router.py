# SPDX-License-Identifier: Apache-2.0
"""Which model lives in which database, or on PostgreSQL: is reached over which of the two connections."""

from typing import Any

from django.db import connections
from django.db.models import Model

LOG = "log"
SITE = "default"
_IN_LOG = frozenset({"eventrow", "hallnow", "incarnation", "checkpointrow", "waypoint", "runtimenow", "valuenow"})


def _alias(app_label: str, model_name: str | None) -> str:
    return LOG if app_label == "store" and model_name in _IN_LOG else SITE


class StoreRouter:
    """Send the log's models to `log` and every other model, also other apps', to `default`."""

    def db_for_read(self, model: type[Model], **_hints: Any) -> str:
        return _alias(model._meta.app_label, model._meta.model_name)

    def db_for_write(self, model: type[Model], **_hints: Any) -> str:
        return _alias(model._meta.app_label, model._meta.model_name)

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **_hints: Any) -> bool:
        if connections[LOG].vendor == "postgresql":  # one database, and one list of the migrations that it has seen
            return db == SITE
        return db == _alias(app_label, model_name)
