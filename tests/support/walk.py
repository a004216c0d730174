# SPDX-License-Identifier: Apache-2.0
"""A walk over all that a projection of the abstracted hall can reach, with every rule checked at each step.

A projection keeps the fields that one rule's guards read. The others become neutral: once with everything in order,
so that every guard passes, once so with an empty gate, once with commands on their way, and once with everything in
the way, so that what happens when no guard passes is seen too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from msgspec.structs import replace

from statemachines.alarms import Alarm
from statemachines.hall import Deadline, Device, Fault, Film, Hall, Hold, Link, Pending, Projector, new_hall
from statemachines.machine import step
from statemachines.settings import SECOND, Settings
from statemachines.show import Cue, Show, Start
from statemachines.values import Value
from statemachines.words import Lamp, Motor, Role, State, Tension, Verb
from tests.support.abstraction import NOW, SINCE, normal
from tests.support.halls import TIMERS
from tests.support.inputs import MS, NAMED, inputs, of_alarms
from tests.support.rules import broken

LIMIT = 100_000
PLAIN, PLATTER = Settings(feet=(2000, 2000)), Settings(feet=(2000, 2000), platter=True)
ALONE = Settings(feet=(2000, 2000), roles=(Role.PROJECTION,))


_SHOW = Show(
    id="s1",
    title="Metropolis",
    starts_ns=NOW - 60 * SECOND,
    feet=(2000, 2000),
    cues=(Cue(frame=0, verb=Verb.LIGHTS, arg="up"), Cue(frame=0, verb=Verb.CURTAIN, arg="open")),
)


@lru_cache
def in_order(settings: Settings) -> Hall:
    """Return a hall where nothing is in anybody's way: every guard passes, every timer is armed."""
    up = Link(up=True, since_ns=SINCE, gen=3, reason="")
    device = Device(epoch=7, hw_seq=100, cmd_seq=100, read_ns=NOW - 200 * MS, link=up)
    return Hall(
        id="h1",
        since_ns=SINCE,
        at_ns=NOW,
        settings=settings,
        film=Film(present=True, ready=True, feet=(2000, 2000)),
        projector=Projector(lamp=Lamp.LIT),
        projection=device,
        sound=device,
        fault=Fault(cause="emergency_stop", acknowledged_ns=NOW - 400 * MS, asked_ns=NOW - SECOND, confirmed=True),
        alarms=(Alarm(name=NAMED, words="why"),),
        deadlines=tuple(Deadline(name=name, at_ns=NOW, span_ns=SECOND) for name in sorted(TIMERS)),
        recovered=True,
        next_show=Show(
            id="s1", title="Metropolis", starts_ns=NOW - 60 * SECOND, start=Start.SCHEDULE, feet=(2000,) * 2
        ),
    )


@lru_cache
def with_an_empty_gate(settings: Settings) -> Hall:
    """Return a hall where all is in order, but that the film was taken out and its devices cannot be heard."""
    hall = in_order(settings)
    deaf = replace(hall.projection, heard=False)
    return replace(hall, film=Film(reel=2, feet=(2000, 2000)), projection=deaf, sound=deaf)


@lru_cache
def at_work(settings: Settings) -> Hall:
    """Return a hall where all is in order, in a show with cues; each device has something left to answer and was not

    read since it came.
    """
    hall = in_order(settings)
    starting, clearing = Pending(cmd_seq=50, verb=Verb.MOTOR, arg=Motor.RUN), Pending(cmd_seq=51, verb=Verb.CLEAR)
    return replace(
        hall,
        projection=replace(hall.projection, pending=(starting, clearing), unread=True),
        sound=replace(hall.sound, pending=(clearing,), unread=True),
        dissent="timecode",
        next_show=None,
        show=_SHOW,
    )


@lru_cache
def in_the_way(settings: Settings) -> Hall:
    """Return a hall where everything is in the way of everything."""
    down = Link(up=False, since_ns=SINCE, gen=3, reason="lost")
    device = Device(epoch=7, hw_seq=100, cmd_seq=100, read_ns=NOW - 200 * SECOND, link=down, heard=False, unread=True)
    starting = Pending(cmd_seq=50, verb=Verb.MOTOR, arg=Motor.REWIND)
    return replace(
        in_order(settings),
        film=Film(present=False, tail=True, between=True, reel=2, feet=(2000, 2000)),
        projector=Projector(
            door_open=True, local=True, estop=True, tension=Tension.SLACK, lamp=Lamp.FAILED, dowser_open=True
        ),
        projection=replace(device, pending=(starting,)),
        sound=device,
        fault=Fault(cause="emergency_stop", asked_ns=NOW),
        alarms=(),
        dissent="feed roller",
        holds=(Hold(name="deployment", reason="why"), Hold(name="maintenance", reason="why")),
        recovered=False,
        next_show=None,
    )


V = TypeVar("V", bound=Value)


def _kept(neutral: V, full: V, names: tuple[str, ...]) -> V:
    return replace(neutral, **{name: getattr(full, name) for name in names}) if names else neutral


@dataclass(frozen=True)
class Projection:
    """What a walk keeps of a hall, by the names of fields; of devices, those of `roles`.

    `taut`: of tension only whether it is good. `dissent`: whether some sensor dissents. `orders`: of these verbs the
    newest unanswered command.
    """

    name: str
    film: tuple[str, ...] = ()
    projector: tuple[str, ...] = ()
    fault: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    roles: tuple[Role, ...] = tuple(Role)
    hall: tuple[str, ...] = ()
    taut: bool = False
    dissent: bool = False
    orders: tuple[Verb, ...] = ()
    settings: tuple[Settings, ...] = (PLAIN,)

    def over(self, neutral: Hall, full: Hall) -> Hall:
        """Return the neutral hall with what is kept of a hall in normal form."""
        projector = _kept(neutral.projector, full.projector, self.projector)
        if self.taut:
            good = full.projector.tension is Tension.GOOD
            projector = replace(projector, tension=Tension.GOOD if good else Tension.SLACK)
        return replace(
            neutral,
            state=full.state,
            film=_kept(neutral.film, full.film, self.film),
            projector=projector,
            fault=_kept(neutral.fault, full.fault, self.fault) if full.state is State.FAULT else neutral.fault,
            projection=self._device(neutral, full, Role.PROJECTION),
            sound=self._device(neutral, full, Role.SOUND),
            dissent=(neutral.dissent or "feed roller") if self.dissent and full.dissent else "",
            **{name: getattr(full, name) for name in self.hall},
        )

    def _device(self, neutral: Hall, full: Hall, role: Role) -> Device:
        if role not in self.roles:
            return neutral.device(role)
        newest = [each for each in full.device(role).pending if each.verb in self.orders][-1:]
        others = [each for each in neutral.device(role).pending if each.verb not in self.orders]
        kept = _kept(neutral.device(role), full.device(role), self.devices)
        return replace(kept, pending=(*others, *(replace(each, cmd_seq=99) for each in newest)))

    def __call__(self, hall: Hall) -> Hall:
        """Return what stands for a hall in this walk."""
        return self.over(in_order(hall.settings), normal(hall))


@dataclass
class Walked:
    """What a walk saw: its halls with those that each led to, its steps, its edges, and what it found broken."""

    leads_to: dict[Hall, set[Hall]] = field(default_factory=dict)
    steps: int = 0
    edges: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)

    def without_a_way_to(self, state: State) -> set[Hall]:
        """Return the halls from which no sequence of events leads to that state."""
        comes_from: dict[Hall, set[Hall]] = {}
        for hall, nexts in self.leads_to.items():
            for each in nexts:
                comes_from.setdefault(each, set()).add(hall)
        reached = {hall for hall in self.leads_to if hall.state is state}
        frontier = set(reached)
        while frontier:
            frontier = {back for hall in frontier for back in comes_from.get(hall, ())} - reached
            reached |= frontier
        return set(self.leads_to) - reached


def _backgrounds(projection: Projection, hall: Hall) -> Iterator[Hall]:
    seen: list[Hall] = []
    neutral: Callable[[Settings], Hall]
    for neutral in (in_order, with_an_empty_gate, at_work, in_the_way):
        shown = projection.over(neutral(hall.settings), hall)
        if shown not in seen:
            seen.append(shown)
            yield shown


def walk(projection: Projection) -> Walked:
    """Step each hall that can be reached with each representative event."""
    walked = Walked()
    frontier = [projection(new_hall("h1", settings)) for settings in projection.settings]
    walked.leads_to = {hall: set() for hall in frontier}
    while frontier:
        hall = frontier.pop()
        for shown in _backgrounds(projection, hall):
            known: dict[Hall, Hall] = {}
            for stamped in (*inputs(shown), *of_alarms(shown)):
                taken = step(shown, stamped)
                walked.steps += 1
                walked.edges.add(taken.edge)
                walked.broken += [f"{words}: {shown} {stamped} {taken}" for words in broken(shown, stamped, taken)]
                if taken.hall is shown:
                    continue
                bare = replace(taken.hall, alarms=())
                after = known.get(bare) or known.setdefault(bare, projection(bare))
                walked.leads_to[hall].add(after)
                if after not in walked.leads_to:
                    walked.leads_to[after] = set()
                    frontier.append(after)
        if len(walked.leads_to) > LIMIT or walked.broken:
            break
    return walked


_UNCLEAR = ("motor", "at_speed", "dowser_open", "estop", "local", "door_open", "tension")

PROJECTIONS: tuple[Projection, ...] = (
    Projection(
        "rule 1: dowser",
        projector=("motor", "at_speed", "dowser_open"),
        taut=True,
        roles=(Role.PROJECTION,),
        orders=(Verb.DOWSER, Verb.SAFE_STOP),
    ),
    Projection("rule 2: order", hall=("recovered",), settings=(PLAIN, PLATTER, ALONE)),
    *(
        Projection(
            f"rule 3: latched, {flag}",
            film=("present",),
            projector=(flag,),
            fault=("acknowledged_ns",),
            devices=("read_ns",),
            roles=(Role.PROJECTION,),
        )
        for flag in _UNCLEAR
    ),
    Projection(
        "rule 3: latched, dissent",
        film=("present",),
        fault=("acknowledged_ns",),
        devices=("read_ns",),
        dissent=True,
        roles=(Role.PROJECTION,),
    ),
    Projection("rule 3: latched, read", film=("present",), fault=("acknowledged_ns",), devices=("read_ns",)),
    Projection(
        "rule 3: latched, clearing",
        film=("present",),
        fault=("acknowledged_ns",),
        devices=("latched",),
        roles=(Role.PROJECTION,),
        orders=(Verb.CLEAR,),
    ),
    Projection(
        "rule 5: show",
        projector=("dowser_open", "at_speed"),
        devices=("unread", "heard"),
        roles=(Role.PROJECTION,),
        hall=("recovered",),
    ),
    Projection("rule 7: held", film=("present", "between"), hall=("holds",)),
    Projection("rule 6: safety events", devices=("epoch", "hw_seq"), hall=("recovered",)),
)
