# SPDX-License-Identifier: Apache-2.0
"""The few things an action may do to a draft: send a command, arm or cancel a timer, raise or return an alarm."""

from msgspec.structs import replace

from statemachines import alarms
from statemachines.effects import ArmTimer, CancelTimer, Command, RaiseAlarm, ReturnAlarm
from statemachines.events import Source
from statemachines.hall import Deadline, Hall, Pending, with_device
from statemachines.table import Draft
from statemachines.words import Motor, Role, Sound, State, Verb

HallDraft = Draft[Hall]


def command(draft: HallDraft, role: Role, verb: Verb, arg: str = "", *, safety: bool = False) -> None:
    """Send a command to a device that the hall has.

    What the ring tells after a start of the runtime is past: it commands nothing, the hardware is read instead.
    A routine command is left out while the device has no session (the snapshot read over the next one shows what
    differs) and while hands are in the projector. A safety command is always tried. Of the same command sent twice
    only the newer one is waited for, so that what is pending is bounded by the device's vocabulary.
    """
    hall = draft.value
    device = hall.device(role)
    if not hall.recovered and draft.stamped.source is Source.RING:
        return
    local = role is Role.PROJECTION and hall.projector.local
    if role not in hall.settings.roles or not (safety or (device.link.up and not local)):
        return
    cmd_seq = device.cmd_seq + 1
    others = (each for each in device.pending if (each.verb, each.arg) != (verb, arg))
    pending = (*others, Pending(cmd_seq=cmd_seq, verb=verb, arg=arg))
    draft.value = with_device(hall, role, cmd_seq=cmd_seq, pending=pending)
    draft.effects.append(Command(role=role, cmd_seq=cmd_seq, verb=verb, arg=arg, safety=safety))


_SAFE_STOPPED = {Verb.DOWSER: "close", Verb.MOTOR: Motor.STOP, Verb.SOUND: Sound.MUTE, Verb.SAFE_STOP: ""}
"""What `safe_stop` does to each actuator that it touches."""


def on_its_way(hall: Hall, role: Role, verb: Verb, arg: str = "") -> bool:
    """Tell whether the last word sent to this actuator, and not answered yet, is this command."""
    for sent in reversed(hall.device(role).pending):
        if sent.verb is verb:
            return sent.arg == arg
        if sent.verb is Verb.SAFE_STOP and verb in _SAFE_STOPPED:
            return _SAFE_STOPPED[verb] == arg
    return False


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
    armed = [deadline.name for deadline in draft.value.deadlines if deadline.name in names]
    if not armed:
        return
    draft.effects += [CancelTimer(name=name) for name in armed]
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
