# SPDX-License-Identifier: Apache-2.0
"""The server is gone in the middle of a show: the hall goes on, safety acts, and nothing of it is missing later."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connections

from tests.faults.campaign import this_campaign
from tests.faults.outage import lives_through
from tests.faults.stage import FEET, FPS
from tests.support.multiplex import Multiplex
from tests.support.sites import the_server


@contextmanager
def without_server() -> Iterator[None]:
    server = the_server()
    server.stop("immediate")
    try:
        yield
    finally:
        server.start()
        connections.close_all()


@pytest.mark.timeout(300)
def test_a_show_whose_server_is_gone(tmp_path: Path) -> None:
    with Multiplex(tmp_path, feet=FEET, fps=FPS) as site:
        lives_through(site, this_campaign(), "server gone", without_server())
