# SPDX-License-Identifier: Apache-2.0
"""The ASGI application: Django's, and the live stream beside it."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "web.settings")

from django.core.asgi import get_asgi_application  # Django reads its settings as it is imported

_django = get_asgi_application()

from web.stream.app import StreamApp  # noqa: E402  # it knows models: Django must be set up
from web.stream.hub import Hub  # noqa: E402
from web.stream.log import LogSource  # noqa: E402
from web.stream.wakeups import wakeups  # noqa: E402
from web.watch.settings import addresses_from  # noqa: E402
from web.watch.watcher import Watcher  # noqa: E402

application = StreamApp(_django, Hub(LogSource(), wakeups=wakeups()), Watcher(addresses_from(os.environ)))
