"""The ledger's counter: everybody who waits is served by the next transaction, in order, and answered after it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from sqlite3 import Error as SqliteError
from sqlite3 import IntegrityError, OperationalError
from typing import TypeVar
from uuid import UUID

import psycopg

from governance.kernel.clock import Clock
from governance.kernel.database import Database
from governance.kernel.errors import Unavailable
from governance.kernel.ids import Ids
from governance.seats.ledger.batch import settle
from governance.seats.ledger.port import Answer, Call, Claim
from governance.seats.ledger.postgresql import PostgresqlStore
from governance.seats.ledger.seating import MANY
from governance.seats.ledger.sqlite import SqliteStore
from governance.seats.ledger.store import Store

T = TypeVar("T")
AT_MOST = 256
WAITING_AT_MOST = 20_000
LOOK_AHEAD = 2_048
# What the same batch may get over by being asked once more: a deadlock, a race for a unique key, a lost connection.
AGAIN = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.UniqueViolation,
    IntegrityError,
    OperationalError,
    OSError,
)
SILENT = (psycopg.OperationalError, psycopg.InterfaceError, OperationalError, OSError)


@dataclass(eq=False)
class Waiting:
    """A call in the queue: the lines it needs and where its answer goes."""

    call: Call
    lines: frozenset[tuple[UUID, UUID]]
    answer: asyncio.Future[tuple[Answer, ...]]
    taken: bool = field(default=False)


class GroupCommit:
    """The ledger on either database. Start it in the loop that submits; one per process.

    Calls for the same line never overtake each other; calls for different lines go out in up to `in_flight`
    transactions at once. A call that waits longer than `patience_s` before its turn is Unavailable, and nothing of
    it happens; once its transaction runs, the database's own time limits bound it.
    """

    def __init__(
        self, database: Database, clock: Clock, ids: Ids, *, in_flight: int = 2, at_most: int = AT_MOST,
        many: int = MANY, patience_s: float = 10.0, committed: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._database, self._clock, self._ids = database, clock, ids
        self._in_flight = 1 if database.kind == "sqlite" else in_flight
        self._at_most, self._patience_s, self._committed = at_most, patience_s, committed
        self._many = many
        self._waiting: deque[Waiting] = deque()
        self._busy: set[tuple[UUID, UUID]] = set()
        self._ring = asyncio.Condition()
        self._workers: list[asyncio.Task[None]] = []
        self._open = False

    async def start(self) -> None:
        self._open = True
        self._threads = ThreadPoolExecutor(self._in_flight, thread_name_prefix="ledger")
        self._workers = [asyncio.create_task(self._serve(), name=f"ledger-{n}") for n in range(self._in_flight)]

    async def stop(self) -> None:
        """Serve everybody who waits, then close."""
        self._open = False
        async with self._ring:
            self._ring.notify_all()
        await asyncio.gather(*self._workers)
        self._threads.shutdown()

    async def submit(self, claim: Claim) -> Answer:
        return (await self.submit_all((claim,)))[0]

    async def submit_all(self, claims: Sequence[Claim], *, atomic: bool = False) -> tuple[Answer, ...]:
        if not claims:
            return ()
        if not self._open or len(self._waiting) >= WAITING_AT_MOST:
            raise Unavailable("The seat ledger")
        lines = frozenset((claim.tenant_id, claim.ask.line_id) for claim in claims)
        mine = Waiting(Call(tuple(claims), atomic), lines, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        async with self._ring:
            self._ring.notify()
        try:
            return await asyncio.wait_for(asyncio.shield(mine.answer), self._patience_s)
        except TimeoutError:
            if mine.taken:
                return await mine.answer
            mine.answer.cancel()
            raise Unavailable("The seat ledger") from None
        except asyncio.CancelledError:
            if not mine.taken:
                mine.answer.cancel()
            raise

    async def _serve(self) -> None:
        store: Store | None = None
        while True:
            async with self._ring:
                while not (batch := self._take()):
                    if not self._open and not self._waiting:
                        break
                    await self._ring.wait()
            if not batch:
                break
            try:
                store = await self._settle(store, batch)
            except Exception as error:  # noqa: BLE001 - whatever broke here breaks this batch, never the counter
                store = None
                for waiting in batch:
                    _tell(waiting.answer, error)
            async with self._ring:
                self._busy.difference_update(*(waiting.lines for waiting in batch))
                self._ring.notify_all()
        if store is not None:
            await self._in_thread(store.close)

    def _take(self) -> list[Waiting]:
        """Take the next calls whose lines nobody serves now, in order; one that is passed over blocks its lines.

        A call of many is alone on its lines, so that they may all be seated at once.
        """
        batch: list[Waiting] = []
        passed: list[Waiting] = []
        closed, taken = set(self._busy), set[tuple[UUID, UUID]]()
        size = 0
        while self._waiting and size < self._at_most and len(passed) < LOOK_AHEAD:
            following = self._waiting.popleft()
            if following.answer.cancelled():
                continue
            many = len(following.call.claims) >= self._many
            if following.lines & (closed | taken if many else closed):
                closed |= following.lines
                passed.append(following)
                continue
            following.taken = True
            batch.append(following)
            size += len(following.call.claims)
            (closed if many else taken).update(following.lines)
        self._waiting.extendleft(reversed(passed))
        self._busy.update(*(waiting.lines for waiting in batch))
        return batch

    async def _settle(self, store: Store | None, batch: list[Waiting], *, again: bool = False) -> Store | None:
        """Settle the batch; what the database refuses twice is parted, so that one call cannot fail another."""
        store, error = await self._try(store, batch, again=again)
        if isinstance(error, AGAIN):
            store, error = await self._try(store, batch, again=True)
        if error is None:
            return store
        parts = _parted(batch, error)
        if len(parts) > 1:
            for part in parts:
                store = await self._settle(store, part, again=True)
            return store
        for waiting in batch:
            gone = Unavailable("The database")
            gone.__cause__ = error
            _tell(waiting.answer, gone if isinstance(error, SILENT) else error)
        return store

    async def _try(
        self, store: Store | None, batch: list[Waiting], *, again: bool = False
    ) -> tuple[Store | None, Exception | None]:
        now = self._clock.now() if self._clock.virtual else None
        calls = [waiting.call for waiting in batch]
        try:
            async with self._turn():
                if store is None:
                    store = await self._in_thread(self._connect)
                held = store
                settled = partial(settle, held, calls, self._ids, now, again=again, many=self._many)
                answers = await self._in_thread(settled)
        except (psycopg.Error, SqliteError, OSError) as error:
            # A pipeline that broke may leave the driver in error about what it has prepared: that connection is done.
            if store is not None and isinstance(error, (psycopg.Error, SILENT)):
                await self._in_thread(store.close)
                store = None
            return store, error
        except Exception as error:  # noqa: BLE001 - a bug answers its own callers; the ledger goes on for the others
            return store, error
        for waiting, answer in zip(batch, answers, strict=True):
            if not waiting.answer.done():
                waiting.answer.set_result(answer)
        self._committed()
        return store, None

    def _connect(self) -> Store:
        if self._database.kind == "sqlite":
            return SqliteStore(self._database.path)
        return PostgresqlStore(self._database.url)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._database.turn is None:
            yield
        else:
            async with self._database.turn.taken(first=True):
                yield


def _parted(batch: list[Waiting], error: Exception) -> list[list[Waiting]]:
    """Part a batch that failed: by line when one of them is locked, by call for an error of the rows themselves.

    A database that does not answer at all fails everybody at once: asking it call by call would only take longer.
    """
    if isinstance(error, SILENT) and not isinstance(error, psycopg.errors.LockNotAvailable):
        return [batch]
    if not isinstance(error, SILENT):
        return [[waiting] for waiting in batch]
    by_line: dict[frozenset[tuple[UUID, UUID]], list[Waiting]] = {}
    for waiting in batch:
        by_line.setdefault(waiting.lines, []).append(waiting)
    return list(by_line.values())


def _tell(answer: asyncio.Future[tuple[Answer, ...]], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
