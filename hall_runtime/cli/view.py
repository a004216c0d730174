# SPDX-License-Identifier: Apache-2.0
"""What a terminal shows of a site: a row of facts for each hall, drawn from values alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from hall_runtime.cli.common import local_time, local_words
from statemachines.alarms import AlarmState
from statemachines.film import duration_ms, feet_at, frames_in
from statemachines.hall import Hall
from statemachines.label import label
from statemachines.now import Now
from statemachines.session_value import ControlSession, SessionState
from statemachines.words import Lamp, Motor, Role, Sound, State

_STATE_STYLE = {
    State.IDLE: "dim",
    State.THREADING: "blue",
    State.PROJECTING: "dark_orange3",
    State.REWINDING: "blue",
    State.FAULT: "bold white on red",
}
_SESSION_STYLE = {
    SessionState.UP: "green",
    SessionState.ROTATING: "green",
    SessionState.CONNECTING: "yellow",
    SessionState.BACKING_OFF: "yellow",
    SessionState.REFUSED: "red",
}
_RING = "●◕◑◔○"
_TURNING = "◐◓◑◒"
_BAR = 18
QUIET_NS = 3_000_000_000
"""A hall that was not heard of for so long is shown as old."""


@dataclass(frozen=True)
class HallSight:
    """One hall to draw. `round_trip_us` by role, where it is known; `beat_ns`: when its task last showed life."""

    now: Now
    beat_ns: int
    name: str = ""
    round_trip_us: Mapping[Role, int] = field(default_factory=dict)


def _bar(done: int, whole: int) -> str:
    filled = min(_BAR, done * _BAR // whole) if whole else 0
    return "━" * filled + "╌" * (_BAR - filled)


def _reel(motor: Motor, now_ns: int) -> str:
    """Return a reel that turns with the motor."""
    phase = now_ns // 250_000_000 % len(_TURNING)
    return {Motor.STOP: "○", Motor.RUN: _TURNING[phase], Motor.REWIND: _TURNING[-phase - 1]}[motor]


def _film(hall: Hall, now_ns: int) -> Text:
    film = hall.film
    if not film.present:
        return Text("no film", style="dim")
    feet = film.feet[min(film.reel, len(film.feet)) - 1]
    frames = frames_in(film.gauge, feet)
    left_ms = max(0, duration_ms(film.gauge, feet) * (frames - film.frame) // max(frames, 1))
    reel = _reel(hall.projector.motor, now_ns)
    style = "dark_orange3" if hall.state is State.PROJECTING else "blue"
    text = Text(f"{reel} {_bar(film.frame, frames)} {reel}", style=style)
    text.append(f" {feet_at(film.gauge, film.frame):>5,} of {feet:,} ft", style="default")
    text.append(f"  {left_ms // 60_000}:{left_ms // 1000 % 60:02} left", style="dim")
    text.append(f"  reel {film.reel}/{len(film.feet)} · {film.gauge} mm", style="dim")
    return text


def _machine(hall: Hall) -> Text:
    projector = hall.projector
    turning = {Motor.STOP: "■ motor", Motor.RUN: "▶ motor", Motor.REWIND: "◀ motor"}[projector.motor]
    text = Text(f"{turning:<9}", style="bold" if projector.motor is not Motor.STOP else "dim")
    lit = projector.dowser_open and projector.lamp is Lamp.LIT
    dowser = "◁ light on film" if lit else "◁ dowser open" if projector.dowser_open else "▏ dowser closed"
    text.append(f"{dowser:<17}", style="dark_orange3" if lit else "dim")
    text.append(f"lamp {projector.lamp:<10}", style="yellow" if projector.lamp is Lamp.LIT else "dim")
    text.append(f"sound {hall.rack.sound}", style="green" if hall.rack.sound is not Sound.MUTE else "dim")
    if hall.state is State.PROJECTING and hall.rack.sound is not Sound.MUTE:
        text.append(f" {hall.rack.offset_us / 1000:+.0f} ms", style="dim")
    return text


def _session(session: ControlSession, round_trip_us: int | None, now_ns: int) -> Text:
    style = _SESSION_STYLE.get(session.state, "dim")
    text = Text(f"{session.role:<11}", style="default")
    text.append(f"{session.state.replace('_', ' '):<11}", style=style)
    if session.link_gen:
        life = max(session.rotate_ns - session.minted_ns, 1)
        age = min(max(now_ns - session.minted_ns, 0), life)
        text.append(f"{_RING[age * (len(_RING) - 1) // life]} {_span(now_ns - session.minted_ns):<5}", style="cyan")
        if round_trip_us is not None:
            text.append(f"{round_trip_us / 1000:>5.1f} ms", style="dim")
    elif session.last_error is not None and session.state is not SessionState.DOWN:
        text.append(local_words(session.last_error.words), style="red")
    return text


def _span(ns: int) -> str:
    seconds = max(ns, 0) // 1_000_000_000
    return f"{seconds // 60}:{seconds % 60:02}"


def _alarms(hall: Hall) -> list[Text]:
    shown = [alarm for alarm in hall.alarms if not alarm.root and alarm.state is not AlarmState.SHELVED]
    marks = {AlarmState.UNACKNOWLEDGED: "⚠", AlarmState.ACKNOWLEDGED: "✓", AlarmState.RETURNED: "↺"}
    return [
        Text(f"{marks[alarm.state]} {local_words(alarm.words)} (since {local_time(alarm.since_ns)[:8]})", style="red")
        for alarm in shown
    ]


def _hall(sight: HallSight, now_ns: int) -> RenderableType:
    hall = sight.now.hall
    old = now_ns - sight.beat_ns > QUIET_NS
    title = Text.assemble((f" {sight.name or hall.id} ", "bold"), (f" {label(hall)} ", _STATE_STYLE[hall.state]))
    sessions = Table.grid(expand=True)
    for _ in sight.now.sessions:
        sessions.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    sessions.add_row(*(_session(each, sight.round_trip_us.get(each.role), now_ns) for each in sight.now.sessions))
    body = Group(_film(hall, now_ns), _machine(hall), sessions, *_alarms(hall))
    border = "red" if hall.state is State.FAULT else "grey37"
    note = f"old: last heard of at {local_time(sight.beat_ns)[:8]}" if old else None
    return Panel(body, title=title, title_align="left", subtitle=note, border_style="grey23" if old else border)


def site_view(title: str, sights: Sequence[HallSight], lines: Sequence[Text], footer: Text, now_ns: int) -> Group:
    """Return the whole picture: a panel a hall, the last events, and the site's figures."""
    head = Text.assemble((f" {title} ", "bold reverse"), ("  " + local_time(now_ns)[:8], "dim"))
    events = [Panel(Group(*lines), title="events", title_align="left", border_style="grey23")] if lines else []
    return Group(head, *(_hall(sight, now_ns) for sight in sights), *events, footer)
