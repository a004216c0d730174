# SPDX-License-Identifier: Apache-2.0
"""structlog set up once: JSON lines for machines, colours on a terminal. To standard error, or to a file."""

import logging
import sys
from pathlib import Path

import structlog


def set_up_saying(*, level: int = logging.INFO, file: Path | None = None) -> None:
    """Say things from `level` on; to `file` as JSON, else to standard error in the form that fits it."""
    plain = file is not None or not sys.stderr.isatty()
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if plain else structlog.dev.ConsoleRenderer()
    )
    out = sys.stderr if file is None else file.open("a", encoding="utf-8")
    processors: list[structlog.types.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if plain:
        processors.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    logging.getLogger("asyncssh").setLevel(logging.ERROR)
    logging.getLogger("transitions").setLevel(logging.ERROR)
