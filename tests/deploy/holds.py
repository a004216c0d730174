# SPDX-License-Identifier: Apache-2.0
"""Steps that stand still half done, so that a test cuts them there and not a moment before or after.

holds = Holds(server)
holds.set(Step.LOAD)      the next `load` will stand still once its insmod is done, before anything else of it
holds.until_reached()
holds.set(Step.PROBE)     lets it go on, and the next `probe` will stand still; let_go() holds nothing more
"""

from collections.abc import Mapping

from statemachines.deployment_facts import Step
from tests.deploy.server import Server

HALF: Mapping[Step, str] = {
    Step.INSPECT: "df",
    Step.STAGE: "head",
    Step.INSTALL: "cp",
    Step.UNLOAD: "rmmod",
    Step.LOAD: "insmod",
    Step.PROBE: "sleep",
    Step.COMMIT: "depmod",
    Step.ROLLBACK: "rmmod",
}
"""After which program a step is half done: a file came and has no name yet; what ran is gone, and nothing runs; the

new module runs and is not drilled; its self-test is not over; what boots is another, and half of the rest is not.
"""
_LIMIT_S = 120.0
_STAND_IN = r"""#!/bin/sh
# Runs the program that it stands for; then, where the verb at work is to stand still behind it, waits. A power cut
# finds on the disk all that was done till then.
/root/real/${0##*/} "$@"
status=$? at=
[ ! -e /run/hold ] || read -r at </run/hold
if [ "$at" = "${SSH_ORIGINAL_COMMAND%% *} ${0##*/}" ]; then
    sync
    : >/run/reached
    while [ -e /run/hold ] && read -r now </run/hold && [ "$now" = "$at" ]; do /root/real/sleep 0.05; done
fi
exit $status
"""


class Holds:
    """Of one server. Stand-ins take the places of the programs that its reel-deploy calls; they outlast a restart."""

    def __init__(self, server: Server) -> None:
        self._server = server
        names = " ".join(sorted(set(HALF.values())))
        server.put(_STAND_IN.encode(), "/root/stand-in")
        server.sh(
            f"mkdir /root/real && for name in {names}; do "
            'ln -s "$(readlink -f "$(command -v $name)")" /root/real/$name; done; '
            f"for name in {names}; do rm -f /usr/sbin/$name && cp /root/stand-in /usr/sbin/$name; done; sync"
        )

    def set(self, step: Step) -> None:
        self._server.sh(f"rm -f /run/reached; echo {step} {HALF[step]} >/run/next && mv /run/next /run/hold")

    def until_reached(self) -> None:
        self._server.sh("until [ -e /run/reached ]; do /root/real/sleep 0.05; done", _LIMIT_S)

    def let_go(self) -> None:
        self._server.sh("rm -f /run/hold")
