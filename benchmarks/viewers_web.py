# SPDX-License-Identifier: Apache-2.0
"""The web process that is measured, as `python -m web serve` runs it, on a free port: `… STATE`; greets with `port`."""

import os
import sys
import threading
from pathlib import Path

from adapters.store.site import open_site
from benchmarks.scale_talk import say

os.environ["DJANGO_SETTINGS_MODULE"] = "web.settings"


def main() -> None:
    open_site(Path(sys.argv[1]))
    from web.asgi import application  # it knows models: Django must be set up
    from web.logging import set_up_logging
    from web.server import listening, run
    from web.serving import end_with_input

    set_up_logging()  # its lines must not come between those that the parent reads
    listener = listening("127.0.0.1", 0)
    threading.Thread(target=end_with_input, daemon=True).start()
    say({"port": listener.getsockname()[1]})
    run(application, listener)


if __name__ == "__main__":
    main()
