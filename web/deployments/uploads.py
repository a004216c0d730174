# SPDX-License-Identifier: Apache-2.0
"""Uploaded releases: bounded while they come in, verified before they are kept. No private key is here."""

import time
from collections.abc import Mapping
from typing import IO, Any

from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from typing_extensions import override

from adapters.releases.manifest import FILE_MOST
from adapters.releases.shelf import Shelf
from adapters.store.models import ReleaseEntry
from adapters.store.releases import add_release
from adapters.store.site import opened_state

UPLOAD_MOST = 2 * FILE_MOST
"""In bytes, of all files of a request together."""


class Bounded(FileUploadHandler):
    """Stands before Django's own handlers, and ends an upload that is larger than any release."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._come = 0

    @override
    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._come += len(raw_data)
        if self._come > UPLOAD_MOST:
            raise StopUpload(connection_reset=True)
        return raw_data

    @override
    def file_complete(self, file_size: int) -> None:
        return None


def take_release(
    *, manifest: bytes, signature: bytes, files: Mapping[str, IO[bytes]], by: str
) -> tuple[ReleaseEntry, bool]:
    """Verify a release, put it on the shelf and into the table; the same one again changes nothing.

    Returns the entry, and whether it is new.

    Raises:
        ReleaseRefused: it is not signed by somebody known, or a file is not what the manifest says.
        DeploymentRefused: it was withdrawn, or another one has its id.
    """
    found = Shelf(opened_state()).add(manifest, signature, files)
    return add_release(
        release=found.release,
        manifest=found.text,
        signature=found.signature,
        signer=found.signer,
        built_by=found.manifest.built_by,
        commit=found.manifest.commit,
        notes=found.manifest.notes,
        by=by,
        now_ns=time.time_ns(),
    )
