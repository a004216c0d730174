# SPDX-License-Identifier: Apache-2.0
"""Files of the state directory that only the site's own user may read, and locks on them."""

import fcntl
import os
from pathlib import Path


def open_private(path: Path) -> int:
    """Open a file for reading and writing, made with mode 0600 where it is missing; return its descriptor."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def lock_at_once(descriptor: int) -> bool:
    """Take the exclusive lock of an open file. False: another open file holds it. Closing gives it back."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def opened_only(database: Path) -> str:
    """Return a database as SQLite's URI of a file that must be there.

    Made anew by whoever happens to look, an empty file would lead SQLite to delete the write-ahead log beside it.
    """
    return f"{database.absolute().as_uri()}?mode=rw"
