# SPDX-License-Identifier: Apache-2.0
"""What the controller asks of a server when it revokes a key is what the server was enrolled for."""

from pathlib import Path

import pytest

from adapters.ssh.credential import Credential
from adapters.ssh.enrol import EnrolPlan, enrolment_script
from adapters.ssh.hostkeys import ServerAddress
from hall_runtime import keyring as keyrings
from hall_runtime.config import load_config
from hall_runtime.keyring import Keyring
from tests.support.ssh import authority

EXAMPLE = Path(__file__).parents[2] / "packaging" / "cinema.toml"


async def test_the_list_is_pushed_with_the_command_that_enrolment_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # sshd refuses a certificate whose command differs from the one beside its principal.
    pushed: list[Credential] = []

    async def push(_address: ServerAddress, credential: Credential, _krl: bytes, *, limit_s: float) -> None:
        assert limit_s > 0
        pushed.append(credential)

    monkeypatch.setattr(keyrings, "push_krl", push)
    example = load_config(EXAMPLE)
    config = example.model_copy(update={"site": example.site.model_copy(update={"state": str(tmp_path)})})
    outcome = await Keyring(config, authority()).revoke(5)
    assert outcome == dict.fromkeys(("proj1", "proj2", "sound"), "ok")
    plan = EnrolPlan(
        server="proj1",
        seats=(("h1", "projection"),),
        authority_line=authority().public_line,
        controllers=tuple(config.ssh.source_address),
    )
    for credential in pushed:
        allowed = f'command="{credential.order.force_command}" {credential.principal}'
        assert allowed in enrolment_script(plan)
