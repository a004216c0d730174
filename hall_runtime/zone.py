# SPDX-License-Identifier: Apache-2.0
"""The zone in which a site's clocks are read: the configuration's, else this machine's."""

import os
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_LINK = Path("/etc/localtime")
_FOLDER = "zoneinfo/"


def is_zone(name: str) -> bool:
    """Say whether this is an IANA zone that this machine knows."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # no such file; not a name; a directory
        return False
    return True


def machine_zone(link: Path = _LINK) -> str:
    """Return the machine's own zone: TZ, else what /etc/localtime leads to, else UTC."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if named and is_zone(named):
        return named
    _before, _folder, name = (os.readlink(link) if link.is_symlink() else "").partition(_FOLDER)
    return name if name and is_zone(name) else "UTC"
