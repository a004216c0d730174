# SPDX-License-Identifier: Apache-2.0
"""What a deployment works with: the release, the order, what a server was found to have, how long things may take.

A module is named by the sha256 of its file; an empty name is no module. All times are ns, sizes bytes.
"""

from enum import StrEnum

from statemachines.values import Value
from statemachines.words import State

_SECOND = 1_000_000_000
_MINUTE = 60 * _SECOND
_MEBIBYTE = 1 << 20


class Step(StrEnum):
    """What a deployment lets a server do: one at a time, each may be done again without harm."""

    INSPECT = "inspect"
    STAGE = "stage"
    INSTALL = "install"
    UNLOAD = "unload"
    LOAD = "load"
    PROBE = "probe"
    COMMIT = "commit"
    ROLLBACK = "rollback"


class Check(StrEnum):
    """What a release must pass beside being heard; the interlock drill comes last."""

    ABI = "abi"
    SELF_TEST = "self_test"
    AGENT = "agent"
    DRILL = "drill"


class Limits(Value, frozen=True, kw_only=True):
    """How long a step may take, how often a lost one is begun anew, how much disk stays free (all assumed).

    `tries` with the back-off between them outlast a server that starts again slowly.
    """

    step_ns: int = _MINUTE
    stage_ns: int = 2 * _MINUTE
    probe_ns: int = 30 * _SECOND
    heartbeat_ns: int = 5 * _SECOND
    retry_base_ns: int = _SECOND
    retry_cap_ns: int = _MINUTE
    tries: int = 12
    spare_bytes: int = 16 * _MEBIBYTE


class Release(Value, frozen=True, kw_only=True):
    """A kernel module as it is shipped. `kernel_signed`: it carries a signature that an enforcing kernel asks for.

    It speaks to controllers as ABI `abi_min` to `abi_max`; `needs` are modules that must be loaded before it.
    """

    id: str
    sha256: str
    size: int
    kernel: str
    vermagic: str
    abi_min: int
    abi_max: int
    kernel_signed: bool = False
    needs: tuple[str, ...] = ()


class Order(Value, frozen=True, kw_only=True):
    """Bring `release` to `server`, which serves `halls`."""

    server: str
    halls: tuple[str, ...]
    release: Release
    limits: Limits = Limits()


class Findings(Value, frozen=True, kw_only=True):
    """What one inspection of a server read.

    `boot_id` names its run, `epochs` are those of the devices of the loaded module. `loaded` runs now, `boots` is
    loaded when the server starts. `staged` were uploaded and verified there, `installed` can be loaded or gone
    back to; both lie outside the tree from which the server starts. `modules` are loaded beside ours.
    """

    boot_id: str
    kernel: str
    vermagic: str
    sig_enforce: bool = False
    free: int = 0
    loaded: str = ""
    boots: str = ""
    staged: tuple[str, ...] = ()
    installed: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    epochs: tuple[int, ...] = ()


class HallSight(Value, frozen=True, kw_only=True):
    """A hall as it stands: `film` is in its path; `holder` is the deployment that holds it, or is empty."""

    hall: str
    state: State
    film: bool
    holder: str = ""

    @property
    def at_rest(self) -> bool:
        return self.state is State.IDLE and not self.film


def _of_the_release(release: Release, found: Findings) -> list[str]:
    faults = []
    if release.kernel != found.kernel:
        faults.append(f"it is built for kernel {release.kernel}, the server runs {found.kernel}: build it for that one")
    elif release.vermagic != found.vermagic:
        faults.append(f"its vermagic is '{release.vermagic}', the server's kernel asks for '{found.vermagic}'")
    if found.sig_enforce and not release.kernel_signed:
        faults.append("the server loads signed modules only, and it is not signed for the kernel: sign it")
    missing = [name for name in release.needs if name not in found.modules]
    if missing:
        faults.append(f"it needs {', '.join(missing)}, which the server has not loaded")
    return faults


def _of_the_server(order: Order, found: Findings) -> list[str]:
    faults = []
    need = 2 * order.release.size + order.limits.spare_bytes
    if order.release.sha256 not in found.installed and found.free < need:
        have, want = (-(-size // _MEBIBYTE) for size in (found.free, need))
        faults.append(f"the server has {have} MiB of disk left and {want} are needed: make room")
    if found.loaded != found.boots:
        faults.append("the server runs another module than the one that it starts with: restart it first")
    return faults


def unfit(order: Order, found: Findings, *, untouched: bool = True) -> tuple[str, ...]:
    """Return all reasons why the release cannot go onto that server, as sentences; none when it can.

    What the server runs, and its disk, count only while it is `untouched`.
    """
    server = _of_the_server(order, found) if untouched else []
    return (*_of_the_release(order.release, found), *server)
