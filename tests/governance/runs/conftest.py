"""What the tests of long work share: a desk per kind of verb, and duties made of small verbs."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from governance.kernel.work import Office, Work
from governance.runs.desk import RunDesk
from governance.runs.duties import Duties
from governance.runs.models import Run
from governance.runs.moving import move_run
from governance.runs.rules import RunKind
from governance.runs.service import RunRequest, request_run
from tests.estate import Estate

Verb = Callable[[RunDesk], Awaitable[dict[str, Any]]]


class Runs:
    """Asks for runs of one kind and moves them by hand."""

    def __init__(self, office: Office, estate: Estate) -> None:
        self.office = office
        self.estate = estate

    async def asked(self, who: str = "admin", key: str | None = None, **asked: Any) -> UUID:
        async def ask(work: Work) -> UUID:
            return (await request_run(work, RunRequest(RunKind.SCAN, asked, key))).id

        return await self.office.perform(self.estate.actor(who), ask)

    async def move(self, run_id: UUID, verb: Verb, worker: str = "w1") -> bool:
        return await move_run(self.office, self.estate.tenant_id, run_id, Duties({RunKind.SCAN: verb}), worker)

    async def row(self, run_id: UUID) -> Run:
        async with self.office.database.read(self.estate.tenant_id) as session:
            row = await session.get(Run, (self.estate.tenant_id, run_id))
        assert row is not None
        return row


@pytest.fixture
async def runs(office: Office, estate: Estate) -> Runs:
    return Runs(office, estate)
