# SPDX-License-Identifier: Apache-2.0
"""One line for each thing that the web says: JSON for machines, colours on a terminal. What libraries say, likewise."""

import logging
import sys

import structlog


def set_up_logging() -> None:
    """Say things to standard error from INFO on."""
    plain = not sys.stderr.isatty()
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if plain:
        shared.append(structlog.processors.format_exc_info)
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if plain else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # Refusals are in the access log, once; asyncio's own chatter helps nobody.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
