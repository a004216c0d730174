# SPDX-License-Identifier: Apache-2.0
"""`projectionist replay`: fold a log through the machines and hold it to every word."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hall_runtime.cli.common import CommandFailed, opened, told
from statemachines.history import mark_of
from statemachines.now import NowUnreadable
from statemachines.record import Record
from statemachines.replay import Divergence, Fold

if TYPE_CHECKING:
    from adapters.store.checkpoint import Checkpoint, LogItem


def _items(log: Path) -> "Iterator[LogItem]":
    """Yield the checkpoints and rows of a site's state directory or of an exported file."""
    if log.is_dir():
        opened(log)
        from adapters.store.selectors import log_items

        yield from log_items()
        return
    from adapters.store.lines import read_jsonl

    with log.open("rb") as file:
        yield from read_jsonl(file)


def _begin(fold: Fold, checkpoint: "Checkpoint") -> None:
    """Go on behind pruned rows, from what they led to."""
    if checkpoint.seal != checkpoint.expected_seal():
        raise CommandFailed(f"{checkpoint.stream}: the checkpoint's seal does not fit: it was changed")
    try:
        fold.start(checkpoint.stream, checkpoint.log_seq, checkpoint.digest, checkpoint.value)
    except NowUnreadable as wrong:
        raise CommandFailed(f"{checkpoint.stream}: the checkpoint is another version's: {wrong}") from wrong


def replay(
    log: Annotated[Path, typer.Argument(help="A file that `log export` wrote, or a site's state directory.")],
    hall: Annotated[str, typer.Option(help="Only this hall.")] = "",
) -> None:
    """Fold a log: same states, same effects, same hashes, or the first row that differs. Nothing is executed."""
    fold, rows = Fold(), 0
    last: dict[str, Record] = {}
    if not log.exists():
        raise CommandFailed(f"{log} is not there: name a file of `log export`, or a state directory")
    try:
        with told():
            for item in _items(log):
                if hall and item.stream != hall:
                    continue
                if isinstance(item, Record):
                    fold.row(item)
                    rows, last[item.stream] = rows + 1, item
                else:
                    _begin(fold, item)
    except Divergence as divergence:
        raise CommandFailed(f"diverged after {rows} rows. {divergence}") from divergence
    if hall and not rows:
        raise CommandFailed(f"{log} has no rows of a hall called {hall!r}")
    for stream, record in last.items():
        typer.echo(f"{stream}: {record.log_seq} rows, last digest {record.digest}")
        for (of, subject), value in sorted(fold.values.items()):
            if of == stream:
                typer.echo(f"  {subject}: {mark_of(value)}")
    typer.echo(f"{rows} rows replayed: states, effects and hashes are as logged.")
