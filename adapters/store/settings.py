# SPDX-License-Identifier: Apache-2.0
"""Django settings of a site's two databases. The web's own settings extend these.

The state directory comes from the environment, PROJECTIONIST_STATE; `adapters.store.site.open_site` sets it. With
DATABASE_URL both aliases are connections to that one PostgreSQL database, else each is a file.
"""

import os
from pathlib import Path

from adapters.store.databases import databases

STATE = Path(os.environ.get("PROJECTIONIST_STATE", "/var/lib/projectionist"))
DATABASES = databases(STATE)
DATABASE_ROUTERS = ["adapters.store.router.StoreRouter"]
INSTALLED_APPS = ["adapters.store.apps.StoreConfig"]
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING_CONFIG = None  # the process that composes the site configures its logging
