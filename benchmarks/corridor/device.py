# SPDX-License-Identifier: Apache-2.0
"""`python -m benchmarks.corridor.device PATH…`: devices as FIFOs, film threaded and lamp lit, until its input ends.

A process of its own, as hardware is no part of the runtime. It keeps the rule of claims and commands and answers
at once, each attribute from a thread that waits in its read; nothing turns.
"""

import os
import sys
from pathlib import Path
from threading import Lock, Thread

from statemachines.gate import Admission, Gate, admit, claim, record
from statemachines.snapshot import Snapshot, format_snapshot
from statemachines.words import Lamp

_FIFOS = ("command", "claim", "lease", "result")


class Device:
    """One (hall, role) below `path`, named HALL-ROLE."""

    def __init__(self, path: Path, epoch: int) -> None:
        path.mkdir(mode=0o755)
        self.epoch = epoch
        self._path, self._sound, self._gate = path, path.name.endswith("-sound"), Gate()
        self._fds: dict[str, int] = {}
        self._lock = Lock()
        for name in _FIFOS:
            os.mkfifo(path / name)
            (path / name).chmod(0o666)
            self._fds[name] = os.open(path / name, os.O_RDWR)
        for name, text in (("abi_version", "1\n"), ("ring", ""), ("safety_ring", "")):
            (path / name).write_text(text)
        self._publish()

    def begin(self) -> None:
        """Serve every attribute, each from a thread of its own, as long as the process lives."""
        for name in ("command", "claim", "lease"):
            Thread(target=self._serve, args=(name,), daemon=True).start()

    def _serve(self, attribute: str) -> None:
        """Take what is written into an attribute, for ever; the agent writes whole lines, one at a time."""
        while True:
            for line in os.read(self._fds[attribute], 4096).decode("ascii").splitlines():
                if attribute != "lease":
                    with self._lock:
                        self._answer(attribute, *line.split(" "))

    def _answer(self, attribute: str, fence: str, gen: str, third: str, fourth: str, *_arg: str) -> None:
        result: str
        if attribute == "claim":
            seq = fourth
            self._gate, result = claim(self._gate, int(fence), int(gen), third, int(seq), lease_fed=False)
        else:
            seq, result = third, self._command(int(fence), int(gen), int(third), fourth)
        os.write(self._fds["result"], f"{fence} {gen} {seq} {result}\n".encode("ascii"))
        if attribute == "claim":
            self._publish()

    def _command(self, fence: int, gen: int, seq: int, verb: str) -> str:
        admission = admit(self._gate, fence, gen, seq, verb)
        if admission is Admission.ACT:
            self._gate = record(self._gate, seq, "ok")
            return "ok"
        return self._gate.result if admission is Admission.MEMORY else f"refused:{admission}"

    def _snapshot(self, gate: Gate) -> str:
        known = Snapshot(
            epoch=self.epoch,
            seq=0,
            film=True,
            ready=True,
            lamp=Lamp.LIT,
            fence=gate.fence,
            gen=gate.gen,
            last=gate.last,
        )
        return format_snapshot(known, sound_only=self._sound)

    def _publish(self) -> None:
        self._put("snapshot", f"{self._snapshot(self._gate)}\n")

    def _put(self, attribute: str, text: str) -> None:
        new = self._path / f".{attribute}.new"
        new.write_text(text)
        new.rename(self._path / attribute)


def serve(paths: list[Path]) -> None:
    """Serve the devices until standard input ends."""
    for epoch, path in enumerate(paths, start=os.getpid()):
        Device(path, epoch).begin()
        print(epoch, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    serve([Path(name) for name in sys.argv[1:]])
