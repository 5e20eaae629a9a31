"""Dated places: a new place supersedes what it contradicts and keeps what was true before."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update

from governance.directory.models import OwnedPlacement, Person, PersonPlacement, UnitPlacement
from governance.kernel.errors import BadInput
from governance.kernel.work import Work


async def place_unit(work: Work, unit_id: UUID, parent_id: UUID | None, start: datetime) -> None:
    """Hang a unit below a parent from `start` on."""
    await cut_unit(work, unit_id, start)
    work.session.add(_row(work, UnitPlacement, start, unit_id=unit_id, parent_id=parent_id))
    await work.session.flush()


async def cut_unit(work: Work, unit_id: UUID, at: datetime) -> None:
    """End at `at` whatever place the unit has then or later."""
    await _cut(work, UnitPlacement, UnitPlacement.unit_id == unit_id, at, ("unit_id", "parent_id"))


async def place_person(work: Work, person_id: UUID, unit_id: UUID, country: str, start: datetime) -> None:
    """Place a person in a unit and country from `start` on."""
    who = PersonPlacement.person_id == person_id
    await _cut(work, PersonPlacement, who, start, ("person_id", "unit_id", "country"))
    await place_newcomer(work, person_id, unit_id, country, start)


async def place_newcomer(work: Work, person_id: UUID, unit_id: UUID, country: str, start: datetime) -> None:
    """Place one who was nowhere before."""
    work.session.add(_row(work, PersonPlacement, start, person_id=person_id, unit_id=unit_id, country=country))
    await work.session.flush()


BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
AT_ONCE = 500


async def place_people(work: Work, people: Sequence[Person], unit_id: UUID, at: datetime) -> None:
    """Place these people in a unit from `at` on, or from when they came to where they are, where that was later."""
    for first in range(0, len(people), AT_ONCE):
        part = {row.id: row for row in people[first : first + AT_ONCE]}
        query = select(PersonPlacement).where(
            PersonPlacement.tenant_id == work.tenant_id,
            PersonPlacement.person_id.in_(part),
            PersonPlacement.superseded_at.is_(None),
            PersonPlacement.end.is_(None),
        )
        last = (await work.session.execute(query.with_for_update(key_share=True))).scalars().all()
        since = {row.person_id: max(at, row.start) for row in last}
        for row in last:
            row.superseded_at = work.now()
            if row.start < since[row.person_id]:
                facts = {"person_id": row.person_id, "unit_id": row.unit_id, "country": row.country}
                kept = _row(work, PersonPlacement, row.start, **facts)
                kept.end = since[row.person_id]
                work.session.add(kept)
        for person in part.values():
            facts = {"person_id": person.id, "unit_id": unit_id, "country": person.country}
            work.session.add(_row(work, PersonPlacement, since.get(person.id, at), **facts))
        await work.session.execute(
            update(Person)
            .where(Person.tenant_id == work.tenant_id, Person.id.in_(part))
            .values(unit_id=unit_id, version=Person.version + 1)
        )
        await work.session.flush()


async def place_owned(
    work: Work, kind: str, subject_id: UUID, had: UUID, unit_id: UUID, at: datetime
) -> None:  # fmt: skip
    """Say that what `had` owned belongs to another unit from `at` on. The first change notes who owned it before."""
    whose = OwnedPlacement.subject_id == subject_id
    known = select(OwnedPlacement.id).where(OwnedPlacement.tenant_id == work.tenant_id, whose).limit(1)
    if (await work.session.execute(known)).first() is None:
        first = _row(work, OwnedPlacement, BEGINNING, subject_type=kind, subject_id=subject_id, unit_id=had)
        first.recorded_at = BEGINNING
        work.session.add(first)
        await work.session.flush()
    await _cut(work, OwnedPlacement, whose, at, ("subject_type", "subject_id", "unit_id"))
    work.session.add(_row(work, OwnedPlacement, at, subject_type=kind, subject_id=subject_id, unit_id=unit_id))
    await work.session.flush()


def effective(work: Work, at: datetime | None) -> datetime:
    """Give the instant from which a change holds. Raises BadInput for one that has not come: today's tree is one."""
    now = work.now()
    if at is not None and at > now:
        raise BadInput("at", at.isoformat(), f"an instant not after {now.isoformat()}")
    return at or now


async def _cut(work: Work, kind: Any, whose: ColumnElement[bool], at: datetime, facts: tuple[str, ...]) -> None:
    """Supersede the places that hold at or after `at`; of one that began earlier, the part before stays."""
    rows = await work.session.execute(
        select(kind)
        .where(
            kind.tenant_id == work.tenant_id,
            whose,
            kind.superseded_at.is_(None),
            or_(kind.end.is_(None), kind.end > at),
        )
        .with_for_update(key_share=True)
    )
    for row in rows.scalars().all():
        row.superseded_at = work.now()
        if row.start < at:
            kept = _row(work, kind, row.start, **{name: getattr(row, name) for name in facts})
            kept.end = at
            work.session.add(kept)
    await work.session.flush()


def _row(work: Work, kind: Any, start: datetime, **facts: Any) -> Any:
    return kind(
        tenant_id=work.tenant_id, id=work.new_id(), start=start, end=None, recorded_at=work.now(), superseded_at=None,
        **facts,
    )  # fmt: skip
