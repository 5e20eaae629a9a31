"""Bring seats in line with the rules: who came under one is seated, who fell out loses it; said twice, done once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from governance.assignment_rules import queries
from governance.assignment_rules.membership import to_look_at
from governance.assignment_rules.models import AssignmentRule
from governance.assignment_rules.queries import Ruled
from governance.assignment_rules.rules import LOSES, Act
from governance.assignment_rules.service.acting import act, give_up_extras
from governance.assignment_rules.service.holding_back import hold_back
from governance.assignment_rules.service.laying import NAME
from governance.assignment_rules.service.looking import look
from governance.assignment_rules.service.noting import note
from governance.directory.service import operator
from governance.kernel.work import Work
from governance.seats.service import SeatDesk, letting_go
from policies.access.parties import Actor

AT_ONCE, ROUNDS, LOOKS = 200, 500, 3
TURN = timedelta(minutes=2)


@dataclass
class Reconciled:
    """How many people were looked at, given a seat, moved to another, and asked for theirs back."""

    looked_at: int = 0
    given: int = 0
    moved: int = 0
    taken: int = 0


async def reconcile(
    desk: SeatDesk, tenant_id: UUID, product_ids: Iterable[UUID] | None = None, person_id: UUID | None = None
) -> Reconciled:  # fmt: skip
    """Bring the seats of these products (None: of all that rules name) in line with the rules of a tenant.

    With `person_id` only that person is looked at.

    Safe to repeat; where another process is at it, that one looks once more and this call does nothing. Raises
    Unavailable, Conflict.
    """
    actor = operator(tenant_id, NAME)
    done = Reconciled()
    products = tuple(product_ids) if product_ids is not None else await desk.look(actor, queries.products_ruled)
    for product_id in products:
        for _ in range(LOOKS):
            if not await desk.office.perform(actor, partial(_take_turn, product_id)):
                break
            try:
                await _reconcile(desk, actor, product_id, person_id, done)
            finally:
                again = await desk.office.perform(actor, partial(_end_turn, product_id))
            if not again:
                break
    return done


async def _reconcile(
    desk: SeatDesk, actor: Actor, product_id: UUID, person_id: UUID | None, done: Reconciled
) -> None:  # fmt: skip
    seen: set[UUID] = set()
    for _ in range(ROUNDS):
        ruled = await desk.look(actor, partial(_rules, product_id))
        people = await desk.look(actor, partial(_people, ruled, seen, person_id))
        if not people:
            return
        seen.update(people)
        await _settle(desk, actor, product_id, ruled, people, done)


async def _settle(
    desk: SeatDesk, actor: Actor, product_id: UUID, ruled: tuple[Ruled, ...], people: tuple[UUID, ...], done: Reconciled
) -> None:
    request_id = desk.office.ids.new()

    found = await desk.look(actor, lambda work: look(work, product_id, ruled, people), request_id)
    call_id = None
    if any(each.act in LOSES for each in found.decisions):
        found, call_id = await desk.office.perform(actor, partial(hold_back, found), request_id)
    async with letting_go(desk, actor.tenant_id, call_id, mark=False):
        became = await act(desk, actor, found, request_id)
    await desk.office.perform(actor, lambda work: note(work, found, became), request_id)
    await give_up_extras(desk, actor, found.decisions, request_id)
    done.looked_at += len(people)
    done.given += sum(1 for each in found.decisions if each.act is Act.GAIN and each.person_id in became.seats)
    done.moved += sum(1 for each in found.decisions if each.act is Act.MOVE and each.person_id in became.seats)
    done.taken += sum(
        1 for each in found.decisions if each.act in LOSES and each.person_id in became.taken
    )  # fmt: skip


async def _people(
    ruled: tuple[Ruled, ...], seen: set[UUID], person_id: UUID | None, work: Work
) -> tuple[UUID, ...]:  # fmt: skip
    return await to_look_at(work, ruled, skip=seen, most=AT_ONCE, only=person_id)


async def _rules(product_id: UUID, work: Work) -> tuple[Ruled, ...]:
    return await queries.rules_of_product(work, product_id)


async def _first(work: Work, product_id: UUID) -> AssignmentRule | None:
    query = (
        select(AssignmentRule)
        .where(AssignmentRule.tenant_id == work.tenant_id, AssignmentRule.product_id == product_id)
        .order_by(AssignmentRule.created_at, AssignmentRule.id)
        .limit(1)
        .with_for_update(key_share=True)
    )
    return (await work.session.execute(query)).scalar_one_or_none()


async def _take_turn(product_id: UUID, work: Work) -> bool:
    row = await _first(work, product_id)
    if row is None:
        return False
    if row.busy_until is not None and row.busy_until > work.now():
        row.again = True
        return False
    row.busy_until, row.again = work.now() + TURN, False
    return True


async def _end_turn(product_id: UUID, work: Work) -> bool:
    row = await _first(work, product_id)
    assert row is not None
    row.busy_until = None
    return row.again
