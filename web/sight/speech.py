# SPDX-License-Identifier: Apache-2.0
"""Words and times as a site's people read them."""

from datetime import UTC, datetime

from adapters.store.zone import zone_of
from statemachines.say import spoken

MS = 1_000_000
"""One ms in ns."""


def ms(at_ns: int) -> int:
    """Return a time or a span in whole ms."""
    return at_ns // MS


def ms_or_none(at_ns: int | None) -> int | None:
    """Return a time in ms, None where the value says 'never' with None or 0."""
    return at_ns // MS if at_ns else None


class Speech:
    """Spells the moments in sentences in one zone (IANA name); an unknown one is read as UTC."""

    def __init__(self, zone: str) -> None:
        self._zone = zone_of(zone)

    def say(self, words: str, at_ns: int) -> str:
        """Return the sentence as it reads with the zone's clocks of `at_ns`."""
        return spoken(words, self.offset_s(at_ns)) if "<t:" in words else words

    def offset_s(self, at_ns: int) -> int:
        """Return how many seconds east of UTC the zone's clocks are at that time."""
        offset = datetime.fromtimestamp(at_ns // 1_000_000_000, UTC).astimezone(self._zone).utcoffset()
        return 0 if offset is None else int(offset.total_seconds())
