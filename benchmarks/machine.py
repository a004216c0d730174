# SPDX-License-Identifier: Apache-2.0
"""What the figures were measured on."""

import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """`load` is the load average of the last minute: what else ran is noise."""

    cpu: str
    cores: int
    system: str
    python: str
    ssh: str
    load: float


def machine() -> MachineFacts:
    """Look at this machine."""
    return MachineFacts(
        cpu=_named("/proc/cpuinfo", "model name", ":"),
        cores=os.cpu_count() or 0,
        system=f"{_named('/etc/os-release', 'PRETTY_NAME', '=')}, Linux {platform.release()}",
        python=platform.python_version(),
        ssh=_ssh(),
        load=os.getloadavg()[0],
    )


def _named(file: str, name: str, equals: str) -> str:
    for line in Path(file).read_text(encoding="utf-8").splitlines():
        key, found, value = line.partition(equals)
        if found and key.strip() == name:
            return value.strip().strip('"')
    return "unknown"


def _ssh() -> str:
    try:
        said = subprocess.run(["ssh", "-V"], capture_output=True, text=True, check=False).stderr
    except FileNotFoundError:
        return "no OpenSSH"
    return said.partition(",")[0].strip()
