# SPDX-License-Identifier: Apache-2.0
"""Pictures of figures: bars on a logarithmic axis, as SVG without any library."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LABEL, RIGHT, ROW, TOP, BOTTOM = 860, 330, 90, 30, 46, 34
_OURS, _OTHER, _INK, _FAINT, _AIM = "#0b6e4f", "#8a94a6", "#1c2430", "#d9dee7", "#b3261e"


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: a value, where its worst hundredth begins (None: not shown), and the value aimed at (None: no aim)."""

    label: str
    value: float
    worst: float | None = None
    aim: float | None = None
    ours: bool = False


def bars(title: str, unit: str, rows: Sequence[Bar]) -> str:
    """Return an SVG with one bar a row, the axis in powers of ten."""
    shown = [each for row in rows for each in (row.value, row.worst, row.aim) if each is not None]
    low, high = math.floor(math.log10(min(shown)) - 0.3), math.ceil(math.log10(max(shown)))
    span = (WIDTH - LABEL - RIGHT) / (high - low)

    def x(value: float) -> float:
        return round(LABEL + (math.log10(value) - low) * span, 1)

    height = TOP + ROW * len(rows) + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="13" fill="{_INK}">',
        "<!-- SPDX-License-Identifier: Apache-2.0; drawn by `make bench-page` -->",
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="24" font-size="15" font-weight="600">{escape(title)}</text>',
    ]
    for power in range(low, high + 1):
        at = x(10**power)
        parts.append(f'<line x1="{at}" x2="{at}" y1="{TOP - 8}" y2="{height - BOTTOM}" stroke="{_FAINT}"/>')
        parts.append(f'<text x="{at}" y="{height - 12}" text-anchor="middle">{10**power:g} {escape(unit)}</text>')
    for number, row in enumerate(rows):
        parts += _row(row, TOP + number * ROW, unit, x(10**low), x)
    return "\n".join([*parts, "</svg>", ""])


def _row(row: Bar, y: int, unit: str, left: float, x: Callable[[float], float]) -> list[str]:
    middle, end = y + 11, x(row.value)
    colour = _OURS if row.ours else _OTHER
    parts = [
        f'<text x="{LABEL - 10}" y="{middle + 4}" text-anchor="end">{escape(row.label)}</text>',
        f'<rect x="{left}" y="{y + 2}" width="{round(end - left, 1)}" height="18" rx="2" fill="{colour}"/>',
    ]
    if row.worst is not None:
        worst = x(row.worst)
        parts.append(f'<path d="M{end} {middle}H{worst}m0-5v10" stroke="{_INK}" fill="none"/>')
        end = max(end, worst)
    if row.aim is not None:
        aim = x(row.aim)
        parts.append(f'<path d="M{aim} {y - 1}v24" stroke="{_AIM}" stroke-width="2" stroke-dasharray="4 2"/>')
        end = max(end, aim)
    parts.append(f'<text x="{round(end + 7, 1)}" y="{middle + 4}">{shown(row.value)} {escape(unit)}</text>')
    return parts


def shown(value: float) -> str:
    """Return a value as people read it, in three figures."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
