"""Tells on standard error what happens in this process: one event, one line, as text for people or JSON for collectors.

Answers go to standard output and nothing else does. Tracebacks show lines of code, never the values in them.
"""

import logging
import sys

import structlog
from structlog.typing import Processor

from api.settings import Settings

QUIET = ("alembic", "procrastinate")


def set_up_logs(settings: Settings) -> None:
    """Send every logger of the process, ours and the libraries', through one renderer.

    Does nothing where somebody has set logging up already: this function itself, or the program around us.
    """
    root = logging.getLogger()
    if root.handlers:
        return
    as_json = settings.log_format == "json"
    before: list[Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*before, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_drawn(as_json=as_json)],
        )
    )
    root.addHandler(handler)
    root.setLevel(settings.log_level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _drawn(*, as_json: bool) -> list[Processor]:
    if as_json:
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    return [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
