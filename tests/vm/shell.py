# SPDX-License-Identifier: Apache-2.0
"""A guest to look around in: `python -m tests.vm.shell` opens root's shell there; with a command it runs that."""

import argparse
import subprocess
import sys

from tests.vm.bench import make_bench
from tests.vm.guest import Guest, GuestPlan


def main() -> int:
    """Start a guest, give it to the person, and end it."""
    parser = argparse.ArgumentParser(prog="python -m tests.vm.shell", description=__doc__)
    parser.add_argument("--halls", default="h1,h2", help="which halls have devices")
    parser.add_argument("--fps-milli", type=int, default=24_000, help="the film's speed")
    parser.add_argument("--no-modules", action="store_true", help="load neither reelctl nor reelsim")
    parser.add_argument("--icount", default="", help="QEMU's -icount, such as shift=auto")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what to run instead of a shell")
    asked = parser.parse_args()
    plan = GuestPlan(
        halls=tuple(asked.halls.split(",")),
        fps_milli=asked.fps_milli,
        modules=not asked.no_modules,
        icount=asked.icount,
    )
    guest = Guest(make_bench(), plan)
    try:
        words = guest.ssh_words(" ".join(asked.command) or "exec sh -l")
        if not asked.command:
            words.insert(1, "-t")
        return subprocess.call(words)
    finally:
        print(guest.console, file=sys.stderr, end="")
        guest.end()


if __name__ == "__main__":
    sys.exit(main())
