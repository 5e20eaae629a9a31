"""What an undo of an import takes back and what it leaves, each with why: looked at anew whenever it is asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from governance.agreements.models import Agreement, Amendment, Conversation, NoticeGiven, RenewalOutcome
from governance.entitlements import queries as entitlements
from governance.entitlements.models import Allocation, Entitlement, Lot, MetricLine, Pool
from governance.entitlements.service.withdraw import Withdrawal, foresee_withdrawal
from governance.imports.models import ImportRow
from governance.kernel.work import Work

AT_ONCE = 500
CATALOG = frozenset({"vendor", "product", "tier"})
STAYS = "entries of the catalog stay: others may refer to them by now; retire them there"


@dataclass(frozen=True)
class Kept:
    """Something the import brought that stays, the row that brought it, and why it stays."""

    number: int
    name: str
    kind: str
    why: str


@dataclass
class UndoPlan:
    """What goes: supply line by line, then lines, licenses, agreements, amendments; and what stays."""

    supply: list[Withdrawal] = field(default_factory=list)
    lines: list[MetricLine] = field(default_factory=list)
    licenses: list[Entitlement] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    amendments: list[tuple[Agreement, Amendment]] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Count by kind what is taken back."""
        found = {
            "lot": sum(len(each.lots) for each in self.supply),
            "allocation": sum(len(each.allocations) for each in self.supply),
            "pool": sum(len(each.pools) for each in self.supply),
            "line": len(self.lines), "entitlement": len(self.licenses), "agreement": len(self.agreements),
            "amendment": len(self.amendments),
        }  # fmt: skip
        return {kind: count for kind, count in found.items() if count}

    def ids(self) -> list[str]:
        """Name every single thing that goes, for the token: another set of things is another undo."""
        rows: list[Any] = [*self.lines, *self.licenses, *self.agreements, *(row for _, row in self.amendments)]
        for each in self.supply:
            rows += [*each.lots, *each.allocations, *each.pools]
        return sorted(str(row.id) for row in rows)


@dataclass
class _Made:
    """What the import brought: by kind and id the version after it, and the row that brought it."""

    by_kind: dict[str, dict[UUID, int | None]]
    rows: dict[UUID, tuple[int, str]]

    def ids(self, kind: str) -> Sequence[UUID]:
        return list(self.by_kind.get(kind, ()))

    def kept(self, row_id: UUID, kind: str, why: str) -> Kept:
        number, name = self.rows[row_id]
        return Kept(number, name, kind, why)


async def plan_undo(work: Work, run_id: UUID) -> UndoPlan:
    """Decide for everything an import brought whether it can be taken back now."""
    made = await _made(work, run_id)
    plan = UndoPlan()
    plan.kept += [made.kept(each, kind, STAYS) for kind in sorted(CATALOG) for each in made.ids(kind)]
    await _supply(work, made, plan)
    await _lines(work, made, plan)
    await _licenses(work, made, plan)
    await _agreements(work, made, plan)
    await _amendments(work, made, plan)
    plan.kept.sort(key=lambda each: (each.number, each.kind))
    return plan


async def _made(work: Work, run_id: UUID) -> _Made:
    query = select(ImportRow.number, ImportRow.name, ImportRow.made).where(
        ImportRow.tenant_id == work.tenant_id, ImportRow.run_id == run_id
    )
    made = _Made({}, {})
    for number, name, items in await work.session.execute(query.order_by(ImportRow.number)):
        for item in items:
            row_id = UUID(item["id"])
            made.by_kind.setdefault(item["type"], {})[row_id] = item["version"]
            made.rows[row_id] = (number, name or "")
    return made


async def _supply(work: Work, made: _Made, plan: UndoPlan) -> None:
    """Take back purchases, allocations and pools line by line; a line with seats taken beyond the rest stays whole."""
    lots = await _rows(work, Lot, made.ids("lot"))
    allocations = await _rows(work, Allocation, made.ids("allocation"))
    why = await _why_lots_stay(work, lots, {row.id for row in allocations})
    plan.kept += [made.kept(lot.id, "lot", why[lot.lot_key]) for lot in lots if lot.lot_key in why]
    pools = {row.id: row for row in await _rows(work, Pool, {row.pool_id for row in allocations})}
    by_line: dict[UUID, tuple[list[Lot], list[Allocation]]] = {}
    for lot in lots:
        if lot.lot_key not in why:
            by_line.setdefault(lot.line_id, ([], []))[0].append(lot)
    for row in allocations:
        if row.superseded_at is not None:
            plan.kept.append(made.kept(row.id, "allocation", "it was changed since"))
        elif row.lot_key not in why:
            by_line.setdefault(pools[row.pool_id].line_id, ([], []))[1].append(row)
    for line_id in sorted(by_line):
        await _of_line(work, made, plan, line_id, by_line[line_id])


async def _of_line(
    work: Work, made: _Made, plan: UndoPlan, line_id: UUID, what: tuple[list[Lot], list[Allocation]]
) -> None:
    lots, allocations = what
    line, _ = await entitlements.line(work, line_id, locked=True)
    effects = await foresee_withdrawal(work, line, {lot.lot_key for lot in lots}, allocations)
    over = [each for each in effects if each.shrinks and each.over]
    if over:
        said = ", ".join(f"{each.name}: {each.occupied} taken, {each.after} would remain" for each in over)
        why = f"seats are taken beyond what would remain ({said}); release them first"
        plan.kept += [made.kept(row.id, "lot", why) for row in lots]
        plan.kept += [made.kept(row.id, "allocation", why) for row in allocations]
        return
    gone = {row.id for row in allocations}
    standing = {row.pool_id for row in await entitlements.allocations_of(work, line_id) if row.id not in gone}
    versions = made.by_kind.get("pool", {})
    ours = [row for row in await entitlements.pools_of(work, line_id) if row.id in versions and row.closed_at is None]
    taken = await entitlements.rooms_of(work, tuple(row.id for row in ours))
    closing = []
    for pool in ours:
        if pool.id in standing or (pool.id in taken and taken[pool.id].occupied) or pool.version != versions[pool.id]:
            plan.kept.append(made.kept(pool.id, "pool", "it was changed, has other seats, or holders sit in it"))
        else:
            closing.append(pool)
    plan.supply.append(Withdrawal(line, lots, allocations, closing))


async def _why_lots_stay(work: Work, lots: Sequence[Lot], ours: set[UUID]) -> dict[UUID, str]:
    """Give the purchases that something came to hang on since, each with what."""
    keys = [lot.lot_key for lot in lots]
    why = {lot.lot_key: "it was corrected since" for lot in lots if lot.superseded_at is not None}
    for part in _parts(keys):
        query = select(Allocation.lot_key, Allocation.id).where(
            Allocation.tenant_id == work.tenant_id, Allocation.lot_key.in_(part), Allocation.superseded_at.is_(None)
        )
        for key, row_id in await work.session.execute(query):
            if row_id not in ours:
                why.setdefault(key, "seats of it were given to a pool since")
    for key in await _found(work, RenewalOutcome.lot_key, keys, RenewalOutcome.superseded_at.is_(None)):
        why.setdefault(key, "what becomes of it was decided since")
    mine = {lot.lot_key for lot in lots}
    later = await _renewals(work, keys)
    changed = True
    while changed:
        changed = False
        for prior, renewing in later:
            if prior not in why and (renewing not in mine or renewing in why):
                why[prior] = "another purchase that stays renews it"
                changed = True
    return why


async def _renewals(work: Work, keys: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    found: list[tuple[UUID, UUID]] = []
    for part in _parts(keys):
        query = select(Lot.renewal_of, Lot.lot_key).where(
            Lot.tenant_id == work.tenant_id, Lot.renewal_of.in_(part), Lot.superseded_at.is_(None)
        )
        found += [(row[0], row[1]) for row in await work.session.execute(query) if row[0] is not None]
    return found


async def _lines(work: Work, made: _Made, plan: UndoPlan) -> None:
    """Withdraw lines the import brought on which no purchase, pool or seat is left."""
    versions = made.by_kind.get("line", {})
    going = {each.line.id: each for each in plan.supply}
    for line in await _rows(work, MetricLine, list(versions)):
        here = going.get(line.id)
        lots = {row.id for row in await entitlements.lots_of(work, line.id)}
        pools = {row.id for row in await entitlements.pools_of(work, line.id) if row.closed_at is None}
        left = (lots - {row.id for row in here.lots}, pools - {row.id for row in here.pools}) if here else (lots, pools)
        rooms = await entitlements.rooms_of(work, (line.id,))
        seated = line.id in rooms and rooms[line.id].occupied
        if left[0] or left[1] or seated or line.version != versions[line.id] or line.withdrawn_at is not None:
            plan.kept.append(made.kept(line.id, "line", "it was changed, or purchases, pools, holders are left"))
        else:
            plan.lines.append(line)


async def _licenses(work: Work, made: _Made, plan: UndoPlan) -> None:
    versions = made.by_kind.get("entitlement", {})
    going = {line.id for line in plan.lines}
    for part in _parts(list(versions)):
        query = select(MetricLine.entitlement_id, MetricLine.id).where(
            MetricLine.tenant_id == work.tenant_id, MetricLine.entitlement_id.in_(part),
            MetricLine.withdrawn_at.is_(None),
        )  # fmt: skip
        stays = {row[0] for row in await work.session.execute(query) if row[1] not in going}
        for row in await _rows(work, Entitlement, part):
            if row.id in stays or row.version != versions[row.id] or row.withdrawn_at is not None:
                plan.kept.append(made.kept(row.id, "entitlement", "it was corrected, or a line of it stays"))
            else:
                plan.licenses.append(row)


async def _agreements(work: Work, made: _Made, plan: UndoPlan) -> None:
    versions = made.by_kind.get("agreement", {})
    ids = list(versions)
    bearing = await _found(work, Entitlement.agreement_id, ids, Entitlement.withdrawn_at.is_(None))
    for kind in (Conversation, NoticeGiven):
        bearing |= await _found(work, kind.agreement_id, ids)
    for row in await _rows(work, Agreement, ids):
        if row.withdrawn_at is not None or row.version != versions[row.id]:
            plan.kept.append(made.kept(row.id, "agreement", "it was amended since; amend it back"))
        elif row.id in bearing:
            why = "licenses, conversations or notices hang on it; undo the import of its licenses first"
            plan.kept.append(made.kept(row.id, "agreement", why))
        else:
            plan.agreements.append(row)


async def _amendments(work: Work, made: _Made, plan: UndoPlan) -> None:
    versions = made.by_kind.get("amendment", {})
    for amendment in await _rows(work, Amendment, list(versions)):
        row = await work.session.get(Agreement, (work.tenant_id, amendment.agreement_id), populate_existing=True)
        if row is not None and row.withdrawn_at is None and row.version == versions[amendment.id]:
            plan.amendments.append((row, amendment))
        else:
            plan.kept.append(made.kept(amendment.id, "amendment", "the agreement was amended again since"))


async def _rows(work: Work, model: Any, ids: Iterable[UUID]) -> list[Any]:
    found: list[Any] = []
    for part in _parts(sorted(set(ids))):
        query = select(model).where(model.tenant_id == work.tenant_id, model.id.in_(part)).order_by(model.id)
        query = query.execution_options(populate_existing=True)
        found += (await work.session.execute(query)).scalars().all()
    return found


async def _found(work: Work, column: Any, ids: Sequence[UUID], *where: ColumnElement[bool]) -> set[UUID]:
    """Give which of these ids stand in a column, where the conditions hold."""
    found: set[UUID] = set()
    for part in _parts(ids):
        query = select(column).where(column.class_.tenant_id == work.tenant_id, column.in_(part))
        query = query.where(*where)
        found |= set((await work.session.execute(query)).scalars())
    return found


def _parts(ids: Sequence[UUID]) -> Iterable[Sequence[UUID]]:
    return (ids[at : at + AT_ONCE] for at in range(0, len(ids), AT_ONCE))


def told(plan: UndoPlan) -> Mapping[str, Any]:
    """Give what a plan comes to as its token seals it."""
    return {"ids": plan.ids(), "kept": len(plan.kept)}
