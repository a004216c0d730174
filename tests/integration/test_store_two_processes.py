# SPDX-License-Identifier: Apache-2.0
"""A command that opens a running site and ends must not take the runtime's databases away from it."""

import subprocess
import sys
from pathlib import Path

from tests.support.sites import open_site

_RUNTIME = """
import sys, time
from pathlib import Path
from adapters.store.site import open_site
state = Path(sys.argv[1])
open_site(state)
from adapters.store.models import HallNow, OperatorRequest
OperatorRequest.objects.count(), HallNow.objects.count()
open_site(state)  # as the runtime does when its command has opened the site before
for line in sys.stdin:
    OperatorRequest.objects.create(hall="h1", verb="start", actor="test", created_ns=1, expires_ns=2)
    print(OperatorRequest.objects.count(), HallNow.objects.count(), flush=True)
"""
_COMMAND = """
import sys
from pathlib import Path
from adapters.store.site import open_site
open_site(Path(sys.argv[1]))
from adapters.store.models import OperatorRequest
OperatorRequest.objects.create(hall="h1", verb="stop", actor="test", created_ns=1, expires_ns=2)
print(OperatorRequest.objects.count())
"""
LIMIT_S = 30.0


def test_a_command_comes_and_goes_and_both_see_each_others_rows(tmp_path: Path) -> None:
    open_site(tmp_path)
    runtime = subprocess.Popen(
        [sys.executable, "-c", _RUNTIME, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert runtime.stdin is not None
    assert runtime.stdout is not None
    try:
        seen = []
        for _ in range(2):
            runtime.stdin.write("go\n")
            runtime.stdin.flush()
            seen.append(runtime.stdout.readline().split())
            command = subprocess.run(
                [sys.executable, "-c", _COMMAND, str(tmp_path)],
                capture_output=True,
                text=True,
                timeout=LIMIT_S,
                check=True,
            )
            seen.append(command.stdout.split())
        assert seen == [["1", "0"], ["2"], ["3", "0"], ["4"]]
        runtime.stdin.close()
        assert runtime.wait(LIMIT_S) == 0
    finally:
        runtime.kill()
        runtime.wait(LIMIT_S)
        runtime.stdout.close()
