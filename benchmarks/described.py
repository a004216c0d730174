# SPDX-License-Identifier: Apache-2.0
"""A site of eight halls that the web can tell of."""

from pathlib import Path

from adapters.store.site import open_site

HALLS = [f"h{number}" for number in range(1, 9)]


def open_described(state: Path) -> None:
    """Open the site, and describe it and its halls."""
    open_site(state)
    from adapters.store.directory import describe_site
    from adapters.store.models import HallEntry, SiteEntry

    entries = [HallEntry(id=hall, name=f"Hall {hall[1:]}", projection="booth", sound="rack") for hall in HALLS]
    describe_site(site=SiteEntry(id="bench", name="Bench"), halls=entries, servers=[])
