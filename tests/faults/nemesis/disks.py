# SPDX-License-Identifier: Apache-2.0
"""A disk so small that it can be filled."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.nemesis.deeds import Deeds


@contextmanager
def small_disk(place: Path, mib: int) -> Iterator[Path]:
    """Mount a tmpfs of `mib` MiB at `place`, a directory of the test's own. Needs root."""
    place.mkdir(parents=True, exist_ok=True)
    options = f"size={mib}m,mode=0700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True, capture_output=True)
    try:
        yield place
    finally:
        # Lazily: a process that is being killed may hold a file for a moment longer.
        subprocess.run(["umount", "--lazy", place], check=True, capture_output=True)


@contextmanager
def full(deeds: Deeds, place: Path) -> Iterator[None]:
    """Fill the disk at `place` to its last byte; room is made again at the end."""
    ballast = place / "ballast"
    with deeds.lasting(f"no byte is free on {place}"):
        try:
            _fill(ballast)
            yield
        finally:
            ballast.unlink(missing_ok=True)


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            while True:
                try:
                    os.write(file.fileno(), b"\0" * size)
                except OSError:
                    break
