"""Settle differences: shown first, done by the token of exactly what was shown, each answered by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select

from governance.directory.queries import ownership
from governance.entitlements.models import Pool
from governance.fulfillment.queries import last_order, waiting_order
from governance.fulfillment.rules import Fulfilled, OrderAct
from governance.fulfillment.service import NewOrder, place
from governance.holdings import queries
from governance.holdings.rules import DONE_HERE, Remedy
from governance.holdings.service.four_way import Found, FourWay, four_way
from governance.kernel.errors import BadInput, BusinessError
from governance.kernel.preview import PreviewStale, check_preview, preview_token
from governance.kernel.work import Work
from governance.seats.models import Assignment
from governance.seats.service import (
    AssignSeats,
    SeatDesk,
    assign_seats,
    check_taking,
    propose_reclaim,
    within_cap,
)
from policies.access.actions import Action
from policies.access.parties import Actor

VERB = "differences.settle"
AT_MOST = 500
THERE = {Remedy.GRANT_THERE: OrderAct.GRANT, Remedy.REVOKE_THERE: OrderAct.REVOKE}
ORDERED = "it is ordered there already, and waits"
NO_POOL = "the license has no open pool to do it from"


@dataclass(frozen=True)
class SettleDifferences:
    """Which differences of a license, by their keys. `token` is that of the preview; nothing is done without one."""

    license_id: UUID
    keys: tuple[str, ...]
    token: str | None = None


@dataclass(frozen=True)
class Planned:
    """A difference and what would be done about it: in which pool, for whom. `pool` None: nothing can be done yet."""

    found: Found
    name: str
    pool: Pool | None


@dataclass(frozen=True)
class SettlePreview:
    """What would be done, and the token to do exactly that within 15 minutes."""

    planned: tuple[Planned, ...]
    token: str


@dataclass(frozen=True)
class Settled:
    """What became of one: `why` says what stood in the way, empty where it was done."""

    planned: Planned
    why: str = ""


async def preview_settling(
    desk: SeatDesk, actor: Actor, command: SettleDifferences, request_id: UUID | None = None
) -> SettlePreview:
    """Show what would be done about differences; nothing is written.

    Raises NotFound, Refused, BadInput (a remedy that is a person's to do), PreviewStale (a difference is gone),
    RevocationCapped and RevocationRests where it would take several seats.
    """
    planned = await desk.look(actor, partial(_plan, command), request_id)
    await desk.look(actor, partial(_check_cap, planned), request_id)
    token = preview_token(
        desk.office.secret, tenant=str(actor.tenant_id), verb=VERB, diff=_diff(command, planned),
        now=desk.office.clock.now(),
    )  # fmt: skip
    return SettlePreview(planned, token)


async def settle_differences(
    desk: SeatDesk, actor: Actor, command: SettleDifferences, request_id: UUID | None = None
) -> tuple[Settled, ...]:
    """Do what was shown: seats through the ledger, orders at the vendor in one transaction; each answers by itself.

    Raises NotFound, Refused, BadInput, PreviewStale (also without a token), RevocationCapped, RevocationRests; then
    nothing is done.
    """
    planned = await desk.look(actor, partial(_plan, command), request_id)
    check_preview(
        desk.office.secret, command.token or "", tenant=str(actor.tenant_id), verb=VERB,
        diff=_diff(command, planned), now=desk.office.clock.now(),
    )  # fmt: skip
    there = [one for one in planned if one.found.remedy in THERE]
    taken = await desk.look(actor, partial(_taken, planned), request_id)
    async with within_cap(desk, actor, taken, request_id):
        said = {} if not there else await desk.office.perform(actor, partial(_order, there), request_id)
        for one in planned:
            if one.found.remedy not in THERE:
                said[one.found.key] = await _here(desk, actor, one, request_id)
    return tuple(Settled(one, said[one.found.key]) for one in planned)


async def _plan(command: SettleDifferences, work: Work) -> tuple[Planned, ...]:
    if not command.keys or len(command.keys) > AT_MOST:
        raise BadInput("differences", f"{len(command.keys)} differences", f"1 to {AT_MOST} of them")
    view = await four_way(work, command.license_id)
    by_key = {found.key: found for found in view.found}
    planned = []
    for key in dict.fromkeys(command.keys):
        found = by_key.get(key)
        if found is None:
            raise PreviewStale(VERB)
        if found.remedy not in DONE_HERE:
            needs = "a difference that is settled here; this one is a person's to do"
            raise BadInput("differences", f"{key[:40]} ({found.remedy})", needs)
        planned.append(await _planned(work, view, found))
    return tuple(planned)


async def _planned(work: Work, view: FourWay, found: Found) -> Planned:
    four = found.four
    person = None if four.person_id is None else view.people[four.person_id]
    if four.seat is not None:
        pool: Pool | None = await work.session.get_one(Pool, (work.tenant_id, four.seat.pool_id))
    else:
        pool = await queries.pool_for(work, view.lines, None if person is None else person.unit_id)
    if pool is not None:
        people = (view.license.owner_id, view.license.deputy_id)
        owned = await ownership(work, unit_id=pool.unit_id, region=pool.region, people=people)
        right = {Remedy.ASSIGN_HERE: Action.SEAT_ASSIGN, Remedy.RECLAIM_HERE: Action.SEAT_RECLAIM}
        work.permit(right.get(found.remedy, Action.SEAT_FULFILL), owned, f"pool {pool.name}")
    return Planned(found, person.name if person is not None else four.account or "", pool)


async def _taken(planned: Sequence[Planned], work: Work) -> tuple[Assignment, ...]:
    """Give the seats that would be asked back from whoever holds them."""
    asked = [one.found for one in planned if one.found.remedy is Remedy.RECLAIM_HERE]
    ids = sorted({each.four.seat.id for each in asked if each.four.seat is not None})
    query = select(Assignment).where(Assignment.tenant_id == work.tenant_id, Assignment.id.in_(ids))
    return tuple((await work.session.execute(query)).scalars())


async def _check_cap(planned: Sequence[Planned], work: Work) -> None:
    await check_taking(work, await _taken(planned, work))


def _diff(command: SettleDifferences, planned: Sequence[Planned]) -> dict[str, Any]:
    rows = [
        {
            "key": one.found.key, "remedy": one.found.remedy.value,
            "pool": None if one.pool is None else str(one.pool.id),
            "seat": None if one.found.four.seat is None else str(one.found.four.seat.id),
            "held": [str(holding.id) for holding in one.found.four.holdings],
        }
        for one in planned
    ]  # fmt: skip
    return {"license": str(command.license_id), "rows": rows}


async def _order(planned: Sequence[Planned], work: Work) -> dict[str, str]:
    said: dict[str, str] = {}
    for one in planned:
        four, act = one.found.four, THERE[one.found.remedy]
        if one.pool is None:
            said[one.found.key] = NO_POOL
            continue
        seat_id = None if four.seat is None else four.seat.id
        if seat_id is not None:
            before = await last_order(work, seat_id, act)
        else:
            before = await waiting_order(work, one.pool.id, four.account or "", act)
        if before is not None and before.state is Fulfilled.PENDING:
            said[one.found.key] = ORDERED
            continue
        await place(work, NewOrder(one.pool.id, act, seat_id, four.person_id, four.account))
        said[one.found.key] = ""
    return said


async def _here(desk: SeatDesk, actor: Actor, one: Planned, request_id: UUID | None) -> str:
    four = one.found.four
    try:
        if one.found.remedy is Remedy.RECLAIM_HERE and four.seat is not None:
            await propose_reclaim(desk, actor, four.seat.id, "never used", request_id)
            return ""
        if one.pool is None or four.person_id is None:
            return NO_POOL
        answers = await assign_seats(desk, actor, AssignSeats(one.pool.id, (four.person_id,)), request_id)
    except BusinessError as no:
        return no.message()
    if answers.denied:
        return "; ".join(f"{r.subject}: {r.has}; needs {r.needs}" for r in answers.denied[0].reasons)
    return ""
