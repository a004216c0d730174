# SPDX-License-Identifier: Apache-2.0
"""The deployment machine: every edge, with what must hold and what it does. The first edge that may fire, fires.

Up to `staged` the server runs untouched: giving up is an end by itself, and film in a hall only makes it wait.
From `installed` on, whatever goes wrong leads through `rolling_back`, and each loss is followed by an inspection.
"""

from statemachines import deployment_actions as a
from statemachines import deployment_guards as g
from statemachines.deployment_value import Deployment, DeploymentState
from statemachines.table import Action, Edge, Guard, Table

_PENDING, _PREFLIGHT, _STAGED, _INSTALLED, _PROBING, _COMMITTED, _ROLLING_BACK, _ROLLED_BACK, _FAILED = DeploymentState
_UNTOUCHED = (_PREFLIGHT, _STAGED)
_TOUCHED = (_INSTALLED, _PROBING)
_WORKING = (*_UNTOUCHED, *_TOUCHED, _ROLLING_BACK)

_When = tuple[Guard[Deployment], ...]
_Do = tuple[Action[Deployment], ...]


def _edge(
    trigger: str, source: DeploymentState, dest: DeploymentState | None, *, when: _When = (), do: _Do = ()
) -> Edge[Deployment]:
    return Edge(trigger=trigger, source=source, dest=dest, guards=when, actions=do)


_GIVE_UP: _Do = (a.note_reason, a.end)
_STEP_BACK: _Do = (a.release_halls, a.wait)
_ROLL_BACK: _Do = (a.note_reason, a.progress, a.inspect)
_FAIL: _Do = (a.note_rollback_reason, a.end_failed)
_LOSSES = ("connection_lost", "step_due")

_HALLS = (
    _edge("deployment_asked", _PENDING, None),
    _edge("hall_seen", _PENDING, _PREFLIGHT, when=(g.halls_kept,), do=(a.inspect,)),
    _edge("hall_seen", _PENDING, None, do=(a.settle_halls,)),
    _edge("pause_asked", _PENDING, None, when=(g.not_paused,), do=(a.pause,)),
    _edge("resume_asked", _PENDING, None, when=(g.is_paused,), do=(a.unpause, a.settle_halls)),
    _edge("controller_recovered", _PENDING, None, do=(a.hold_again,)),
    *(_edge("hall_seen", state, _PENDING, when=(g.hall_taken,), do=_STEP_BACK) for state in _UNTOUCHED),
    *(_edge("pause_asked", state, _PENDING, do=(a.pause, a.wait)) for state in _UNTOUCHED),
    *(_edge("controller_recovered", state, _PENDING, do=(a.hold_again,)) for state in _UNTOUCHED),
    # A module that waits to be unloaded goes on when its halls are free; it looks first, for that may be long after.
    *(
        _edge("hall_seen", state, None, when=(g.waits_for_halls, g.halls_kept), do=(a.inspect,))
        for state in (_INSTALLED, _ROLLING_BACK)
    ),
    *(_edge("hall_seen", state, None, do=(a.keep_halls,)) for state in _WORKING),
    _edge("hall_seen", _FAILED, None, when=(g.is_holding,), do=(a.keep_halls,)),
    *(_edge("hall_seen", state, None, do=(a.let_go_again,)) for state in (_COMMITTED, _ROLLED_BACK, _FAILED)),
)

_FORWARD = (
    _edge(
        "server_inspected",
        _PREFLIGHT,
        _COMMITTED,
        when=(g.there_already,),
        do=(a.note_previous, a.note_there_already, a.end),
    ),
    *(_edge("server_inspected", state, _ROLLED_BACK, when=(g.unfit_found,), do=_GIVE_UP) for state in _UNTOUCHED),
    _edge(
        "server_inspected",
        _PREFLIGHT,
        _STAGED,
        when=(g.staged_there,),
        do=(a.note_previous, a.progress, a.install),
    ),
    _edge("server_inspected", _PREFLIGHT, None, do=(a.note_previous, a.stage)),
    _edge("release_staged", _PREFLIGHT, _STAGED, do=(a.progress, a.install)),
    # In `staged` only a loss is followed by an inspection.
    _edge(
        "server_inspected",
        _STAGED,
        _INSTALLED,
        when=(g.installed_there,),
        do=(a.note_previous, a.progress, a.replace_module),
    ),
    _edge("server_inspected", _STAGED, None, when=(g.staged_there,), do=(a.note_previous, a.install)),
    _edge("server_inspected", _STAGED, _PREFLIGHT, do=(a.note_previous, a.stage)),
    _edge("release_installed", _STAGED, _INSTALLED, do=(a.progress, a.replace_module)),
    _edge("server_inspected", _INSTALLED, _ROLLING_BACK, when=(g.restarted,), do=_ROLL_BACK),
    _edge("server_inspected", _INSTALLED, _PROBING, when=(g.new_runs,), do=(a.progress, a.probe_new)),
    _edge("server_inspected", _INSTALLED, _ROLLING_BACK, when=(g.unfit_found,), do=_ROLL_BACK),
    _edge("server_inspected", _INSTALLED, None, do=(a.replace_module,)),
    _edge("module_unloaded", _INSTALLED, None, do=(a.load,)),
    _edge("module_loaded", _INSTALLED, _PROBING, do=(a.progress, a.probe_new)),
)

_PROOF = (
    *(
        edge
        for trigger in ("check_answered", "heartbeat_heard")
        for edge in (
            _edge(trigger, _PROBING, _ROLLING_BACK, when=(g.check_failed,), do=_ROLL_BACK),
            _edge(trigger, _PROBING, None, when=(g.proven,), do=(a.commit,)),
            _edge(trigger, _PROBING, None),
        )
    ),
    _edge("heartbeat_due", _PROBING, _ROLLING_BACK, when=(g.is_unheard,), do=_ROLL_BACK),
    _edge("step_due", _PROBING, _ROLLING_BACK, when=(g.probe_overdue,), do=_ROLL_BACK),
    _edge("release_committed", _PROBING, _COMMITTED, do=(a.end,)),
    _edge("server_inspected", _PROBING, _COMMITTED, when=(g.new_runs, g.new_boots, g.proven), do=(a.end,)),
    _edge("server_inspected", _PROBING, _ROLLING_BACK, when=(g.restarted,), do=_ROLL_BACK),
    _edge("server_inspected", _PROBING, _ROLLING_BACK, when=(g.new_not_running,), do=_ROLL_BACK),
    _edge("server_inspected", _PROBING, None, when=(g.proven,), do=(a.commit,)),
    _edge("server_inspected", _PROBING, None, do=(a.probe_new,)),
)

_BACK = (
    _edge("server_inspected", _ROLLING_BACK, _ROLLED_BACK, when=(g.old_runs, g.nothing_before), do=(a.end,)),
    _edge("server_inspected", _ROLLING_BACK, None, when=(g.old_runs,), do=(a.probe_old,)),
    _edge("server_inspected", _ROLLING_BACK, None, do=(a.bring_back,)),
    _edge("server_rolled_back", _ROLLING_BACK, None, do=(a.inspect,)),
    _edge("heartbeat_heard", _ROLLING_BACK, _ROLLED_BACK, when=(g.is_heard,), do=(a.end,)),
    _edge("heartbeat_heard", _ROLLING_BACK, None),
    *(
        edge
        for trigger in ("heartbeat_due", "step_refused")
        for edge in (
            _edge(trigger, _ROLLING_BACK, _FAILED, when=(g.tried_enough,), do=_FAIL),
            _edge(trigger, _ROLLING_BACK, None, do=(a.try_again,)),
        )
    ),
    _edge("resume_asked", _FAILED, _ROLLING_BACK, when=(g.is_holding,), do=(a.begin_again, a.progress, a.inspect)),
    # Nothing brings it back from here: its server, or a hall that it waits for, is gone for good.
    _edge("release_asked", _FAILED, None, when=(g.is_holding,), do=(a.let_go,)),
    _edge("release_asked", _ROLLING_BACK, _FAILED, when=(g.is_stuck,), do=(a.note_rollback_reason, a.let_go)),
)

_TROUBLE = (
    *(_edge("step_refused", state, _ROLLED_BACK, do=_GIVE_UP) for state in _UNTOUCHED),
    *(_edge("step_refused", state, _ROLLING_BACK, do=_ROLL_BACK) for state in _TOUCHED),
    *(
        _edge(loss, state, dest, when=(g.tried_enough,), do=do)
        for loss in _LOSSES
        for states, dest, do in (
            (_UNTOUCHED, _ROLLED_BACK, _GIVE_UP),
            (_TOUCHED, _ROLLING_BACK, _ROLL_BACK),
            ((_ROLLING_BACK,), _FAILED, _FAIL),
        )
        for state in states
    ),
    *(_edge(loss, state, None, do=(a.try_again,)) for loss in _LOSSES for state in _WORKING),
    *(_edge("retry_due", state, None, do=(a.inspect,)) for state in _WORKING),
    *(_edge("abort_asked", state, _ROLLED_BACK, do=_GIVE_UP) for state in (_PENDING, *_UNTOUCHED)),
    *(_edge("abort_asked", state, _ROLLING_BACK, do=_ROLL_BACK) for state in _TOUCHED),
    *(_edge("controller_recovered", state, None, do=(a.hold_again, a.inspect)) for state in (*_TOUCHED, _ROLLING_BACK)),
    _edge("controller_recovered", _FAILED, None, when=(g.is_holding,), do=(a.hold_again, a.end_failed)),
    *(
        _edge("controller_recovered", state, None, do=(a.release_halls,))
        for state in (_COMMITTED, _ROLLED_BACK, _FAILED)
    ),
)

EDGES = (*_HALLS, *_FORWARD, *_PROOF, *_BACK, *_TROUBLE)

DEPLOYMENT_TABLE = Table(DeploymentState, EDGES)
