"""Suites and add-ons are declared: what a tier contains, what it requires; suggested from what tiers grant."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from governance.catalog import queries
from governance.catalog.bonds import Bond, TierBook, contained_in
from governance.catalog.models import Product, Tier, TierBond
from governance.catalog.rules import BondKind
from governance.catalog.shelf import PRODUCT_OF_TIER, tier_book
from governance.kernel import given
from governance.kernel.errors import BadInput
from governance.kernel.work import Change, Work
from policies.access.actions import Action
from policies.access.parties import Ownership

MOST_PARTS = 200


@dataclass(frozen=True)
class BondTiers:
    """What a tier contains or requires: other tiers, products as such, or both. `since` None: from now on."""

    tier_id: UUID
    kind: BondKind
    reason: str
    part_ids: tuple[UUID, ...] | None = None
    product_ids: tuple[UUID, ...] | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class EndTierBond:
    bond_id: UUID
    reason: str


@dataclass(frozen=True)
class Suggestion:
    """A suite that grants all the features of a part, and more; nobody has said that it contains it."""

    suite: Tier
    part: Tier
    features: int


async def bond_tiers(work: Work, command: BondTiers) -> tuple[TierBond, ...]:
    """Say what a suite contains, or on which bases an add-on stands; what is said already stays as it is.

    Raises NotFound, Refused, BadInput: nothing named, a tier of itself, parts in a circle, a day still to come.
    """
    tier = await queries.tier(work, command.tier_id)
    _permit(work)
    kind, reason = given.word(command.kind, "kind", BondKind), given.text(command.reason, "reason", most=400)
    since = command.since or work.now()
    if since > work.now():
        raise BadInput("since", since.isoformat(), "an instant that is not still to come")
    asked = await _asked(work, tier, kind, command)
    there = {(row.kind, row.part_id or row.product_id): row for row in await _standing(work, tier)}
    rows = []
    for bond in asked:
        if (row := there.get((kind, bond.key))) is None:
            row = TierBond(
                tenant_id=work.tenant_id, id=work.new_id(), tier_id=tier.id, kind=kind, part_id=bond.part_id,
                product_id=bond.product_id, start=since, reason=reason, recorded_at=work.now(),
                recorded_by=work.actor.principal,
            )  # fmt: skip
            work.session.add(row)
            await work.session.flush()
            after = {"kind": kind, "part_id": row.part_id, "product_id": row.product_id, "start": since}
            await work.record(Change(Action.CATALOG_EDIT.value, "tier", tier.id, after=after, reason=reason))
        rows.append(row)
    return tuple(rows)


async def end_tier_bond(work: Work, command: EndTierBond) -> TierBond:
    """End what a tier contains or requires, from now on. Raises NotFound, Refused, BadInput."""
    row = await queries.bond(work, command.bond_id)
    _permit(work)
    reason = given.text(command.reason, "reason", most=400)
    row.end = work.now()
    await work.session.flush()
    change = Change(
        Action.CATALOG_EDIT.value, "tier", row.tier_id, before={"end": None},
        after={"kind": row.kind, "part_id": row.part_id, "product_id": row.product_id, "end": row.end}, reason=reason,
    )  # fmt: skip
    await work.record(change)
    return row


async def suggested_parts(work: Work, product_id: UUID, *, at_most: int = 50) -> tuple[Suggestion, ...]:
    """Suggest what the tiers of a product contain, or are contained in, by what they grant; a person confirms it.

    What is bonded already, or follows from it, is not suggested again. Raises NotFound.
    """
    product = await queries.product(work, product_id)
    sold = queries.tiers_on_sale(work).join(Product, PRODUCT_OF_TIER).where(Product.vendor_id == product.vendor_id)
    tiers = {row.id: row for row in (await work.session.execute(sold)).scalars()}
    book = await tier_book(work, {row.product_id for row in tiers.values()})
    grants = {tier_id: book.tiers[tier_id].grants for tier_id in tiers}
    found: list[Suggestion] = []
    for suite, part in contained_in(grants):
        if len(found) == at_most:
            break
        if product_id in (tiers[suite].product_id, tiers[part].product_id) and part not in book.covers(suite):
            found.append(Suggestion(tiers[suite], tiers[part], len(grants[part])))
    return tuple(found)


async def _asked(work: Work, tier: Tier, kind: BondKind, command: BondTiers) -> list[Bond]:
    """Give the bonds that are asked for, each of which can be. Raises NotFound, BadInput."""
    part_ids, product_ids = command.part_ids or (), command.product_ids or ()
    if not 1 <= len(part_ids) + len(product_ids) <= MOST_PARTS:
        raise BadInput("parts", str(len(part_ids) + len(product_ids)), f"1 to {MOST_PARTS} tiers or products")
    parts = [await queries.tier(work, each) for each in dict.fromkeys(part_ids)]
    products = [await queries.product(work, each) for each in dict.fromkeys(product_ids)]
    asked = [Bond(tier.id, kind, part_id=each.id) for each in parts]
    asked += [Bond(tier.id, kind, product_id=each.id) for each in products]
    book = await tier_book(work, {tier.product_id, *(p.product_id for p in parts), *(p.id for p in products)})
    for bond in asked:
        _check(book, tier, bond)
    return asked


def _check(book: TierBook, tier: Tier, bond: Bond) -> None:
    field = "parts" if bond.part_id else "products"
    if bond.key == tier.id or (bond.kind is BondKind.CONTAINS and bond.key == tier.product_id):
        raise BadInput(field, book.name(bond.key), f"something else than {book.name(tier.id)} itself")
    if bond.kind is BondKind.CONTAINS and book.would_close(bond):
        raise BadInput(field, book.name(bond.key), f"a part that does not contain {book.name(tier.id)}")


async def _standing(work: Work, tier: Tier) -> list[TierBond]:
    query = select(TierBond).where(
        TierBond.tenant_id == work.tenant_id, TierBond.tier_id == tier.id, TierBond.end.is_(None)
    )
    return list((await work.session.execute(query)).scalars())


def _permit(work: Work) -> None:
    work.permit(Action.CATALOG_EDIT, Ownership(work.tenant_id), "catalog")
