# SPDX-License-Identifier: Apache-2.0
"""Whoever may deploy, at the API and in the admin, and a signed release that they send."""

from io import BytesIO
from pathlib import Path
from typing import Any

from django.test import Client

from adapters.releases.manifest import sha256_of
from tests.support.releases import Signer, module
from tests.web.support.access import bearer, person
from web.accounts.models import User
from web.accounts.people import set_scope
from web.accounts.scopes import Scope

API = "/api/v1"


def deployer(scope: Scope = Scope.DEPLOY) -> Client:
    return Client(headers=bearer(scope, f"{scope}'s"))


def post(path: str, body: dict[str, Any] | None = None, client: Client | None = None) -> Any:
    return (client or deployer()).post(f"{API}{path}", body or {}, "application/json")


def asked(path: str, **body: Any) -> Any:
    answer = post(path, body)
    assert answer.status_code in (200, 201), answer.content
    return answer.json()


def refused(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.content
    words: str = answer.json()["error"]["words"]
    return words


def manager(scope: Scope) -> Client:
    set_scope(name=person(scope, "manager").username, scope=scope)
    client = Client()
    client.force_login(User.objects.get(username="manager"))
    return client


class Shipping:
    """A release in a directory, and a way to send it."""

    def __init__(self, state: Path, tmp_path: Path) -> None:
        self.state, self.place = state, tmp_path / "release"
        self.signer = Signer(tmp_path / "keys")
        self.signer.may_sign(state / "release_signers")
        self.manifest = self.signer.release(self.place, {"reelctl.ko": module(), "reel-agent": b"#!/bin/sh\n"})
        self.sha256 = sha256_of(self.manifest)

    def send(self, **changed: bytes) -> Any:
        """Send all of it, some parts of it changed: manifest, signature, or a file by its name."""
        said = {"manifest": self.manifest, "signature": (self.place / "manifest.sig").read_bytes()} | changed
        files = {name: changed.get(name, (self.place / name).read_bytes()) for name in ("reelctl.ko", "reel-agent")}
        form = {name: file(name, said[name]) for name in ("manifest", "signature")}
        return deployer().post(f"{API}/releases", form | {"files": [file(*each) for each in files.items()]})


def file(name: str, data: bytes) -> BytesIO:
    """Return a file as a form sends it."""
    sent = BytesIO(data)
    sent.name = name
    return sent
