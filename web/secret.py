# SPDX-License-Identifier: Apache-2.0
"""The key that signs sessions: drawn once for a site, readable by its user alone."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path


def secret_key(state: Path) -> str:
    """Return the text of STATE/web.secret (0600), drawn when it is missing.

    The file appears with its text in it: who asks at the same moment, in another thread or process, reads no empty one.
    """
    path = state / "web.secret"
    if not path.exists():
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        _draw(path)
    return path.read_text()


def _draw(path: Path) -> None:
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".web.secret-") as file:  # 0600 by itself
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
        with suppress(FileExistsError):  # another was faster, and his counts
            os.link(file.name, path)
