# SPDX-License-Identifier: Apache-2.0
"""The zone in which moments of a site are spelled."""

from datetime import UTC, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@lru_cache(maxsize=8)
def zone_of(name: str) -> tzinfo:
    """Return the zone of this IANA name; one that this machine does not know is read as UTC."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # no such file; not a name; a directory
        return UTC
