# SPDX-License-Identifier: Apache-2.0
"""A wall clock that can be set for one process, while its monotonic clock runs as it should."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.nemesis.deeds import Deeds

_LIBRARIES = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib", "/usr/lib64")


def library() -> str:
    """Return the path of libfaketime, or an empty string: Debian's package is `faketime`."""
    found = (Path(place, "faketime", "libfaketime.so.1") for place in _LIBRARIES)
    return next((str(path) for path in found if path.exists()), "")


class FakeClock:
    """The wall clock of every process that is started in `worn`; `file` says how far it is off."""

    def __init__(self, deeds: Deeds, file: Path) -> None:
        self._deeds, self._file = deeds, file
        self._write(0)

    def set(self, offset_s: int) -> None:
        """Let the clock be so many seconds ahead of the true one, from now on."""
        self._deeds.note(f"the controller's clock is {offset_s:+d} s off")
        self._write(offset_s)

    def _write(self, offset_s: int) -> None:
        """In one move, so that nobody reads half of it."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{offset_s:+d}s\n", encoding="ascii")
        os.replace(fresh, self._file)

    @contextmanager
    def worn(self) -> Iterator[None]:
        """Processes that are started within have this clock."""
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("LD_PRELOAD", library())
            environment.setenv("FAKETIME_TIMESTAMP_FILE", str(self._file))
            environment.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            environment.setenv("FAKETIME_NO_CACHE", "1")
            yield
