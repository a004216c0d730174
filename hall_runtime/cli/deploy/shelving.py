# SPDX-License-Identifier: Apache-2.0
"""`deploy add`, `deploy releases`, `deploy withdraw`: what lies on the controller's shelf."""

import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from hall_runtime.cli.common import (
    DEFAULT_CONFIG,
    ConfigOption,
    StateOption,
    configuration,
    opened,
    state_directory,
    told,
    who,
)

_SHORT = 12


def add(
    directory: Annotated[Path, typer.Argument(help="A signed release's directory.")],
    signers: Annotated[
        Path | None,
        typer.Option(help="Who may sign, when not the site's release_signers."),
    ] = None,
    state: StateOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Put a signed release on the shelf. What is not signed by somebody known, or was changed since, is refused."""
    site = opened(state_directory(state, config))
    _write_signers(site, config)
    from adapters.releases.manifest import MANIFEST_MOST, parsed
    from adapters.releases.shelf import MANIFEST, SIGNATURE, Shelf
    from adapters.releases.signing import SIGNATURE_MOST
    from adapters.store.releases import add_release

    with told(), ExitStack() as held:
        manifest = _start_of(directory / MANIFEST, MANIFEST_MOST)
        signature = _start_of(directory / SIGNATURE, SIGNATURE_MOST) if (directory / SIGNATURE).exists() else b""
        names = [each.name for each in parsed(manifest).files if (directory / each.name).exists()]
        files = {name: held.enter_context((directory / name).open("rb")) for name in names}
        found = Shelf(site, signers).add(manifest, signature, files)
        entry, is_new = add_release(
            release=found.release,
            manifest=found.text,
            signature=found.signature,
            signer=found.signer,
            built_by=found.manifest.built_by,
            commit=found.manifest.commit,
            notes=found.manifest.notes,
            by=who(),
            now_ns=time.time_ns(),
        )
    how = "added" if is_new else "was there already"
    typer.echo(f"{how}: {entry.name} ({entry.sha256[:_SHORT]}), signed by {entry.signer}, for kernel {entry.kernel}")


def releases(state: StateOption = None, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Print the releases, and what is wrong with any on the shelf."""
    site = opened(state_directory(state, config))
    from adapters.releases.shelf import Shelf
    from adapters.store.releases import releases as known

    shelf = Shelf(site)
    with told():
        found = known()
    columns = (Column(name, no_wrap=True) for name in ("release", "sha256", "kernel", "ABI", "signer", "added"))
    table = Table(*columns, "state", box=None)
    for entry in found:
        abi = f"{entry.abi_min}" if entry.abi_min == entry.abi_max else f"{entry.abi_min}-{entry.abi_max}"
        added = f"{datetime.fromtimestamp(entry.made_ns / 1e9).astimezone():%Y-%m-%d %H:%M}"
        wrong = "withdrawn" if entry.withdrawn_ns else "; ".join(shelf.check(entry.sha256)) or "good"
        signed = " (signed for the kernel too)" if entry.kernel_signed else ""
        table.add_row(entry.name, entry.sha256[:_SHORT], entry.kernel + signed, abi, entry.signer, added, wrong)
    Console(highlight=False).print(table if found else "there is no release", markup=False)


def withdraw(
    release: Annotated[str, typer.Argument(help="Its id, or its sha256 or the beginning of that.")],
    state: StateOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Have no new roll-out take a release. It stays on the shelf; what runs with it goes on."""
    opened(state_directory(state, config))
    from adapters.store.releases import release_named, withdraw_release

    with told():
        entry = withdraw_release(sha256=release_named(name=release).sha256, now_ns=time.time_ns())
    typer.echo(f"withdrawn: {entry.name} ({entry.sha256[:_SHORT]})")


def _write_signers(site: Path, config: Path) -> None:
    """Have the site know whom its configuration trusts, also where no runtime has started since it was changed."""
    from adapters.releases.shelf import SIGNERS
    from adapters.releases.signing import write_signers

    if config.exists():
        told_site = configuration(config)
        if told_site.state.absolute() == site.absolute():
            with told():
                write_signers(site / SIGNERS, told_site.deploy.signers)


def _start_of(path: Path, most: int) -> bytes:
    """Read a file, no more of it than is needed to see that it is too long."""
    with path.open("rb") as file:
        return file.read(most + 1)
