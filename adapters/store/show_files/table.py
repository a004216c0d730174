# SPDX-License-Identifier: Apache-2.0
"""CSV: a line of names, then a show a line. Rows are counted as a spreadsheet does: the names are row 1."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime

from adapters.store.errors import ShowRefused
from adapters.store.show_files.raw import ROWS_MOST, RawShow

COLUMNS = ("hall", "starts", "title", "gauge", "feet", "start", "cues")
NEEDED = COLUMNS[:3]


def read_table(data: bytes) -> list[RawShow]:
    """Read a CSV file; commas, semicolons or tabs part its columns.

    Raises:
        ShowRefused: no text, no line of names, an unknown name, or too many rows.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise ShowRefused(f"the file is no UTF-8 text (byte {wrong.start}): save it as CSV UTF-8") from wrong
    try:
        return list(_rows(text))
    except csv.Error as wrong:
        raise ShowRefused(f"the file is no CSV: {wrong}") from wrong


def _rows(text: str) -> Iterator[RawShow]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names = [name.strip().lower() for name in next(lines, [])]
    missing = [name for name in NEEDED if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    if missing or unknown or len(set(names)) < len(names):
        raise ShowRefused(f"the first line names the columns, each once: {', '.join(COLUMNS)}; it says {first!r:.120}")
    for number, cells in enumerate(lines, 2):
        if number > ROWS_MOST + 1:
            raise ShowRefused(f"a file has at most {ROWS_MOST} shows")
        if any(cell.strip() for cell in cells):
            yield _row(number, names, cells)


def _row(number: int, names: list[str], cells: list[str]) -> RawShow:
    if len(cells) > len(names):
        return RawShow(number=number, problems=(f"it has {len(cells)} columns, the first line names {len(names)}",))
    row = dict(zip(names, (cell.strip() for cell in cells), strict=False))
    words = row.pop("starts", "")
    try:
        starts = datetime.fromisoformat(words)
    except ValueError:
        problem = f"starts is a date and a time such as 2026-05-03 20:45, not {words!r:.40}"
        return RawShow(number=number, starts=None, problems=(problem,), **row)
    return RawShow(number=number, starts=starts, problems=(), **row)
