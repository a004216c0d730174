# SPDX-License-Identifier: Apache-2.0
"""The configuration's names, written down for whoever has only the store: the web reads no `cinema.toml`."""

from hall_runtime.config import SiteConfig
from hall_runtime.zone import machine_zone


def describe(config: SiteConfig) -> None:
    """Put the configuration's site, halls and servers in the place of those that were told before. The site is open."""
    from adapters.store.directory import describe_site  # its models need the open site
    from adapters.store.models import HallEntry, ServerEntry, SiteEntry

    site = config.site
    describe_site(
        site=SiteEntry(id=site.id, name=site.name, zone=site.zone or machine_zone()),
        halls=[
            HallEntry(id=hall.id, name=hall.name, projection=hall.projection, sound=hall.sound or "")
            for hall in config.halls
        ],
        servers=[ServerEntry(id=server.id, host=server.host, port=server.port) for server in config.servers],
    )
