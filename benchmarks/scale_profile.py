# SPDX-License-Identifier: Apache-2.0
"""Where a process spends its CPU time: the kernel's timer of CPU time interrupts it, and the stack says for what."""

import signal
from collections import Counter
from types import FrameType

_EVERY_S = 0.005
_KINDS = (
    # The innermost of our own functions that is on the stack decides; these are looked for from the inside out.
    ("adapters/store/", "log"),
    ("structlog/", "saying"),
    ("hall_runtime/saying", "saying"),
    ("statemachines/values", "canonical values"),
    ("statemachines/history", "canonical values"),
    ("statemachines/", "deciding"),
    ("adapters/kernel/", "kernel events"),
    ("hall_runtime/hearing", "hearing"),
    ("hall_runtime/session_line", "pings"),
    ("cryptography/", "ssh: cryptography"),
    ("asyncssh/crypto/", "ssh: cryptography"),
    ("asyncssh/kex", "ssh: key exchange"),
    ("asyncssh/", "ssh: packets"),
    ("adapters/ssh/", "ssh: lines"),
    ("hall_runtime/", "keeping halls and sessions"),
)


class Profile:
    """Samples between `start` and `stop`."""

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()
        self._places: Counter[str] = Counter()

    def start(self) -> None:
        self._kinds.clear()
        self._places.clear()
        signal.signal(signal.SIGPROF, self._sample)
        signal.setitimer(signal.ITIMER_PROF, _EVERY_S, _EVERY_S)

    def stop(self) -> dict[str, dict[str, int]]:
        """Return the samples by kind and the hottest places."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        return {"kinds": dict(self._kinds.most_common()), "places": dict(self._places.most_common(60))}

    def _sample(self, _number: int, frame: FrameType | None) -> None:
        self._kinds[_kind(frame)] += 1
        if frame is not None:
            code = frame.f_code
            self._places[f"{'/'.join(code.co_filename.split('/')[-2:])}:{code.co_name}"] += 1


def _kind(frame: FrameType | None) -> str:
    if frame is not None and frame.f_code.co_name == "select":
        return "other threads, waiting"
    while frame is not None:
        file = frame.f_code.co_filename
        for part, kind in _KINDS:
            if part in file:
                return kind
        frame = frame.f_back
    return "the event loop"
