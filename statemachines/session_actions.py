# SPDX-License-Identifier: Apache-2.0
"""The guards and actions of the session machine's table."""

from statemachines import session_events as se
from statemachines.effects import ArmTimer, CancelTimer
from statemachines.events import ConditionCleared, ConditionRaised, SessionLost, SessionUp, kind_of
from statemachines.session_effects import CloseLink, OpenLink, Report, RotateLink
from statemachines.session_value import SessionDraft, SessionError, next_delay_ns, rotation_age_ns, timer_name


def wanted(draft: SessionDraft) -> str:
    return "" if draft.value.wanted else "the hall does not want the session"


def unwanted(draft: SessionDraft) -> str:
    return "the hall wants the session" if draft.value.wanted else ""


def newest(draft: SessionDraft) -> str:
    """The event tells of the attempt that is being made, not of one before it."""
    event = draft.event
    told = event.gen if isinstance(event, se.Linked | se.LinkTrouble) else 0
    return "" if told >= draft.value.gen else f"that was generation {told}; {draft.value.gen} is being made"


def in_use(draft: SessionDraft) -> str:
    """The event tells of the link that carries the commands."""
    event = draft.event
    told = event.gen if isinstance(event, se.LinkTrouble) else 0
    return "" if told == draft.value.link_gen else f"that was generation {told}; {draft.value.link_gen} is in use"


def our_version(draft: SessionDraft) -> str:
    event = draft.event
    other = isinstance(event, se.HelloRefused) and event.code == "version"
    return "the agent speaks another version of the protocol" if other else ""


_EARLY_NS = 100_000_000
"""A timer may come this early by the runtime's time: a certificate's end must never be taken for an old one's."""


def ended(draft: SessionDraft) -> str:
    over = draft.at_ns >= draft.value.expires_ns - _EARLY_NS
    return "" if over else "a newer certificate is in use by now"


def _arm(draft: SessionDraft, name: str, at_ns: int) -> None:
    draft.effects.append(ArmTimer(name=timer_name(draft.value.role, name), at_ns=at_ns))


def _cancel(draft: SessionDraft, *names: str) -> None:
    draft.effects += [CancelTimer(name=timer_name(draft.value.role, name)) for name in names]


def begin(draft: SessionDraft) -> None:
    event, old = draft.event, draft.value
    if isinstance(event, se.SessionBegun):
        draft.value = type(old)(
            role=old.role,
            settings=event.settings,
            alarmed=old.alarmed,
            since_ns=draft.at_ns,
            at_ns=draft.at_ns,
        )


def want(draft: SessionDraft) -> None:
    draft.change(wanted=True)


def unwant(draft: SessionDraft) -> None:
    draft.change(wanted=False)


def arm_close(draft: SessionDraft) -> None:
    _arm(draft, "close", draft.at_ns + draft.value.settings.close_grace_ns)


def cancel_close(draft: SessionDraft) -> None:
    _cancel(draft, "close")


def cancel_retry(draft: SessionDraft) -> None:
    _cancel(draft, "retry")


def cancel_drain(draft: SessionDraft) -> None:
    _cancel(draft, "drain")


def open_link(draft: SessionDraft) -> None:
    gen = draft.value.gen + 1
    draft.change(gen=gen, stepped=False)
    draft.effects.append(OpenLink(role=draft.value.role, gen=gen))


def rotate_link(draft: SessionDraft) -> None:
    gen = draft.value.gen + 1
    draft.change(gen=gen, stepped=False)
    _cancel(draft, "rotate")
    draft.effects.append(RotateLink(role=draft.value.role, gen=gen))


def adopt(draft: SessionDraft) -> None:
    """The new link is the one in use: its key's times start to run, the hall learns its generation."""
    event, session = draft.event, draft.value
    if not isinstance(event, se.Linked):
        return
    minted_ns = draft.at_ns - event.age_ns
    rotate_ns = minted_ns + rotation_age_ns(session.settings, event.jitter_ppm)
    draft.change(
        gen=event.gen,
        link_gen=event.gen,
        serial=event.serial,
        minted_ns=minted_ns,
        expires_ns=minted_ns + event.life_ns,
        rotate_ns=draft.at_ns if session.stepped else rotate_ns,
        attempt=0,
        stepped=False,
    )
    _arm(draft, "rotate", draft.value.rotate_ns)
    _arm(draft, "expire", draft.value.expires_ns)
    up = SessionUp(role=session.role, gen=event.gen, last=event.last, lease_ended=event.lease_ended)
    draft.effects.append(Report(event=up))
    _clear_alarm(draft)


def calm(draft: SessionDraft) -> None:
    """A link that lived long enough to rotate, or as long as the longest back-off, was no flapping one."""
    draft.change(delay_ns=0)


def calm_if_lasting(draft: SessionDraft) -> None:
    session = draft.value
    if draft.at_ns - session.minted_ns >= session.settings.backoff_cap_ns:
        calm(draft)


def _clear_alarm(draft: SessionDraft) -> None:
    if draft.value.alarmed:
        draft.effects.append(Report(event=ConditionCleared(alarm=draft.value.alarmed)))
        draft.change(alarmed="")


def _alarm(draft: SessionDraft, name: str, detail: str) -> None:
    """Both roles of a hall may be in this trouble at once: each has its own alarm."""
    alarm = f"{name}_{draft.value.role}"
    draft.change(alarmed=alarm)
    draft.effects.append(Report(event=ConditionRaised(alarm=alarm, detail=detail)))


def alarm_expired(draft: SessionDraft) -> None:
    error = draft.value.last_error
    why = f": {error.words}" if error else ""
    detail = f"the {draft.value.role} session's certificate ended and could not be renewed{why}"
    _alarm(draft, "certificate_not_renewed", detail)


def alarm_refused(draft: SessionDraft) -> None:
    """A refusal does not mend itself, whatever the hall does now; after an ended certificate people know already."""
    event = draft.event
    if isinstance(event, se.LinkTrouble) and not draft.value.alarmed:
        _alarm(draft, "session_refused", f"the {draft.value.role} session was refused: {event.words}")


def _tell_lost(draft: SessionDraft, reason: str) -> None:
    draft.effects.append(Report(event=SessionLost(role=draft.value.role, reason=reason)))


def tell_lost(draft: SessionDraft) -> None:
    event = draft.event
    _tell_lost(draft, event.words if isinstance(event, se.LinkTrouble) else "not needed any longer")


def tell_expired(draft: SessionDraft) -> None:
    _tell_lost(draft, "its certificate ended with no successor")


def tell_failed(draft: SessionDraft) -> None:
    """The hall hears of the first failure in a row and of another kind of failure, not of every attempt."""
    event, session = draft.event, draft.value
    if isinstance(event, se.LinkTrouble):
        known = session.last_error
        if session.attempt == 0 or known is None or known.type != _trouble_in(event).type:
            _tell_lost(draft, event.words)


def _trouble_in(event: se.LinkTrouble) -> SessionError:
    kind = event.error if isinstance(event, se.LinkFailed | se.RotationFailed) else kind_of(event)
    return SessionError(type=kind, words=event.words)


def remember(draft: SessionDraft) -> None:
    """Keep the trouble for people, and count it."""
    event = draft.event
    if isinstance(event, se.LinkTrouble):
        draft.change(last_error=_trouble_in(event), attempt=draft.value.attempt + 1)


def _back_off(draft: SessionDraft) -> int:
    event = draft.event
    jittered = se.LinkFailed | se.RotationFailed | se.HelloRefused | se.LinkLost
    jitter_ppm = event.jitter_ppm if isinstance(event, jittered) else 0
    delay_ns = next_delay_ns(draft.value.settings, draft.value.delay_ns, jitter_ppm)
    draft.change(delay_ns=delay_ns)
    return draft.at_ns + delay_ns


def back_off(draft: SessionDraft) -> None:
    _arm(draft, "retry", _back_off(draft))


def retry_late(draft: SessionDraft) -> None:
    """A refusal is never hammered: servers punish that by locking out the controller."""
    _arm(draft, "retry", draft.at_ns + draft.value.settings.refused_retry_ns)


def rotate_later(draft: SessionDraft) -> None:
    draft.change(rotate_ns=_back_off(draft))
    _arm(draft, "rotate", draft.value.rotate_ns)


def rotate_late(draft: SessionDraft) -> None:
    draft.change(rotate_ns=draft.at_ns + draft.value.settings.refused_retry_ns)
    _arm(draft, "rotate", draft.value.rotate_ns)


def forget_link(draft: SessionDraft) -> None:
    draft.change(link_gen=0)
    _cancel(draft, "rotate", "expire", "close")


def close_link(draft: SessionDraft) -> None:
    reason = "its certificate ended" if draft.value.wanted else "not needed any longer"
    draft.effects.append(CloseLink(role=draft.value.role, reason=reason))
    _arm(draft, "drain", draft.at_ns + draft.value.settings.drain_limit_ns)


def note_step(draft: SessionDraft) -> None:
    draft.change(stepped=True)
