# SPDX-License-Identifier: Apache-2.0
"""Releases in the API and the admin: taken in when they are as they were signed, told, withdrawn."""

import pytest

from adapters.store.models import ReleaseEntry
from tests.support.releases import Signer, module
from tests.web.support.asking import Asking
from tests.web.support.deploying import API, Shipping, deployer, file, manager, refused
from web.accounts.models import AuditRow
from web.accounts.scopes import Scope
from web.deployments import uploads


def test_a_signed_release_is_taken_in_and_told_whole(shipping: Shipping) -> None:
    made = shipping.send()
    assert made.status_code == 201, made.content
    assert (made.json()["sha256"], made.json()["signer"], made.json()["made_by"]) == (
        shipping.sha256,
        "anna",
        "deploy's",
    )
    assert shipping.send().status_code == 201  # again is no harm
    ask = Asking()
    assert [each["id"] for each in ask("/releases")["releases"]] == ["reelctl-2"]
    detail = ask(f"/releases/{shipping.sha256}")
    assert [each["name"] for each in detail["files"]] == ["reelctl.ko", "reel-agent"]
    assert detail["wrong"] == []
    kept = shipping.state / "releases" / shipping.sha256 / "reelctl.ko"
    kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    assert ask(f"/releases/{shipping.sha256}")["wrong"] == [
        "It was changed after it was signed: reelctl.ko is not what the manifest says."
    ]


def test_no_answer_holds_the_signature_or_a_path(shipping: Shipping) -> None:
    answers = [shipping.send(), deployer().get(f"{API}/releases/{shipping.sha256}"), deployer().get(f"{API}/releases")]
    answers.append(shipping.send(**{"reelctl.ko": b"x"}))
    (shipping.state / "release_signers").unlink()
    answers.append(deployer().get(f"{API}/releases/{shipping.sha256}"))
    for answer in answers:
        text = answer.content.decode()
        assert "SSH SIGNATURE" not in text
        assert str(shipping.state) not in text
        assert "/tmp" not in text


def test_what_is_not_as_it_was_signed_is_refused_in_words(shipping: Shipping) -> None:
    eve = Signer(shipping.place.parent / "keys", "eve")
    eve.release(shipping.place.parent / "hers", {"reelctl.ko": module(), "reel-agent": b"#!/bin/sh\n"})
    told = {
        "It is not signed.": {"signature": b" "},
        "It is signed by somebody unknown.": {
            "signature": (shipping.place.parent / "hers" / "manifest.sig").read_bytes()
        },
        "It was changed after it was signed.": {"manifest": shipping.manifest.replace(b"Quieter", b"Louder!")},
        "It was changed after it was signed: reelctl.ko is not what the manifest says.": {"reelctl.ko": b"ELF?"},
    }
    for words, changed in told.items():
        answer = shipping.send(**changed)
        assert refused(answer, 422) == words
        assert answer.json()["error"]["code"] == "release_refused"
    assert ReleaseEntry.objects.count() == 0
    assert not list((shipping.state / "releases").glob("*"))


def test_an_upload_larger_than_any_release_is_not_kept(shipping: Shipping, monkeypatch: pytest.MonkeyPatch) -> None:
    size = sum(path.stat().st_size for path in shipping.place.iterdir())
    monkeypatch.setattr(uploads, "UPLOAD_MOST", size - 1)
    assert shipping.send().status_code == 422
    assert ReleaseEntry.objects.count() == 0
    monkeypatch.setattr(uploads, "UPLOAD_MOST", size)
    assert shipping.send().status_code == 201, "there is nothing else in its way"


def test_who_may_deploy_takes_releases_in_and_withdraws_them_in_the_admin(shipping: Shipping) -> None:
    client = manager(Scope.DEPLOY)
    files = {name: file(name, (shipping.place / name).read_bytes()) for name in ("reelctl.ko", "reel-agent")}
    form = {
        "manifest_file": file("manifest", shipping.manifest),
        "signature_file": file("manifest.sig", b" "),
        "module": files["reelctl.ko"],
        "agent": files["reel-agent"],
    }
    bad = client.post("/admin/store/releaseentry/add/", form)
    assert "it is not signed" in bad.content.decode()
    for sent in form.values():
        sent.seek(0)
    form["signature_file"] = file("manifest.sig", (shipping.place / "manifest.sig").read_bytes())
    made = client.post("/admin/store/releaseentry/add/", form)
    assert made.status_code == 302, made.content.decode()
    entry = ReleaseEntry.objects.get()
    assert (entry.sha256, entry.signer, entry.made_by) == (shipping.sha256, "anna", "manager")
    shown = client.get(f"/admin/store/releaseentry/{entry.pk}/change/").content.decode()
    assert entry.vermagic in shown
    assert "SSH SIGNATURE" not in shown
    assert "reelctl-2" in client.get("/admin/store/releaseentry/").content.decode()
    chosen = {"action": "withdraw", "_selected_action": [entry.pk]}
    assert client.post("/admin/store/releaseentry/", chosen).status_code == 302
    assert ReleaseEntry.objects.get().withdrawn_ns is not None
    told = [(row.actor, row.action, row.verdict) for row in AuditRow.objects.order_by("id")]
    assert told == [("manager", "add release", "done"), ("manager", "withdraw release", "done")]


@pytest.mark.usefixtures("state")
def test_who_operates_sees_no_releases_in_the_admin() -> None:
    client = manager(Scope.OPERATE)
    assert client.get("/admin/store/releaseentry/").status_code == 403
    assert "releaseentry" not in client.get("/admin/").content.decode()


# The pages' frames.
