# SPDX-License-Identifier: Apache-2.0
"""`deploy build` and `deploy sign`: a release made in a directory, and signed on the machine of whoever signs."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from hall_runtime.cli.common import CommandFailed, told, who

_SOURCES = (Path(__file__).parents[3] / "kmod", Path("/usr/src/reelctl-0.1.0"))
_NOTES = "What is new, in one line of ASCII."


def build(  # noqa: PLR0917  # options are named on the command line
    release: Annotated[str, typer.Argument(help="The release's id, as reelctl-2.")],
    kernel: Annotated[str, typer.Option(help="The kernel of the servers, as `uname -r` says it; default: ours.")] = "",
    headers: Annotated[Path | None, typer.Option(help="Its headers, when not /lib/modules/KERNEL/build.")] = None,
    sources: Annotated[Path | None, typer.Option(help="The module's sources, when not those beside us.")] = None,
    module: Annotated[Path | None, typer.Option(help="A module that was built before, instead of sources.")] = None,
    agent: Annotated[Path | None, typer.Option(help="A reel-agent to go with it.")] = None,
    agent_conf: Annotated[Path | None, typer.Option("--agent-conf", help="An agent.conf to go with it.")] = None,
    abi: Annotated[str, typer.Option(help="ABI versions, as 1 or 1-2; default: what the sources say.")] = "",
    needs: Annotated[str, typer.Option(help="More modules that must be loaded before it, by commas.")] = "",
    notes: Annotated[str, typer.Option(help=_NOTES)] = "",
    commit: Annotated[str, typer.Option(help="From which commit; default: that of the sources.")] = "",
    kernel_key: Annotated[Path | None, typer.Option("--kernel-key", help="Signs it for kernels that enforce.")] = None,
    kernel_certificate: Annotated[
        Path | None, typer.Option("--kernel-certificate", help="The certificate of that key.")
    ] = None,
    cache: Annotated[Path | None, typer.Option(help="Where built modules are kept.")] = None,
    out: Annotated[Path | None, typer.Option(help="The directory to make; default: the release's id.")] = None,
) -> None:
    """Build a release: the module for a kernel, its manifest, and what goes with it. It is not signed yet."""
    from adapters.releases.build import KernelKey, abi_of, built
    from adapters.releases.elf import module_facts
    from adapters.releases.manifest import MODULE, Manifest, ReleaseFile, spelled

    if (kernel_key is None) != (kernel_certificate is None):
        raise CommandFailed("a kernel key and its certificate go together: give both", status=2)
    place = out or Path(release)
    if place.exists():
        raise CommandFailed(f"{place} is there already: name another directory with --out")
    prebuilt = module is not None
    tree = sources or next((path for path in _SOURCES if path.is_dir()), _SOURCES[0])
    with told():
        if module is None:
            key = KernelKey(kernel_key, kernel_certificate) if kernel_key and kernel_certificate else None
            target = kernel or os.uname().release
            made = built(tree, target, cache or _cache(), headers=headers, signing=key, progress=typer.echo)
            module, facts = made.module, made.facts
        else:
            facts = module_facts(module.read_bytes())
        given = {MODULE: module, "reel-agent": agent, "agent.conf": agent_conf}
        files = {name: path.read_bytes() for name, path in given.items() if path is not None}
        first, last = _abi(abi, None if prebuilt else abi_of(tree))
        manifest = spelled(
            Manifest(
                id=release,
                kernel=facts.vermagic.split(" ")[0],
                vermagic=facts.vermagic,
                abi_min=first,
                abi_max=last,
                kernel_signed=facts.signed,
                needs=tuple(dict.fromkeys((*facts.needs, *(each for each in needs.split(",") if each)))),
                built_by=who(),
                commit=commit or _commit(tree),
                notes=notes,
                files=tuple(
                    ReleaseFile(name=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
                    for name, data in files.items()
                ),
            )
        )
        _write(place, {**files, "manifest": manifest})
    typer.echo(f"{place} holds {release} for {facts.vermagic}; next: `projectionist deploy sign {place} --key KEY`")


def sign(
    directory: Annotated[Path, typer.Argument(help="A release's directory, as `deploy build` makes it.")],
    key: Annotated[Path, typer.Option(help="The private key of whoever signs.")],
) -> None:
    """Sign a release's manifest, on the machine that has the key. The controller needs the public one only."""
    from adapters.releases.manifest import MANIFEST_MOST, parsed, sha256_of
    from adapters.releases.signing import signed

    with told():
        with (directory / "manifest").open("rb") as file:
            manifest = file.read(MANIFEST_MOST + 1)
        for each in parsed(manifest).files:
            if hashlib.sha256((directory / each.name).read_bytes()).hexdigest() != each.sha256:
                raise CommandFailed(f"not signed: {each.name} is not what the manifest says")
        (directory / "manifest.sig").write_bytes(signed(manifest, key))
    typer.echo(
        f"signed: {parsed(manifest).id} ({sha256_of(manifest)[:12]}); next: `projectionist deploy add {directory}`"
    )


def _cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME", "") or str(Path("~/.cache").expanduser())
    return Path(root) / "projectionist" / "modules"


def _abi(asked: str, of_sources: int | None) -> tuple[int, int]:
    words = asked or str(of_sources if of_sources is not None else "")
    first, _hyphen, last = words.partition("-")
    if not (first.isdigit() and (last or first).isdigit()):
        raise CommandFailed(f"ABI versions are 1 or 1-2, not {words!r}: give --abi", status=2)
    return int(first), int(last or first)


def _commit(tree: Path) -> str:
    """Return the commit that the sources are from, with a mark when they were changed since; empty where unknown."""
    command = ("git", "-C", str(tree), "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _write(place: Path, files: dict[str, bytes]) -> None:
    place.mkdir(parents=True)
    try:
        for name, data in files.items():
            (place / name).write_bytes(data)
    except OSError:
        shutil.rmtree(place, ignore_errors=True)
        raise
