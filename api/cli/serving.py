"""Starting what runs for long: the server, a worker, and the demo estate before it."""

import contextlib
import multiprocessing
import os
import random
import signal
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from api.app import END_STREAMS
from api.cli.exits import Exit
from api.cli.ground import answer, err, ledger_of, run, settings_or_stop, stop
from api.demo.settling import SLUG, Login
from api.demo.story import Told, raise_demo
from api.duties import duties_of
from api.opening import office_of, open_office
from api.settings import Settings
from api.worker import run_worker
from governance import migrations
from governance.directory.queries import tenants
from governance.kernel.clock import HandClock
from governance.kernel.database import Database
from governance.seats.service import SeatDesk

MAKING = ".making"
STOPS_WITHIN_S, FAREWELL_S = 30, 0.5


def serve(host: str | None, port: int | None, workers: int | None, *, demo: bool) -> None:
    """Bring the database up, make the demo estate if this start made the database, and serve until told to stop."""
    settings = settings_or_stop()
    host, port = host or settings.host, port or settings.port
    count = workers or settings.workers
    if settings.database.startswith("sqlite") and count > 1:
        stop(Exit.USAGE, "SQLite is served by one process; use PostgreSQL (LICTOR_DATABASE_URL) for more workers.")
    if _taken(host, port):
        stop(Exit.UNAVAILABLE, f"Something answers on {host}:{port} already. Stop it, or choose another --port.")
    logins = run(lambda: _prepared(settings, demo=demo))
    address = settings.public_url or f"http://{host}:{port}"
    err.print(f"\n[bold]Lictor[/bold] answers on {address}", highlight=False)
    err.print(f"  console   {address}/\n  graph     {address}/graphql\n  events    {address}/v1/events", markup=False)
    _show(logins)
    os.environ["LICTOR_PUBLIC_URL"] = address
    server = Granian(
        "api.app:served", address=host, port=port, interface=Interfaces.ASGI, workers=count, factory=True,
        log_access=False, websockets=True, respawn_failed_workers=True, workers_kill_timeout=STOPS_WITHIN_S,
    )  # fmt: skip
    server.on_startup(_end_streams_first)
    server.serve()


def _end_streams_first() -> None:
    """Have each process tell its subscribers that it goes, before it is told to stop and drops every connection."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _telling(signal.getsignal(number)))


def _telling(stops: Any) -> Callable[[int, FrameType | None], None]:
    def tell(number: int, frame: FrameType | None) -> None:
        for process in multiprocessing.active_children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid or 0, END_STREAMS)
        time.sleep(FAREWELL_S)
        stops(number, frame)

    return tell


def _taken(host: str, port: int) -> bool:
    """Tell whether somebody listens there: two servers would share the port without a word."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=0.5):
        return True
    return False


def work() -> None:
    """Work in the background until told to stop."""
    settings = settings_or_stop()

    async def command() -> None:
        async with open_office(settings) as office, ledger_of(office) as ledger:
            await run_worker(office, duties_of(SeatDesk(office, ledger), settings))

    run(command)


def demo(*, as_json: bool) -> None:
    """Make the demo estate in the database as it stands; refuse where one stands already."""
    settings = settings_or_stop()

    async def command() -> tuple[Login, ...]:
        await migrations.upgrade(settings.database)
        database = Database(settings.database)
        try:
            async with database.system_read() as session:
                if any(tenant.slug == SLUG for tenant in await tenants(session)):
                    stop(Exit.CONFLICT, f"The tenant {SLUG} stands already; nothing was changed.")
            return await _raised(settings, database)
        finally:
            await database.dispose()

    logins = run(command)
    said = "\n".join(f"{login.audience:<16}{login.mail:<36}{login.password}" for login in logins)
    answer({"tenant": SLUG, "logins": [vars(login) for login in logins]}, as_json=as_json, said=said)


async def _prepared(settings: Settings, *, demo: bool) -> tuple[Login, ...]:
    """Bring the schema up. A new SQLite file gets its demo estate beside itself first: it is whole, or absent."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    path = Path(settings.database.removeprefix("sqlite:///")) if settings.database.startswith("sqlite") else None
    if demo and path is not None and not path.exists():
        return await _new_file(settings, path)
    upgraded = await migrations.upgrade(settings.database)
    if not demo or upgraded.before is not None:
        return ()
    database = Database(settings.database)
    try:
        return await _raised(settings, database)
    finally:
        await database.dispose()


async def _new_file(settings: Settings, path: Path) -> tuple[Login, ...]:
    making = path.with_name(path.name + MAKING)
    for left in path.parent.glob(making.name + "*"):
        left.unlink()
    url = f"sqlite:///{making}"
    await migrations.upgrade(url)
    database = Database(url)
    try:
        logins = await _raised(settings, database)
    finally:
        await database.dispose()
    wal = making.with_name(making.name + "-wal")
    if wal.exists() and wal.stat().st_size:
        raise RuntimeError(f"{wal} still holds changes")
    making.rename(path)
    for left in path.parent.glob(making.name + "*"):
        left.unlink()
    return logins


async def _raised(settings: Settings, database: Database) -> tuple[Login, ...]:
    clock = HandClock(datetime.now(UTC))
    office = office_of(settings, database, clock)
    with Progress(
        TextColumn("Inventing Halden Group"), BarColumn(), TextColumn("{task.fields[day]}"), TimeRemainingColumn(),
        console=err,
    ) as bar:  # fmt: skip
        task = bar.add_task("demo", total=1.0, day="")

        def told(at: Told) -> None:
            bar.update(task, completed=at.share, day=f"{at.at:%b %Y}")

        async with ledger_of(office) as ledger:
            desk = SeatDesk(office, ledger)
            return await raise_demo(desk, clock, duties_of(desk, settings), random.Random(2026), told)  # noqa: S311


def _show(logins: tuple[Login, ...]) -> None:
    if not logins:
        err.print("Press Ctrl C to stop.\n", markup=False)
        return
    err.print("\nA demo estate was made. Its logins, shown this once:\n", markup=False)
    for login in logins:
        err.print(f"  {login.audience:<16}{login.mail:<36}{login.password}", markup=False)
    err.print("\nPress Ctrl C to stop.\n", markup=False)
