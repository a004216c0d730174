# SPDX-License-Identifier: Apache-2.0
"""Where a demonstration keeps what it makes. Made anew each time; nothing else is ever removed."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MARK = "projectionist-demo"


class DirectoryTaken(Exception):
    """The demonstration's directory holds something that it did not make, or another one runs there."""


@contextmanager
def own_directory(directory: Path) -> Iterator[None]:
    """Make the demonstration's directory anew and keep others out of it.

    Raises:
        DirectoryTaken: it holds something that no demonstration made, or one runs there.
    """
    mark = directory / _MARK
    if directory.exists() and any(directory.iterdir()) and not mark.exists():
        raise DirectoryTaken(f"{directory} holds something that no demonstration made: name another with --directory")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = os.open(mark, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DirectoryTaken(f"a demonstration runs in {directory}: name another with --directory") from None
        for old in directory.iterdir():
            if old.name != _MARK:
                shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
        yield
    finally:
        os.close(held)
