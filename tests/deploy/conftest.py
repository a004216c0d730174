# SPDX-License-Identifier: Apache-2.0
"""Fixtures: `server`, a guest with a disk of its own; `server_factory` for one that is different, or for two."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.disk import Disks, make_disks
from tests.deploy.server import Server
from tests.deploy.variants import variants
from tests.vm.bench import Bench
from tests.vm.conftest import GUESTS, bench, measured, pytest_runtest_makereport, pytest_terminal_summary
from tests.vm.guest import GuestPlan
from tests.vm.verdict import verdict

__all__ = ["bench", "measured", "pytest_runtest_makereport", "pytest_terminal_summary"]


@pytest.fixture(scope="session")
def disks(bench: Bench) -> Disks:
    return make_disks(bench)


@pytest.fixture
def server_factory(bench: Bench, disks: Disks, request: pytest.FixtureRequest) -> Iterator[Callable[..., Server]]:
    """Give `factory(**plan)`: a server with the fields of GuestPlan, or `enforcing`; each is ended and judged."""
    servers: list[Server] = []
    guests = request.node.stash.setdefault(GUESTS, [])

    def start(*, enforcing: bool = False, **plan: Any) -> Server:
        server = Server(bench, disks, GuestPlan(modules=False, **plan), enforcing=enforcing)
        servers.append(server)
        guests.append(server)
        ends.callback(server.end)
        return server

    with ExitStack() as ends:
        yield start
        verdicts = [words for server in servers if (words := verdict(server))]
    if verdicts:
        pytest.fail("\n".join(verdicts), pytrace=False)


@pytest.fixture(scope="session")
def modules(bench: Bench) -> dict[str, Path]:
    """The modules of `variants` by their names."""
    return variants(bench.kernel)


@pytest.fixture
def server(server_factory: Callable[..., Server]) -> Server:
    return server_factory()
