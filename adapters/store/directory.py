# SPDX-License-Identifier: Apache-2.0
"""What people call the site, its halls and servers: told by the configuration, kept for whoever has only the store."""

from collections.abc import Sequence

from django.db import transaction

from adapters.store.models import HallEntry, ServerEntry, SiteEntry


def describe_site(*, site: SiteEntry, halls: Sequence[HallEntry], servers: Sequence[ServerEntry]) -> None:
    """Put these entries in the place of all that were there; the order of the halls is kept."""
    for place, hall in enumerate(halls):
        hall.place = place
    with transaction.atomic():
        for model in (SiteEntry, HallEntry, ServerEntry):
            model.objects.all().delete()
        site.save(force_insert=True)
        HallEntry.objects.bulk_create(halls)
        ServerEntry.objects.bulk_create(servers)


def site_entry() -> SiteEntry:
    """Return the site's entry; before any configuration was told one that is not stored, in UTC."""
    return SiteEntry.objects.first() or SiteEntry(id="site", name="This site")


def hall_entries() -> list[HallEntry]:
    """Return the halls in the order of the configuration."""
    return list(HallEntry.objects.order_by("place"))


def server_entries() -> list[ServerEntry]:
    """Return the servers by id."""
    return list(ServerEntry.objects.order_by("id"))
