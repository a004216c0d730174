# SPDX-License-Identifier: Apache-2.0
"""The fake site says what the API says: each of its answers fits the API's own shape."""

from typing import Any

import pytest

from tests.web.board.fake_graph import graph
from tests.web.board.fake_site import FakeSite


def shapes() -> dict[str, Any]:
    from web.api.shapes.event import Events
    from web.api.shapes.graph import Graph
    from web.api.shapes.hall import Halls, HallView
    from web.api.shapes.past import Past

    return {"halls": Halls, "graph": Graph, "past": Past, "at": HallView, "events": Events}


@pytest.mark.parametrize("name", ["halls", "graph", "past", "at", "events"])
def test_each_answer_fits_the_api(name: str) -> None:
    site = FakeSite()
    site.insert_film("h1")
    site.start("h1")
    site.break_film("h1")
    hall = site.halls["h1"]
    said = {
        "halls": site.board(),
        "graph": graph(hall),
        "past": site.past(hall, 0, 3_600_000),
        "at": site.at(hall, 1_000),
        "events": {"events": site.log, "next": None},
    }[name]
    shape = shapes()[name]
    assert shape.model_validate(said).model_dump(mode="json") == said
