# SPDX-License-Identifier: Apache-2.0
"""A booth and a runtime as processes of their own, in a directory: started, handled, killed and asked like real ones.

    with Multiplex(tmp_path) as site:
        site.start()
        site.do("h1 insert")
        site.until_state("h1", State.THREADING)

What the runtime did is read from its log; waiting means looking at the log until it says so, within a limit.
"""

import json
import os
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeVar

import msgspec

from adapters.booth.plan import BoothReady
from adapters.ssh.authority import PASSPHRASE_VARIABLE, create_authority
from adapters.ssh.watch import WATCH_PRINCIPAL
from statemachines.record import Record
from statemachines.snapshot import Snapshot, parse_snapshot
from statemachines.words import Role, State
from tests.support.cinema_plan import Cinema, booth_plan, site_toml
from tests.support.site_log import SiteLog
from tests.support.sites import open_site
from tests.support.sshd import RealSshd

LIMIT_S = 20.0
LOOK_S = 0.02
PASSPHRASE = "a test's own"
PROGRAM = Path(sys.executable).with_name("projectionist")
T = TypeVar("T")


class Multiplex(SiteLog):
    """One cinema. `feet` and `fps` give every hall's only reel and the projectors' speed.

    With `uevents` the kernel sends the booth's events, else they come over a socket. With `sshd` the agents are
    reached through the OpenSSH server of this machine, else through the booth's own servers. With both, the roles
    in `watched` are heard over a watch link to that server `watched`; the others are on the server `sshd`.
    """

    def __init__(
        self,
        directory: Path,
        *,
        halls: Sequence[str] = ("h1",),
        feet: int = 300,
        fps: int = 1200,
        uevents: bool = False,
        rotate_s: tuple[float, float] = (540, 600),
        sshd: bool = False,
        watched: Iterable[Role] = (),
    ) -> None:
        super().__init__(directory / "state")
        self.directory, self.halls = directory, tuple(halls)
        self.config = directory / "cinema.toml"
        self.starts = 0
        self.runtime: subprocess.Popen[bytes] | None = None
        self.sshd: RealSshd | None = None
        self._cinema = Cinema(self.halls, feet, fps, uevents, rotate_s, frozenset(watched))
        self._with_sshd = sshd
        self._user_ca = ""
        self._booth: subprocess.Popen[bytes] | None = None
        self._ready: BoothReady | None = None

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(self._close)
            self._open()
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _open(self) -> None:
        path = self.directory / "authority" / "ca"
        self._user_ca = create_authority(path, PASSPHRASE).public_line
        if self._with_sshd:
            names = [WATCH_PRINCIPAL, *(f"reel-{hall}-{role}" for hall in self.halls for role in Role)]
            self.sshd = RealSshd(ca_public=self._user_ca, principals=names)
            self.sshd.__enter__()
        self.start_booth()
        self.config.write_text(self._site_toml(path), encoding="utf-8")
        open_site(self.state)

    def _site_toml(self, authority: Path) -> str:
        return site_toml(self._cinema, self.state, authority, self.sshd, self.booth)

    def _close(self) -> None:
        if self.runtime is not None:
            self.kill()
        self.end_booth()
        if self.sshd is not None:
            self.sshd.stop()

    # The booth

    @property
    def booth(self) -> BoothReady:
        assert self._ready is not None
        return self._ready

    def start_booth(self) -> None:
        """Switch the hardware on: new devices with new epochs."""
        plan = self.directory / "plan.json"
        planned = booth_plan(self._cinema, self.directory, self._user_ca, self.sshd, self._ready)
        plan.write_bytes(msgspec.json.encode(planned))
        with (self.directory / "booth.err").open("ab") as errors:
            self._booth = subprocess.Popen(
                [sys.executable, "-m", "adapters.booth", plan],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        assert self._booth.stdout is not None
        self._ready = msgspec.json.decode(_line(self._booth.stdout), type=BoothReady)
        if self.sshd is not None:
            self.sshd.grant(self.sshd.devices)

    def end_booth(self, *, power_cut: bool = False) -> None:
        """Switch the hardware off; in a power cut it says nothing more."""
        booth, self._booth = self._booth, None
        if booth is None:
            return
        if power_cut:
            booth.kill()
        booth.terminate()
        try:
            booth.wait(LIMIT_S)
        finally:
            booth.kill()
            booth.wait(LIMIT_S)
            if booth.stdout is not None:
                booth.stdout.close()

    def hand(self, line: str) -> str:
        """Let a person in the booth do something and return what comes of it."""
        with socket.socket(socket.AF_UNIX) as hands:
            hands.settimeout(LIMIT_S)
            hands.connect(self.booth.hands_socket)
            hands.sendall(f"{line}\n".encode())
            with hands.makefile(encoding="utf-8") as answer:
                return answer.readline().strip()

    def do(self, line: str) -> None:
        """Let a person do something that works."""
        assert self.hand(line) == "ok", line

    def device(self, hall: str, role: Role = Role.PROJECTION) -> Snapshot:
        """Return how the hardware itself stands now."""
        return parse_snapshot(json.loads(self.hand(f"{hall} show"))[role])

    def said(self, hall: str, role: Role = Role.PROJECTION) -> Counter[str]:
        """Return how often a device has said each word, by its own ring: `dowser=1`, `stopped`, …"""
        ring = Path(self.booth.devices, f"{hall}-{role}", "ring").read_text(encoding="ascii")
        words = (line.split() for line in ring.splitlines())
        return Counter(word if word != "dowser" else f"dowser={val}" for _seq, _ns, word, _frame, val in words)

    # The runtime

    def start(self, limit_s: float = LIMIT_S) -> None:
        """Start the runtime and wait until every hall has read its hardware."""
        self.launch()
        self.until("every hall has read its hardware", lambda: all(map(self.is_recovered, self.halls)), limit_s)

    def launch(self, *program: str | Path) -> None:
        """Start the runtime, or a `program` that runs it; wait for nothing."""
        assert self.runtime is None
        with (self.directory / "runtime.log").open("ab") as log:
            self.runtime = subprocess.Popen(
                program or [PROGRAM, "run", "--config", self.config],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment(),
            )
        self.starts += 1

    def kill(self) -> None:
        """kill -9."""
        assert self.runtime is not None
        self.runtime.kill()
        self.runtime.wait(LIMIT_S)
        self.runtime = None

    def end(self, limit_s: float = 5.0) -> int:
        """SIGTERM; return the exit status, which must come within the limit."""
        assert self.runtime is not None
        runtime, self.runtime = self.runtime, None
        runtime.terminate()
        try:
            return runtime.wait(limit_s)
        finally:
            runtime.kill()
            runtime.wait(LIMIT_S)

    def _environment(self, zone: str = "UTC", passphrase: str = PASSPHRASE) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if name != "PROJECTIONIST_STATE"}
        return {**ours, PASSPHRASE_VARIABLE: passphrase, "TZ": zone, "COLUMNS": "200"}

    def ask(
        self, *words: str | Path, zone: str = "UTC", passphrase: str = PASSPHRASE
    ) -> subprocess.CompletedProcess[str]:
        """Run a `projectionist` command and return what it came to."""
        environment = self._environment(zone, passphrase)
        return subprocess.run(
            [PROGRAM, *words], capture_output=True, text=True, timeout=60, check=False, env=environment
        )

    def request(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `projectionist request` on this site."""
        return self.ask("request", *words, "--state", self.state)

    # The log

    def is_recovered(self, hall: str) -> bool:
        """Tell whether the hall has read its hardware since the newest start."""
        kinds = [row.kind for row in self.rows(hall) if row.kind in ("hall_configured", "runtime_recovered")]
        return kinds.count("hall_configured") == self.starts and kinds[-1] == "runtime_recovered"

    def until(self, what: str, true: Callable[[], T], limit_s: float = LIMIT_S) -> T:
        """Look fifty times a second until it is true and return it; AssertionError after the limit."""
        ends = time.monotonic() + limit_s
        while not (found := true()):
            if self.runtime is not None and self.runtime.poll() is not None:
                raise AssertionError(f"the runtime ended while waiting until {what}: {self._last_words()}")
            assert time.monotonic() < ends, f"not within {limit_s} s: {what}\n{self._last_words()}"
            time.sleep(LOOK_S)
        return found

    def until_state(self, hall: str, state: State, limit_s: float = LIMIT_S) -> None:
        self.until(f"{hall} is {state}", lambda: self.hall(hall).state is state, limit_s)

    def until_row(self, hall: str, kind: str, verdict: str = "", after: int = 0) -> Record:
        """Return the hall's first row of a kind and verdict beyond log_seq `after`."""

        def found() -> Record | None:
            rows = (row for row in self.rows(hall) if row.log_seq > after and row.kind == kind)
            return next((row for row in rows if verdict in ("", row.verdict)), None)

        row = self.until(f"{hall} has a row {kind} {verdict}", found)
        assert row is not None
        return row

    def _last_words(self) -> str:
        log = (self.directory / "runtime.log").read_text(encoding="utf-8", errors="replace")
        return log[-4000:]

    # Whole ways

    def thread(self, hall: str) -> None:
        """Film goes in, READY is pressed, the lamp strikes: everything is there for a start."""
        self.until_state(hall, State.IDLE)
        self.do(f"{hall} insert")
        self.until_state(hall, State.THREADING)
        self.do(f"{hall} ready")
        self.until(
            f"{hall} can start",
            lambda: (
                self.hall(hall).projector.lamp == "lit" and all(self.hall(hall).device(role).link.up for role in Role)
            ),
        )

    def project(self, hall: str) -> None:
        """A show is begun and its picture is on the screen."""
        self.thread(hall)
        self.do(f"{hall} start")
        self.until(f"{hall} shows its picture", lambda: self.hall(hall).projector.dowser_open)
        self.until(f"{hall} has every answer", lambda: self.is_settled(hall))

    def is_settled(self, hall: str) -> bool:
        """Tell whether every command that was sent has its answer."""
        return all({seq for seq, _ in self.commands(hall, role)} == self.answers(hall, role).keys() for role in Role)


def _line(pipe: IO[bytes]) -> bytes:
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        assert selector.select(LIMIT_S), "the booth did not come up"
    return pipe.readline()
