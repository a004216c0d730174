# SPDX-License-Identifier: Apache-2.0
"""The safety rules of the hall core, told anew: each looks at one step and says what it breaks, or nothing.

They share nothing with the machine but its values, so that a mistake there is not made here as well.
"""

from collections.abc import Callable, Iterator

from statemachines import events as e
from statemachines.effects import Command, Effect, RaiseAlarm
from statemachines.hall import Hall, Pending
from statemachines.kernel_words import SAFETY_CLASSES
from statemachines.machine import Step
from statemachines.words import Lights, Motor, Role, State, Tension, Verb, Verdict

Rule = Callable[[Hall, e.Stamped, Step], str]
P, S = Role.PROJECTION, Role.SOUND


def _unsafe(hall: Hall) -> bool:
    projector = hall.projector
    return projector.dowser_open and not (projector.at_speed and projector.tension is Tension.GOOD)


def _closes(order: Pending | Command) -> bool:
    return order.verb is Verb.SAFE_STOP or (order.verb is Verb.DOWSER and order.arg == "close")


def _closing(hall: Hall) -> bool:
    """The newest word on the dowser that is not answered yet closes it."""
    words = [each for each in hall.projection.pending if each.verb in (Verb.DOWSER, Verb.SAFE_STOP)]
    return bool(words) and _closes(words[-1])


def _answers_a_failed_close(before: Hall, event: e.Event) -> bool:
    if not isinstance(event, e.CommandDone) or event.role is not P or event.result == "ok":
        return False
    return any(each.cmd_seq == event.cmd_seq and _closes(each) for each in before.projection.pending)


def _past(before: Hall, stamped: e.Stamped) -> bool:
    """A ring tells a runtime that has just started what is long over: nothing is commanded on its word."""
    return stamped.source is e.Source.RING and not before.recovered


def dowser(before: Hall, stamped: e.Stamped, step: Step) -> str:
    """Rule 1: light on film that does not run well leads to fault, or is being taken off."""
    after = step.hall
    excused = after.state is State.FAULT or _closing(after) or _past(before, stamped)
    if not _unsafe(after) or excused or after is before or _answers_a_failed_close(before, stamped.event):
        return ""
    return "the dowser stays open on film that does not run well"


def _entry(hall: Hall) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = [(P, Verb.SAFE_STOP, "")]
    if S in hall.settings.roles:
        found.append((S, Verb.SAFE_STOP, ""))
    return [*found, (P, Verb.LIGHTS, Lights.UP), ("alarm", hall.fault.cause)]


def _spelled(effects: tuple[Effect, ...]) -> Iterator[tuple[object, ...]]:
    for each in effects:
        if isinstance(each, Command):
            yield each.role, each.verb, each.arg
        elif isinstance(each, RaiseAlarm):
            yield "alarm", each.name


def order(before: Hall, stamped: e.Stamped, step: Step) -> str:
    """Rule 2: on the way into fault everything stops, in order, before people are told."""
    after = step.hall
    if after.state is not State.FAULT or before.state is State.FAULT or _past(before, stamped):
        return ""
    if S in after.settings.roles and P in after.settings.roles:
        expected = _entry(after)
        return "" if [*_spelled(step.effects)][: len(expected)] == expected else "the stop is out of order"
    return ""


def _clear(hall: Hall, at_ns: int) -> bool:
    """Hardware reads clear, as CONTRACTS has it."""
    projector, limit = hall.projector, hall.settings.timings.snapshot_fresh
    reads = [hall.device(role).read_ns for role in hall.settings.roles]
    lately = all(hall.fault.acknowledged_ns < read <= at_ns <= read + limit for read in reads)
    stands = projector.motor is Motor.STOP and not projector.at_speed and not projector.dowser_open
    hands_off = not (projector.estop or projector.local or projector.door_open or hall.dissent)
    return lately and stands and hands_off and (projector.tension is Tension.GOOD or not hall.film.present)


def latched(before: Hall, stamped: e.Stamped, step: Step) -> str:
    """Rule 3: fault is left by a person's reset after a person's acknowledgement, with clear hardware; else never."""
    if before.state is not State.FAULT or step.hall.state is State.FAULT:
        return ""
    event = stamped.event
    asked = isinstance(event, e.OperatorRequested) and event.verb == "reset" and not event.expired
    allowed = asked and before.fault.acknowledged_ns > 0 and _clear(before, stamped.at_ns)
    return "" if allowed else "the fault was left without a reset that may leave it"


_NETWORK = (e.SessionLost, e.SessionUp, e.WatchLost, e.WatchUp, e.CommandOverdue, e.ClockStepped, e.HallConfigured)


def _sound_show(event: e.Event) -> bool:
    """What this event read is a show that runs well."""
    shown = event.snapshot if isinstance(event, e.SnapshotRead) and event.role is P else None
    if isinstance(event, e.RuntimeRecovered):
        shown = event.projection
    runs = shown is not None and shown.motor is Motor.RUN and shown.at_speed and shown.dowser_open and shown.film
    return runs and shown is not None and shown.tension is Tension.GOOD and not shown.latched


def _only_the_network(before: Hall, event: e.Event) -> bool:
    if isinstance(event, e.EventsLost):
        return event.epoch == before.device(event.role).epoch
    if isinstance(event, e.SnapshotRead) and event.snapshot.epoch != before.projection.epoch:
        return False
    return isinstance(event, _NETWORK) or _sound_show(event)


def _stops(effect: Effect) -> bool:
    stops = (Verb.MOTOR, Motor.STOP), (Verb.DOWSER, "close"), (Verb.SAFE_STOP, "")
    return isinstance(effect, Command) and (effect.verb, effect.arg) in stops


def show_goes_on(before: Hall, stamped: e.Stamped, step: Step) -> str:
    """Rule 5: what only the network or the controller suffered never stops a show that runs well."""
    adopted = isinstance(stamped.event, e.RuntimeRecovered) and before.state is not State.FAULT
    if not _only_the_network(before, stamped.event) or _unsafe(step.hall):
        return ""
    if not (before.state is State.PROJECTING or (adopted and not before.sound.latched)):
        return ""
    kept = step.hall.state is State.PROJECTING and not any(_stops(each) for each in step.effects)
    return "" if kept or step.hall.latched else "the show was stopped though its film runs well"


def film_lost(before: Hall, stamped: e.Stamped, step: Step) -> str:
    """Rule 5, other half: losing the film stops the show."""
    lost = (e.FilmBroke, e.FilmRemoved, e.MotorStalled, e.LampFailed, e.DeviceRemoved)
    if before.state is not State.PROJECTING or not isinstance(stamped.event, lost) or step.hall is before:
        return ""
    held = any(hold.name == "deployment" for hold in before.holds) and isinstance(stamped.event, e.DeviceRemoved)
    return "the show goes on without film" if step.hall.state is State.PROJECTING and not held else ""


def held(before: Hall, stamped: e.Stamped, step: Step) -> str:
    """Rule 7: a hall that is held takes no film, and hears without alarm that its device goes."""
    after = step.hall
    if before.state is State.IDLE and after.state is State.THREADING and after.holds:
        return "a held hall took film"
    deployed = any(hold.name == "deployment" for hold in before.holds)
    if deployed and isinstance(stamped.event, e.DeviceRemoved) and after.state is not before.state:
        return "a device that a deployment took away was taken for a fault"
    return ""


def safety_event(before: Hall, stamped: e.Stamped, step: Step) -> str:
    """No state drops a safety event that was not heard before, nor an emergency stop, however old."""
    event = stamped.event
    if isinstance(event, SAFETY_CLASSES):
        device = before.device(event.role)
        if event.epoch == device.epoch and (event.hw_seq <= device.hw_seq or event.hw_seq in device.ahead):
            return ""
    elif not (isinstance(event, e.OperatorRequested) and event.verb == "emergency_stop"):
        return ""
    taken = step.verdict is not Verdict.REFUSAL and bool(step.edge) and step.hall.state is State.FAULT
    return "" if taken else "a safety event was dropped"


def told(_before: Hall, _stamped: e.Stamped, step: Step) -> str:
    """Each outcome has its reason."""
    return "" if step.reason else "no reason is given"


RULES: tuple[Rule, ...] = (dowser, order, latched, show_goes_on, film_lost, held, safety_event, told)


def broken(before: Hall, stamped: e.Stamped, step: Step) -> list[str]:
    """Return what a step breaks."""
    return [words for rule in RULES if (words := rule(before, stamped, step))]
