# SPDX-License-Identifier: Apache-2.0
"""The table of releases: added when they lie on the shelf, withdrawn, read. Not on an event loop: Django refuses it."""

from django.db import transaction

from adapters.store.errors import DeploymentRefused, DeploymentUnknown
from adapters.store.models import ReleaseEntry
from statemachines.deployment_facts import Release

SHORT = 12
"""So many letters of a release's sha256 people see."""


def releases(*, withdrawn: bool = True) -> list[ReleaseEntry]:
    """Return the releases, newest first; those that were withdrawn too, or not."""
    rows = ReleaseEntry.objects.order_by("-made_ns", "sha256")
    return list(rows if withdrawn else rows.filter(withdrawn_ns__isnull=True))


def release_named(*, name: str) -> ReleaseEntry:
    """Return the release of that sha256, the beginning of one, or that id: of several with one id the newest.

    Raises:
        DeploymentUnknown: there is none, or several begin so.
    """
    known = ReleaseEntry.objects.filter(name=name, withdrawn_ns__isnull=True).order_by("-made_ns").first()
    if known is not None:
        return known
    found = list(ReleaseEntry.objects.filter(sha256__startswith=name.lower())[:2]) if len(name) >= 4 else []
    if len(found) == 1:
        return found[0]
    why = f"several releases begin with {name}" if found else f"there is no release {name!r:.80} here"
    raise DeploymentUnknown(f"{why}: see the list of releases")


def release_of(*, sha256: str) -> ReleaseEntry:
    """Return one release.

    Raises:
        DeploymentUnknown: there is none of that name.
    """
    found = ReleaseEntry.objects.filter(pk=sha256).first()
    if found is None:
        raise DeploymentUnknown(f"there is no release {sha256[:SHORT]} here")
    return found


def release_value(entry: ReleaseEntry) -> Release:
    """Return a release as the machines know it."""
    return Release(
        id=entry.name,
        sha256=entry.sha256,
        size=entry.size,
        kernel=entry.kernel,
        vermagic=entry.vermagic,
        abi_min=entry.abi_min,
        abi_max=entry.abi_max,
        kernel_signed=entry.kernel_signed,
        needs=tuple(entry.needs),
    )


def add_release(
    *,
    release: Release,
    manifest: str,
    signature: str,
    signer: str,
    built_by: str,
    commit: str,
    notes: str,
    by: str,
    now_ns: int,
) -> tuple[ReleaseEntry, bool]:
    """Put a release, which lies on the shelf, into the table; the same one again changes nothing.

    Returns the entry, and whether it is new.

    Raises:
        DeploymentRefused: it was withdrawn, or another release that was not withdrawn has its id.
    """
    with transaction.atomic():
        known = ReleaseEntry.objects.filter(pk=release.sha256).first()
        if known is not None and known.withdrawn_ns is not None:
            raise DeploymentRefused(f"{release.id} was withdrawn: build it under another id")
        if known is not None:
            return known, False
        other = ReleaseEntry.objects.filter(name=release.id, withdrawn_ns__isnull=True).first()
        if other is not None:
            raise DeploymentRefused(
                f"there is another release {release.id} ({other.sha256[:SHORT]}): withdraw it first"
            )
        made = ReleaseEntry.objects.create(
            sha256=release.sha256,
            name=release.id,
            manifest=manifest,
            signature=signature,
            signer=signer,
            kernel=release.kernel,
            vermagic=release.vermagic,
            abi_min=release.abi_min,
            abi_max=release.abi_max,
            kernel_signed=release.kernel_signed,
            needs=list(release.needs),
            size=release.size,
            built_by=built_by,
            commit=commit,
            notes=notes,
            made_by=by,
            made_ns=now_ns,
        )
        return made, True


def withdraw_release(*, sha256: str, now_ns: int) -> ReleaseEntry:
    """Have no new roll-out take a release; those that were planned are not stopped by it. Again: nothing changes.

    Raises:
        DeploymentUnknown: there is none of that name.
    """
    entry = release_of(sha256=sha256)
    if entry.withdrawn_ns is None:
        entry.withdrawn_ns = now_ns
        entry.save(update_fields=["withdrawn_ns"])
    return entry
