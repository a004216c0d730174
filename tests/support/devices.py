# SPDX-License-Identifier: Apache-2.0
"""A small device for tests: the attributes of one (hall, role) as FIFOs and files, served by a thread.

It keeps the rule of claims and commands (`statemachines.gate`) and remembers what it was told to do; it knows
nothing of film.
"""

import os
import selectors
import shutil
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from statemachines.gate import Admission, Gate, admit, claim, record

FIFOS = ("command", "claim", "lease", "result")
VERBS = {"motor", "dowser", "lamp", "sound", "lights", "safe_stop", "clear"}
LIMIT_S = 10.0


class TestDevice:
    """`with TestDevice(devices, "alpha", "projection") as device:` serves `devices/alpha-projection/`.

    Set `results[verb]` to have a verb answered so; `acted` holds every command that took effect, `pings` the
    (fence, gen) that fed the lease, which counts as fed for `lease_s` seconds.
    """

    __test__ = False  # no test class, in spite of its name

    def __init__(self, devices: Path, hall: str, role: str, *, epoch: int = 77, lease_s: float = 5.0) -> None:
        self.path = devices / f"{hall}-{role}"
        self.epoch, self.lease_s = epoch, lease_s
        self.gate = Gate()
        self.seq = 0
        self.results: dict[str, str] = {}
        self.acted: list[str] = []
        self.pings: list[tuple[int, int]] = []
        self._fed_at = float("-inf")
        self._rings: dict[str, list[str]] = {"ring": [], "safety_ring": []}
        self._news = threading.Condition()
        self._hung = False
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe()
        self._fds: dict[str, int] = {}
        self._rests: dict[str, bytes] = {}
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self.path.mkdir(mode=0o755)
        for name in FIFOS:
            os.mkfifo(self.path / name)
            (self.path / name).chmod(0o666)
            self._fds[name] = os.open(self.path / name, os.O_RDWR | os.O_NONBLOCK)
        self._put("abi_version", "1\n")
        self._publish()
        for name in ("command", "claim", "lease"):
            self._selector.register(self._fds[name], selectors.EVENT_READ, name)
        self._selector.register(self._wake_read, selectors.EVENT_READ, "")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._wake_write)
        self._thread.join(LIMIT_S)
        self._selector.close()
        for fd in (self._wake_read, *self._fds.values()):
            os.close(fd)

    def say(self, word: str, *, safety: bool = False, telemetry: bool = True, val: str = "0") -> int:
        """Have an event happen and return its hw_seq; `telemetry=False` leaves it out of the plain ring."""
        with self._news:
            self.seq += 1
            line = f"{self.seq} {self.seq * 1000} {word} 0 {val}\n"
            for name, wanted in (("ring", telemetry), ("safety_ring", safety)):
                if wanted:
                    self._rings[name].append(line)
            self._publish()
            return self.seq

    def restart(self, epoch: int) -> None:
        """Start anew: another epoch, empty rings, no claim."""
        with self._news:
            self.epoch, self.seq, self.gate = epoch, 0, Gate()
            self._rings = {"ring": [], "safety_ring": []}
            self._publish()

    def hang(self) -> None:
        """Answer nothing from now on."""
        with self._news:
            self._hung = True

    def vanish(self) -> None:
        """Take the attributes away, as when the module is removed."""
        shutil.rmtree(self.path)

    def answer_stray(self, line: str) -> None:
        """Leave a line in `result` as if another agent had not read it."""
        os.write(self._fds["result"], f"{line}\n".encode())

    def unread_results(self) -> list[str]:
        """Take the lines that no agent has read from `result`."""
        try:
            return os.read(self._fds["result"], 65536).decode().splitlines()
        except BlockingIOError:
            return []

    def wait_for(self, count: int) -> list[str]:
        """Wait until `count` commands took effect and return them; AssertionError after a limit."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.acted) >= count, LIMIT_S), self.acted
            return list(self.acted)

    def _put(self, name: str, text: str) -> None:
        new = self.path / f".{name}.new"
        new.write_text(text)
        new.chmod(0o644)
        new.rename(self.path / name)

    def _publish(self) -> None:
        self._publish_snapshot()
        if self.path.is_dir():
            for name, lines in self._rings.items():
                self._put(name, "".join(lines))

    def _publish_snapshot(self) -> None:
        if not self.path.is_dir():
            return
        gate = self.gate
        lease = "fed" if self._is_fed() else "ended"
        self._put(
            "snapshot",
            f"epoch={self.epoch} seq={self.seq} ns={self.seq * 1000} film=0 motor=stop dowser=closed "
            f"lease={lease} fence={gate.fence} gen={gate.gen} last={gate.last}\n",
        )

    def _is_fed(self) -> bool:
        return time.monotonic() - self._fed_at < self.lease_s

    def _serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                data = os.read(key.fd, 4096)
                if not key.data:  # the wake pipe ended: the test is over
                    return
                *lines, self._rests[key.data] = (self._rests.get(key.data, b"") + data).split(b"\n")
                with self._news:
                    for line in lines:
                        self._take(key.data, line.decode("ascii").split(" "))
                    self._news.notify_all()

    def _take(self, attribute: str, words: list[str]) -> None:
        if self._hung:
            return
        if attribute == "lease":
            self._fed_at = time.monotonic()
            self.pings.append((int(words[0]), int(words[1])))
            return
        answer = self._claim(*words) if attribute == "claim" else self._command(*words)
        self._publish_snapshot()
        seq = words[3] if attribute == "claim" else words[2]
        self.answer_stray(f"{words[0]} {words[1]} {seq} {answer}")

    def _claim(self, fence: str, gen: str, controller: str, seq: str) -> str:
        self.gate, answer = claim(self.gate, int(fence), int(gen), controller, int(seq), lease_fed=self._is_fed())
        if answer == "ok":
            self._fed_at = time.monotonic()
        return answer

    def _command(self, fence: str, gen: str, seq: str, verb: str, arg: str = "") -> str:
        admission = admit(self.gate, int(fence), int(gen), int(seq), verb)
        if admission is Admission.MEMORY:
            return self.gate.result
        if admission is not Admission.ACT:
            return f"refused:{admission}"
        answer = self.results.get(verb, "ok" if verb in VERBS else "refused:verb")
        if answer == "ok":
            self.acted.append(f"{verb} {arg}".strip())
        self.gate = record(self.gate, int(seq), answer)
        return answer
