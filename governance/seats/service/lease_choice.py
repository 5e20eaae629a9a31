"""Lend seats of a product: the pool is chosen as for a seat, and one that is full sends its client to the next."""

from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from sqlalchemy import select

from governance.catalog import queries as catalog
from governance.entitlements.rules import LicenseModel
from governance.kernel.errors import Code, NotFound
from governance.kernel.work import Work
from governance.seats.candidates import At, Offer, day_at, holders_at, offers
from governance.seats.errors import SeatRefused
from governance.seats.models import Lease
from governance.seats.rules import Matter, Ruling, choose
from governance.seats.service.case import needed
from governance.seats.service.desk import SeatDesk
from governance.seats.service.lease import AcquireLease, Leased, acquire_lease
from policies.access.actions import Action
from policies.access.parties import Actor


@dataclass(frozen=True)
class LeaseByProduct:
    """Seats of a product for a client of a person. `feature_ids` None and `tier_id` None: any tier will do.

    `waits_s`: how long to stand in line of the pool that goes first where all are full. `key` makes it safe to repeat.
    """

    product_id: UUID
    person_id: UUID
    client: str
    quantity: int = 1
    feature_ids: tuple[UUID, ...] | None = None
    tier_id: UUID | None = None
    waits_s: int | None = None
    key: str | None = None


async def lease_by_product(
    desk: SeatDesk, actor: Actor, command: LeaseByProduct, request_id: UUID | None = None
) -> Leased:
    """Lend a client seats of the pool that goes first for its person, or give it the lease that it has of the product.

    Raises NotFound (also where no pool of it lends within reach), Refused, BadInput, SeatRefused (the reasons of the
    pool that goes first, kept as a denial), IdempotencyMismatch, Conflict, Unavailable.
    """
    request_id = request_id or desk.office.ids.new()
    fit, first = await desk.look(actor, partial(_look, command), request_id)
    asked = AcquireLease(
        first, command.person_id, command.client, command.quantity, tier_id=command.tier_id, key=command.key
    )
    full: SeatRefused | None = None
    for pool_id in fit:
        try:
            return await acquire_lease(desk, actor, replace(asked, pool_id=pool_id), request_id)
        except SeatRefused as no:
            if {reason.code for reason in no.reasons()} != {Code.LIMIT_REACHED}:
                raise
            full = full or no
    if full is not None and command.waits_s is None:
        raise full
    return await acquire_lease(desk, actor, replace(asked, waits_s=command.waits_s), request_id)


async def _look(command: LeaseByProduct, work: Work) -> tuple[tuple[UUID, ...], UUID]:
    """Give the pools that fit, in their order, first one that lends to the client already; and the first at all."""
    product = await catalog.product(work, command.product_id)
    at = At(work.now(), work.now())
    there = [each for each in await offers(work, product.id, (), at, Action.SEAT_LEASE) if _lends(each)]
    if not there:
        raise NotFound("pool of the product that lends", product.code)
    holder = (await holders_at(work, (command.person_id,), at))[command.person_id]
    need = await needed(work, command.feature_ids, command.tier_id)
    candidates = tuple(replace(each.candidate, model=LicenseModel.NAMED_USER, held=None) for each in there)
    weighed = choose(Matter(holder, need, await day_at(work, at), candidates), work.office.regions).weighed
    fit = [each.candidate.facts.id for each in weighed if each.ruling in {Ruling.TAKEN, Ruling.FIT}]
    full = [
        each.candidate.facts.id for each in weighed if {reason.code for reason in each.reasons} == {Code.LIMIT_REACHED}
    ]
    query = select(Lease.pool_id).where(
        Lease.tenant_id == work.tenant_id, Lease.client == command.client, Lease.ended_at.is_(None),
        Lease.pool_id.in_([each.facts.id for each in candidates]),
    )  # fmt: skip
    held = (await work.session.execute(query.order_by(Lease.granted_at))).scalars().all()
    order = tuple(dict.fromkeys((*held, *fit, *full)))
    return order, order[0] if order else weighed[0].candidate.facts.id


def _lends(offer: Offer) -> bool:
    return offer.candidate.model is LicenseModel.CONCURRENT_USER
