"""Imports Microsoft's price list: what a tier costs in which currency; a new price supersedes, none is a fact."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from governance.catalog.models import ListPrice, Tier
from governance.imports.catalog_merging import of_product
from governance.imports.formats.columns import find_columns
from governance.imports.formats.m365_prices import COLUMNS, PriceRow, read_price
from governance.imports.rest import rest_for
from governance.imports.rules import CHUNK, ImportOutcome, Issue, IssueCode, bounded
from governance.imports.sheet import open_sheet
from governance.kernel.work import Change, Work
from governance.runs.desk import RunDesk
from policies.access.actions import Action
from policies.access.parties import Ownership

Key = tuple[UUID, str]


@dataclass
class _List:
    """The list as read: each price once, and what was wrong."""

    rows: int = 0
    rejected: int = 0
    prices: dict[tuple[str, str], PriceRow] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def take(self, read: PriceRow, tiers: dict[str, Tier]) -> None:
        self.rows += 1
        if not read.issues and read.sku not in tiers:
            said = f"The catalog has no tier {read.sku[:40]!r}; import the table of SKUs first."
            read.issues.append(Issue(read.number, None, IssueCode.UNKNOWN_TIER, said))
        elif not read.issues and (first := self.prices.setdefault(read.key, read)) is not read:
            said = f"Row {first.number} has a price of this SKU in this currency; keep one of them. That one was taken."
            read.issues.append(Issue(read.number, None, IssueCode.DUPLICATE, said))
        self.issues += read.issues
        self.rejected += bool(read.issues)

    def missing(self, tiers: dict[str, Tier]) -> dict[str, list[str]]:
        """Give the currencies of the list in which a SKU of the list has no price, by its code."""
        everywhere = {currency for _, currency in self.prices}
        held: dict[str, set[str]] = {}
        for sku, currency in self.prices:
            held.setdefault(sku, set()).add(currency)
        return {tiers[sku].code: sorted(everywhere - has) for sku, has in sorted(held.items()) if everywhere - has}


async def import_m365_prices(desk: RunDesk, path: Path) -> dict[str, Any]:
    """Take the list in, a thousand prices a transaction; each step is safe to repeat.

    Answers an ImportOutcome as a document, with `missing` currencies by SKU and how many prices are `ended`: those
    that a SKU of the list no longer has. SKUs that the list does not name stay as they are. Raises SheetRefused,
    Refused.
    """
    async with desk.reading() as work:
        rows = await work.session.execute(select(Tier).where(*of_product(work.tenant_id)))
        tiers = {tier.external_id: tier for tier in rows.scalars() if tier.external_id}
    listed = await _read(path, tiers)
    wanted = {(tiers[sku].id, currency): row for (sku, currency), row in listed.prices.items()}
    before = desk.resume_at or await _compared(desk, wanted, may_end=not listed.rejected)
    if not desk.asked["dry_run"]:
        await desk.remember(before)
        rest, keys = rest_for(desk.office.database), sorted(wanted, key=str)
        for at in range(0, len(keys), CHUNK):
            async with desk.working() as work:
                work.permit(Action.CATALOG_EDIT, Ownership(work.tenant_id), "catalog")
                await _keep(work, wanted, keys[at : at + CHUNK], end=at == 0 and not listed.rejected)
            await desk.progress("merge", at, len(keys))
            await rest()
    outcome = ImportOutcome(
        listed.rows, listed.rows - listed.rejected, listed.rejected, before["created"], before["updated"],
        before["unchanged"], bounded(listed.issues),
    )  # fmt: skip
    return outcome.document() | {"missing": listed.missing(tiers), "ended": before["ended"]}


async def _read(path: Path, tiers: dict[str, Tier]) -> _List:
    listed = _List()
    async with open_sheet(path) as sheet, aclosing(sheet.rows) as rows:  # type: ignore[type-var]
        found = find_columns(COLUMNS, sheet.headers)
        for header in found.unknown:
            said = f"Column {header!r} is not known and was not read."
            listed.issues.append(Issue(1, header, IssueCode.UNKNOWN_COLUMN, said))
        async for row in rows:
            listed.take(read_price(row, found.headers), tiers)
    return listed


async def _compared(desk: RunDesk, wanted: dict[Key, PriceRow], *, may_end: bool) -> dict[str, int]:
    async with desk.reading() as work:
        known = await _known(work, [tier for tier, _ in wanted])
    same = sum(key in known and _same(known[key], row) for key, row in wanted.items())
    created = sum(key not in known for key in wanted)
    ended = sum(key not in wanted for key in known) if may_end else 0
    return {"created": created, "updated": len(wanted) - same - created, "unchanged": same, "ended": ended}


async def _keep(work: Work, wanted: dict[Key, PriceRow], keys: Sequence[Key], *, end: bool) -> None:
    now, known = work.now(), await _known(work, [tier for tier, _ in wanted])
    changed = [key for key in keys if key not in known or not _same(known[key], wanted[key])]
    ended = [key for key in known if key not in wanted] if end else []
    gone = [known[key] for key in (*changed, *ended) if key in known]
    if gone:
        values = [{"tenant_id": row.tenant_id, "id": row.id, "superseded_at": now} for row in gone]
        await work.session.execute(update(ListPrice), values)
    rows = [
        {
            "tenant_id": work.tenant_id, "id": work.new_id(), "tier_id": tier, "currency": currency,
            "micros": _micros(wanted[tier, currency]), "recorded_at": now,
        }
        for tier, currency in changed
    ]  # fmt: skip
    if rows:
        await work.session.execute(insert(ListPrice), rows)
    was = {key: row.micros for key, row in known.items()}
    needs = {key: _micros(row) for key, row in wanted.items()}
    await work.record_all(
        [
            Change(
                Action.CATALOG_EDIT.value, "tier", key[0],
                before={"currency": key[1], "price": was.get(key)}, after={"currency": key[1], "price": needs.get(key)},
            )
            for key in (*changed, *ended)
        ]
    )  # fmt: skip


async def _known(work: Work, tiers: Sequence[UUID]) -> dict[Key, ListPrice]:
    query = select(ListPrice).where(
        ListPrice.tenant_id == work.tenant_id, ListPrice.superseded_at.is_(None), ListPrice.tier_id.in_(set(tiers))
    )
    return {(row.tier_id, row.currency): row for row in (await work.session.execute(query)).scalars()}


def _same(known: ListPrice, row: PriceRow) -> bool:
    """Whether the list says what stands; a price in bands is another one, whatever its first band says."""
    return known.micros == _micros(row) and not known.bands


def _micros(row: PriceRow) -> int:
    assert row.price is not None
    return row.price.micros
