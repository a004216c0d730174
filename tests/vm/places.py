# SPDX-License-Identifier: Apache-2.0
"""Where the bench keeps what it makes, so that a second run starts in seconds: `build/vm/KIND-KEY`."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
BUILD = REPOSITORY / "build" / "vm"
_KEPT = 4
"""Of each kind so many are kept, the last used ones: several people's work may share the directory."""


class BenchFailed(Exception):
    """The bench could not be made; the text says what was missing and what to do."""


def digest(*parts: str | bytes) -> str:
    """Return a short key of what went into something."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()[:16]


def file_digest(*paths: Path) -> str:
    """Return a short key of the contents and names of files."""
    return digest(*(part for path in paths for part in (path.name, path.read_bytes())))


def made(kind: str, key: str, make: Callable[[Path], None]) -> Path:
    """Return the directory `build/vm/KIND-KEY`; `make` fills it the first time. One process at a time makes it."""
    place = BUILD / f"{kind}-{key}"
    with _alone(kind):
        if not place.exists():
            new = BUILD / f"{kind}-{key}.new"
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir(parents=True)
            make(new)
            new.rename(place)
        os.utime(place)
        _prune(kind)
    return place


def run(*words: str | Path, cwd: Path | None = None, stdin: bytes | None = None) -> str:
    """Run a program and return what it says.

    Raises:
        BenchFailed: it failed, with its last words.
    """
    done = subprocess.run(words, cwd=cwd, input=stdin, capture_output=True, check=False)
    said = (done.stdout + done.stderr).decode(errors="replace")
    if done.returncode:
        raise BenchFailed(f"{' '.join(map(str, words))} ended with status {done.returncode}:\n{said[-4000:]}")
    return done.stdout.decode(errors="replace")


@contextmanager
def _alone(kind: str) -> Iterator[None]:
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / f".{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _prune(kind: str) -> None:
    there = sorted(BUILD.glob(f"{kind}-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in there[_KEPT:]:
        shutil.rmtree(old)
