# SPDX-License-Identifier: Apache-2.0
"""What a hall and its sessions look like beside the rows."""

from statemachines.hall import new_hall
from statemachines.history import mark_of, marked
from statemachines.now import Now, now_from, now_text
from statemachines.session_value import ControlSession
from statemachines.settings import Settings
from statemachines.values import canonical
from statemachines.words import Role


def test_put_together_from_the_texts_of_its_parts_it_is_the_same() -> None:
    hall, sessions = new_hall("h1", Settings()), tuple(ControlSession(role=role) for role in Role)
    for some in ((), sessions[:1], sessions):
        text = now_text(canonical(hall), [canonical(each) for each in some])
        assert text == canonical(Now(hall=hall, sessions=some))
        assert now_from(text) == Now(hall=hall, sessions=some)


def test_a_mark_from_the_text_is_the_mark_of_the_value() -> None:
    hall = new_hall("h1", Settings())
    assert marked(hall, canonical(hall)) == mark_of(hall)
