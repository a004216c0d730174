# SPDX-License-Identifier: Apache-2.0
"""`make vm-demo` as a newcomer runs it: both halls play, the board is there, Ctrl-C ends everything."""

import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.vm.bench import Bench

WANTED = ("board: http://", "h1 threading → projecting", "h2 threading → projecting")
END_LIMIT_S = 20.0


def test_both_halls_play_and_ctrl_c_ends_it(bench: Bench, tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "tests.vm.demo", "--directory", tmp_path / "demo", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert demo.stdout is not None
        told = ""
        for line in demo.stdout:
            told += line
            if all(words in told for words in WANTED):
                break
        address = told.partition("board: ")[2].split()[0]
        with urllib.request.urlopen(address, timeout=10) as page:  # noqa: S310  # our own board
            assert page.status == 200
        demo.send_signal(signal.SIGINT)
        told += demo.communicate(timeout=END_LIMIT_S)[0]
        assert "Traceback" not in told
        assert "whole shows" in told, told
        assert demo.returncode == (0 if "everything is in order" in told else 1)
    finally:
        demo.kill()
        demo.communicate(timeout=END_LIMIT_S)
