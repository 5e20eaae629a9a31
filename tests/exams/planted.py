"""Bugs that the exams must find. Nothing in the product can switch them on."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from governance.entitlements.models import Room
from governance.kernel.work import Office
from governance.seats.leases.lease import Acquire, LeaseState, Said
from governance.seats.leases.lease import Answer as LeaseAnswer
from governance.seats.leases.lease import Lease as LentLease
from governance.seats.ledger.port import Answer, Claim, Grant, Lend, Outcome
from governance.seats.models import Assignment, Lease
from governance.seats.rules import SeatState, no_room


class CountThenInsert:
    """The classic: count the seats, and if there is one left, insert; whoever counts in between sees the same."""

    def __init__(self, office: Office) -> None:
        self.office = office

    async def start(self) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Nothing to stop."""

    async def submit(self, claim: Claim) -> Answer:
        assert isinstance(claim.ask, Grant | Lend)
        left = await self._left(claim.tenant_id, claim.ask.pool_id)
        if left <= 0:
            return Answer(Outcome.DENIED, reasons=(no_room("pool", 0, 0),))
        now = self.office.clock.now()
        if isinstance(claim.ask, Lend):
            return await self._lent(claim, claim.ask, now)
        async with self.office.database.write(claim.tenant_id) as session:
            session.add(
                Assignment(
                    tenant_id=claim.tenant_id, id=claim.id, line_id=claim.ask.line_id, pool_id=claim.ask.pool_id,
                    person_id=claim.ask.person_id, state=SeatState.ASSIGNED, started_at=now, recorded_at=now,
                )
            )  # fmt: skip
        return Answer(Outcome.DONE, claim.id, SeatState.ASSIGNED)

    async def submit_all(self, claims: Sequence[Claim], *, atomic: bool = False) -> tuple[Answer, ...]:
        return tuple([await self.submit(claim) for claim in claims])

    async def _lent(self, claim: Claim, ask: Lend, now: datetime) -> Answer:
        assert isinstance(ask.ask, Acquire)
        async with self.office.database.write(claim.tenant_id) as session:
            session.add(
                Lease(
                    tenant_id=claim.tenant_id, id=claim.id, line_id=ask.line_id, pool_id=ask.pool_id,
                    person_id=ask.person_id, client=ask.ask.client, quantity=1, token=1, state=LeaseState.HELD,
                    granted_at=now, heard_at=now, claim_id=claim.id,
                )
            )  # fmt: skip
        held = LentLease(claim.id, ask.ask.client, 1, None, 1, LeaseState.HELD, None)
        return Answer(Outcome.DONE, lent=(LeaseAnswer(Said.GRANTED, held),))

    async def _left(self, tenant_id: UUID, pool_id: UUID) -> int:
        async with self.office.database.read(tenant_id) as session:
            room = await session.get_one(Room, (tenant_id, pool_id))
            seats = await session.execute(select(func.count()).where(Assignment.pool_id == pool_id))
            leases = await session.execute(select(func.count()).where(Lease.pool_id == pool_id))
            return (room.ceiling or 0) - seats.scalar_one() - leases.scalar_one()
