# SPDX-License-Identifier: Apache-2.0
"""The few things an action may do to a draft: send a command, arm or cancel a timer, raise or return an alarm."""

from msgspec.structs import replace

from statemachines import alarms
from statemachines.effects import ArmTimer, CancelTimer, Command, RaiseAlarm, ReturnAlarm
from statemachines.hall import Deadline, Hall, Pending, with_device
from statemachines.table import Draft
from statemachines.words import Role, State, Verb

HallDraft = Draft[Hall]


def command(draft: HallDraft, role: Role, verb: Verb, arg: str = "", *, safety: bool = False) -> None:
    """Send a command to a device that the hall has.

    A routine command to a device with no session is left out: when the session is up again, the snapshot read
    over it shows what differs. A safety command is always tried.
    """
    hall = draft.value
    device = hall.device(role)
    if role not in hall.settings.roles or not (safety or device.link.up):
        return
    cmd_seq = device.cmd_seq + 1
    pending = (*device.pending, Pending(cmd_seq=cmd_seq, verb=verb, arg=arg))
    draft.value = with_device(hall, role, cmd_seq=cmd_seq, pending=pending)
    draft.effects.append(Command(role=role, cmd_seq=cmd_seq, verb=verb, arg=arg, safety=safety))


def on_its_way(hall: Hall, role: Role, *orders: tuple[Verb, str]) -> bool:
    """Tell whether one of these commands was sent and not answered yet."""
    return any((each.verb, each.arg) in orders for each in hall.device(role).pending)


def arm(draft: HallDraft, name: str, span_ns: int) -> None:
    """Set a deadline `span_ns` from now; the same name again replaces it."""
    hall = draft.value
    at_ns = draft.at_ns + span_ns
    others = (each for each in hall.deadlines if each.name != name)
    deadlines = tuple(sorted((*others, Deadline(name=name, at_ns=at_ns, span_ns=span_ns)), key=lambda each: each.name))
    draft.value = replace(hall, deadlines=deadlines)
    draft.effects.append(ArmTimer(name=name, at_ns=at_ns))


def cancel(draft: HallDraft, *names: str) -> None:
    """Forget deadlines; those that are not armed are passed over."""
    for deadline in draft.value.deadlines:
        if deadline.name in names:
            draft.effects.append(CancelTimer(name=deadline.name))
    kept = tuple(each for each in draft.value.deadlines if each.name not in names)
    draft.value = replace(draft.value, deadlines=kept)


def raise_alarm(draft: HallDraft, name: str, words: str) -> None:
    """Raise an alarm, folded under the fault's root cause while there is one."""
    hall = draft.value
    root = hall.fault.cause if hall.state is State.FAULT and hall.fault.cause != name else ""
    now = alarms.raised(hall.alarms, name=name, words=words, at_ns=draft.at_ns, root=root)
    if now != hall.alarms:
        draft.value = replace(hall, alarms=now)
        draft.effects.append(RaiseAlarm(name=name, words=words, root=root))


def return_alarm(draft: HallDraft, name: str) -> None:
    """Note that an alarm's cause is gone."""
    hall = draft.value
    now = alarms.returned(hall.alarms, name)
    if now != hall.alarms:
        draft.value = replace(hall, alarms=now)
        draft.effects.append(ReturnAlarm(name=name))
