# SPDX-License-Identifier: Apache-2.0
"""A hall of the fake site: what the API says of it, and the little that a test makes happen to it."""

import time
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
ROLES = ("projection", "sound")
FEET = 2000
VERBS = {
    "start": "show_started",
    "stop": "show_stopped",
    "rewind": "rewind_requested",
    "acknowledge": "alarm_acknowledged",
    "reset": "reset",
    "emergency_stop": "emergency_stop",
}
MEANINGS = {
    "film_inserted": "film was put into the path",
    "film_removed": "the gate is empty",
    "show_started": "the show was started",
    "show_stopped": "the film was stopped",
    "reel_end": "the picture of this reel is over",
    "rewind_requested": "rewinding was asked for",
    "rewound": "the reel is rewound",
    "film_broke": "the film broke",
    "emergency_stop": "emergency stop",
    "reset": "a person reset the hall",
}
BREAK = "the film broke: thread it again"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class FakeHall:
    """One hall; `view()` is its HallView."""

    id: str
    name: str
    title: str = "Cinema Paradiso"
    state: str = "idle"
    label: str = "Idle"
    since_ms: int = field(default_factory=lambda: now_ms() - 761_000)
    seq: int = 1
    frame: int = 0
    film: bool = False
    broken: bool = False
    alarms: list[Json] = field(default_factory=list)
    last_edge: Json | None = None
    next_show: Json | None = None
    troubled: str = ""
    live: bool = True
    beat_ms: int = field(default_factory=now_ms)

    def fire(self, trigger: str, dest: str, label: str) -> Json:
        """Change the state; return the row."""
        before, self.state, self.label, self.since_ms = self.state, dest, label, now_ms()
        self.last_edge = {
            "name": f"{before}>{dest}:{trigger}",
            "trigger": trigger,
            "source": before,
            "dest": dest,
            "meaning": MEANINGS[trigger],
            "at_ms": self.since_ms,
        }
        return self.row(trigger, "transition", before, MEANINGS[trigger])

    def row(self, kind: str, verdict: str, before: str, reason: str, payload: Json | None = None) -> Json:
        self.seq += 1
        went = f"{before} → {self.state}: {reason}" if verdict == "transition" else reason
        return {
            "hall": self.id,
            "log_seq": self.seq,
            "subject": "hall",
            "at_ms": now_ms(),
            "kind": kind,
            "source": "operator",
            "verdict": verdict,
            "edge": f"{before}>{self.state}:{kind}" if verdict == "transition" else "",
            "before": before,
            "after": self.state,
            "reason": reason,
            "words": went,
            "effects": [],
            "payload": payload or {},
            "cause": "",
            "request": None,
        }

    def alarm(self, name: str, words: str, state: str = "unacknowledged") -> None:
        kept = [each for each in self.alarms if each["name"] != name]
        made = {
            "hall": self.id,
            "name": name,
            "words": words,
            "state": state,
            "since_ms": now_ms(),
            "until_ms": None,
            "root": "",
            "consequences": [],
        }
        self.alarms = [*kept, made]

    def view(self) -> Json:
        runs = {"projecting": "forward", "rewinding": "back"}.get(self.state, "no")
        light = self.state == "projecting"
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "label": self.label,
            "since_ms": self.since_ms,
            "at_ms": self.beat_ms,
            "log_seq": self.seq,
            "beat_ms": self.beat_ms,
            "live": self.live,
            "replayed": False,
            "recovered": True,
            "local": False,
            "held": [],
            "latched": ["break"] if self.broken else [],
            "deadline": None,
            "last_edge": self.last_edge,
            "film": self._film(runs) if self.film else None,
            "projector": {
                "motor": {"forward": "run", "back": "rewind", "no": "stop"}[runs],
                "at_speed": runs != "no",
                "dowser_open": light,
                "lamp": "lit" if light or self.state == "threading" else "cold",
                "tension": "slack" if self.broken else "good",
                "lights": "down" if light else "up",
                "door_open": False,
                "estop": False,
            },
            "sound": {
                "mode": "play" if light else "mute",
                "offset_us": -6000 if light else None,
                "heard_ms": None,
                "band_us": 20_833,
            },
            "sessions": [self._session(role) for role in ROLES],
            "alarms": self.alarms,
            "can": [self._outlook(verb) for verb in VERBS],
            "next_show": self.next_show,
        }

    def _film(self, runs: str) -> Json:
        run = self.frame // 16
        return {
            "title": self.title,
            "gauge": 35,
            "reel": 2,
            "reels": 6,
            "frame": self.frame,
            "feet_run": run,
            "feet": FEET,
            "left_ms": (FEET * 16 - self.frame) * 1000 // 24,
            "ready": True,
            "tail": False,
            "between": False,
            "broken": self.broken,
            "runs": runs,
        }

    def _session(self, role: str) -> Json:
        up = self.state != "idle" and self.troubled != role
        state = "up" if up else "backing_off" if self.troubled == role else "down"
        minted = now_ms() - 252_000
        trouble = {"type": "Unreachable", "words": "127.0.0.1:2222 does not answer: is the server on?"}
        return {
            "role": role,
            "server": f"{self.id}{role[0]}",
            "state": state,
            "word": {"backing_off": "trying again"}.get(state, state),
            "since_ms": minted,
            "gen": 14 if up else 0,
            "serial": "77" if up else "",
            "minted_ms": minted if up else None,
            "rotate_ms": minted + 600_000 if up else None,
            "expires_ms": minted + 900_000 if up else None,
            "round_trip_us": 400 if up else None,
            "error": trouble if self.troubled == role else None,
        }

    def why_not(self, verb: str) -> tuple[str, str]:
        """Return where a verb leads, and why it does not."""
        acknowledged = not any(each["state"] == "unacknowledged" for each in self.alarms)
        if verb == "emergency_stop":
            return "fault", ""
        if verb == "start" and self.state == "threading":
            return "projecting", f"the {self.troubled} session is not up since 19:52:01" if self.troubled else ""
        if verb == "stop" and self.state in ("projecting", "rewinding"):
            return "threading", ""
        if verb == "rewind" and self.state == "threading":
            return "rewinding", ""
        if verb == "acknowledge" and self.state == "fault":
            return "fault", "a person has acknowledged it already" if acknowledged else ""
        if verb == "reset" and self.state == "fault":
            return "threading", "" if acknowledged else "the fault is not acknowledged yet"
        if verb in ("reset", "acknowledge"):
            return "", f"only in fault, and the hall is {self.state}"
        return "", "no film is threaded in this hall" if self.state == "idle" else "the film is already running"

    def _outlook(self, verb: str) -> Json:
        dest, reason = self.why_not(verb)
        can = not reason
        return {
            "verb": verb,
            "trigger": VERBS[verb],
            "can_fire": can,
            "dest": dest if can else "",
            "reason": reason,
        }
