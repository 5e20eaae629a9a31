"""Imports GSA's register of IT standards: its standards become products, its statuses decisions from a day on."""

from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update

from governance.catalog.models import Approval, Product, Vendor
from governance.catalog.queries import begun, latest_approvals
from governance.catalog.rules import ApprovalStatus
from governance.imports.formats.columns import find_columns
from governance.imports.formats.gsa_register import COLUMNS, read_standard
from governance.imports.register_plan import Named, Plan, Register, Standing, code_of, plan_register, standing_of
from governance.imports.rest import rest_for
from governance.imports.rules import CHUNK, ImportOutcome, Issue, IssueCode, bounded
from governance.imports.sheet import open_sheet
from governance.kernel.errors import BadInput
from governance.kernel.work import Change, Work
from governance.runs.desk import RunDesk
from policies.access.actions import Action
from policies.access.parties import Ownership

SOURCE = "gsa-register"
VENDOR = "Vendor not stated (GSA register)"
ACT = Action.CATALOG_EDIT.value
GONE = "The register names it no more."


async def import_gsa_register(desk: RunDesk, path: Path) -> dict[str, Any]:
    """Take a register in as of its day: what it decides anew starts then, what it said before stays readable.

    Option `day`: the day the register speaks of (default: today). Answers an ImportOutcome as a document with
    `statuses` in the register's words, `mapped` in ours, `expiry`, `changes` (counted) and `changed` (named). Raises
    BadInput for a day ahead or before the last register, SheetRefused, Refused.
    """
    register = await _read(desk, path)
    async with desk.reading() as work:
        start = await _start(work, desk.asked.get("day"))
        plan = plan_register(register, await _standing(work))
    said = _document(register, plan, start)
    if desk.asked["dry_run"]:
        return said
    if desk.resume_at is None:
        await desk.remember({"outcome": said, "start": start.isoformat()})
    assert desk.resume_at is not None
    start = datetime.fromisoformat(desk.resume_at["start"])
    rest, steps = rest_for(desk.office.database), list(plan.steps())
    for at in range(0, max(len(steps), 1), CHUNK):
        async with desk.working() as work:
            work.permit(Action.CATALOG_EDIT, Ownership(work.tenant_id), "catalog")
            gone = plan.gone if at == 0 else ()
            await _keep(work, steps[at : at + CHUNK], gone, start)
            if at + CHUNK >= len(steps):
                changes = desk.resume_at["outcome"]["changes"]
                await work.emit("RegisterImported", None, source=SOURCE, day=start.date().isoformat(), **changes)
        await desk.progress("merge", at, len(steps))
        await rest()
    answer: dict[str, Any] = desk.resume_at["outcome"]
    return answer


async def _read(desk: RunDesk, path: Path) -> Register:
    register = Register()
    async with open_sheet(path) as sheet, aclosing(sheet.rows) as rows:  # type: ignore[type-var]
        found = find_columns(COLUMNS, sheet.headers)
        for header in found.unknown:
            said = f"Column {header!r} is not known and was not read."
            register.issues.append(Issue(1, header, IssueCode.UNKNOWN_COLUMN, said))
        async for row in rows:
            register.take(read_standard(row, found.headers))
            if register.rows % CHUNK == 0:
                await desk.progress("read", register.rows)
    return register


async def _start(work: Work, asked: str | None) -> datetime:
    """Give since when the register holds: from its day on, at midnight UTC. Raises BadInput."""
    if asked is None:
        start = work.now()
    else:
        try:
            start = datetime.combine(date.fromisoformat(asked), time(), UTC)
        except ValueError as wrong:
            raise BadInput("day", asked, "a day such as 2021-04-19") from wrong
    if start > work.now():
        raise BadInput("day", start.date().isoformat(), "the day of the register, not later than today")
    query = select(func.max(begun(Approval))).where(Approval.tenant_id == work.tenant_id, Approval.source == SOURCE)
    last = (await work.session.execute(query)).scalar_one_or_none()
    if last is not None and start < last:
        needs = f"{last:%Y-%m-%d} or later, the day of the register imported last: older ones come first"
        raise BadInput("day", start.date().isoformat(), needs)
    return start


async def _standing(work: Work) -> Standing:
    here = select(Product).where(Product.tenant_id == work.tenant_id)
    products = (await work.session.execute(here)).scalars().all()
    said = (await work.session.execute(latest_approvals(work.tenant_id, source=SOURCE))).scalars().all()
    return standing_of(products, said)


async def _keep(work: Work, steps: Sequence[Named], gone: Sequence[tuple[Product, Approval]], start: datetime) -> None:
    new = await _products(work, steps)
    told = [
        (new.get(each.read.key) or _id(each), each, each.is_added) for each in steps if each.is_added or each.is_decided
    ]
    fixed: dict[str, Any] = {"tenant_id": work.tenant_id, "decided_by": work.actor.principal, "recorded_at": work.now(),
             "start": start, "source": SOURCE}  # fmt: skip
    rows = [
        {
            **fixed, "id": work.new_id(), "product_id": product_id, "status": each.read.status,
            "until": each.read.until, "source_status": each.read.says, "deployment": each.read.deployment,
            "reason": f"The register says {each.read.says}.",
        }
        for product_id, each, _ in told
    ]  # fmt: skip
    rows += [
        {
            **fixed, "id": work.new_id(), "product_id": row.id, "status": ApprovalStatus.WITHDRAWN, "until": None,
            "source_status": None, "deployment": before.deployment, "reason": GONE,
        }
        for row, before in gone
    ]  # fmt: skip
    if rows:
        await work.session.execute(insert(Approval), rows)
    was = {each.product_id: each for _, each in gone} | {
        product_id: each.before for product_id, each, _ in told if each.before is not None
    }
    await work.record_all([_change(row, was.get(row["product_id"])) for row in rows])


def _change(row: dict[str, Any], was: Approval | None) -> Change:
    before = None if was is None else {"status": was.status, "until": was.until, "source_status": was.source_status}
    after = {name: row[name] for name in ("status", "until", "source_status", "source", "start")}
    return Change(ACT, "product", row["product_id"], before=before, after=after, reason=row["reason"])


def _id(each: Named) -> UUID:
    assert each.product is not None
    return each.product.id


async def _products(work: Work, steps: Sequence[Named]) -> dict[str, UUID]:
    """Bring in the products that are new and tell of the others what is told otherwise; gives the new ones by name."""
    new = {each.read.key: work.new_id() for each in steps if each.product is None}
    changed: list[dict[str, Any]] = [
        {"tenant_id": work.tenant_id, "id": each.product.id, "category": each.read.category,
         "description": each.read.description}
        for each in steps if each.product is not None and each.is_described
    ]  # fmt: skip
    if changed:
        await work.session.execute(update(Product), changed)
    rows: list[dict[str, Any]] = []
    if new:
        vendor_id = await _vendor(work)
        rows = [
            {
                "tenant_id": work.tenant_id, "id": new[each.read.key], "vendor_id": vendor_id, "version": 1,
                "code": code_of(each.read), "name": each.read.name, "category": each.read.category,
                "description": each.read.description,
            }
            for each in steps if each.product is None
        ]  # fmt: skip
        await work.session.execute(insert(Product), rows)
    told = [Change(ACT, "product", row["id"], after={"code": row["code"], "name": row["name"]}) for row in rows]
    told += [Change(ACT, "product", row["id"], after={"category": row["category"]}) for row in changed]
    await work.record_all(told)
    return new


async def _vendor(work: Work) -> UUID:
    """Give the vendor that stands for "the register does not say"; made at the first import."""
    query = select(Vendor.id).where(Vendor.tenant_id == work.tenant_id, Vendor.name == VENDOR)
    found = (await work.session.execute(query)).scalar_one_or_none()
    if found is not None:
        return found
    row = Vendor(tenant_id=work.tenant_id, id=work.new_id(), name=VENDOR)
    work.session.add(row)
    await work.session.flush()
    await work.record(Change(ACT, "vendor", row.id, after={"name": VENDOR}))
    return row.id


def _document(register: Register, plan: Plan, start: datetime) -> dict[str, Any]:
    created = sum(each.is_added for each in plan.named)
    updated = sum(not each.is_added and (each.is_decided or each.is_described) for each in plan.named)
    accepted = register.rows - register.rejected
    mapped: dict[str, int] = {}
    for each in plan.named:
        assert each.read.status is not None
        mapped[each.read.status.value] = mapped.get(each.read.status.value, 0) + 1
    changed = plan.changes()
    outcome = ImportOutcome(
        register.rows, accepted, register.rejected, created, updated, accepted - created - updated,
        bounded(register.issues),
    )  # fmt: skip
    return outcome.document() | {
        "day": start.date().isoformat(), "statuses": register.statuses, "mapped": mapped,
        "expiry": register.expiries, "broken_lines": register.broken_lines,
        "changes": {name: len(rows) for name, rows in changed.items()}, "changed": changed,
        "known": sorted(each.read.name for each in plan.named if each.product is not None and each.before is None),
    }  # fmt: skip
