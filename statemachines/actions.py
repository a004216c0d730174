# SPDX-License-Identifier: Apache-2.0
"""Actions of the hall's edges: each changes the draft and appends effects, nothing else."""

from msgspec.structs import replace

from statemachines import actuators, alarms, film
from statemachines import events as e
from statemachines.drafting import HallDraft, arm, cancel, command, on_its_way, raise_alarm, return_alarm
from statemachines.hall import Fault
from statemachines.settings import MINUTE, SECOND
from statemachines.words import Lamp, Lights, Motor, Role, Sound, State, Verb

P, S = Role.PROJECTION, Role.SOUND
UNMASK = "unshelve:"


def close_dowser(draft: HallDraft) -> None:
    command(draft, P, Verb.DOWSER, "close", safety=True)


def mute(draft: HallDraft) -> None:
    command(draft, S, Verb.SOUND, Sound.MUTE)


def stop_motor(draft: HallDraft) -> None:
    command(draft, P, Verb.MOTOR, Motor.STOP, safety=True)


def run_motor(draft: HallDraft) -> None:
    draft.change(analog=False)
    command(draft, P, Verb.MOTOR, Motor.RUN)
    arm(draft, "start_overdue", draft.value.settings.timings.start_overdue)


def lights_up(draft: HallDraft) -> None:
    command(draft, P, Verb.LIGHTS, Lights.UP)


def open_gate(draft: HallDraft) -> None:
    """Film runs at speed: light on it, sound with it, the room dark."""
    if actuators.light_on_film(draft.value):
        command(draft, P, Verb.DOWSER, "open")
        command(draft, S, Verb.SOUND, actuators.heard_as(draft.value))
        command(draft, P, Verb.LIGHTS, draft.value.room_lights)


def expect_threading(draft: HallDraft) -> None:
    """Film that is ready was threaded already: a fault or a hold only came between."""
    if not draft.value.film.ready:
        arm(draft, "threading_overdue", draft.value.settings.timings.threading_overdue)


def strike_lamp(draft: HallDraft) -> None:
    """The lamp is struck once and then kept; a start that never comes lets it go out."""
    draft.change(lamp_wanted=True)
    if draft.value.projector.lamp not in (Lamp.LIT, Lamp.STRIKING):
        command(draft, P, Verb.LAMP, "on")
        arm(draft, "lamp_overdue", draft.value.settings.timings.lamp_overdue)
    hold_lamp(draft)


def hold_lamp(draft: HallDraft) -> None:
    if draft.value.lamp_wanted:
        arm(draft, "lamp_hold", draft.value.settings.timings.lamp_hold)


def keep_lamp(draft: HallDraft) -> None:
    draft.change(lamp_wanted=True)
    cancel(draft, "lamp_hold")


def lamp_off(draft: HallDraft) -> None:
    draft.change(lamp_wanted=False)
    cancel(draft, "lamp_hold")
    if draft.value.projector.lamp not in (Lamp.COLD, Lamp.COOLING):
        command(draft, P, Verb.LAMP, "off")


def expect_runout(draft: HallDraft) -> None:
    """The device runs the tail out and stops by itself; should it not, the motor is stopped from here."""
    arm(draft, "runout", draft.value.settings.timings.runout)


def next_reel(draft: HallDraft) -> None:
    reel = draft.value.film.reel + 1
    draft.change(film=replace(draft.value.film, reel=reel, between=True, ready=False))
    hold_lamp(draft)


def rewind_motor(draft: HallDraft) -> None:
    """A platter does not rewind: there the state ends when the film leaves."""
    hall = draft.value
    if hall.settings.platter:
        return
    if hall.projector.motor is not Motor.REWIND and not on_its_way(hall, P, Verb.MOTOR, Motor.REWIND):
        command(draft, P, Verb.MOTOR, Motor.REWIND)
    expect_rewound(draft)


def expect_rewound(draft: HallDraft) -> None:
    """Half as long again as the whole reel takes at the archive's speed, and a margin."""
    hall = draft.value
    if hall.settings.platter:
        return
    feet = hall.film.feet[min(hall.film.reel, len(hall.film.feet)) - 1]
    rewinding_ns = film.rewind_ms(feet, hall.settings.fps_milli) * 1_500_000
    arm(draft, "rewind_overdue", rewinding_ns + hall.settings.timings.rewind_margin)


def film_is_new(draft: HallDraft) -> None:
    draft.change(film=replace(draft.value.film, ready=False, tail=False))


def forget_programme(draft: HallDraft) -> None:
    draft.change(film=replace(draft.value.film, reel=1, between=False))


def film_left_during_show(draft: HallDraft) -> None:
    raise_alarm(draft, "film_left_gate", "the film left the gate during the show")


def motor_stopped_by_itself(draft: HallDraft) -> None:
    raise_alarm(draft, "motor_stopped", "the motor stopped during the show without a command")


def show_went_on(draft: HallDraft) -> None:
    words = "the controller was away for longer than the projector's lease: the show went on by itself"
    raise_alarm(draft, "lease_ended", words)


def safe_stop(draft: HallDraft) -> None:
    """Dowser, projector-side mute and motor in the device's own order; then the sound server; then the lights."""
    command(draft, P, Verb.SAFE_STOP, safety=True)
    command(draft, S, Verb.SAFE_STOP, safety=True)
    command(draft, P, Verb.LIGHTS, Lights.UP, safety=True)
    hall = draft.value
    draft.change(fault=replace(hall.fault, asked_ns=draft.at_ns, confirmed=False))
    arm(draft, "stop_repeat", hall.settings.timings.stop_repeat)
    arm(draft, "stop_confirm", hall.settings.timings.stop_confirm)


def repeat_stop(draft: HallDraft) -> None:
    """Until the hardware shows dowser closed and motor stopped; with no session the next one asks again."""
    for role in draft.value.settings.roles:
        if draft.value.device(role).link.up and not on_its_way(draft.value, role, Verb.SAFE_STOP):
            command(draft, role, Verb.SAFE_STOP, safety=True)
    arm(draft, "stop_repeat", draft.value.settings.timings.stop_repeat)


def stop_not_confirmed(draft: HallDraft) -> None:
    raise_alarm(
        draft,
        "stop_not_confirmed",
        "the projector has not confirmed the stop: look at it, press the red button",
    )


_CAUSES: dict[str, tuple[str, str]] = {
    "emergency_stop": ("emergency_stop", "emergency stop"),
    "film_broke": ("film_break", "the film broke: thread it again"),
    "motor_stalled": ("motor_stall", "the motor stalled: look for a jam"),
    "motor_oversped": ("motor_overspeed", "the motor ran too fast"),
    "lamp_failed": ("lamp_failure", "the lamp failed: let it cool, then check it"),
    "device_stuck": ("device_watchdog", "the projection device was stuck and stopped by its own watchdog"),
    "device_removed": ("device_removed", "the device went away: check its server and module"),
    "device_added": ("device_restarted", "the device restarted while the film was running: check its server"),
    "hardware_latched": ("hardware_latched", "the hardware keeps a fault latched"),
    "runtime_recovered": ("hardware_latched", "the hardware kept a fault latched while the controller was away"),
    "clear_refused": ("clear_refused", "the hardware refused to clear its fault: the cause persists"),
    "rewind_overdue": ("rewind_overdue", "the film is not rewound in its time: look for a jam"),
}
FAULT_TRIGGERS = tuple(_CAUSES)


def enter_fault(draft: HallDraft) -> None:
    """Latch the cause, stop safely, and say so. Sessions stay open for diagnosis."""
    fired = draft.fired
    name, words = _CAUSES[fired.trigger if fired else "hardware_latched"]
    latched = sorted({latch for role in draft.value.settings.roles for latch in draft.value.device(role).latched})
    if name in ("hardware_latched", "clear_refused") and latched:
        words = f"{words} ({', '.join(latched)})"
    draft.change(fault=Fault(cause=name, words=words))
    safe_stop(draft)
    raise_alarm(draft, name, words)


def add_cause(draft: HallDraft) -> None:
    """In fault a further cause is folded under the first; it must be acknowledged too, and stops again all the same."""
    name, words = _CAUSES[draft.fired.trigger if draft.fired else "hardware_latched"]
    draft.change(fault=replace(draft.value.fault, acknowledged_ns=0))
    safe_stop(draft)
    raise_alarm(draft, name, words)


def acknowledge_fault(draft: HallDraft) -> None:
    hall = draft.value
    draft.change(
        fault=replace(hall.fault, acknowledged_ns=draft.at_ns),
        alarms=alarms.acknowledged(hall.alarms, hall.fault.cause),
    )


def clear_hardware(draft: HallDraft) -> None:
    """Leave the fault: the alarms of its cause return, and the devices are asked to clear their latches."""
    hall = draft.value
    cancel(draft, "stop_repeat", "stop_confirm")
    for name in [alarm.name for alarm in hall.alarms if hall.fault.cause in (alarm.name, alarm.root)]:
        return_alarm(draft, name)
    draft.change(fault=Fault())
    for role in draft.value.settings.roles:
        command(draft, role, Verb.CLEAR)


def acknowledge_alarm(draft: HallDraft) -> None:
    event = draft.event
    if isinstance(event, e.OperatorRequested):
        if event.argument == "sensor_dissent":
            draft.change(dissent="")
        draft.change(alarms=alarms.acknowledged(draft.value.alarms, event.argument))


def shelve_alarm(draft: HallDraft) -> None:
    event = draft.event
    if isinstance(event, e.OperatorRequested):
        span_ns = event.minutes * MINUTE
        draft.change(alarms=alarms.shelved(draft.value.alarms, event.argument, draft.at_ns + span_ns))
        arm(draft, UNMASK + event.argument, span_ns)


def unshelve_alarm(draft: HallDraft) -> None:
    event = draft.event
    if isinstance(event, e.TimerDue):
        draft.change(alarms=alarms.unshelved(draft.value.alarms, event.name.removeprefix(UNMASK)))


def threading_overdue(draft: HallDraft) -> None:
    raise_alarm(draft, "threading_overdue", "the film is in the path but not ready: thread it or take it out")


def lamp_overdue(draft: HallDraft) -> None:
    raise_alarm(draft, "lamp_overdue", "the lamp was struck and does not burn")


def start_overdue(draft: HallDraft) -> None:
    raise_alarm(draft, "start_overdue", "the motor was started and does not reach its speed")


def raise_condition(draft: HallDraft) -> None:
    event = draft.event
    if isinstance(event, e.ConditionRaised):
        raise_alarm(draft, event.alarm, event.detail)


def clear_condition(draft: HallDraft) -> None:
    event = draft.event
    if isinstance(event, e.ConditionCleared):
        return_alarm(draft, event.alarm)


def keep_warm(draft: HallDraft) -> None:
    arm(draft, "warm_over", max(draft.value.warm_until_ns - draft.at_ns, SECOND))


def align_all(draft: HallDraft) -> None:
    actuators.align(draft)


def adopted(draft: HallDraft) -> None:
    """After a start of the runtime: only the commands by which actuators differ from what the state wants."""
    draft.change(lamp_wanted=draft.value.projector.lamp in (Lamp.LIT, Lamp.STRIKING))
    hold_lamp(draft)
    actuators.align(draft)


def align_read(draft: HallDraft) -> None:
    """The first snapshot over a new session: what differs from what the state wants is asked for again."""
    if draft.value.state is State.FAULT:
        align_fault(draft)
    else:
        actuators.align(draft)


def align_fault(draft: HallDraft) -> None:
    """A session or a runtime that came back in fault: what does not stand safe is stopped again.

    The hardware stops by itself; sound server and house lights only know of the fault from here.
    """
    hall = draft.value
    projector = hall.projector
    stands = not projector.dowser_open and projector.motor is Motor.STOP
    safe = stands and hall.rack.sound is Sound.MUTE and projector.lights is Lights.UP
    if hall.state is State.FAULT and not safe:
        safe_stop(draft)
