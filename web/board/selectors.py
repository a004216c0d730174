# SPDX-License-Identifier: Apache-2.0
"""What the pages' frames say before the components have asked for anything."""

from adapters.store.directory import hall_entries, site_entry
from adapters.store.selectors import hall_now


def site_name() -> str:
    """Return what people call the site."""
    return site_entry().name


def hall_name(*, hall: str) -> str | None:
    """Return what people call a hall; its id when no configuration was told; None when there is no such hall."""
    entries = hall_entries()
    if entries:
        return next((entry.name for entry in entries if entry.id == hall), None)
    return hall if hall_now(hall=hall) is not None else None
