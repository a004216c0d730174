# SPDX-License-Identifier: Apache-2.0
"""A release's manifest: a line a fact, then a line a file. There is one spelling of each, for its bytes are signed."""

import hashlib
import re
from collections.abc import Iterator

from adapters.releases.errors import ReleaseRefused
from statemachines.deployment_facts import Release
from statemachines.values import Value

MODULE = "reelctl.ko"
NAMES = (MODULE, "reel-agent", "agent.conf")
"""What a release may consist of; the module is always there."""
MANIFEST_MOST = 16_384
FILE_MOST = 64 << 20
"""In bytes."""

_KEYS = (
    "format",
    "id",
    "kernel",
    "vermagic",
    "abi_min",
    "abi_max",
    "kernel_signed",
    "needs",
    "built_by",
    "commit",
    "notes",
)
_FILE = re.compile(r"file=(\S+) ([0-9a-f]{64}) (0|[1-9][0-9]{0,9})")
_TEXT = r"[ -~]"
_SHAPES = {
    "format": (r"1", "1"),
    "id": (r"[a-z0-9][a-z0-9.-]{0,47}", "1 to 48 of a-z, 0-9, dot and hyphen, as reelctl-2"),
    "kernel": (r"[A-Za-z0-9][A-Za-z0-9._+~-]{0,63}", "a kernel's release, as `uname -r` says it"),
    "vermagic": (r"[!-~](?:[ -~]{0,198}[!-~])?", "what `modinfo -F vermagic` says of the module"),
    "abi_min": (r"0|[1-9][0-9]{0,5}", "a number"),
    "abi_max": (r"0|[1-9][0-9]{0,5}", "a number"),
    "kernel_signed": (r"[01]", "0 or 1"),
    "needs": (r"(?:[A-Za-z0-9_]{1,56}(?:,[A-Za-z0-9_]{1,56}){0,15})?", "names of modules, by commas"),
    "built_by": (rf"{_TEXT}{{1,80}}", "1 to 80 ASCII characters"),
    "commit": (r"[A-Za-z0-9._+-]{0,80}", "a commit's name, or nothing"),
    "notes": (rf"{_TEXT}{{0,400}}", "at most 400 ASCII characters in one line"),
}
"""Each value's shape, and how it is told."""


class ReleaseFile(Value, frozen=True, kw_only=True):
    """A file of a release."""

    name: str
    sha256: str
    size: int


class Manifest(Value, frozen=True, kw_only=True):
    """What a release says of itself."""

    id: str
    kernel: str
    vermagic: str
    abi_min: int
    abi_max: int
    files: tuple[ReleaseFile, ...]
    kernel_signed: bool = False
    needs: tuple[str, ...] = ()
    built_by: str
    commit: str = ""
    notes: str = ""

    @property
    def size(self) -> int:
        return sum(each.size for each in self.files)

    def file(self, name: str) -> ReleaseFile | None:
        """Return one of its files."""
        return next((each for each in self.files if each.name == name), None)


def sha256_of(data: bytes) -> str:
    """Return the name that a release has everywhere: that of its manifest's bytes."""
    return hashlib.sha256(data).hexdigest()


def release_of(data: bytes) -> Release:
    """Return what machines work with.

    Raises:
        ReleaseRefused: see `parsed`.
    """
    manifest = parsed(data)
    return Release(
        id=manifest.id,
        sha256=sha256_of(data),
        size=manifest.size,
        kernel=manifest.kernel,
        vermagic=manifest.vermagic,
        abi_min=manifest.abi_min,
        abi_max=manifest.abi_max,
        kernel_signed=manifest.kernel_signed,
        needs=manifest.needs,
    )


def spelled(manifest: Manifest) -> bytes:
    """Return the manifest as it is signed.

    Raises:
        ReleaseRefused: something in it has no place in a manifest.
    """
    flag = "1" if manifest.kernel_signed else "0"
    told = {"format": "1", "kernel_signed": flag, "needs": ",".join(manifest.needs)}
    lines = [f"{key}={told.get(key, getattr(manifest, key, ''))}" for key in _KEYS]
    lines += [f"file={each.name} {each.sha256} {each.size}" for each in manifest.files]
    data = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
    parsed(data)
    return data


def parsed(data: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        ReleaseRefused: it is not spelled as a manifest is; each line that is wrong is named.
    """
    if len(data) > MANIFEST_MOST:
        raise ReleaseRefused(f"the manifest has {len(data)} bytes, at most {MANIFEST_MOST} are read")
    if not data.endswith(b"\n"):
        raise ReleaseRefused("the manifest does not end with a line's end: it was cut off")
    lines = data.decode("ascii", "replace").split("\n")[:-1]
    facts, files = lines[: len(_KEYS)], lines[len(_KEYS) :]
    problems = [*_wrong_facts(facts), *_wrong_files(files)]
    if problems:
        raise ReleaseRefused(*problems)
    told = dict(line.split("=", 1) for line in facts)
    if int(told["abi_min"]) > int(told["abi_max"]):
        raise ReleaseRefused("the manifest says abi_min above abi_max")
    return Manifest(
        id=told["id"],
        kernel=told["kernel"],
        vermagic=told["vermagic"],
        abi_min=int(told["abi_min"]),
        abi_max=int(told["abi_max"]),
        kernel_signed=told["kernel_signed"] == "1",
        needs=tuple(told["needs"].split(",")) if told["needs"] else (),
        built_by=told["built_by"],
        commit=told["commit"],
        notes=told["notes"],
        files=tuple(_file(line) for line in files),
    )


def _wrong_facts(lines: list[str]) -> Iterator[str]:
    for number, key in enumerate(_KEYS, 1):
        line = lines[number - 1] if number <= len(lines) else ""
        name, equals, value = line.partition("=")
        shape, expected = _SHAPES[key]
        if name != key or not equals:
            yield f"line {number} of the manifest is to be {key}=…, not {line!r:.60}"
            return
        if not re.fullmatch(shape, value):
            yield f"the manifest's {key} is {expected}, not {value!r:.60}"


def _wrong_files(lines: list[str]) -> Iterator[str]:
    names = []
    for line in lines:
        found = _FILE.fullmatch(line)
        if found is None:
            yield f"the manifest has a line {line!r:.60}, where files are named: file=NAME SHA256 SIZE"
            return
        names.append(found[1])
        if found[1] not in NAMES:
            yield f"a release has no file {found[1]!r:.40}: it has {', '.join(NAMES)}"
        if int(found[3]) > FILE_MOST:
            yield f"{found[1]} has {found[3]} bytes, at most {FILE_MOST} are taken"
    if len(set(names)) < len(names):
        yield "the manifest names a file twice"
    if MODULE not in names:
        yield f"the manifest names no {MODULE}"


def _file(line: str) -> ReleaseFile:
    name, sha256, size = line.removeprefix("file=").split(" ")
    return ReleaseFile(name=name, sha256=sha256, size=int(size))
