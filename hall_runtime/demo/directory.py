# SPDX-License-Identifier: Apache-2.0
"""Where a demonstration keeps what it makes. Made anew each time; nothing else is ever removed."""

import shutil
from pathlib import Path

_MARK = "projectionist-demo"


class DirectoryTaken(Exception):
    """The demonstration's directory holds something that it did not make."""


def prepare(directory: Path) -> None:
    """Make the demonstration's directory anew.

    Raises:
        DirectoryTaken: it holds something that no demonstration made.
    """
    if directory.exists() and any(directory.iterdir()) and not (directory / _MARK).exists():
        raise DirectoryTaken(f"{directory} holds something that no demonstration made: name another with --directory")
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700, parents=True)
    (directory / _MARK).touch()
