# SPDX-License-Identifier: Apache-2.0
"""What deployments need of the outside: links to servers, releases on the shelf, and a log that can be waited for."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Protocol

from statemachines.deployment_facts import Check, Findings
from statemachines.record import Record


class Inspection(Protocol):
    """What one look at a server brought."""

    @property
    def found(self) -> Findings: ...
    @property
    def kernel_log(self) -> str: ...


class Probed(Protocol):
    """How a check ended; `words` say what is wrong."""

    @property
    def passed(self) -> bool: ...
    @property
    def abi(self) -> int: ...
    @property
    def words(self) -> str: ...


class DeployLink(Protocol):
    """A deployment session with one server. Releases are named by the sha256 of their manifest.

    Raises (all): ServerRefused, LinkError.
    """

    @property
    def serial(self) -> int:
        """That of its certificate."""

    @property
    def left_s(self) -> float:
        """How long its certificate is good: then it ends, whatever is on its way."""

    async def inspect(self, *, limit_s: float) -> Inspection: ...
    async def stage(self, sha256: str, files: Mapping[str, Path], *, limit_s: float) -> None: ...
    async def install(self, sha256: str, *, limit_s: float) -> None: ...
    async def unload(self, sha256: str, *, limit_s: float) -> None: ...
    async def load(self, sha256: str, *, limit_s: float) -> tuple[int, ...]: ...
    async def probe(self, sha256: str, check: Check, *, limit_s: float) -> Probed: ...
    async def commit(self, sha256: str, *, limit_s: float) -> None: ...
    async def rollback(self, sha256: str, *, limit_s: float) -> None: ...
    async def close(self) -> None: ...


OpenDeployLink = Callable[[str], Awaitable[DeployLink]]
"""Opens a deployment session with the server of that id. Raises LinkError."""


class Shelf(Protocol):
    """The controller's own copy of the releases."""

    def check(self, sha256: str) -> tuple[str, ...]:
        """Return what is wrong with a release's files and signature, as sentences. Blocks for some 10 ms."""

    def files(self, sha256: str) -> Mapping[str, Path]:
        """Return what is to be uploaded, by name: the manifest, its signature, and the files that it names."""


class DurableLog(Protocol):
    """The log, as deployments need it: nothing is done to a server before it is written down."""

    def append(self, draft: Record, *, value: bytes | None = None) -> Record: ...

    async def committed(self, record: Record, limit_s: float = 5.0) -> None: ...
