# SPDX-License-Identifier: Apache-2.0
"""What the controller asks of a server when it revokes a key, or listens, is what the server was enrolled for."""

from pathlib import Path

import pytest

from adapters.ssh.credential import Credential
from adapters.ssh.enrol import EnrolPlan, enrolment_script
from adapters.ssh.hostkeys import ServerAddress
from hall_runtime import keyring as keyrings
from hall_runtime.config import load_config
from hall_runtime.keyring import Keyring, root_address_of
from tests.support.ssh import authority

EXAMPLE = Path(__file__).parents[2] / "packaging" / "cinema.toml"


@pytest.mark.parametrize("deploys", [False, True])
async def test_the_list_is_pushed_with_the_command_that_enrolment_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deploys: bool
) -> None:
    # sshd refuses a certificate whose command differs from the one beside its principal.
    pushed: list[Credential] = []
    users: set[str] = set()

    async def push(address: ServerAddress, credential: Credential, _krl: bytes, *, limit_s: float) -> None:
        assert limit_s > 0
        pushed.append(credential)
        users.add(address.user)

    monkeypatch.setattr(keyrings, "push_krl", push)
    example = load_config(EXAMPLE)
    signers = [f"me@example.org {authority().public_line}"] if deploys else []
    changed = {
        "site": example.site.model_copy(update={"state": str(tmp_path)}),
        "deploy": example.deploy.model_copy(update={"signers": signers}),
    }
    config = example.model_copy(update=changed)
    outcome = await Keyring(config, authority()).revoke(5)
    assert outcome == dict.fromkeys(("proj1", "proj2", "sound"), "ok")
    plan = EnrolPlan(
        server="proj1",
        seats=(("h1", "projection"),),
        authority_line=authority().public_line,
        controllers=tuple(config.ssh.source_address),
        watched=config.kernel.subsystem,
        signers=tuple(config.deploy.signers),
    )
    keyring = Keyring(config, authority())
    minted = [*pushed, keyring.mint_watch(config.servers[0])]
    if deploys:
        minted.append(keyring.mint_deploy(config.servers[0]))
        assert root_address_of(config, config.servers[0]).user == "root"
    assert users == {"root" if deploys else "reel"}
    for credential in minted:
        allowed = f'command="{credential.order.force_command}" {credential.principal}'
        assert allowed in enrolment_script(plan)
