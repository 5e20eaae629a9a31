"""Imports a provider's customers as of a day: each an agreement with one lot that ends then, renewed or cancelled."""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select

from governance.agreements.models import Agreement
from governance.agreements.rules import Side
from governance.imports.formats.cells import read_cells
from governance.imports.formats.columns import find_columns
from governance.imports.formats.provided_customers import MOST_MONTHS, columns_by
from governance.imports.provided_rows import Customer, Ground, ground_of, keep_customers
from governance.imports.rest import rest_for
from governance.imports.rules import CHUNK, ImportOutcome, Issue, IssueCode, bounded
from governance.imports.sheet import Row, open_sheet
from governance.kernel.due import day_of
from governance.kernel.errors import BadInput
from governance.kernel.money import MICROS, Money
from governance.kernel.work import Work
from governance.runs.desk import RunDesk
from policies.access.actions import Action
from policies.access.parties import Ownership

ACTS = (Action.AGREEMENT_CREATE, Action.ENTITLEMENT_CREATE, Action.LOT_CREATE, Action.RENEWAL_DECIDE)
INFERRED = {
    "last_day": "every customer's lot ends on the day the table speaks of: the table knows no later one",
    "first_day": "the lot began `tenure` whole months before; a customer of 0 months, on that day",
    "price": "the lot costs the monthly price times its months, at least one",
    "seats": "one contract is one seat",
    "outcome": "left: booked as CANCELLED, reason OTHER, because the table gives none; otherwise RENEWED",
}


@dataclass
class _Table:
    """The table as read: each customer once, and what was wrong."""

    rows: int = 0
    rejected: int = 0
    customers: dict[str, Customer] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def take(self, number: int, read: Customer | None, issues: Sequence[Issue]) -> None:
        self.rows += 1
        told = list(issues)
        if read is not None and self.customers.setdefault(read.number, read) is not read:
            told.append(Issue(number, None, IssueCode.DUPLICATE, f"Customer {read.number!r} is there before."))
        self.rejected += any(issue.rejects for issue in told)
        self.issues += told


async def import_provided_customers(desk: RunDesk, path: Path) -> dict[str, Any]:
    """Take customers in, a thousand a transaction; one that is known by its number stays as it is.

    Options: `day` (needed) the table speaks of, `currency`, and the headers of columns. Answers an ImportOutcome as a
    document, with what was `inferred`, how many `churned`, and `tenure_zero` customers. Raises BadInput, SheetRefused.
    """
    async with desk.reading() as work:
        ground = await ground_of(work, _day(desk.asked.get("day")), desk.asked.get("currency"))
        _in_time(ground, work.now())
    table = await _read(desk, path, ground)
    async with desk.reading() as work:
        known = await _known(work, table)
    _one_side(table, known)
    said = desk.resume_at or _document(table, known)
    if desk.asked["dry_run"]:
        return said
    await desk.remember(said)
    rest, left = rest_for(desk.office.database), [row for key, row in table.customers.items() if key not in known]
    for at in range(0, len(left), CHUNK):
        async with desk.working() as work:
            for act in ACTS:
                work.permit(act, Ownership(work.tenant_id), "customers")
            await keep_customers(work, ground, left[at : at + CHUNK])
            if at + CHUNK >= len(left):
                facts = {"day": ground.day.isoformat(), "created": said["created"], "churned": said["churned"]}
                await work.emit("ProvidedCustomersImported", None, **facts)
        await desk.progress("merge", at, len(left))
        await rest()
    return said


def _day(said: str | None) -> date:
    try:
        return date.fromisoformat(said or "")
    except ValueError:
        raise BadInput("day", said or "nothing", "the day the table speaks of, such as 2026-01-31") from None


def _in_time(ground: Ground, now: datetime) -> None:
    today = day_of(now, ground.zone)
    if ground.day > today:
        raise BadInput("day", ground.day.isoformat(), f"{today.isoformat()} or earlier")


async def _read(desk: RunDesk, path: Path, ground: Ground) -> _Table:
    table, columns = _Table(), columns_by(desk.asked)
    async with open_sheet(path) as sheet, aclosing(sheet.rows) as rows:  # type: ignore[type-var]
        found = find_columns(columns, sheet.headers)
        for header in found.unknown:
            said = f"Column {header!r} is not known and was not read."
            table.issues.append(Issue(1, header, IssueCode.UNKNOWN_COLUMN, said))
        async for row in rows:
            table.take(row.number, *_customer(columns, row, found.headers, ground))
            if table.rows % CHUNK == 0:
                await desk.progress("read", table.rows)
    return table


def _customer(
    columns: Sequence[Any], row: Row, headers: Mapping[str, str], ground: Ground
) -> tuple[Customer | None, list[Issue]]:
    cells = read_cells(columns, row, headers)
    wrong = [(problem.field, problem.has, problem.needs) for problem in cells.problems]
    if not wrong and cells.values["tenure"] > MOST_MONTHS:
        wrong.append((headers["tenure"], str(cells.values["tenure"]), f"at most {MOST_MONTHS} months"))
    micros = None if wrong else _micros(str(cells.values["price"]), ground.currency)
    if not wrong and micros is None:
        needs = f"an amount in {ground.currency} with at most six decimals"
        wrong.append((headers["price"], str(cells.values["price"]), needs))
    if wrong or micros is None:
        return None, [
            Issue(row.number, name, IssueCode.BAD_VALUE, f"{has!r} cannot be read; needs {needs}.")
            for name, has, needs in wrong
        ]
    told = cells.values
    return Customer(told["customer"], told["tenure"], Money(micros, ground.currency), told["churned"]), []


def _micros(text: str, currency: str) -> int | None:
    """Read an amount as its cell gave it; a sign in it must be the currency's own code."""
    sign, _, number = text.rpartition(" ")
    value = Decimal(number) * MICROS
    fits = sign in {"", currency} and value == value.to_integral_value() and value < 2**50
    return int(value) if fits else None


async def _known(work: Work, table: _Table) -> dict[str, Side]:
    query = select(Agreement.number, Agreement.side).where(Agreement.tenant_id == work.tenant_id)
    there = {row.number: row.side for row in (await work.session.execute(query)).all()}
    return {number: there[number] for number in table.customers if number in there}


def _one_side(table: _Table, known: Mapping[str, Side]) -> None:
    """Refuse a customer whose number is that of an agreement by which we buy."""
    for number in [number for number, side in known.items() if side is not Side.PROVIDED]:
        del table.customers[number]
        table.rejected += 1
        said = f"{number!r} is the number of an agreement that is PROCURED; a customer needs a number of its own."
        table.issues.append(Issue(None, "customer", IssueCode.REFUSED, said))


def _document(table: _Table, known: Mapping[str, Side]) -> dict[str, Any]:
    new = [row for number, row in table.customers.items() if number not in known]
    accepted = table.rows - table.rejected
    outcome = ImportOutcome(
        table.rows, accepted, table.rejected, len(new), 0, accepted - len(new), bounded(table.issues)
    )
    return outcome.document() | {
        "churned": sum(row.churned for row in table.customers.values()),
        "tenure_zero": sorted(row.number for row in table.customers.values() if row.tenure == 0),
        "inferred": INFERRED,
    }
