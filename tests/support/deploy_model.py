# SPDX-License-Identifier: Apache-2.0
"""What reel-deploy does, without a server: the same verbs, answers and refusals on values in memory.

The contract (tests/integration/test_deploy_contract.py) holds it and the real program to the same words.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from pathlib import Path

from tests.support.shipped import ILL_AGENT, KERNEL, VERMAGIC, ills_of
from tests.support.sysroot import DEVICES, KERNEL_LOG, OLD_KO

NAMES = ("reelctl.ko", "reel-agent", "agent.conf")
_SHA_LENGTH = 64
_epochs = count(1000)


class Refused(Exception):
    """The words of a refusal."""


@dataclass(frozen=True, slots=True)
class Package:
    """A release, or a module that was there before, with what boots beside it."""

    files: dict[str, bytes]


@dataclass
class DeployModel:
    """One server. `old` booted before, None is nothing. `signers` is a file of `allowed_signers`; None takes any.

    Faults, beside those of a release's own module: `refuses` words by verb; `dies` by verb, once: `before` or `after`
    the verb is done the connection breaks, `reboot` the whole server; `film` is in the path of these halls.
    """

    old: bytes | None = OLD_KO
    signers: Path | None = None
    devices: tuple[str, ...] = DEVICES
    kernel: str = KERNEL
    vermagic: str = VERMAGIC
    sig_enforce: bool = False
    free: int = 1 << 30
    modules: tuple[str, ...] = ("gpio_ich", "lpc_ich")
    refuses: dict[str, str] = field(default_factory=dict)
    dies: dict[str, str] = field(default_factory=dict)
    film: set[str] = field(default_factory=set)
    run: int = 0
    loaded: str = ""
    boots: str = ""
    epochs: tuple[int, ...] = ()
    staged: dict[str, dict[str, bytes]] = field(default_factory=dict)
    verified: set[str] = field(default_factory=set)
    installed: dict[str, Package] = field(default_factory=dict)
    current: dict[str, bytes] = field(default_factory=lambda: {"reel-agent": b"the old agent\n", "agent.conf": b"\n"})
    drilled: str = ""
    asked: list[str] = field(default_factory=list)
    on_devices: Callable[[], None] = lambda: None
    """Called when devices came or went."""

    def __post_init__(self) -> None:
        self._boot_package = Package({"reelctl.ko": self.old or b""})
        self._kept_none: dict[str, bytes] = {}
        if self.old is not None:
            self.boots = sha256(self.old).hexdigest()
        self.reboot()

    # What happens to it.

    def reboot(self) -> None:
        self.run += 1
        self._come(self.boots)

    def _come(self, name: str) -> None:
        self.loaded, self.drilled = name, ""
        self.epochs = tuple(next(_epochs) for _ in self.devices) if name else ()
        self.on_devices()

    @property
    def ills(self) -> dict[str, str]:
        """How the loaded module behaves."""
        package = self.installed.get(self.loaded) or (self._boot_package if self.loaded else None)
        return ills_of(package.files["reelctl.ko"]) if package else {}

    @property
    def is_mute(self) -> bool:
        return "mute" in self.ills

    # The verbs. Each returns its `key=value` lines.

    async def do(self, words: Sequence[str], read: Callable[[], Awaitable[bytes]]) -> list[str]:
        """Carry out a request; `read` gives its standard input."""
        self.asked.append(" ".join(words))
        if words[0] in self.refuses:
            raise Refused(self.refuses[words[0]])
        match words:
            case ["inspect"]:
                return self._inspect()
            case ["stage", sha, "put", name] if _is_sha(sha) and name in ("manifest", "manifest.sig", *NAMES):
                return self._put(sha, name, await read())
            case ["stage", sha, "verify"] if _is_sha(sha):
                return [f"signer={await self._verify(sha)}"]
            case ["install", sha] if _is_sha(sha):
                await self._verify(sha, note=False)
                return self._install(sha)
            case ["unload", name]:
                return self._unload(name)
            case ["load", sha] if _is_sha(sha):
                return self._load(sha)
            case ["probe", sha, check] if _is_sha(sha) and check in ("abi", "self_test", "agent", "drill"):
                return self._probe(sha, check)
            case ["commit", sha] if _is_sha(sha):
                return self._commit(sha)
            case ["rollback", to] if to == "none" or _is_sha(to):
                return self._rollback("" if to == "none" else to)
            case _:
                raise ValueError(words)

    def _inspect(self) -> list[str]:
        values = {
            "boot_id": f"run{self.run}",
            "kernel": self.kernel,
            "vermagic": self.vermagic,
            "sig_enforce": str(int(self.sig_enforce)),
            "free": str(self.free),
            "loaded": self.loaded,
            "boots": self.boots,
            "staged": ",".join(sorted(self.verified)),
            "installed": ",".join(sorted(self.installed)),
            "modules": ",".join(self.modules),
            "epochs": ",".join(map(str, self.epochs)),
        }
        return [*(f"{key}={value}" for key, value in values.items()), *(f"log {x}" for x in KERNEL_LOG.splitlines())]

    def _put(self, sha: str, name: str, data: bytes) -> list[str]:
        if name == "manifest":
            self.staged = {sha: self.staged.get(sha, {})}
        listed = {} if name in ("manifest", "manifest.sig") else self._listed(sha)
        if listed and name not in listed:
            raise Refused(f"the manifest of this release names no {name}")
        if self.free < len(data) + (1 << 20):
            raise Refused(f"no space for it: {len(data)} bytes are needed: make room")
        want = sha if name == "manifest" else listed.get(name, "")
        if want and sha256(data).hexdigest() != want:
            raise Refused(f"{name} is not what it is named as: tampered with, or damaged on its way")
        self.staged.setdefault(sha, {})[name] = data
        self.verified.discard(sha)
        return []

    def _listed(self, sha: str) -> dict[str, str]:
        if "manifest" not in self.staged.get(sha, {}):
            raise Refused(f"release {sha} has no manifest here: stage it")
        lines = self.staged[sha]["manifest"].decode("ascii").splitlines()
        files = [line.removeprefix("file=").split() for line in lines if line.startswith("file=")]
        return {name: digest for name, digest, _ in files}

    async def _verify(self, sha: str, *, note: bool = True) -> str:
        files = self.staged.get(sha, {})
        for name in self._listed(sha):
            if name not in files:
                raise Refused(f"{name} of release {sha} is missing: stage it")
        if not files.get("manifest.sig"):
            raise Refused("the release is unsigned: it has no manifest.sig")
        signer = "anybody" if self.signers is None else await _signer_of(files, self.signers)
        if note:
            self.verified.add(sha)
        return signer

    def _install(self, sha: str) -> list[str]:
        if self.boots and self.boots not in self.installed:
            self.installed[self.boots] = self._boot_package
        if self.boots:
            kept = self.installed[self.boots].files | self.current
            self.installed[self.boots] = Package(kept)
        else:
            self._kept_none = dict(self.current)
        self.installed[sha] = Package({name: self.staged[sha][name] for name in self._listed(sha)})
        return []

    def _refuse_film(self) -> None:
        if self.loaded and self.film:
            raise Refused(f"reelctl is in use: film is in the path of hall {min(self.film)}")

    def _unload(self, name: str) -> list[str]:
        if self.loaded not in ("", name):
            raise Refused(f"{self.loaded} is loaded, not {name}")
        self._refuse_film()
        if self.loaded:
            self._come("")
        return []

    def _load(self, sha: str) -> list[str]:
        if self.loaded != sha:
            if self.loaded:
                raise Refused(f"{self.loaded} is loaded: unload it first")
            self._insert(sha)
            self.drilled = self.ills.get("drill", "refused:interlock")
        return [f"epochs={','.join(map(str, self.epochs))}"]

    def _insert(self, name: str) -> None:
        if name not in self.installed:
            raise Refused(f"{name} is not installed here: install it")
        ills = ills_of(self.installed[name].files["reelctl.ko"])
        if "oops" in ills:
            raise ConnectionAbortedError
        if "refuse" in ills:
            raise Refused(f"the module could not be loaded: insmod: ERROR: could not insert module: {ills['refuse']}")
        self._come(name)

    def _probe(self, sha: str, check: str) -> list[str]:
        if self.loaded != sha:
            raise Refused(f"release {sha} is not loaded, but {self.loaded or 'no module'}")
        if not self.devices:
            raise Refused("the module has no device at all")
        if check == "abi":
            return [f"abi={self.ills.get('abi', '2')}"]
        at_fault = "hall h1 (projection)"
        if check == "self_test" and "self_test" in self.ills:
            raise Refused(f"{at_fault}: {self.ills['self_test']}")
        if check == "agent" and self.installed[sha].files.get("reel-agent") == ILL_AGENT:
            raise Refused(f"{at_fault}: the release's agent does not answer as it must: Syntax error")
        if check == "drill" and self.drilled not in ("", "refused:interlock"):
            raise Refused(f"{at_fault}: 'dowser open' was answered '{self.drilled}', not refused:interlock")
        return []

    def _commit(self, sha: str) -> list[str]:
        if self.boots != sha:
            if self.loaded != sha:
                raise Refused(f"release {sha} is not loaded, but {self.loaded or 'no module'}")
            self._boot(sha)
        return []

    def _boot(self, name: str) -> None:
        files = self.installed[name].files if name else self._kept_none
        self.current |= {each: files[each] for each in ("reel-agent", "agent.conf") if each in files}
        self.boots = name

    def _rollback(self, to: str) -> list[str]:
        if to and to not in self.installed:
            raise Refused(f"{to} is not installed here: install it")
        if self.loaded != to:
            self._refuse_film()
        if self.boots != to:
            self._boot(to)
        if self.loaded != to and to:
            self._insert(to)
        elif self.loaded != to:
            self._come("")
        return []


def _is_sha(word: str) -> bool:
    return len(word) == _SHA_LENGTH and set(word) <= set("0123456789abcdef")


async def _signer_of(files: dict[str, bytes], signers: Path) -> str:
    with tempfile.TemporaryDirectory(prefix="reel-model-") as name:
        signature = Path(name, "manifest.sig")
        await asyncio.to_thread(signature.write_bytes, files["manifest.sig"])
        found = await _keygen(b"", "find-principals", "-s", str(signature), "-f", str(signers))
        if not found:
            raise Refused("the release is signed by a key that this server does not know")
        who = ("-I", found, "-n", "reel-release")
        if not await _keygen(files["manifest"], "verify", "-f", str(signers), *who, "-s", str(signature)):
            raise Refused(f"the signature by {found} does not fit the manifest: tampered with")
    return found


async def _keygen(data: bytes, *words: str) -> str:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec("ssh-keygen", "-Y", *words, stdin=pipe, stdout=pipe, stderr=pipe)
    said, _ = await process.communicate(data)
    return said.decode().splitlines()[0] if process.returncode == 0 else ""
