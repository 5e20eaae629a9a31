"""Who answers for what: what a person owns or deputizes for, and the owners who are here no more, or not now."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, union_all

from governance.agreements.models import Agreement
from governance.agreements.queries import visible_agreements
from governance.directory.models import Person
from governance.directory.queries import visible_people
from governance.directory.rules import PersonStatus
from governance.entitlements.models import Entitlement
from governance.entitlements.queries import visible_entitlements
from governance.kernel.work import Work
from policies.access.actions import Action


class Stale(StrEnum):
    """Why an owner cannot answer for what they own."""

    LEFT = "LEFT"
    CONTRACT_ENDED = "CONTRACT_ENDED"
    ON_LEAVE = "ON_LEAVE"


class OwnedKind(StrEnum):
    AGREEMENT = "AGREEMENT"
    LICENSE = "LICENSE"


@dataclass(frozen=True)
class Owned:
    """An agreement or a license with who answers for it. `code`: its number, or its code."""

    kind: OwnedKind
    id: UUID
    code: str
    name: str
    version: int
    owner_id: UUID | None
    deputy_id: UUID | None
    zone: str


@dataclass(frozen=True)
class Counts:
    """How many licenses and agreements name somebody as owner or deputy."""

    licenses: int = 0
    agreements: int = 0


async def owned_by(work: Work, person_id: UUID, *, acting: bool) -> list[Owned]:
    """Give what names a person as owner or deputy, within reach of reading it, or (`acting`) of naming another."""
    amend = Action.AGREEMENT_AMEND if acting else Action.AGREEMENT_READ
    correct = Action.ENTITLEMENT_CORRECT if acting else Action.ENTITLEMENT_READ
    agreements = visible_agreements(work, amend).where(_names(Agreement, person_id)).order_by(Agreement.number)
    licenses = visible_entitlements(work, correct).where(_names(Entitlement, person_id)).order_by(Entitlement.code)
    found = [
        Owned(OwnedKind.AGREEMENT, row.id, row.number, row.title, row.version, row.owner_id, row.deputy_id, row.zone)
        for row in (await work.session.execute(agreements)).scalars()
    ]
    found += [
        Owned(OwnedKind.LICENSE, row.id, row.code, row.name, row.version, row.owner_id, row.deputy_id, "UTC")
        for row in (await work.session.execute(licenses)).scalars()
    ]
    return found


def stale_of(person: Person, today: date) -> Stale | None:
    """Say why an owner cannot answer; None for one who can."""
    if person.status is PersonStatus.LEFT:
        return Stale.LEFT
    if person.contract_end is not None and person.contract_end < today:
        return Stale.CONTRACT_ENDED
    return Stale.ON_LEAVE if person.status is PersonStatus.ON_LEAVE else None


def stale_owners(work: Work, action: Action = Action.PERSON_READ) -> Select[Person]:
    """Give the people within reach who have left, are on leave or past the end of their contract, and own something."""
    inactive = or_(Person.status != PersonStatus.ACTIVE, Person.contract_end < work.now().date())
    named = union_all(*(query for query in _people_named(work)))
    return visible_people(work, action).where(inactive, Person.id.in_(select(named.subquery("named").c.person_id)))


async def counts_of(work: Work, people: Collection[UUID]) -> Mapping[UUID, Counts]:
    """Count what names each of these people, within reach; what names one twice counts once."""
    found: dict[UUID, dict[str, int]] = {person_id: {} for person_id in people}
    for name, model, within in (
        ("agreements", Agreement, visible_agreements(work)),
        ("licenses", Entitlement, visible_entitlements(work)),
    ):
        for column, other in (("owner_id", None), ("deputy_id", "owner_id")):
            whose = getattr(model, column)
            query = within.where(whose.in_(people))
            if other is not None:
                query = query.where(or_(getattr(model, other).is_(None), getattr(model, other) != whose))
            counted = query.with_only_columns(whose, func.count()).group_by(whose)
            for person_id, count in await work.session.execute(counted):
                found[person_id][name] = found[person_id].get(name, 0) + int(count)
    return {person_id: Counts(**counts) for person_id, counts in found.items()}


def _names(model: Any, person_id: UUID) -> ColumnElement[bool]:
    return or_(model.owner_id == person_id, model.deputy_id == person_id)


def _people_named(work: Work) -> Sequence[Select[Any]]:
    return [
        within.where(column.is_not(None)).with_only_columns(column.label("person_id"))
        for within, columns in (
            (visible_agreements(work), (Agreement.owner_id, Agreement.deputy_id)),
            (visible_entitlements(work), (Entitlement.owner_id, Entitlement.deputy_id)),
        )
        for column in columns
    ]
