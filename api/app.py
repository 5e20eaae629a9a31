"""The server as a whole: one office, one ledger, every door, and the background work of a process without workers."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import scim2_server.handler  # noqa: F401 - its classes read their own source, which takes seconds once all else is there
from litestar import Litestar, get
from litestar.config.response_cache import ResponseCacheConfig
from litestar.datastructures import MutableScopeHeaders
from litestar.handlers import HTTPRouteHandler
from litestar.logging.config import LoggingConfig
from litestar.status_codes import HTTP_200_OK
from litestar.types import BeforeMessageSendHookHandler, Message, Scope
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from api.auth.middleware import Authentication
from api.console.door import console_handlers, problem_page
from api.downloads import download_handlers
from api.duties import duties_of
from api.feeds import feed_handlers
from api.graphql.door import graphql_handlers
from api.graphql.engine import Streams
from api.import_files import import_handlers
from api.ingest import handlers as ingest_handlers
from api.links import download_link
from api.logs import set_up_logs
from api.opening import office_of
from api.problems import problem_handlers
from api.scim.door import scim_handlers
from api.settings import Settings
from api.trail_files import trail_handlers
from api.worker import background
from governance.directory.models import Tenant
from governance.kernel.clock import Clock
from governance.kernel.database import Database
from governance.kernel.errors import Unavailable
from governance.seats.ledger.desk import GroupCommit
from governance.seats.service import SeatDesk

BODY_MOST = 8 * 1024 * 1024
END_STREAMS = signal.SIGUSR1
"""What tells a process of the server that it is about to stop."""
GUARDS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What every answer carries that says nothing stricter or wider of its own: machine doors, files and errors too."""
BY_TLS = {"Strict-Transport-Security": "max-age=31536000"}


def served() -> Litestar:
    """Build the server of a process of its own, from the environment's settings, telling what happens in it."""
    settings = Settings()
    set_up_logs(settings)
    streams = Streams()
    app = create_app(settings, streams=streams)

    def listen() -> None:
        asyncio.get_running_loop().add_signal_handler(END_STREAMS, streams.ending.set)

    app.on_startup.extend((listen, _spare_the_collector))
    return app


def _spare_the_collector() -> None:
    """Let the collector of garbage pass over what stands from now on to the end, and look less often for new cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    working: bool = True,
    streams: Streams | None = None,
) -> Litestar:
    """Build the server. `working` False leaves runs, reactions and deliveries to `lictor worker`.

    Nothing is connected before the server starts; at its end the ledger serves who waits, and open runs are given back.
    """
    settings = settings or Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database, pool_size=settings.pool_size)
    office = office_of(settings, database, clock)
    batch, wake = settings.ledger_batch, office.mover.wake
    ledger = GroupCommit(database, office.clock, office.ids, at_most=batch, committed=wake)
    desk, streams = SeatDesk(office, ledger), streams or Streams()
    return Litestar(
        route_handlers=[
            _health(database),
            *graphql_handlers(desk, settings, download_link, streams),
            *ingest_handlers(office),
            *download_handlers(office, settings),
            *import_handlers(office),
            *trail_handlers(office),
            *feed_handlers(office),
            *scim_handlers(office, settings),
            *console_handlers(desk, settings),
        ],
        middleware=[Authentication(office, settings)],
        exception_handlers=problem_handlers(problem_page(desk, settings)),
        lifespan=[_business(desk, ledger, settings, streams, working=working)],
        before_send=[_guarding(GUARDS | (BY_TLS if settings.behind_tls else {}))],
        openapi_config=None,
        request_max_body_size=BODY_MOST,
        logging_config=LoggingConfig(log_exceptions="never", configure_root_logger=False),
        response_cache_config=ResponseCacheConfig(),
        debug=False,
    )


def _business(
    desk: SeatDesk, ledger: GroupCommit, settings: Settings, streams: Streams, *, working: bool
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Give what stands from the server's start to its end: the ledger, and the background work of this process."""

    @asynccontextmanager
    async def open_for_business(_app: Litestar) -> AsyncIterator[None]:
        await ledger.start()
        try:
            async with AsyncExitStack() as stack:
                if working:
                    await stack.enter_async_context(background(desk.office, duties_of(desk, settings)))
                yield
        finally:
            streams.ending.set()
            await ledger.stop()
            await desk.office.database.dispose()

    return open_for_business


def _health(database: Database) -> HTTPRouteHandler:
    @get("/healthz", opt={"no_caller": True}, status_code=HTTP_200_OK, include_in_schema=False)
    async def healthz() -> dict[str, str]:
        """Tell a watchman that this process answers and its database does too, with the schema it needs."""
        try:
            async with database.system_read() as session:
                await session.execute(select(Tenant.id).limit(1))
        except (SQLAlchemyError, OSError) as error:
            raise Unavailable("database", retry_after_s=5) from error
        return {"status": "ok"}

    return healthz


def _guarding(guards: Mapping[str, str]) -> BeforeMessageSendHookHandler:
    async def guard(message: Message, _scope: Scope) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            for name, value in guards.items():
                headers.setdefault(name, value)

    return guard
