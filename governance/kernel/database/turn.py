"""One writer at a time on SQLite: a fair turn in the process, the ledger first, a file lock between processes."""

import asyncio
import fcntl
import os
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


class WriteTurn:
    """The turn to write. `taken(first=True)` is the ledger's: it goes ahead of everybody who waits."""

    def __init__(self, lock_file: Path) -> None:
        self._lock_file = lock_file
        self._busy = False
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._descriptor: int | None = None

    @asynccontextmanager
    async def taken(self, *, first: bool = False) -> AsyncIterator[None]:
        await self._wait(first=first)
        try:
            await self._lock()
            try:
                yield
            finally:
                self._unlock()
        finally:
            self._pass_on()

    async def _wait(self, *, first: bool) -> None:
        if not self._busy:
            self._busy = True
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if first:
            self._waiting.appendleft(mine)
        else:
            self._waiting.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._pass_on()
            elif mine in self._waiting:
                self._waiting.remove(mine)
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            following = self._waiting.popleft()
            if not following.done():
                following.set_result(None)
                return
        self._busy = False

    async def _lock(self) -> None:
        if self._descriptor is None:
            self._descriptor = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting = asyncio.ensure_future(asyncio.to_thread(fcntl.flock, self._descriptor, fcntl.LOCK_EX))
            try:
                await asyncio.shield(waiting)
            except asyncio.CancelledError:
                await waiting
                self._unlock()
                raise

    def _unlock(self) -> None:
        assert self._descriptor is not None
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
