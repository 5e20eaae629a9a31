"""Works in the background: runs, answers to events, sweeps and deliveries, inside the server or as `lictor worker`."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import replace

from api.delivery.smtp import SmtpSender, smtp_server
from api.settings import Settings
from governance.kernel.work import Office
from governance.notices.rules import Channel
from governance.notices.service import Links, deliver_due
from governance.runs.duties import Duties, Sweep
from governance.runs.queueing import move

log = logging.getLogger("lictor.worker")
DELIVER_EVERY_S = 5
ANEW_AFTER_S = 2


def worker_name() -> str:
    """Name this process in the rows it works on: host and process id, 80 characters at most."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}"


def with_mail(duties: Duties, settings: Settings, links: Links) -> Duties:
    """Add the sweep that delivers notices by mail; without LICTOR_SMTP_URL they wait, untried. Raises BadSmtpUrl."""
    if settings.smtp_url is None:
        return duties
    sender = SmtpSender(smtp_server(settings.smtp_url.get_secret_value()), settings.mail_from)

    async def deliver(office: Office) -> None:
        await deliver_due(office, {Channel.MAIL: sender}, links)

    return replace(duties, sweeps=(*duties.sweeps, Sweep("deliveries", DELIVER_EVERY_S, deliver)))


@contextlib.asynccontextmanager
async def background(office: Office, duties: Duties) -> AsyncIterator[None]:
    """Work beside the server for as long as the block stands; at its end open runs are given back to others."""
    stop = asyncio.Event()
    working = asyncio.create_task(_for_ever(office, duties, stop))
    try:
        yield
    finally:
        stop.set()
        await working


async def _for_ever(office: Office, duties: Duties, stop: asyncio.Event) -> None:
    """Begin anew when the mover itself breaks down (the database was away), so that the server keeps working."""
    while not stop.is_set():
        try:
            await move(office, duties, worker=worker_name(), stop=stop)
        except Exception:
            log.exception("background work broke down; it begins anew in %s s", ANEW_AFTER_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ANEW_AFTER_S):
                    await stop.wait()


async def run_worker(office: Office, duties: Duties) -> None:
    """Work until SIGTERM or SIGINT: `lictor worker`, any number of them."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for told in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(told, stop.set)
    await move(office, duties, worker=worker_name(), stop=stop)
