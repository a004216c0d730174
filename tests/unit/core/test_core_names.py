# SPDX-License-Identifier: Apache-2.0
"""What rows of the log call values and edges is read back."""

from typing import Any

import pytest

from statemachines.hall_table import HALL_TABLE
from statemachines.history import mark_of, state_in
from statemachines.session import SESSION_TABLE
from statemachines.table import Table, edge_named
from tests.support.story import Story


def test_a_mark_names_the_state_of_its_value() -> None:
    hall = Story().threaded().hall
    assert state_in(mark_of(hall)) == hall.state == "threading"


@pytest.mark.parametrize("table", [HALL_TABLE, SESSION_TABLE], ids=["hall", "session"])
def test_the_name_of_every_edge_says_from_where_to_where_and_why(table: Table[Any]) -> None:
    for edge in table.edges:
        assert edge_named(edge.name) == (edge.source, edge.dest or edge.source, edge.trigger)
