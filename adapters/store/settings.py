# SPDX-License-Identifier: Apache-2.0
"""Django settings of a site's two databases. The web's own settings extend these.

The state directory comes from the environment, PROJECTIONIST_STATE; `adapters.store.site.open_site` sets it.
"""

import os
from pathlib import Path
from typing import Any

from adapters.store.private import opened_only

STATE = Path(os.environ.get("PROJECTIONIST_STATE", "/var/lib/projectionist"))


def _sqlite(name: str, busy_s: float) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": opened_only(STATE / name),
        "OPTIONS": {
            "timeout": busy_s,
            # A transaction that began as a reader cannot wait for the write lock: it would fail at once.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        },
    }


DATABASES = {
    # Requests: written by web and command line, in short transactions.
    "default": _sqlite("site.sqlite", busy_s=2.0),
    # The event log: written by the runtime only, whose writer tries again by itself.
    "log": _sqlite("log.sqlite", busy_s=0.5),
}
DATABASE_ROUTERS = ["adapters.store.router.StoreRouter"]
INSTALLED_APPS = ["adapters.store.apps.StoreConfig"]
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING_CONFIG = None  # the process that composes the site configures its logging
