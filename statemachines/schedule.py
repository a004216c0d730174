# SPDX-License-Identifier: Apache-2.0
"""What the schedule does to a hall: its next show awaited, begun and over, its cues run."""

from msgspec.structs import replace

from statemachines import actuators
from statemachines.drafting import HallDraft, arm, cancel, command, raise_alarm
from statemachines.effects import NoteShow
from statemachines.film import LEADER_FRAMES
from statemachines.reasons import not_here
from statemachines.say import moment
from statemachines.show import Start
from statemachines.words import Lights, Role, State, Verb

SHOW_DUE = "show_due"


def by_schedule(draft: HallDraft) -> str:
    """A show starts by itself at its own moment, from the head of its film, or not at all."""
    hall = draft.value
    show, film = hall.next_show, hall.film
    if show is None or show.start is not Start.SCHEDULE:
        return "an operator starts the next show"
    if hall.at_ns < show.starts_ns:
        return f"the next show starts at {moment(show.starts_ns)}"
    if hall.at_ns >= show.starts_ns + hall.settings.timings.show_late:
        return "it is too late for the show to start by itself"
    if hall.show is not None or film.reel > 1 or film.frame > LEADER_FRAMES:
        return "the film before is not over"
    return ""


def await_show(draft: HallDraft) -> None:
    """Be called at the next moment that matters for the next show; behind the last one it is given up."""
    show = draft.value.next_show
    if show is None:
        cancel(draft, SHOW_DUE)
        return
    timings = draft.value.settings.timings
    spans = (-timings.session_lead, -timings.threaded_before, 0, timings.show_late, timings.show_over)
    ahead = [at_ns for span in spans if (at_ns := show.starts_ns + span) > draft.at_ns]
    if ahead:
        arm(draft, SHOW_DUE, min(ahead) - draft.at_ns)
    else:
        draft.change(next_show=None)
        cancel(draft, SHOW_DUE)


def tell_not_started(draft: HallDraft) -> None:
    """A show that was to start by itself, and did not, says what is in its way: what a guard says, or the state."""
    show = draft.value.next_show
    if show is not None and show.start is Start.SCHEDULE and draft.at_ns >= show.starts_ns:
        why = next(iter(draft.refusals), "") or not_here(draft.value.state, "show_started")
        raise_alarm(draft, "show_late", f"{show.title} did not start by itself: {why}")


def begin_show(draft: HallDraft) -> None:
    """A start near the next show is its start; any other is a test, and a start in a show goes on with it."""
    hall = draft.value
    show = hall.next_show
    if show is None or hall.show is not None or not hall.show_awaited:
        return
    film = replace(hall.film, title=show.title)
    draft.change(show=show, next_show=None, shown_ns=show.starts_ns, film=film)
    cancel(draft, SHOW_DUE)
    draft.effects.append(NoteShow(show=show.id, stage="began"))


def end_show(draft: HallDraft) -> None:
    """The picture is over, or the film was taken out before."""
    show = draft.value.show
    draft.change(show=None, room_lights=Lights.DOWN)
    if show is not None:
        draft.effects.append(NoteShow(show=show.id, stage="ended"))


def run_cues(draft: HallDraft) -> None:
    """Move what the cues name whose frame has run. What is left of them stays with the show."""
    hall = draft.value
    show = hall.show
    if show is None or not show.cues or hall.state is not State.PROJECTING:
        return
    here = hall.film.reel, hall.film.frame
    left = tuple(cue for cue in show.cues if cue.place > here)
    if len(left) == len(show.cues):
        return
    draft.change(show=replace(show, cues=left))
    for cue in show.cues:
        if cue.place > here:
            continue
        if cue.verb is Verb.LIGHTS:
            draft.change(room_lights=Lights(cue.arg))
        if cue.verb is not Verb.LIGHTS or actuators.light_on_film(draft.value):
            command(draft, Role.PROJECTION, cue.verb, cue.arg)
