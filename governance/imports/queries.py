"""Every SELECT of imports: uploads, staged rows page by page, what rows of one file have in common, their issues."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from governance.directory.models import OrgUnit, Person, UnitPlacement
from governance.directory.queries import PERSON_PLACED, placed_at, visible_units
from governance.directory.rules import PersonStatus
from governance.imports.models import StagedRow, Upload
from governance.imports.rules import CHUNK, Issue, IssueCode
from governance.kernel.errors import NotFound
from governance.kernel.work import Work
from governance.runs.models import Run
from governance.runs.rules import ENDED, RunKind
from policies.access.actions import Action

Keys = Iterable[str | None]


async def upload(work: Work, upload_id: UUID) -> Upload:
    """Give an upload with its content. Raises NotFound."""
    row = await work.session.get(Upload, (work.tenant_id, upload_id))
    if row is None:
        raise NotFound("upload", str(upload_id))
    return row


async def open_import(work: Work, kind: RunKind, sha256: str, options: Mapping[str, Any]) -> Run | None:
    """Give the actor's own import of this very file with these options that has not ended, the latest first."""
    files = select(Upload.id).where(
        Upload.tenant_id == work.tenant_id, Upload.sha256 == sha256, Upload.uploaded_by == work.actor.principal
    )
    handed_in = {str(upload_id) for upload_id in (await work.session.execute(files)).scalars()}
    begun = select(Run).where(
        Run.tenant_id == work.tenant_id,
        Run.kind == kind,
        Run.principal == work.actor.principal,
        Run.state.not_in(ENDED),
    )
    rows = (await work.session.execute(begun.order_by(Run.created_at.desc()))).scalars()
    return next((r for r in rows if r.asked["upload"] in handed_in and options.items() <= r.asked.items()), None)


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


async def first_rows(work: Work, run_id: UUID, keys: Keys) -> dict[str, int]:
    """Give for each of these keys the number of the first accepted row that has it; of others, nothing.

    Here and below, a thousand keys at a time: on tables this young, PostgreSQL's planner knows nothing of joins.
    """
    query = (
        select(StagedRow.key, func.min(StagedRow.number))
        .where(of_run(work, run_id), StagedRow.accepted, StagedRow.key.in_(_sorted(keys)))
        .group_by(StagedRow.key)
    )
    return {row[0]: row[1] for row in await work.session.execute(query) if row[0] is not None}


async def rows_with_mail(work: Work, run_id: UUID, mails: Keys) -> dict[str, int]:
    """Count the accepted rows that have each of these mail addresses."""
    query = (
        select(StagedRow.mail_key, func.count())
        .where(of_run(work, run_id), StagedRow.accepted, StagedRow.mail_key.in_(_sorted(mails)))
        .group_by(StagedRow.mail_key)
    )
    return {row[0]: row[1] for row in await work.session.execute(query) if row[0] is not None}


async def people_with_mail(work: Work, mails: Keys) -> Sequence[tuple[str, str]]:
    """Give the people within reach who have these mail addresses and have not left: address and external id."""
    query = select(Person.mail_key, Person.external_id).where(
        Person.tenant_id == work.tenant_id,
        Person.mail_key.in_(_sorted(mails)),
        Person.status != PersonStatus.LEFT,
        work.reach(Action.PERSON_READ, PERSON_PLACED),
    )
    return [(row[0], row[1]) for row in await work.session.execute(query)]


async def out_of_reach(work: Work, keys: Keys) -> frozenset[str]:
    """Give those of these people whom the importer may not change where they are now."""
    query = select(Person.external_id).where(
        Person.tenant_id == work.tenant_id,
        Person.external_id.in_(_sorted(keys)),
        not_(work.reach(Action.PERSON_IMPORT, PERSON_PLACED)),
    )
    return frozenset((await work.session.execute(query)).scalars())


async def ids_of(work: Work, keys: Keys) -> dict[str, UUID]:
    """Give the ids of those people among these keys who are there."""
    query = select(Person.external_id, Person.id).where(
        Person.tenant_id == work.tenant_id, Person.external_id.in_(_sorted(keys))
    )
    return {row[0]: row[1] for row in await work.session.execute(query)}


async def staged_ids(work: Work, run_id: UUID, keys: Keys) -> dict[str, UUID]:
    """Give the ids of the accepted rows with these keys."""
    query = select(StagedRow.key, StagedRow.id).where(
        of_run(work, run_id), StagedRow.accepted, StagedRow.key.in_(_sorted(keys))
    )
    return {row[0]: row[1] for row in await work.session.execute(query) if row[0] is not None}


async def managers_of(work: Work, keys: Keys) -> dict[str, str]:
    """Give the managers' keys of those of these people who have one."""
    query = select(Person.external_id, Person.manager_id).where(
        Person.tenant_id == work.tenant_id, Person.external_id.in_(_sorted(keys)), Person.manager_id.is_not(None)
    )
    above = {row[0]: row[1] for row in await work.session.execute(query) if row[1] is not None}
    named = select(Person.id, Person.external_id).where(
        Person.tenant_id == work.tenant_id, Person.id.in_(sorted(set(above.values())))
    )
    names = {row[0]: row[1] for row in await work.session.execute(named)}
    return {key: names[manager] for key, manager in above.items()}


async def manager_ids(work: Work, keys: Keys) -> dict[str, tuple[UUID, UUID | None]]:
    """Give id and manager of people by key."""
    query = select(Person.external_id, Person.id, Person.manager_id).where(
        Person.tenant_id == work.tenant_id, Person.external_id.in_(_sorted(keys))
    )
    return {row[0]: (row[1], row[2]) for row in await work.session.execute(query)}


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


def _sorted(keys: Keys) -> list[str]:
    return sorted({key for key in keys if key is not None})
