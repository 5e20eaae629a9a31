"""Who answers for what: what a person owns, deputizes for or is to do, and who of them is here no more, or not now."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, union_all
from sqlalchemy.orm import aliased

from governance.agreements.models import Agreement, Conversation
from governance.agreements.queries import visible_agreements
from governance.directory.models import Person
from governance.directory.queries import visible_people
from governance.directory.rules import PersonStatus
from governance.entitlements.models import Entitlement
from governance.entitlements.queries import visible_entitlements
from governance.kernel.work import Work
from governance.reviews.models import ActionItem, Review
from governance.reviews.queries.actions import closed_by, visible_actions
from policies.access.actions import Action


class Stale(StrEnum):
    """Why an owner cannot answer for what they own."""

    LEFT = "LEFT"
    CONTRACT_ENDED = "CONTRACT_ENDED"
    ON_LEAVE = "ON_LEAVE"


class OwnedKind(StrEnum):
    """What somebody answers for; an action is a board's and still open, a step is what a conversation ended with."""

    AGREEMENT = "AGREEMENT"
    LICENSE = "LICENSE"
    ACTION = "ACTION"
    STEP = "STEP"


@dataclass(frozen=True)
class Owned:
    """Something with who answers for it. `code`: its number or code, or the title or number of what it belongs to."""

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
    """How many licenses and agreements name somebody as owner or deputy, and how much they are to do."""

    licenses: int = 0
    agreements: int = 0
    tasks: int = 0


@dataclass(frozen=True)
class Owning:
    """One kind: what names who answers, owner first, and what lies within reach of reading, or of naming another."""

    kind: OwnedKind
    counted: str
    columns: tuple[Any, ...]
    within: Callable[[Work, bool], Select[Any]]
    shown: Callable[[Any], Owned]


def _agreements(work: Work, acting: bool) -> Select[Any]:
    act = Action.AGREEMENT_AMEND if acting else Action.AGREEMENT_READ
    return visible_agreements(work, act).order_by(Agreement.number)


def _licenses(work: Work, acting: bool) -> Select[Any]:
    act = Action.ENTITLEMENT_CORRECT if acting else Action.ENTITLEMENT_READ
    return visible_entitlements(work, act).order_by(Entitlement.code)


def _actions(work: Work, acting: bool) -> Select[Any]:
    acts = (Action.REVIEW_DECIDE, Action.REVIEW_PREPARE) if acting else ()
    open_ones = visible_actions(work, *acts).where(~closed_by(work.now())).add_columns(Review.title)
    return open_ones.order_by(ActionItem.due_day, ActionItem.id)


def _steps(work: Work, acting: bool) -> Select[Any]:
    """Give the next steps that stand: nothing was said since about the same agreement and renewal."""
    later = aliased(Conversation)
    said_since = exists().where(
        later.tenant_id == Conversation.tenant_id, later.agreement_id == Conversation.agreement_id,
        later.lot_key.is_not_distinct_from(Conversation.lot_key),
        or_(later.recorded_at > Conversation.recorded_at,
            and_(later.recorded_at == Conversation.recorded_at, later.id > Conversation.id)),
    )  # fmt: skip
    seen = _agreements(work, acting).order_by(None).with_only_columns(Agreement.id)
    query: Any = select(Conversation, Agreement.number)
    found: Select[Any] = (
        query.join(
            Agreement, and_(Agreement.tenant_id == Conversation.tenant_id, Agreement.id == Conversation.agreement_id)
        )
        .where(Conversation.tenant_id == work.tenant_id, Conversation.agreement_id.in_(seen), ~said_since)
        .order_by(Agreement.number, Conversation.id)
    )
    return found


def _agreement(row: Any) -> Owned:
    (one,) = row
    return Owned(OwnedKind.AGREEMENT, one.id, one.number, one.title, one.version, one.owner_id, one.deputy_id, one.zone)


def _license(row: Any) -> Owned:
    (one,) = row
    return Owned(OwnedKind.LICENSE, one.id, one.code, one.name, one.version, one.owner_id, one.deputy_id, "UTC")


def _action(row: Any) -> Owned:
    one, title = row
    return Owned(OwnedKind.ACTION, one.id, title, one.what, 0, one.owner_now, None, "UTC")


def _step(row: Any) -> Owned:
    one, number = row
    return Owned(OwnedKind.STEP, one.id, number, one.next_step or "", 0, one.next_owner_now, None, "UTC")


OWNING: Final = (
    Owning(OwnedKind.AGREEMENT, "agreements", (Agreement.owner_id, Agreement.deputy_id), _agreements, _agreement),
    Owning(OwnedKind.LICENSE, "licenses", (Entitlement.owner_id, Entitlement.deputy_id), _licenses, _license),
    Owning(OwnedKind.ACTION, "tasks", (ActionItem.owner_now,), _actions, _action),
    Owning(OwnedKind.STEP, "tasks", (Conversation.next_owner_now,), _steps, _step),
)


async def owned_by(work: Work, person_id: UUID, *, acting: bool) -> list[Owned]:
    """Give what a person answers for, within reach of reading it, or (`acting`) of naming another."""
    found: list[Owned] = []
    for each in OWNING:
        query = each.within(work, acting).where(or_(*(column == person_id for column in each.columns)))
        found += [each.shown(row) for row in await work.session.execute(query)]
    return found


def stale_of(person: Person, today: date) -> Stale | None:
    """Say why an owner cannot answer; None for one who can."""
    if person.status is PersonStatus.LEFT:
        return Stale.LEFT
    if person.contract_end is not None and person.contract_end < today:
        return Stale.CONTRACT_ENDED
    return Stale.ON_LEAVE if person.status is PersonStatus.ON_LEAVE else None


def stale_owners(work: Work, action: Action = Action.PERSON_READ) -> Select[Person]:
    """Give the people within reach who left, are on leave or past their contract's end, and answer for something."""
    inactive = or_(Person.status != PersonStatus.ACTIVE, Person.contract_end < work.now().date())
    named = union_all(*(query for query in _people_named(work)))
    return visible_people(work, action).where(inactive, Person.id.in_(select(named.subquery("named").c.person_id)))


async def counts_of(work: Work, people: Collection[UUID]) -> Mapping[UUID, Counts]:
    """Count what each of these people answers for, within reach; what names one twice counts once."""
    found: dict[UUID, dict[str, int]] = {person_id: {} for person_id in people}
    for each in OWNING:
        within = each.within(work, False).order_by(None)
        for number, column in enumerate(each.columns):
            query = within.where(column.in_(people), *(_other(first, column) for first in each.columns[:number]))
            counted = query.with_only_columns(column, func.count()).group_by(column)
            for person_id, count in await work.session.execute(counted):
                found[person_id][each.counted] = found[person_id].get(each.counted, 0) + int(count)
    return {person_id: Counts(**counts) for person_id, counts in found.items()}


def _other(first: Any, column: Any) -> ColumnElement[bool]:
    return or_(first.is_(None), first != column)


def _people_named(work: Work) -> Sequence[Select[Any]]:
    return [
        each.within(work, False).order_by(None).where(column.is_not(None)).with_only_columns(column.label("person_id"))
        for each in OWNING
        for column in each.columns
    ]
