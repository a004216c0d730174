# SPDX-License-Identifier: Apache-2.0
"""Where reading the past begins: the value nearest before an instant, from which its rows lead on."""

from dataclasses import dataclass

from adapters.store.selectors import checkpoints
from adapters.store.selectors_past import first_row_ns, waypoint_before
from statemachines.hall import new_hall
from statemachines.now import Now, NowUnreadable, now_from
from statemachines.say import moment
from statemachines.session_value import ControlSession
from statemachines.settings import Settings
from statemachines.words import Role


class PastUnknown(Exception):
    """What was then cannot be told; the words say why. `before_all`: nothing was logged that early."""

    def __init__(self, words: str, *, before_all: bool = False) -> None:
        self.before_all = before_all
        super().__init__(words)


@dataclass(frozen=True)
class Base:
    """A hall's stored value after its row `log_seq`; number 0 and an empty text are its log's beginning."""

    hall: str
    log_seq: int
    at_ns: int
    text: str

    def now(self) -> Now:
        """Return the value.

        Raises:
            PastUnknown: another version of the controller wrote it.
        """
        if not self.text:
            sessions = tuple(ControlSession(role=role) for role in Role)
            return Now(hall=new_hall(self.hall, Settings()), sessions=sessions)
        try:
            return now_from(self.text)
        except NowUnreadable:
            raise PastUnknown(
                f"Another version of the controller wrote the log of {self.hall} then: replay it with that version."
            ) from None


def base_before(*, hall: str, at_ns: int, or_first: bool = False) -> Base:
    """Return the nearest value at or before that time: a waypoint, what prune left, or the beginning (≤ 3 queries).

    With `or_first` a log that begins later is read from its beginning.

    Raises:
        PastUnknown: the hall's log begins later, or holds nothing.
    """
    waypoint = waypoint_before(hall=hall, at_ns=at_ns)
    if waypoint is not None:
        return Base(hall, waypoint.log_seq, waypoint.at_ns, waypoint.value)
    base = _beginning(hall)
    if base.at_ns > at_ns and not or_first:
        raise PastUnknown(f"What is known of {hall} begins at {moment(base.at_ns)}.", before_all=True)
    return base


def _beginning(hall: str) -> Base:
    left = checkpoints(stream=hall)
    if left:
        return Base(hall, left[0].log_seq, left[0].at_ns, left[0].value)
    first_ns = first_row_ns(hall=hall)
    if first_ns is None:
        raise PastUnknown(f"Nothing of {hall} has been logged yet.", before_all=True)
    return Base(hall, 0, first_ns, "")
