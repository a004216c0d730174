# SPDX-License-Identifier: Apache-2.0
"""Which control sessions a hall wants open: the state owns them, nothing else opens or closes one."""

from statemachines.hall import Hall
from statemachines.words import Role, State


def wanted(hall: Hall) -> frozenset[Role]:
    """Return the roles whose sessions the hall wants: all of its roles, or none."""
    roles = hall.settings.roles
    needed = (
        hall.state is not State.IDLE
        or hall.warm_until_ns > hall.at_ns
        or hall.show_awaited
        or bool(hall.holds)
        or not hall.recovered
        or not all(hall.device(role).heard for role in roles)
    )
    return frozenset(roles) if needed else frozenset()
