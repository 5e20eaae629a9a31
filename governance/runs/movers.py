"""Who moves long work. On SQLite: this process, woken after each commit; the rows are the truth."""

import asyncio
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession


class InProcessMover:
    """Wakes the loop that moves work inside this process."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()

    async def enqueue(self, session: AsyncSession, task: str, tenant_id: UUID, row_id: UUID) -> None:
        """Nothing to write: the row itself waits in its table."""

    def wake(self) -> None:
        self.woken.set()
