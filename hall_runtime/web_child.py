# SPDX-License-Identifier: Apache-2.0
"""How the web's program is started. The runtime never imports it: it could end without the halls' noticing."""

import os
import sys
from pathlib import Path

from adapters.ssh.authority import PASSPHRASE_VARIABLE

ALARMS_VARIABLE = "PROJECTIONIST_ALARMS"
"""The configuration's `[alarms]` as JSON."""
_NOT_THE_WEBS = frozenset({"DJANGO_SETTINGS_MODULE", PASSPHRASE_VARIABLE})


def web_command(*arguments: str) -> list[str]:
    """Return the command line of `python -m web` with these arguments.

    With -P: a directory named `web` where somebody happens to stand is not mistaken for ours.
    """
    return [sys.executable, "-P", "-m", "web", *arguments]


def web_environment(state: Path) -> dict[str, str]:
    """Return our environment with the site's state directory, without what is the runtime's alone."""
    ours = {name: value for name, value in os.environ.items() if name not in _NOT_THE_WEBS}
    return ours | {"PROJECTIONIST_STATE": str(state.absolute())}
