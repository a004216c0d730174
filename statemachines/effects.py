# SPDX-License-Identifier: Apache-2.0
"""Requests that a step makes of the outside world. Data only: whoever carries them out comes back with events."""

from statemachines.values import Value
from statemachines.words import Role, Verb


class Effect(Value, frozen=True, kw_only=True, tag_field="do"):
    """The base of all effects."""


class Command(Effect, frozen=True, kw_only=True, tag="command"):
    """Send one command to a device. `cmd_seq` is counted per device and never reset."""

    role: Role
    cmd_seq: int
    verb: Verb
    arg: str = ""
    safety: bool = False


class ArmTimer(Effect, frozen=True, kw_only=True, tag="arm_timer"):
    """Call back with `timer_due(name)` at `at_ns`; arming a name again replaces its deadline."""

    name: str
    at_ns: int


class CancelTimer(Effect, frozen=True, kw_only=True, tag="cancel_timer"):
    """Forget a deadline."""

    name: str


class NoteShow(Effect, frozen=True, kw_only=True, tag="note_show"):
    """Write down that a planned show `began` or `ended`: what the log says of a show is found by this."""

    show: str
    stage: str


class RaiseAlarm(Effect, frozen=True, kw_only=True, tag="raise_alarm"):
    """Tell people. `root` names the alarm under which this one is folded, or is empty."""

    name: str
    words: str
    root: str = ""


class ReturnAlarm(Effect, frozen=True, kw_only=True, tag="return_alarm"):
    """The alarm's cause is gone."""

    name: str
