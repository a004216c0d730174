# SPDX-License-Identifier: Apache-2.0
"""Releases: listed, taken in, withdrawn."""

import time

from django.http import HttpRequest
from ninja import File, Path, Router, Status
from ninja.files import UploadedFile

from adapters.releases.manifest import MANIFEST_MOST, NAMES
from adapters.releases.signing import SIGNATURE_MOST
from adapters.store import releases as known
from web.accounts.audit import Deed, note_deed
from web.accounts.auth import caller_of, needs
from web.accounts.scopes import Scope
from web.api.errors import answers
from web.api.shapes.deployment import ReleaseDetail, Releases, ReleaseSum, ReleaseView
from web.deployments.refusals import told
from web.deployments.uploads import take_release
from web.deployments.views_of import release_detail, release_view

router = Router()


@router.get("/releases", response=answers(Releases))
def releases(request: HttpRequest) -> Releases:
    """Return all releases, newest first."""
    return Releases(releases=[release_view(entry) for entry in known.releases()])


@router.post("/releases", response=answers(ReleaseView, ok=201), auth=needs(Scope.DEPLOY))
def add_release(
    request: HttpRequest, manifest: File[UploadedFile], signature: File[UploadedFile], files: File[list[UploadedFile]]
) -> Status[ReleaseView]:
    """Take in a signed release: its manifest, the detached signature over it, and its files by their names.

    What is not signed by somebody known, or is not what the manifest says, is refused. The same one again is no harm.
    """
    given = {each.name: each.file for each in files if each.name in NAMES and each.file is not None}
    with told():
        entry, is_new = take_release(
            manifest=manifest.read(MANIFEST_MOST + 1),
            signature=signature.read(SIGNATURE_MOST + 1),
            files=given,
            by=caller_of(request).actor,
        )
    note_deed(request, Deed(action="add release", detail=str(entry), verdict="done" if is_new else "unchanged"))
    return Status(201, release_view(entry))


@router.get("/releases/{sha256}", response=answers(ReleaseDetail, 404))
def one_release(request: HttpRequest, sha256: Path[ReleaseSum]) -> ReleaseDetail:
    """Return one release with its files; they are read and verified anew."""
    with told():
        return release_detail(known.release_of(sha256=sha256))


@router.post("/releases/{sha256}/withdraw", response=answers(ReleaseView, 404), auth=needs(Scope.DEPLOY))
def withdraw_release(request: HttpRequest, sha256: Path[ReleaseSum]) -> ReleaseView:
    """Have no new roll-out take a release. Roll-outs that were planned with it are not stopped."""
    with told():
        entry = known.withdraw_release(sha256=sha256, now_ns=time.time_ns())
    note_deed(request, Deed(action="withdraw release", detail=str(entry), verdict="done"))
    return release_view(entry)
