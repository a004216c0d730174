# SPDX-License-Identifier: Apache-2.0
"""A cinema whose servers are guests with disks, under one runtime; releases go to them as people send them.

with DeployCinema(tmp_path, {"booth1": (one, ("h1",)), "booth2": (two, ("h2", "h3"))}) as site:
    site.start()
    site.add(release)
    rollout = site.begin(release, "booth1", "booth2")
    site.until_over(rollout, "booth1")
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from typing_extensions import override

from adapters.releases.shelf import MANIFEST, SIGNATURE
from hall_runtime.config import load_config
from hall_runtime.describe import describe
from statemachines.deployment_value import Deployment, DeploymentState
from statemachines.record import Record
from statemachines.rollout_value import Rollout
from tests.deploy.releases import Made, signer_line
from tests.deploy.server import Server
from tests.vm.cinema import GuestCinema, guest_hall, guest_server

ENDS = (DeploymentState.COMMITTED, DeploymentState.ROLLED_BACK, DeploymentState.FAILED)
LIMIT_S = 120.0
"""A guest whose processor others want, too, takes its time."""
T = TypeVar("T")


class DeployCinema(GuestCinema):
    """`servers` by id, each with its halls, and one hall of the booth. `ports` are other ways to servers."""

    def __init__(
        self,
        directory: Path,
        servers: Mapping[str, tuple[Server, Sequence[str]]],
        *,
        ports: Mapping[str, int] | None = None,
        feet: int = 100,
    ) -> None:
        super().__init__(directory, halls=("local1",), feet=feet)
        self.servers = {name: server for name, (server, _) in servers.items()}
        self._seats = {hall: name for name, (_, halls) in servers.items() for hall in halls}
        self._ports, self.feet = ports or {}, feet
        self.halls += tuple(self._seats)

    @override
    def _site_toml(self, authority: Path) -> str:
        parts = [super()._site_toml(authority), f"[deploy]\nsigners = {json.dumps([signer_line()])}"]
        for name, server in self.servers.items():
            server.trust(self._user_ca)
            parts.append(guest_server(name, server, self._ports.get(name, 0)))
        parts += [guest_hall(hall, f"Hall {hall}", name, name, self.feet) for hall, name in self._seats.items()]
        return "\n".join(parts) + "\n"

    @override
    def until(self, what: str, true: Callable[[], T], limit_s: float = LIMIT_S) -> T:
        return super().until(what, true, limit_s)

    @override
    def guest_of(self, hall: str) -> Server:
        return self.servers[self._seats[hall]]

    @override
    def start(self, limit_s: float = LIMIT_S) -> None:
        self._turn_here()
        describe(load_config(self.config))  # as whoever serves the board does
        super().start(limit_s)

    # What people do.

    def deploy(self, *words: str | Path) -> str:
        """Run `projectionist deploy`, which must work, and return what it prints."""
        done = self.ask("deploy", *words, "--state", self.state)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def add(self, release: Made) -> None:
        """Put a release on the shelf, as an upload to the board does."""
        self._turn_here()
        from web.deployments.uploads import take_release

        papers = {name: release.files[name].read_bytes() for name in (MANIFEST, SIGNATURE)}
        with ExitStack() as held:
            files = {
                name: held.enter_context(path.open("rb")) for name, path in release.files.items() if name not in papers
            }
            take_release(manifest=papers[MANIFEST], signature=papers[SIGNATURE], files=files, by="ada")

    def begin(self, release: Made, *servers: str) -> str:
        """Begin a roll-out with one canary, as the board does it, and return its id."""
        self._turn_here()
        from adapters.store.releases import release_of
        from adapters.store.rollouts import plan_rollout
        from adapters.store.services import ask_operator_request

        now_ns = time.time_ns()
        plan = plan_rollout(release=release_of(sha256=release.sha), servers=servers, by="ada", now_ns=now_ns)
        ask_operator_request(hall="", verb="rollout", args=["begin", plan.id], actor="ada", now_ns=now_ns)
        return plan.id

    # What the log says.

    def rollout(self, rollout: str) -> Rollout:
        self._turn_here()
        from adapters.store.rollouts_now import rollout_now

        found = rollout_now(rollout)
        assert found is not None, f"nothing is known of roll-out {rollout}"
        return found

    def deployment(self, rollout: str, server: str, attempt: int = 1) -> Deployment | None:
        """Return how a server's deployment stands; None before it is begun."""
        self._turn_here()
        from adapters.store.rollouts_now import deployment_now

        found = deployment_now(f"{rollout}.{server}.{attempt}")
        return found.deployment if found else None

    def steps(self, rollout: str, server: str, attempt: int = 1) -> list[Record]:
        """Return the rows of a server's deployment."""
        return self.rows(f"server:{server}", f"deploy:{rollout}.{server}.{attempt}")

    def until_over(self, rollout: str, server: str) -> Deployment:
        """Wait until a server's deployment has ended, and return it."""

        def ended() -> Deployment | None:
            found = self.deployment(rollout, server)
            return found if found is not None and found.state in ENDS else None

        found = self.until(f"the deployment of {rollout} to {server} is over", ended)
        assert found is not None
        return found
