# SPDX-License-Identifier: Apache-2.0
"""The name by which devices know this controller."""

import os
import re
import secrets
import string
from contextlib import suppress
from pathlib import Path

from adapters.store.errors import StateUnusable

_ALPHABET = string.ascii_lowercase + string.digits
_SHAPE = re.compile(r"[a-z0-9]{1,16}")


def controller_id(state: Path) -> str:
    """Return the controller's id, `[a-z0-9]{16}`: drawn once, then read from STATE/controller (0600).

    Raises:
        StateUnusable: the file cannot be read or made, or holds something else.
    """
    kept = state / "controller"
    try:
        if not kept.exists():
            _draw(kept)
        name = kept.read_text(errors="replace").strip()
    except OSError as wrong:
        raise StateUnusable(f"{kept}: {wrong.strerror}") from wrong
    if not _SHAPE.fullmatch(name):
        raise StateUnusable(f"{kept}: expected [a-z0-9]{{1,16}}; remove it and a new id is drawn")
    return name


def _draw(kept: Path) -> None:
    drawn = kept.with_name(f"controller.{os.getpid()}")
    opened = os.open(drawn, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(opened, "".join(secrets.choice(_ALPHABET) for _ in range(16)).encode() + b"\n")
        os.fsync(opened)
    finally:
        os.close(opened)
    with suppress(FileExistsError):  # another process was first: its id holds
        os.link(drawn, kept)
    drawn.unlink()
