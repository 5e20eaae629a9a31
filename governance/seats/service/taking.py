"""The one gate before seats are taken from people: what a call takes is claimed under the line's cap first, or refused.

The claims count as used while the ledger works, so that two calls at once cannot both fit where one does.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, select

from governance.entitlements.models import MetricLine
from governance.kernel.errors import BusinessError, Unavailable
from governance.kernel.work import Work
from governance.seats.errors import RevocationCapped, RevocationRests
from governance.seats.models import Assignment, RevocationClaim, RevocationMark
from governance.seats.revocations import HELD, counting, line_name, revocation_cap
from governance.seats.rules.revoking import Cap, MarkKind
from governance.seats.service.desk import SeatDesk, system_actor
from policies.access.parties import Actor

HELD_FOR = timedelta(minutes=5)
"""How long the claim of a call that was cut off counts."""


@asynccontextmanager
async def within_cap(
    desk: SeatDesk, actor: Actor, seats: Sequence[Assignment], request_id: UUID | None = None
) -> AsyncIterator[None]:
    """Take these seats inside, in one call; what was taken is seen afterwards by the seats themselves.

    A single seat of a line is a decision about one person, and passes; it counts once it is taken. Raises
    RevocationCapped, RevocationRests before anything is done.
    """
    call_id = None
    if len(seats) > 1:
        call_id = await desk.office.perform(actor, partial(_claim_all, seats), request_id)
    async with letting_go(desk, actor.tenant_id, call_id):
        yield


@asynccontextmanager
async def letting_go(
    desk: SeatDesk, tenant_id: UUID, call_id: UUID | None, *, mark: bool = True
) -> AsyncIterator[None]:  # fmt: skip
    """Let go of what a call claimed (None: nothing) once it is through, and note the lines that lost several seats.

    Where the ledger did not answer nobody knows yet what was taken: the claims count until they lapse.
    """
    try:
        yield
    except BusinessError as no:
        if not isinstance(no, Unavailable):
            await _through(desk, tenant_id, call_id, mark=mark)
        raise
    await _through(desk, tenant_id, call_id, mark=mark)


async def check_taking(work: Work, seats: Sequence[Assignment]) -> dict[UUID, tuple[UUID, ...]]:
    """Let pass a call that takes these seats, and give by line those that it has to claim.

    Raises RevocationCapped, RevocationRests.
    """
    bulk = {line_id: ids for line_id, ids in (await counting(work, seats)).items() if len(ids) > 1}
    for line_id, ids in bulk.items():
        standing = await revocation_cap(work, line_id)
        if standing.left is not None and len(ids) > standing.left:
            assert standing.most is not None
            name = await line_name(work, line_id)
            raise RevocationCapped(name, len(ids), standing.used, standing.most, standing.opens_at)
        if standing.rests_until is not None:
            raise RevocationRests(await line_name(work, line_id), standing.rests_until)
    return bulk


async def claim_some(work: Work, wanted: Mapping[UUID, Sequence[UUID]]) -> tuple[UUID, dict[UUID, Cap]]:
    """Claim of each line's seats, in order, as many as its cap leaves; gives the call, and how each line stood before.

    For what follows from a rule person by person: it knows no rest between calls, and goes on when the cap opens.
    """
    await lock_lines(work, wanted)
    caps = {line_id: await revocation_cap(work, line_id) for line_id in sorted(wanted)}
    return await _keep(work, {line_id: tuple(wanted[line_id])[: caps[line_id].left] for line_id in caps}), caps


async def lock_lines(work: Work, line_ids: Collection[UUID]) -> None:
    """Let nobody else look at these lines' caps in order to act until this transaction ends."""
    query = select(MetricLine.id).where(MetricLine.tenant_id == work.tenant_id, MetricLine.id.in_(sorted(line_ids)))
    await work.session.execute(query.order_by(MetricLine.id).with_for_update(key_share=True))


async def _claim_all(seats: Sequence[Assignment], work: Work) -> UUID | None:
    await lock_lines(work, {each.line_id for each in seats})
    bulk = await check_taking(work, seats)
    return await _keep(work, bulk) if bulk else None


async def _through(desk: SeatDesk, tenant_id: UUID, call_id: UUID | None, *, mark: bool) -> None:
    if call_id is not None:
        mine = RevocationClaim.call_id == call_id
        await desk.office.perform(system_actor(tenant_id, "seats"), partial(_let_go, mine, mark))


async def _keep(work: Work, by_line: Mapping[UUID, Sequence[UUID]]) -> UUID:
    call_id, now = work.new_id(), work.now()
    await _let_go(and_(RevocationClaim.line_id.in_(sorted(by_line)), RevocationClaim.until <= now), True, work)
    work.session.add_all(
        RevocationClaim(
            tenant_id=work.tenant_id, id=work.new_id(), line_id=line_id, assignment_id=seat_id, call_id=call_id,
            until=now + HELD_FOR, recorded_by=work.actor.principal,
        )
        for line_id, ids in by_line.items()
        for seat_id in ids
    )  # fmt: skip
    return call_id


async def _let_go(where: ColumnElement[bool], mark: bool, work: Work) -> None:
    claim, seat = RevocationClaim, Assignment
    here = and_(claim.tenant_id == work.tenant_id, where)
    took = (
        select(claim.line_id, claim.recorded_by, func.count())
        .join(seat, and_(seat.tenant_id == claim.tenant_id, seat.id == claim.assignment_id))
        .where(here, seat.state.not_in(HELD))
        .group_by(claim.line_id, claim.call_id, claim.recorded_by)
    )
    work.session.add_all(
        RevocationMark(
            tenant_id=work.tenant_id, id=work.new_id(), kind=MarkKind.TAKEN, line_id=line_id, seats=seats,
            recorded_at=work.now(), recorded_by=by,
        )
        for line_id, by, seats in (await work.session.execute(took)).all()
        if mark and seats > 1
    )  # fmt: skip
    await work.session.execute(delete(claim).where(here))
