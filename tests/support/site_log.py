# SPDX-License-Identifier: Apache-2.0
"""What a site's log says, in the words of tests. Read from outside, while its runtime writes it."""

import os
from pathlib import Path
from typing import Any

import msgspec

from statemachines.hall import Hall
from statemachines.history import HALL, state_in
from statemachines.now import Now, now_from
from statemachines.record import Record
from statemachines.session_value import ControlSession
from statemachines.words import Role, State
from tests.support.sites import open_site


class SiteLog:
    """The log of the site whose state directory is `state`. What is not committed yet is not seen."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self._rows: list[Record] = []

    def _turn_here(self) -> None:
        """Several sites may be read in one process; Django has one at a time."""
        if os.environ["PROJECTIONIST_STATE"] != str(self.state):
            open_site(self.state)

    def rows(self, hall: str, subject: str = "") -> list[Record]:
        """Return the hall's rows that are committed by now."""
        self._turn_here()
        from adapters.store.selectors import records

        self._rows += records(after_pos=self._rows[-1].pos if self._rows else 0)
        return [row for row in self._rows if row.stream == hall and (not subject or row.subject == subject)]

    def kinds(self, hall: str) -> list[str]:
        return [row.kind for row in self.rows(hall, HALL)]

    def now(self, hall: str) -> Now:
        """Return the hall and its sessions as the log has them."""
        self._turn_here()
        from adapters.store.selectors import hall_now

        found = hall_now(hall=hall)
        assert found is not None, f"nothing is known of {hall}"
        return now_from(found.value)

    def hall(self, hall: str) -> Hall:
        return self.now(hall).hall

    def session(self, hall: str, role: Role = Role.PROJECTION) -> ControlSession:
        return next(session for session in self.now(hall).sessions if session.role is role)

    def figures(self) -> dict[str, Any]:
        """Return what the runtime told of itself in its newest second, empty before it told anything."""
        self._turn_here()
        from adapters.store.models import RuntimeNow

        found = RuntimeNow.objects.first()
        told: dict[str, Any] = msgspec.json.decode(found.figures) if found else {}
        return told

    def hall_figures(self, hall: str) -> dict[str, Any]:
        """Return what the runtime told of a hall in its newest second, empty before it told anything."""
        self._turn_here()
        from adapters.store.models import HallNow

        told: dict[str, Any] = msgspec.json.decode(HallNow.objects.get(hall=hall).figures)
        return told

    def changes(self, hall: str) -> list[State]:
        """Return the states that the hall went through, the first one first."""
        states = [State.IDLE]
        for row in self.rows(hall, HALL):
            state = State(state_in(row.after))
            if state is not states[-1]:
                states.append(state)
        return states

    def commands(self, hall: str, role: Role = Role.PROJECTION) -> list[tuple[int, str]]:
        """Return every command that was sent to a device: its number and its words."""
        effects = (effect for row in self.rows(hall, HALL) for effect in row.effects)
        mine = (effect for effect in effects if effect["do"] == "command" and effect["role"] == role)
        return [(effect["cmd_seq"], f"{effect['verb']} {effect.get('arg', '')}".strip()) for effect in mine]

    def answers(self, hall: str, role: Role = Role.PROJECTION) -> dict[int, str]:
        """Return every answer by its command's number; a second answer to one command is an error."""
        done = [row.payload for row in self.rows(hall, HALL) if row.kind == "command_done"]
        mine = [payload for payload in done if payload["role"] == role]
        answers = {payload["cmd_seq"]: payload["result"] for payload in mine}
        assert len(answers) == len(mine), "a command was answered twice"
        return answers
