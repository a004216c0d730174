# SPDX-License-Identifier: Apache-2.0
"""What a hall waits for is told in words: of each timer that a hall arms it is decided whether people see it."""

import re
from importlib import resources

from statemachines.hall import Deadline, Hall
from web.sight.deadline_view import AWAITED, deadline_view

ITS_OWN_BUSINESS = {"stop_repeat", "SHOW_DUE", "UNMASK"}  # a planned show and a shelved alarm tell it themselves


def armed_by_the_core() -> set[str]:
    sources = [file.read_text() for file in resources.files("statemachines").iterdir() if file.name.endswith(".py")]
    return {name for source in sources for name in re.findall(r'\barm\(\s*draft, "?(\w+)', source)}


def test_each_timer_has_its_words_or_none_on_purpose() -> None:
    assert armed_by_the_core() == AWAITED.keys() | ITS_OWN_BUSINESS


def test_the_deadline_that_is_due_first_is_told() -> None:
    def at(name: str, at_ns: int) -> Deadline:
        return Deadline(name=name, at_ns=at_ns, span_ns=5_000_000)

    hall = Hall(id="h1", deadlines=(at("lamp_hold", 9_000_000), at("runout", 7_000_000), at("stop_repeat", 1_000_000)))
    told = deadline_view(hall)
    assert told is not None
    assert (told.name, told.at_ms, told.span_ms) == ("runout", 7, 5)
    assert deadline_view(Hall(id="h1", deadlines=(at("unshelve:door_open", 1),))) is None
