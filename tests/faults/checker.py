# SPDX-License-Identifier: Apache-2.0
"""What must be true after any faults: the log, the devices' own books and the hardware tell one and the same story.

    assert_sound(site, "h1", alarms={"session_lost_projection"})

`wrongs(evidence)` is pure: it returns every breach as a sentence, so that a checker that finds nothing can itself be
checked.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from adapters.store.verify import verify
from statemachines.actuators import wants
from statemachines.alarms import AlarmState
from statemachines.hall import Hall
from statemachines.history import HALL
from statemachines.kernel_words import TELEMETRY, WORDS
from statemachines.record import Record
from statemachines.replay import LOG_GAP, Divergence, Fold
from statemachines.snapshot import Snapshot
from statemachines.words import Lamp, Lights, Motor, Role, Sound, State
from tests.faults.evidence import Act, DeviceBook, Evidence, gathered
from tests.support.multiplex import Multiplex

ANSWER_LIMIT_S = 3.0
"""A command is overdue after 2 s; a loaded machine may be late to say so."""
SETTLE_LIMIT_S = 25.0
"""Hardware that is heard is read every 10 s."""
LOOK_S = 0.2

BAD_WORDS = ("task_failed", "session_task_failed", "shutdown_stage_late", "shutdown_stage_failed", "row_not_logged")
NOT_ACTED = ("failed:down", "refused:stale", "refused:gap")
QUIET_WORDS = {word for word, kind in WORDS.items() if issubclass(kind, TELEMETRY)}


@dataclass(frozen=True)
class Sent:
    """A command as the log has it: its words, when it was sent, and its answers with their times (ns)."""

    words: str
    log_seq: int
    at_ns: int
    answers: tuple[tuple[str, int], ...]


def assert_sound(site: Multiplex, hall: str, *, alarms: Collection[str] = (), stood_still_s: float = 0) -> Evidence:
    """Gather and judge until nothing is wrong; AssertionError names every breach that stays. Only `alarms` may stand.

    What is on its way is no breach: log, devices and hardware cannot be read at one and the same instant. A controller
    that stood still for so long may tell of overdue answers that much later.
    """
    ends = time.monotonic() + SETTLE_LIMIT_S
    while True:
        evidence = replace(gathered(site, hall), stood_still_s=stood_still_s)
        found = [*wrongs(evidence), *alarm_wrongs(evidence.hall, alarms)]
        if not found:
            return evidence
        assert time.monotonic() < ends, f"{hall}: " + "\n".join(found)
        time.sleep(LOOK_S)


def wrongs(evidence: Evidence) -> Iterator[str]:
    """Yield every breach of what must be true after faults, as a sentence."""
    yield from chain_wrongs(evidence)
    yield from hardware_wrongs(evidence.hall, {role: book.snapshot for role, book in evidence.books.items()})
    for role, book in evidence.books.items():
        yield from command_wrongs(evidence, role, book)
        yield from event_wrongs(evidence, role, book)
    for line in evidence.said:
        if line.get("event") in BAD_WORDS:
            yield f"the runtime said: {line}"


def chain_wrongs(evidence: Evidence) -> Iterator[str]:
    """The chain is whole, and the log folds to what it says."""
    yield from map(str, verify(evidence.rows).faults)
    fold = Fold()
    try:
        for row in evidence.rows:
            fold.row(row)
    except Divergence as divergence:
        yield str(divergence)


# Commands


def sent_commands(evidence: Evidence, role: Role) -> dict[int, Sent]:
    """Return every command of a device by its number."""
    answers: dict[int, list[tuple[str, int]]] = {}
    for row in evidence.mine:
        if row.subject == HALL and row.kind == "command_done" and row.payload["role"] == role:
            answers.setdefault(row.payload["cmd_seq"], []).append((row.payload["result"], row.at_ns))
    return {
        effect["cmd_seq"]: Sent(
            f"{effect['verb']} {effect.get('arg', '')}".strip(),
            row.log_seq,
            row.at_ns,
            tuple(answers.get(effect["cmd_seq"], ())),
        )
        for row in evidence.mine
        for effect in row.effects
        if effect["do"] == "command" and effect["role"] == role
    }


def command_wrongs(evidence: Evidence, role: Role, book: DeviceBook) -> Iterator[str]:
    """Every command answered exactly once and in time; none effective twice, out of order, or against its answer."""
    sent = sent_commands(evidence, role)
    for seq, command in sent.items():
        yield from _answer_wrongs(evidence, role, seq, command)
    acts = {act.seq: act for act in book.acts}
    for before, act in pairwise(book.acts):
        if act.seq <= before.seq:
            yield f"{role}: command {act.seq} was effective after {before.seq}"
        if (act.fence, act.gen) < (before.fence, before.gen):
            yield f"{role}: command {act.seq} came from the older claim {act.fence}/{act.gen}"
    oldest = min(acts, default=0)
    for seq in sent.keys() | acts.keys():
        if seq >= oldest:
            yield from _act_wrongs(evidence, role, seq, sent.get(seq), acts.get(seq))


def _answer_wrongs(evidence: Evidence, role: Role, seq: int, command: Sent) -> Iterator[str]:
    excused = any(row.log_seq > command.log_seq and row.kind in ("hall_configured", LOG_GAP) for row in evidence.mine)
    if len(command.answers) != 1 and not (excused and not command.answers):
        yield f"{role}: command {seq} ({command.words}) has {len(command.answers)} answers: {command.answers}"
    for result, at_ns in command.answers:
        if at_ns - command.at_ns > (ANSWER_LIMIT_S + evidence.stood_still_s) * 1e9:
            yield f"{role}: command {seq} ({command.words}) was answered {result} only after {at_ns - command.at_ns} ns"


def _act_wrongs(evidence: Evidence, role: Role, seq: int, command: Sent | None, act: Act | None) -> Iterator[str]:
    """A row that a kill -9 or a full backlog kept out of the log excuses a command that nobody knows of."""
    if command is None:
        told_of_loss = sum(row.kind == "hall_configured" for row in evidence.mine) > 1 or _has_gap(evidence)
        if act is not None and not told_of_loss:
            yield f"{role}: the device did {act.seq} ({act.words}), which the log does not know"
        return
    answer = command.answers[0][0] if command.answers else "failed:unknown"
    if act is None:
        if answer == "ok":
            yield f"{role}: command {seq} ({command.words}) was answered ok, but the device never did it"
        return
    if act.words != command.words:
        yield f"{role}: the device did {act.words!r} as {seq}, the log says {command.words!r}"
    if answer in NOT_ACTED:
        yield f"{role}: command {seq} ({command.words}) was answered {answer}, but the device did it: {act.result}"
    elif answer not in ("failed:unknown", act.result):
        yield f"{role}: command {seq} ({command.words}) was answered {answer}, the device says {act.result}"


def _has_gap(evidence: Evidence) -> bool:
    return any(row.kind == LOG_GAP for row in evidence.mine)


# Events


def event_wrongs(evidence: Evidence, role: Role, book: DeviceBook) -> Iterator[str]:
    """Each event of the device's rings is in the log or declared lost; a safety event is in the log, once acted on."""
    epoch = book.snapshot.epoch
    if _has_gap(evidence):
        return
    rows = [row for row in evidence.mine if row.subject == HALL]
    heard = Counter(
        row.hw_seq
        for row in rows
        if row.hw_epoch == epoch and row.payload.get("role") == role and "heard before" not in row.reason
    )
    lost = [row.payload for row in rows if row.kind == "events_lost" and row.payload["role"] == role]
    through = max((each["through"] for each in lost if each["epoch"] == epoch), default=0)
    known = evidence.hall.device(role).hw_seq
    for fact in book.safety_ring:
        if heard[fact.seq] != 1:
            yield f"{role}: the safety event {fact.seq} ({fact.word}) is in the log {heard[fact.seq]} times"
    for fact in book.ring:
        loud = fact.word not in QUIET_WORDS
        if loud and through < fact.seq <= known and not heard[fact.seq]:
            yield f"{role}: the event {fact.seq} ({fact.word}) is neither in the log nor declared lost"


# The hall and its hardware


_COMPARED: tuple[tuple[str, Callable[[Hall], object], Callable[[Snapshot], object]], ...] = (
    ("film", lambda hall: hall.film.present, lambda device: device.film),
    ("motor", lambda hall: hall.projector.motor, lambda device: device.motor),
    ("at speed", lambda hall: hall.projector.at_speed, lambda device: device.at_speed),
    ("dowser open", lambda hall: hall.projector.dowser_open, lambda device: device.dowser_open),
    ("lamp", lambda hall: hall.projector.lamp, lambda device: device.lamp),
    ("lights", lambda hall: hall.projector.lights, lambda device: device.lights),
    ("door open", lambda hall: hall.projector.door_open, lambda device: device.door_open),
    ("local", lambda hall: hall.projector.local, lambda device: device.local),
    ("emergency stop", lambda hall: hall.projector.estop, lambda device: device.estop),
    ("latches", lambda hall: set(hall.projection.latched), lambda device: {each.name for each in device.latched}),
)


def hardware_wrongs(hall: Hall, devices: dict[Role, Snapshot]) -> Iterator[str]:
    """The hall's context is what the hardware says, and the actuators are what its state wants."""
    projector, rack = devices[Role.PROJECTION], devices[Role.SOUND]
    for what, ours, theirs in _COMPARED:
        if ours(hall) != theirs(projector):
            yield f"{what}: the hall says {ours(hall)}, the hardware says {theirs(projector)}"
    if projector.film and hall.projector.tension != projector.tension:
        yield f"tension: the hall says {hall.projector.tension}, the hardware says {projector.tension}"
    if hall.rack.sound is not rack.sound:
        yield f"sound: the hall says {hall.rack.sound}, the hardware says {rack.sound}"
    if projector.dowser_open and not (projector.at_speed and projector.motor is Motor.RUN):
        yield "light falls on film that does not run at speed"
    yield from _unwanted(hall, projector, rack)


def _unwanted(hall: Hall, projector: Snapshot, rack: Snapshot) -> Iterator[str]:
    if hall.state is State.FAULT:
        safe = not projector.dowser_open and projector.motor is Motor.STOP
        if not (safe and rack.sound is Sound.MUTE and projector.lights is Lights.UP):
            yield f"in fault, but dowser {projector.dowser_open}, motor {projector.motor}, sound {rack.sound}"
        return
    if hall.state in (State.THREADING, State.PROJECTING, State.REWINDING) and not (projector.film or hall.film.between):
        yield f"{hall.state} without film"
    for want in wants(hall):
        if not want.there and not (want.verb == "lamp" and projector.lamp is Lamp.COOLING):
            yield f"{hall.state} wants {want.verb} {want.arg}"


def alarm_wrongs(hall: Hall, expected: Collection[str] = ()) -> Iterator[str]:
    """Only what is expected needs eyes, and the cause of a fault."""
    for alarm in hall.alarms:
        if alarm.state is not AlarmState.RETURNED and alarm.name not in {*expected, hall.fault.cause}:
            yield f"the alarm {alarm.name} stands: {alarm.words}"


def raised(rows: Collection[Record]) -> list[Record]:
    """Return the rows that raised an alarm."""
    return [row for row in rows if any(effect["do"] == "raise_alarm" for effect in row.effects)]


def names_raised(rows: Collection[Record]) -> list[str]:
    """Return every alarm that was raised, as often as it was."""
    return [effect["name"] for row in rows for effect in row.effects if effect["do"] == "raise_alarm"]
