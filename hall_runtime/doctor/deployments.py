# SPDX-License-Identifier: Apache-2.0
"""Each server's door for deployments tried once: does root's login take our certificate, what would a module meet.

An inspection changes nothing: this may be done beside a running site, and beside a deployment.
"""

from adapters.ssh.deploy import open_deploy
from adapters.ssh.errors import CredentialRefused, HostKeyRefused, LinkError, ServerRefused
from hall_runtime.config import Server, SiteConfig
from hall_runtime.doctor.finding import Finding, worse
from hall_runtime.doctor.judge import judged_inspection
from hall_runtime.doctor.turns import in_turns
from hall_runtime.keyring import Keyring, root_address_of

CONNECT_LIMIT_S = 5.0
INSPECT_LIMIT_S = 10.0


async def deployments(config: SiteConfig, keyring: Keyring) -> list[Finding]:
    """Inspect every server of a site whose configuration names signers, a few at a time; each within 15 seconds."""
    return await in_turns(config, config.servers, lambda server: _tried(config, server, keyring))


async def _tried(config: SiteConfig, server: Server, keyring: Keyring) -> Finding:
    """Return what was found. A server that takes no deployment plays every show all the same: that is a warning."""
    about = f"{server.id}: deployments"
    enrol = f"enrol it again: projectionist enrol {server.id}"
    address = root_address_of(config, server)
    try:
        link = await open_deploy(address, keyring.mint_deploy(server), CONNECT_LIMIT_S)
    except (CredentialRefused, HostKeyRefused) as refused:
        return worse(about, str(refused), enrol)
    except (LinkError, ValueError) as failed:
        return worse(about, str(failed), f"is {address} switched on, is its address right, does sshd run?")
    try:
        seen = await link.inspect(limit_s=INSPECT_LIMIT_S)
    except (LinkError, ServerRefused) as failed:
        return worse(about, f"took our certificate, but: {failed}", enrol)
    finally:
        await link.close()
    return judged_inspection(about, seen.found)
