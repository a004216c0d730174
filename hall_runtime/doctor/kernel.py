# SPDX-License-Identifier: Apache-2.0
"""Whether kernel events can be heard on this machine, and how many at once."""

import asyncio
import stat
from pathlib import Path

from adapters.kernel.netlink import NetlinkSource
from hall_runtime.config import Kernel
from hall_runtime.doctor.finding import Finding, well, worse, wrong
from hall_runtime.doctor.judge import MIB, judged_buffer

_RMEM_MAX = Path("/proc/sys/net/core/rmem_max")


async def kernel_events(kernel: Kernel) -> list[Finding]:
    """Listen for a moment as the site would, and read back what the kernel granted."""
    if kernel.source == "socket":
        return [_socket(Path(kernel.socket or ""))]
    asked = kernel.buffer_mib * MIB
    source = NetlinkSource(kernel.subsystem, kernel.synth_uuid, asked)
    lost: list[str] = []
    await source.start(lambda _heard: None, lambda: None, lambda: None, lost.append)
    try:
        granted = source.granted_bytes()
        if not granted:
            mend = "the unit needs RestrictAddressFamilies=… AF_NETLINK and the host's network namespace"
            return [wrong("kernel events", "; ".join(lost) or "cannot be heard", mend)]
        rmem_max = int((await asyncio.to_thread(_RMEM_MAX.read_text)).strip())
        return [_devices(kernel, len(source.enumerate())), judged_buffer(granted, asked, rmem_max)]
    finally:
        await source.close()


def _devices(kernel: Kernel, count: int) -> Finding:
    if kernel.synth_uuid is not None:
        return well("kernel events", f"synthetic ones of subsystem {kernel.subsystem} are heard")
    if count:
        return well("kernel events", f"are heard; {count} reel devices are in this machine")
    return worse(
        "kernel events",
        f"are heard, but this machine has no device of subsystem {kernel.subsystem}",
        "a server in another machine is heard over a watch link: say `watch = true` for it; a legacy one is read "
        "over its session once a second",
    )


def _socket(path: Path) -> Finding:
    try:
        is_socket = stat.S_ISSOCK(path.stat().st_mode)
    except OSError as failed:
        return wrong("kernel events", f"{path}: {failed.strerror}", "start the simulated booth that makes it")
    if is_socket:
        return well("kernel events", f"come from a simulated booth, {path}")
    return wrong("kernel events", f"{path} is no socket", "name the booth's socket: [kernel] socket")
