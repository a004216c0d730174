# SPDX-License-Identifier: Apache-2.0
"""Ports of loopback for servers that stop and come back on the same one."""

import random
import socket
from contextlib import suppress

_PORTS = range(10_000, 32_000)
"""Below those that Linux gives to whoever connects: while a server is down, none of its clients is given its port."""


def free_port() -> int:
    """Return a port of loopback that nobody uses."""
    # Not the global generator: Hypothesis seeds that, and tests side by side would choose the same.
    for port in random.SystemRandom().sample(_PORTS, 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("a hundred ports of loopback tried, none free")
