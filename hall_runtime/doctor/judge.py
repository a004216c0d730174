# SPDX-License-Identifier: Apache-2.0
"""Numbers and facts judged, without looking at anything."""

from hall_runtime.doctor.finding import Finding, well, worse, wrong
from statemachines.deployment_facts import Findings, Limits
from statemachines.kernel_words import ABI_VERSION

CLOCK_WARN_S = 30
CLOCK_FAIL_S = 60
"""Certificates are backdated by as much: a server whose clock is further behind refuses every one of them."""

MIB = 1 << 20
EVENTS_A_MIB = 1_250
"""How many kernel events a receive buffer holds: measured, 16 MiB held 20,164."""

LITTLE_SPACE = 64 * MIB
ALARM_SHARE = 0.90
"""So full a disk raises `disk_nearly_full` in the running site."""


def judged_clock(about: str, server_s: int, ours_s: int) -> Finding:
    """Compare both ends' Unix seconds, read at the same moment."""
    ahead = server_s - ours_s
    how = f"its clock is {abs(ahead)} s {'ahead of' if ahead > 0 else 'behind'} this controller's"
    mend = "let both follow the same time server (chrony or systemd-timesyncd), then look again"
    if abs(ahead) > CLOCK_FAIL_S:
        return wrong(about, f"{how}: certificates are refused beyond {CLOCK_FAIL_S} s", mend)
    if abs(ahead) > CLOCK_WARN_S:
        return worse(about, f"{how}; beyond {CLOCK_FAIL_S} s certificates are refused", mend)
    return well(about, f"both clocks agree within {max(abs(ahead), 1)} s")


def judged_agent(about: str, version: str, abi: int, *, ours: str, enrol: str) -> Finding:
    """Compare the agent and its device with what this program was made for. A legacy device has ABI 0."""
    if abi not in (0, ABI_VERSION):
        how = f"its device speaks ABI {abi}, this controller knows {ABI_VERSION}"
        return wrong(about, how, "install the kernel module that belongs to this release on it")
    if version != ours:
        return worse(about, f"agent {version}, this controller brings {ours}", enrol)
    return well(about, f"agent {version}, {f'device ABI {abi}' if abi else 'legacy commands'}")


def judged_buffer(granted: int, asked: int, rmem_max: int) -> Finding:
    """Judge the kernel's receive buffer. `granted` as the kernel counts it, which is twice what it holds; bytes."""
    held = granted // 2
    size = f"{held / MIB:.1f} MiB of {asked // MIB} MiB asked"
    if held >= asked:
        return well("event buffer", f"{size}: some {held * EVENTS_A_MIB // MIB:,} events fit")
    return worse(
        "event buffer",
        f"{size}: a burst of more than {held * EVENTS_A_MIB // MIB:,} events overruns it (repaired and counted)",
        f"net.core.rmem_max is {rmem_max:,}, needed {asked:,}: install packaging/90-projectionist.conf into "
        "/etc/sysctl.d/, then `sysctl --system`, then restart the site",
    )


def judged_disk(total: int, used: int, free: int) -> Finding:
    """Judge the disk of the state directory; bytes."""
    how = f"{free / MIB:,.0f} MiB free of {total / MIB:,.0f}"
    mend = "make room, or forget old rows: `projectionist log prune --before DATE`"
    if free < LITTLE_SPACE:
        return wrong("disk", f"{how}: the log will soon not be written", mend)
    if used >= total * ALARM_SHARE:
        return worse("disk", f"{how}: the alarm `disk_nearly_full` stands", mend)
    return well("disk", how)


def judged_inspection(about: str, found: Findings) -> Finding:
    """Say whether a module can be shipped to a server as it is now."""
    kernel = f"kernel {found.kernel}{', signed modules only' if found.sig_enforce else ''}"
    if found.loaded != found.boots:
        how = f"{kernel}: it runs another module than the one that it starts with"
        return worse(about, how, "restart the server, or resume the deployment that was cut off")
    if found.free < Limits().spare_bytes:
        return worse(about, f"{kernel}: {found.free // MIB} MiB of disk left", "make room in /var/lib/reel-deploy")
    return well(about, f"reel-deploy answers; {kernel}, {found.free // MIB:,} MiB free")
