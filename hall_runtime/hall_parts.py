# SPDX-License-Identifier: Apache-2.0
"""What belongs to one hall at runtime."""

from collections.abc import Mapping

from hall_runtime.hearing import Hearing
from hall_runtime.keeper import HallKeeper
from hall_runtime.ports import Owner
from statemachines.settings import Settings
from statemachines.words import Role


class HallParts:
    """One hall's keeper, ears and session owners."""

    def __init__(self, keeper: HallKeeper, hearing: Hearing, owners: Mapping[Role, Owner], settings: Settings) -> None:
        self.keeper, self.hearing, self.owners, self.settings = keeper, hearing, owners, settings

    def round_trips_us(self) -> dict[Role, int | None]:
        """Return the last round trip of each session in µs, None where nothing is open."""
        now_ns = self.keeper.hall.at_ns
        return {role: owner.view(self.keeper.sessions[role], now_ns).rtt_us for role, owner in self.owners.items()}
