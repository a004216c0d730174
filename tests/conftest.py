# SPDX-License-Identifier: Apache-2.0
"""What holds for every test."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# How long one example takes says more of what else the machine does than of the code; pytest's own limit stays.
# CI draws the same examples each time, so that what fails there is the change; everywhere else they are new ones.
settings.register_profile("shared machine", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("shared machine")


@pytest.fixture(autouse=True)
def _databases_of_the_test() -> Iterator[None]:
    """On a PostgreSQL server, what a test's sites had there goes with it."""
    yield
    if "DATABASE_URL" in os.environ:
        from tests.support.sites import end_databases  # late: other runs need no PostgreSQL

        end_databases()
