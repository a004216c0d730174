# SPDX-License-Identifier: Apache-2.0
"""The module built from source for one kernel: out of tree, in a copy, kept in a cache by all that went into it."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from adapters.releases.elf import ModuleFacts, module_facts
from adapters.releases.errors import BuildFailed
from adapters.releases.manifest import MODULE

_KINDS = ("*.c", "*.h", "Kbuild")
_SIMULATED = "reelsim"
"""The simulated projector is no part of a release."""
_ABI = re.compile(r"^#define REEL_ABI_VERSION (\d+)$", re.MULTILINE)
_LIMIT_S = 900.0
_SAID_MOST = 2_000
_LOG_LINES = 12


class KernelKey(NamedTuple):
    """What signs modules for kernels that enforce: a private key and its certificate (PEM or DER)."""

    key: Path
    certificate: Path


class Built(NamedTuple):
    """A module that is there: its file, what it says of itself, and whether it was there before."""

    module: Path
    facts: ModuleFacts
    from_cache: bool


def headers_of(kernel: str) -> Path:
    """Return where this machine has a kernel's headers when its package is installed."""
    return Path("/lib/modules") / kernel / "build"


def abi_of(sources: Path) -> int | None:
    """Return the ABI version that the sources speak; None where they do not say."""
    try:
        found = _ABI.search((sources / "reel_abi.h").read_text(errors="replace"))
    except OSError:
        return None
    return int(found[1]) if found else None


def built(
    sources: Path,
    kernel: str,
    cache: Path,
    *,
    headers: Path | None = None,
    signing: KernelKey | None = None,
    progress: Callable[[str], None] = lambda _words: None,
) -> Built:
    """Build the module for a kernel, or take it from the cache.

    Raises:
        BuildFailed: headers, sources or a program are missing, or it does not compile; the compiler's words are in it.
    """
    tree = headers or headers_of(kernel)
    if not (tree / "Makefile").is_file():
        raise BuildFailed(
            f"the headers of kernel {kernel} are not on this machine: "
            f"install linux-headers-{kernel}, or name a directory that has them"
        )
    files = sorted({path for kind in _KINDS for path in sources.glob(kind) if not path.name.startswith(_SIMULATED)})
    if not any(path.name == "Kbuild" for path in files):
        raise BuildFailed(f"{sources} holds no sources of the module: it has no Kbuild")
    place = cache / _key(kernel, files, signing)
    known = (place / MODULE).is_file()
    if known:
        progress(f"{MODULE} for {kernel} was built before")
    else:
        progress(f"building {MODULE} for {kernel}: {len(files)} files")
        _make(files, tree.resolve(), place, signing, progress)
    return Built(place / MODULE, _facts_for(kernel, place / MODULE), known)


def _facts_for(kernel: str, module: Path) -> ModuleFacts:
    facts = module_facts(module.read_bytes())
    if facts.vermagic.split(" ")[0] != kernel:
        raise BuildFailed(f"these headers are not those of {kernel}: the module is for '{facts.vermagic}'")
    return facts


def _key(kernel: str, files: list[Path], signing: KernelKey | None) -> str:
    """Return the cache's name for all that goes into a module."""
    total = hashlib.sha256()
    for path in files:
        data = path.read_bytes()
        total.update(f"{path.name} {len(data)}\n".encode() + data)
    if signing is not None:
        total.update(b"signed by\n" + _read(signing.certificate))
    return f"{kernel}-{total.hexdigest()[:24]}"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as wrong:
        raise BuildFailed(f"{path} cannot be read: {wrong.strerror}") from wrong


def _make(
    files: list[Path], headers: Path, place: Path, signing: KernelKey | None, progress: Callable[[str], None]
) -> None:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".build-", dir=place.parent) as name:
        tree, new = Path(name, "tree"), Path(name, "new")
        tree.mkdir()
        new.mkdir()
        for path in files:
            shutil.copy(path, tree)
        # The same sources give the same bytes, wherever they lay.
        flags = f"KCFLAGS=-ffile-prefix-map={tree}/="
        _run("make", "-C", headers, f"M={tree}", flags, f"-j{os.cpu_count() or 1}", "modules", progress=progress)
        module = tree / MODULE
        if not module.is_file():
            raise BuildFailed(f"the build ended, but there is no {MODULE}: its Kbuild builds something else")
        _run("strip", "-g", module)
        if signing is not None:
            progress("signing it for kernels that enforce signatures")
            _run(_sign_file(headers), "sha256", signing.key, signing.certificate, module)
        module.rename(new / MODULE)
        if not (place / MODULE).is_file():  # another build of the same may have been faster
            new.rename(place)


def _sign_file(headers: Path) -> Path:
    found = headers / "scripts" / "sign-file"
    if not found.is_file():
        raise BuildFailed(f"the headers have no scripts/sign-file: install the linux-kbuild package of {headers.name}")
    return found


def _run(*words: str | Path, progress: Callable[[str], None] = lambda _words: None) -> None:
    """Run a program; each line that it says is told as it comes."""
    said: list[str] = []
    command = [str(word) for word in words]
    try:
        with _running(command) as (child, overdue):
            assert child.stdout is not None  # noqa: S101 it was asked for below
            for line in child.stdout:
                said.append(line.decode(errors="replace").rstrip())
                progress(said[-1].strip())
    except FileNotFoundError as missing:
        raise BuildFailed(
            f"the program {command[0]} is not on this machine: install make, gcc and binutils"
        ) from missing
    if overdue.is_set():
        raise BuildFailed(f"{Path(command[0]).name} did not end within {_LIMIT_S:g} s and was ended")
    if child.returncode:
        words_said = "\n".join(said[-_LOG_LINES:])[-_SAID_MOST:]
        raise BuildFailed(f"{Path(command[0]).name} ended with status {child.returncode}:\n{words_said}")


@contextmanager
def _running(command: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], threading.Event]]:
    """Run a program with all that it starts; what has not ended at the limit is killed, and the event says so."""
    overdue = threading.Event()
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"LC_ALL": "C", "MAKEFLAGS": ""},
        start_new_session=True,
    ) as child:

        def end() -> None:
            overdue.set()
            _kill_all(child)

        limit = threading.Timer(_LIMIT_S, end)
        limit.start()
        try:
            yield child, overdue
            child.wait()
        finally:
            limit.cancel()
            _kill_all(child)


def _kill_all(child: subprocess.Popen[bytes]) -> None:
    """Kill a program's session, as long as the program has not been waited for."""
    if child.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
