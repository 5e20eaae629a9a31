"""Every SELECT of imports: uploads, staged rows page by page, what rows of one file have in common, their issues."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from governance.directory.models import OrgUnit, Person, UnitPlacement
from governance.directory.queries import PERSON_PLACED, placed_at, visible_units
from governance.directory.rules import PersonStatus
from governance.imports.models import StagedRow, Upload
from governance.imports.rules import CHUNK, Issue, IssueCode
from governance.kernel.errors import NotFound
from governance.kernel.work import Work
from policies.access.actions import Action


async def upload(work: Work, upload_id: UUID) -> Upload:
    """Give an upload with its content. Raises NotFound."""
    row = await work.session.get(Upload, (work.tenant_id, upload_id))
    if row is None:
        raise NotFound("upload", str(upload_id))
    return row


def of_run(work: Work, run_id: UUID) -> ColumnElement[bool]:
    """Say which staged rows belong to a run."""
    return and_(StagedRow.tenant_id == work.tenant_id, StagedRow.run_id == run_id)


async def last_number(work: Work, run_id: UUID) -> int:
    """Give the number of the last row that was staged, 0 before the first."""
    query = select(func.max(StagedRow.number)).where(of_run(work, run_id))
    return (await work.session.execute(query)).scalar_one() or 0


async def has_more(session: AsyncSession, tenant_id: UUID, run_id: UUID, number: int) -> bool:
    """Tell whether a run has staged rows after that number."""
    query = select(StagedRow.id).where(
        StagedRow.tenant_id == tenant_id, StagedRow.run_id == run_id, StagedRow.number > number
    )
    return (await session.execute(query.limit(1))).first() is not None


async def counted(work: Work, run_id: UUID) -> tuple[int, int]:
    """Count the staged rows of a run, and those that are accepted."""
    query = select(StagedRow.accepted, func.count()).where(of_run(work, run_id)).group_by(StagedRow.accepted)
    by = {row[0]: row[1] for row in await work.session.execute(query)}
    return sum(by.values()), by.get(True, 0)


async def accepted_after(work: Work, run_id: UUID, number: int, most: int = CHUNK) -> Sequence[StagedRow]:
    """Give the next accepted rows of a run, in the order of the file."""
    query = (
        select(StagedRow)
        .where(of_run(work, run_id), StagedRow.accepted, StagedRow.number > number)
        .order_by(StagedRow.number)
        .limit(most)
    )
    return (await work.session.execute(query)).scalars().all()


def repeated_keys(work: Work, run_id: UUID) -> Select[StagedRow, Any]:
    """Give the accepted rows whose key an earlier accepted row has, with that row's number."""
    first = (
        select(StagedRow.key, func.min(StagedRow.number).label("first"))
        .where(of_run(work, run_id), StagedRow.accepted)
        .group_by(StagedRow.key)
        .having(func.count() > 1)
        .subquery()
    )
    return (
        select(StagedRow, first.c.first)
        .join(first, first.c.key == StagedRow.key)
        .where(of_run(work, run_id), StagedRow.accepted, StagedRow.number > first.c.first)
    )


def repeated_mails(work: Work, run_id: UUID) -> Select[StagedRow, Any]:
    """Give the accepted rows whose mail address another accepted row has, with how many have it."""
    often = (
        select(StagedRow.mail_key, func.count().label("often"))
        .where(of_run(work, run_id), StagedRow.accepted)
        .group_by(StagedRow.mail_key)
        .having(func.count() > 1)
        .subquery()
    )
    return (
        select(StagedRow, often.c.often)
        .join(often, often.c.mail_key == StagedRow.mail_key)
        .where(of_run(work, run_id), StagedRow.accepted)
    )


def taken_mails(work: Work, run_id: UUID) -> Select[StagedRow, Any]:
    """Give the accepted rows whose mail address somebody else has whom the file does not speak of."""
    theirs = aliased(StagedRow)
    spoken_of = select(theirs.id).where(
        theirs.tenant_id == work.tenant_id, theirs.run_id == run_id, theirs.key == Person.external_id
    )
    return (
        select(StagedRow, func.min(Person.external_id))
        .join(Person, and_(Person.tenant_id == StagedRow.tenant_id, Person.mail_key == StagedRow.mail_key))
        .where(
            of_run(work, run_id),
            StagedRow.accepted,
            Person.external_id != StagedRow.key,
            Person.status != PersonStatus.LEFT,
            work.reach(Action.PERSON_READ, PERSON_PLACED),
            not_(spoken_of.exists()),
        )
        .group_by(StagedRow.tenant_id, StagedRow.id)
    )


def out_of_reach(work: Work, run_id: UUID) -> Select[StagedRow, Any]:
    """Give the accepted rows about people whom the importer may not change where they are now."""
    return (
        select(StagedRow, Person.id)
        .join(Person, and_(Person.tenant_id == StagedRow.tenant_id, Person.external_id == StagedRow.key))
        .where(of_run(work, run_id), StagedRow.accepted, not_(work.reach(Action.PERSON_IMPORT, PERSON_PLACED)))
    )


def unknown_managers(work: Work, run_id: UUID) -> Select[StagedRow, Any]:
    """Give the accepted rows whose manager is neither an accepted row nor a known person."""
    staged = aliased(StagedRow)
    in_file = select(staged.id).where(
        staged.tenant_id == work.tenant_id,
        staged.run_id == run_id,
        staged.accepted,
        staged.key == StagedRow.manager_key,
    )
    known = select(Person.id).where(Person.tenant_id == work.tenant_id, Person.external_id == StagedRow.manager_key)
    return select(StagedRow, StagedRow.manager_key).where(
        of_run(work, run_id),
        StagedRow.accepted,
        StagedRow.manager_key.is_not(None),
        not_(in_file.exists()),
        not_(known.exists()),
    )


def with_keys(work: Work, run_id: UUID, keys: Sequence[str]) -> Select[StagedRow, Any]:
    """Give the accepted rows with these keys."""
    return select(StagedRow, StagedRow.key).where(
        of_run(work, run_id), StagedRow.accepted, StagedRow.key.in_(keys) if keys else false()
    )


async def managers_told(work: Work, run_id: UUID) -> AsyncIterator[tuple[str | None, str | None]]:
    """Walk the accepted rows that name a manager: key and manager's key."""
    number = 0
    while True:
        query = (
            select(StagedRow.number, StagedRow.key, StagedRow.manager_key)
            .where(
                of_run(work, run_id),
                StagedRow.accepted,
                StagedRow.manager_key.is_not(None),
                StagedRow.number > number,
            )
            .order_by(StagedRow.number)
            .limit(CHUNK * 10)
        )
        rows = (await work.session.execute(query)).all()
        for number, key, manager in rows:  # noqa: B007 - the last number is where the next page begins
            yield key, manager
        if len(rows) < CHUNK * 10:
            return


async def managers_known(work: Work, run_id: UUID, keys: Sequence[str]) -> dict[str, str]:
    """Give the managers' keys of those people among `keys` of whom the file's accepted rows do not speak."""
    manager = aliased(Person)
    staged = select(StagedRow.id).where(of_run(work, run_id), StagedRow.accepted, StagedRow.key == Person.external_id)
    query = (
        select(Person.external_id, manager.external_id)
        .join(manager, and_(manager.tenant_id == Person.tenant_id, manager.id == Person.manager_id))
        .where(Person.tenant_id == work.tenant_id, Person.external_id.in_(keys), not_(staged.exists()))
    )
    return {row[0]: row[1] for row in await work.session.execute(query)}


async def unlinked(work: Work, run_id: UUID, most: int = CHUNK) -> Sequence[tuple[UUID, UUID]]:
    """Give people whose manager is told and there, but not yet theirs: person and manager."""
    manager = aliased(Person)
    query = (
        select(Person.id, manager.id)
        .join(StagedRow, and_(StagedRow.tenant_id == Person.tenant_id, StagedRow.key == Person.external_id))
        .join(manager, and_(manager.tenant_id == Person.tenant_id, manager.external_id == StagedRow.manager_key))
        .where(
            of_run(work, run_id),
            StagedRow.accepted,
            or_(Person.manager_id.is_(None), Person.manager_id != manager.id),
        )
        .limit(most)
    )
    return [(row[0], row[1]) for row in await work.session.execute(query)]


async def living_units(work: Work) -> Sequence[tuple[UUID, str, str, UUID | None]]:
    """Give the units within reach that hang in today's tree: id, code, name, parent."""
    query = (
        visible_units(work)
        .join(
            UnitPlacement,
            and_(UnitPlacement.tenant_id == OrgUnit.tenant_id, UnitPlacement.unit_id == OrgUnit.id),
        )
        .where(placed_at(UnitPlacement, work.now(), work.now()))
        .with_only_columns(OrgUnit.id, OrgUnit.code, OrgUnit.name, UnitPlacement.parent_id)
    )
    return [(row[0], row[1], row[2], row[3]) for row in await work.session.execute(query)]


async def issues_of_run(work: Work, run_id: UUID, after: int = 0, most: int = CHUNK) -> list[Issue]:
    """Give the issues of the next `most` rows that have any, in the order of the file."""
    query = (
        select(StagedRow.issues)
        .where(of_run(work, run_id), StagedRow.noted, StagedRow.number > after)
        .order_by(StagedRow.number)
        .limit(most)
    )
    rows = (await work.session.execute(query)).scalars()
    return [Issue(i["row"], i["column"], IssueCode(i["code"]), i["message"]) for issues in rows for i in issues]
