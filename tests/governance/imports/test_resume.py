"""An import that is cut off anywhere goes on where it stood and ends as if nothing had happened."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from governance.audit.models import Entry
from governance.directory.models import Person, PersonPlacement
from governance.imports.models import StagedRow, Upload
from governance.imports.service import ImportPeople, import_people, request_people_import
from governance.kernel.work import Change, Office, Work
from governance.runs.duties import Duties
from governance.runs.models import Run
from governance.runs.moving import move_run
from governance.runs.rules import RunKind, RunState
from governance.runs.service import cancel_run
from tests.estate import Estate
from tests.governance.imports.people import DUTIES, HEADERS, row, short, table


class Cut(Exception):
    """The process dies here."""


class CuttingTrail:
    """A trail whose process dies at the n-th batch of entries, before they are committed."""

    def __init__(self, inner: Any, at: int) -> None:
        self.inner, self.at = inner, at

    async def write(self, work: Work, change: Change) -> None:
        await self.inner.write(work, change)

    async def write_all(self, work: Work, changes: Any) -> None:
        self.at -= 1
        if self.at == 0:
            raise Cut
        await self.inner.write_all(work, changes)


@pytest.mark.parametrize("cut_at", [2])
async def test_a_run_cut_off_while_merging_ends_with_everybody_once(
    office: Office, estate: Estate, cut_at: int
) -> None:
    content = table([row(n, m=f"p{n + 1}" if n < 2_499 else "") for n in range(2_500)], (*HEADERS, "manager"))
    cutting = replace(office, trail=CuttingTrail(office.trail, cut_at))
    run = await office.perform(
        estate.actor("admin"), lambda w: request_people_import(w, ImportPeople("p.csv", content))
    )
    await move_run(cutting, run.tenant_id, run.id, DUTIES, "dies")
    async with office.database.read(estate.tenant_id) as session:
        there = (
            await session.execute(
                select(func.count()).where(Person.source == "file", Person.tenant_id == run.tenant_id)
            )
        ).scalar_one()
    assert there == (cut_at - 1) * 1_000
    office.clock.advance(timedelta(minutes=5))  # type: ignore[attr-defined]
    await move_run(office, run.tenant_id, run.id, DUTIES, "goes on")
    async with office.database.read(estate.tenant_id) as session:
        ended = await session.get(Run, (run.tenant_id, run.id))
        people = (
            await session.execute(select(Person).where(Person.source == "file", Person.tenant_id == run.tenant_id))
        ).scalars()
        managed = sum(person.manager_id is not None for person in people)
        placed = (
            await session.execute(
                select(func.count()).select_from(PersonPlacement).where(PersonPlacement.tenant_id == run.tenant_id)
            )
        ).scalar_one()
        entries = (
            await session.execute(
                select(func.count()).where(Entry.act == "person:import", Entry.subject_type == "person")
            )
        ).scalar_one()
    assert ended is not None
    assert ended.outcome is not None
    assert short(ended.outcome) == (2_500, 2_500, 0, 2_500, 0, 0)
    assert (managed, entries) == (2_499, 2_500)
    assert placed == 2_500 + len(estate.people)


async def test_a_cancelled_import_leaves_no_file_and_no_staged_row(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    content = table([row(n) for n in range(1_500)])
    run = await office.perform(admin, lambda w: request_people_import(w, ImportPeople("p.csv", content)))

    async def cancelled_midway(desk: Any) -> dict[str, Any]:
        await office.perform(admin, lambda w: cancel_run(w, run.id))
        return await import_people(desk)

    await move_run(office, run.tenant_id, run.id, Duties({RunKind.IMPORT_PEOPLE: cancelled_midway}), "tests")
    async with office.database.read(estate.tenant_id) as session:
        ended = await session.get(Run, (run.tenant_id, run.id))
        assert ended is not None
        assert ended.state is RunState.CANCELLED
        assert (await session.execute(select(StagedRow.id))).first() is None
        assert (await session.execute(select(Upload.content))).scalars().all() == [b""]
