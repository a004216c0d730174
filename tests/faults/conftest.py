# SPDX-License-Identifier: Apache-2.0
"""What every test of faults shares: its campaign, and a nemesis whose deeds are shown when the test fails."""

from collections.abc import Iterator

import pytest

from tests.faults.campaign import Campaign, this_campaign
from tests.faults.nemesis.deeds import Deeds


@pytest.fixture(scope="session")
def campaign() -> Campaign:
    """Return how much of each campaign runs, and its seed."""
    return this_campaign()


@pytest.fixture
def deeds(campaign: Campaign) -> Iterator[Deeds]:
    """Return the book in which the nemesis writes what it did and when; printed at the end."""
    book = Deeds()
    yield book
    print(f"SEED={campaign.seed}\n{book}")
