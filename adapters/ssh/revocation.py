# SPDX-License-Identifier: Apache-2.0
"""Which certificates are revoked: a small file of ours, one JSON line each, until a certificate's own end."""

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec


class RevocationsUnreadable(Exception):
    """The file of revoked serials is damaged; the text names the line."""


class Revoked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One revoked certificate; `until_s` is when it ends by itself, in Unix seconds."""

    serial: int
    until_s: int


@dataclass(frozen=True, slots=True)
class RevocationStore:
    """The file `revoked.jsonl` of a site. It has one writer."""

    path: Path

    def current(self, now_s: int) -> tuple[int, ...]:
        """Return the serials whose certificates have not ended yet, ascending.

        Raises:
            RevocationsUnreadable: the file is damaged.
        """
        return tuple(sorted(entry.serial for entry in self._entries() if entry.until_s > now_s))

    def add(self, revoked: Revoked, *, now_s: int) -> None:
        """Remember one more, forget those whose certificates have ended; a crash leaves the old or the new file."""
        kept = {entry.serial: entry for entry in self._entries() if entry.until_s > now_s}
        kept[revoked.serial] = revoked
        lines = [msgspec.json.encode(kept[serial]) + b"\n" for serial in sorted(kept)]
        fresh = self.path.with_name(self.path.name + ".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(handle)
        fresh.replace(self.path)

    def _entries(self) -> list[Revoked]:
        if not self.path.exists():
            return []
        entries = []
        for number, line in enumerate(self.path.read_bytes().splitlines(), 1):
            try:
                entries.append(msgspec.json.decode(line, type=Revoked))
            except msgspec.DecodeError as wrong:
                raise RevocationsUnreadable(
                    f"{self.path} line {number}: {wrong}; restore the file, or revoke those keys again"
                ) from wrong
        return entries
