# SPDX-License-Identifier: Apache-2.0
"""What holds for a control session whatever happens to it, and for its table as a whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transitions import MachineError

from statemachines import session_events as se
from statemachines.events import ClockStepped, Event, SessionLost, SessionUp, Stamped, TimerDue, event_from, kind_of
from statemachines.session import SESSION_TABLE, trigger_of
from statemachines.session_effects import OpenLink, Report, RotateLink
from statemachines.session_value import ControlSession, SessionState
from statemachines.table import Draft
from statemachines.values import canonical, fingerprint
from statemachines.words import Verdict
from tests.support.session_story import LIFE, ROLE, S, Story, up

TIMERS = ("retry", "rotate", "expire", "close", "drain", "nonsense")
GENS = st.integers(1, 6)
PPM = st.integers(0, 1_000_000)
TROUBLE = {"role": st.just(ROLE), "gen": GENS, "words": st.just("w")}
LINKED = {
    "role": st.just(ROLE),
    "gen": GENS,
    "serial": GENS,
    "last": st.just(0),
    "age_ns": st.integers(0, S),
    "life_ns": st.just(LIFE),
    "jitter_ppm": PPM,
}
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.sampled_from(
        [
            each(role=ROLE)
            for each in (
                se.SessionBegun,
                se.SessionWanted,
                se.SessionUnwanted,
                se.LinksDrained,
                se.RotationAsked,
                se.ServerReturned,
            )
        ]
    ),
    st.builds(se.LinkOpened, **LINKED),
    st.builds(se.LinkRotated, **LINKED),
    st.builds(se.LinkFailed, **TROUBLE, error=st.just("Unreachable"), jitter_ppm=PPM),
    st.builds(se.RotationFailed, **TROUBLE, error=st.just("Unreachable"), jitter_ppm=PPM),
    st.builds(se.CredentialRefused, **TROUBLE),
    st.builds(se.HostKeyRefused, **TROUBLE),
    st.builds(se.HelloRefused, **TROUBLE, code=st.sampled_from(["stale", "held", "version"]), jitter_ppm=PPM),
    st.builds(se.LinkLost, **TROUBLE, jitter_ppm=PPM),
    st.builds(TimerDue, name=st.sampled_from([f"session:{ROLE}:{name}" for name in TIMERS])),
    st.builds(ClockStepped, delta_ns=st.sampled_from([-10 * S, 10 * S])),
)
NEEDS = {
    SessionState.UP: {"rotate", "expire"},
    SessionState.ROTATING: {"expire"},
    SessionState.DRAINING: {"drain"},
    SessionState.BACKING_OFF: {"retry"},
    SessionState.REFUSED: {"retry"},
}


@given(st.lists(st.tuples(EVENTS, st.integers(0, 700)), max_size=40))
def test_whatever_happens_a_session_answers_with_a_reason_and_never_gets_stuck(
    events: list[tuple[Event, int]],
) -> None:
    story, gen, hall_up = Story(), 0, False
    for event, wait_s in events:
        story.now += wait_s * S
        before = story.session
        told = story.tell(event)
        assert bool(told.reason) == (told.verdict is Verdict.REFUSAL) == (not told.edge)
        assert told.verdict is not Verdict.REFUSAL or (told.session is before and not told.effects)
        gen = 0 if isinstance(event, se.SessionBegun) else gen
        for effect in told.effects:
            if isinstance(effect, OpenLink | RotateLink):
                assert effect.gen > gen, "a generation was handed out twice"
                gen = effect.gen
            elif isinstance(effect, Report) and isinstance(effect.event, SessionUp | SessionLost):
                hall_up = isinstance(effect.event, SessionUp)
        session = story.session
        gen = max(gen, session.gen)
        open_now = session.state in (SessionState.UP, SessionState.ROTATING)
        assert open_now == bool(session.link_gen)
        assert open_now == hall_up or isinstance(event, se.SessionBegun) or before.state is SessionState.DOWN
        if isinstance(event, TimerDue):
            story.timers.pop(event.name, None) if told.edge and story.session.state != before.state else None
        assert NEEDS.get(session.state, set()) <= story.armed()
        assert session.state is not SessionState.DOWN or not session.wanted


@given(EVENTS)
def test_a_session_event_survives_the_log(event: Event) -> None:
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    fields = {
        name: {key: getattr(value, key) for key in value.__struct_fields__}
        if isinstance(value, se.SessionSettings)
        else value
        for name, value in fields.items()
    }
    assert event_from(kind_of(event), fields, se.SESSION_EVENT_CLASSES) == event


def test_every_trigger_of_the_table_is_an_events() -> None:
    timers = {trigger for trigger in SESSION_TABLE.triggers if trigger.endswith("_due")}
    assert timers == {f"{name}_due" for name in TIMERS if name != "nonsense"}
    assert set(SESSION_TABLE.triggers) - timers == set(se.SESSION_EVENT_CLASSES) - {"timer_due"}


@pytest.mark.parametrize("state", list(SessionState))
@pytest.mark.parametrize("trigger", SESSION_TABLE.triggers)
def test_the_machine_and_the_look_up_agree_on_every_pair(state: SessionState, trigger: str) -> None:
    draft = Draft(
        value=ControlSession(role=ROLE, state=state),
        stamped=Stamped(at_ns=1, event=se.SessionWanted(role=ROLE)),
        state=str(state),
    )
    if (state, trigger) in SESSION_TABLE.by_pair:
        SESSION_TABLE.machine.events[trigger].trigger(draft)
        assert draft.fired in (*SESSION_TABLE.by_pair[state, trigger], None)
    else:
        with pytest.raises(MachineError):
            SESSION_TABLE.machine.events[trigger].trigger(draft)


def test_a_session_is_one_hashable_serialisable_thing() -> None:
    first, second = up().session, up().session
    assert hash(first) == hash(second)
    assert fingerprint(first) == fingerprint(second)
    assert b'"state":"up"' in canonical(first)
    assert trigger_of(TimerDue(name="session:sound:retry"), ROLE) == "retry_due"
