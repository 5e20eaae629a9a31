"""Keep what was observed at a vendor as one reading; the latest of a source is what is held there."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert

from governance.holdings.models import HeldSeat, HoldingsReading
from governance.kernel.work import Change, Work
from policies.access.actions import Action
from policies.access.parties import Ownership

CHUNK = 1_000


@dataclass(frozen=True)
class Observed:
    """What an account holds there, with whom and what it names here."""

    account: str
    person_id: UUID | None
    product_id: UUID | None
    tier_id: UUID | None
    product_named: str | None
    tier_named: str | None
    quantity: int
    since: datetime | None
    used_at: datetime | None


@dataclass(frozen=True)
class NewReading:
    """A list as it was read; `complete` False: a part of it."""

    source: str
    instance: str
    complete: bool
    observed_at: datetime
    seats: tuple[Observed, ...]


async def read_in(work: Work, new: NewReading) -> HoldingsReading:
    """Keep a reading; earlier ones stay and answer for the days before. Raises Refused."""
    work.permit(Action.EVENT_INGEST, Ownership(work.tenant_id), "holdings")
    row = HoldingsReading(
        tenant_id=work.tenant_id, id=work.new_id(), source=new.source, instance=new.instance, complete=new.complete,
        seats=sum(seat.quantity for seat in new.seats), observed_at=new.observed_at, recorded_at=work.now(),
        recorded_by=work.actor.principal,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    for at in range(0, len(new.seats), CHUNK):
        values = [
            {"tenant_id": work.tenant_id, "id": work.new_id(), "reading_id": row.id, **vars(seat)}
            for seat in new.seats[at : at + CHUNK]
        ]
        await work.session.execute(insert(HeldSeat), values)
    after = {
        "source": new.source, "instance": new.instance, "observed_at": new.observed_at, "seats": row.seats,
        "complete": new.complete,
    }  # fmt: skip
    await work.record(Change("holdings:read", "holdings_reading", row.id, after=after))
    return row
