# SPDX-License-Identifier: Apache-2.0
"""What a deployment's step asks of the runtime, beside timers and alarms.

The steps of a server are carried out one after the other, over a deployment session: a higher number
ends an earlier one that is still on its way. Each may be asked for again and then answers as if done now.
"""

from statemachines.deployment_facts import Check, Release
from statemachines.effects import Effect


class HoldHalls(Effect, frozen=True, kw_only=True, tag="hold_halls"):
    """Let these halls refuse film for `reason`, in this deployment's name; then tell how each stands."""

    deployment: str
    halls: tuple[str, ...]
    reason: str


class ReleaseHalls(Effect, frozen=True, kw_only=True, tag="release_halls"):
    """End that hold where it is this deployment's own."""

    deployment: str
    halls: tuple[str, ...]


class ServerStep(Effect, frozen=True, kw_only=True):
    """The base of what the server is to do."""

    deployment: str
    server: str
    number: int


class Inspect(ServerStep, frozen=True, kw_only=True, tag="inspect"):
    """Read the server, and verify the release's file and signature here."""

    release: Release


class Stage(ServerStep, frozen=True, kw_only=True, tag="stage"):
    """Upload the release and verify it there; nothing that runs is touched."""

    release: Release


class Install(ServerStep, frozen=True, kw_only=True, tag="install"):
    """Put it where it can be loaded from, outside depmod's tree, and keep the previous module."""

    release: Release


class Unload(ServerStep, frozen=True, kw_only=True, tag="unload"):
    """Unload the module that runs; the server refuses while film is in a path."""

    sha256: str


class Load(ServerStep, frozen=True, kw_only=True, tag="load"):
    """Load the new module by insmod."""

    release: Release


class Probe(ServerStep, frozen=True, kw_only=True, tag="probe"):
    """Let its control sessions say hello again; answer each of these checks, and tell of these epochs' heartbeats."""

    checks: tuple[Check, ...]
    epochs: tuple[int, ...]


class Commit(ServerStep, frozen=True, kw_only=True, tag="commit"):
    """Make it the module that the server starts with, in one step, and keep the previous one; then hello again."""

    release: Release


class Rollback(ServerStep, frozen=True, kw_only=True, tag="rollback"):
    """Unload what is not `to`, load that, and start with it from now on; an empty `to` is no module."""

    to: str
