"""Brings accepted rows into the directory, 1,000 a transaction: new people, changed facts, moves, leavers, managers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, or_, select, update

from governance.directory.models import Person, PersonPlacement
from governance.directory.rules import PersonStatus, same_mail
from governance.directory.service import end_access
from governance.directory.service.people import named
from governance.imports import queries
from governance.imports.models import StagedRow
from governance.imports.rules import Counts
from governance.kernel.work import Change, Work
from policies.access.actions import Action

SOURCE = "file"


@dataclass(frozen=True)
class Merge:
    """What one row comes to: the person as they are (None: new), and the values that differ."""

    row: StagedRow
    person: Person | None
    values: dict[str, Any]


async def plan_merges(work: Work, run_id: UUID, rows: Sequence[StagedRow]) -> list[Merge]:
    """Compare rows with the people they speak of; nothing is changed."""
    keys = [row.key for row in rows]
    found = await work.session.execute(
        select(Person)
        .where(Person.tenant_id == work.tenant_id, Person.external_id.in_(keys))
        .with_for_update(key_share=True)
    )
    people = {person.external_id: person for person in found.scalars()}
    managers = await _managers(work, run_id, {row.manager_key for row in rows if row.manager_key})
    plans = []
    for row in rows:
        person = people.get(row.key or "")
        told = _told(row, managers)
        if person is not None:
            told = {key: value for key, value in told.items() if getattr(person, key) != value}
        plans.append(Merge(row, person, told))
    return plans


def count(plans: Sequence[Merge]) -> Counts:
    """Say what the plans come to."""
    created = sum(plan.person is None for plan in plans)
    updated = sum(plan.person is not None and bool(plan.values) for plan in plans)
    return Counts(created, updated, len(plans) - created - updated)


async def carry_out(work: Work, plans: Sequence[Merge]) -> None:
    """Write what was planned, each change with its trail entry, in a few statements for all of them."""
    new = [plan for plan in plans if plan.person is None]
    changed = [(plan.person, plan.values) for plan in plans if plan.person is not None and plan.values]
    there = await _there(work, {plan.values.get("manager_id") for plan in plans})
    changes = [Change(Action.PERSON_IMPORT, "person", p.row.id, after=named(p.values)) for p in new]
    changes += [
        Change(
            Action.PERSON_IMPORT, "person", person.id,
            before=named({key: getattr(person, key) for key in values}), after=named(values),
        )
        for person, values in changed
    ]  # fmt: skip
    await _enter(work, new, there)
    await _update(work, changed, there)
    await work.record_all(changes)


async def link_managers(work: Work, rows: Sequence[StagedRow]) -> None:
    """Give people the managers who came later in the file than they."""
    keys = {key for row in rows if row.manager_key for key in (row.key, row.manager_key)}
    people = await queries.manager_ids(work, keys)
    values = []
    for row in rows:
        if row.key in people and row.manager_key in people:
            person_id, has = people[row.key]
            needs, _ = people[row.manager_key]
            if has != needs:
                values.append({"tenant_id": work.tenant_id, "id": person_id, "manager_id": needs})
    if values:
        await work.session.execute(update(Person), values)


def _told(row: StagedRow, managers: dict[str, UUID]) -> dict[str, Any]:
    """Give what a row tells of a person; of a column that the file does not have, nothing."""
    cells = row.values
    told: dict[str, Any] = {
        "name": cells["name"],
        "mail": cells["mail"],
        "mail_key": same_mail(cells["mail"]),
        "unit_id": row.unit_id,
        "country": cells["country"],
    }
    if cells.get("status"):
        told["status"] = PersonStatus(cells["status"])
    if "locale" in cells:
        told["locale"] = cells["locale"]
    if "contract_end" in cells:
        told["contract_end"] = date.fromisoformat(cells["contract_end"]) if cells["contract_end"] else None
    if "manager" in cells:
        told["manager_id"] = managers.get(row.manager_key) if row.manager_key else None
    return told


async def _managers(work: Work, run_id: UUID, keys: set[str]) -> dict[str, UUID]:
    """Give the ids of managers: of people who are there, else those that the file's rows will have."""
    return {**await queries.staged_ids(work, run_id, keys), **await queries.ids_of(work, keys)}


async def _there(work: Work, ids: set[UUID | None]) -> frozenset[UUID]:
    """Give those of these people who are in the directory already and can be pointed at."""
    wanted = [id_ for id_ in ids if id_ is not None]
    rows = await work.session.execute(
        select(Person.id).where(Person.tenant_id == work.tenant_id, Person.id.in_(wanted))
    )
    return frozenset(rows.scalars())


async def _enter(work: Work, new: Sequence[Merge], there: frozenset[UUID]) -> None:
    if not new:
        return
    now = work.now()
    people = []
    for plan in new:
        values: dict[str, Any] = {
            "status": PersonStatus.ACTIVE,
            "locale": None,
            "contract_end": None,
            "manager_id": None,
        }
        values |= plan.values
        left_at = now if values["status"] is PersonStatus.LEFT else None
        people.append(
            {
                "tenant_id": work.tenant_id, "id": plan.row.id, "external_id": plan.row.key, "source": SOURCE,
                "recorded_at": now, "left_at": left_at, "version": 1, **values,
                "manager_id": _pointed(values["manager_id"], there),
            }
        )  # fmt: skip
    await work.session.execute(insert(Person), people)
    places = [_place(work, plan.row.id, plan.row.unit_id, plan.values["country"], now) for plan in new]
    await work.session.execute(insert(PersonPlacement), places)


async def _update(work: Work, changed: Sequence[tuple[Person, dict[str, Any]]], there: frozenset[UUID]) -> None:
    if not changed:
        return
    now = work.now()
    people = []
    for person, values in changed:
        full = {key: values.get(key, getattr(person, key)) for key in _CHANGEABLE}
        if "status" in values:
            full["left_at"] = now if values["status"] is PersonStatus.LEFT else None
        if "manager_id" in values and values["manager_id"] not in there:
            full["manager_id"] = None if values["manager_id"] is None else person.manager_id
        people.append({"tenant_id": work.tenant_id, "id": person.id, "version": person.version + 1, **full})
    was = {person.id: person.status for person, _ in changed}
    await _move(work, [(p.id, v.get("unit_id", p.unit_id), v.get("country", p.country))
                       for p, v in changed if "unit_id" in v or "country" in v])  # fmt: skip
    await work.session.execute(update(Person), people)
    leavers = tuple(p.id for p, v in changed if v.get("status") is PersonStatus.LEFT)
    if leavers:
        await end_access(work, leavers)
    await _tell(work, changed, was)


async def _tell(
    work: Work, changed: Sequence[tuple[Person, dict[str, Any]]], was: Mapping[UUID, PersonStatus]
) -> None:  # fmt: skip
    for person, values in changed:
        if values.get("status") is PersonStatus.LEFT:
            await work.emit("PersonLeft", person.id)
        elif "status" in values and was[person.id] is PersonStatus.LEFT:
            await work.emit("PersonReturned", person.id)
        if "country" in values:
            await work.emit("PersonMovedCountry", person.id)
        if "unit_id" in values:
            await work.emit("PersonMovedUnit", person.id)


async def _move(work: Work, moved: Sequence[tuple[UUID, UUID, str]]) -> None:
    """Place people elsewhere from now on; where they were until now stays known."""
    if not moved:
        return
    now = work.now()
    who = [person for person, _, _ in moved]
    live = (
        PersonPlacement.tenant_id == work.tenant_id,
        PersonPlacement.person_id.in_(who),
        PersonPlacement.superseded_at.is_(None),
        or_(PersonPlacement.end.is_(None), PersonPlacement.end > now),
    )
    before = (await work.session.execute(select(PersonPlacement).where(*live))).scalars().all()
    places = [
        _place(work, was.person_id, was.unit_id, was.country, was.start, end=now) for was in before if was.start < now
    ]
    places += [_place(work, person, unit, country, now) for person, unit, country in moved]
    superseded = [{"tenant_id": was.tenant_id, "id": was.id, "superseded_at": now} for was in before]
    if superseded:
        await work.session.execute(update(PersonPlacement), superseded)
    await work.session.execute(insert(PersonPlacement), places)


def _place(
    work: Work, person_id: UUID, unit_id: UUID | None, country: str, start: datetime, end: datetime | None = None
) -> dict[str, Any]:
    return {
        "tenant_id": work.tenant_id, "id": work.new_id(), "person_id": person_id, "unit_id": unit_id,
        "country": country, "start": start, "end": end, "recorded_at": work.now(), "superseded_at": None,
    }  # fmt: skip


def _pointed(manager_id: UUID | None, there: frozenset[UUID]) -> UUID | None:
    return manager_id if manager_id in there else None


_CHANGEABLE = (
    "name", "mail", "mail_key", "status", "unit_id", "manager_id", "country", "locale", "contract_end", "left_at",
)  # fmt: skip
