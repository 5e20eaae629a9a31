"""What ends when, until which day one may say no, how each renewal stands and what it is worth a year."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from governance.agreements.models import Agreement
from governance.entitlements.models import Entitlement, Lot
from governance.kernel.money import Money
from governance.renewals.queries import endings, visible_renewals
from governance.renewals.rules import Ends, RenewalState, seam, state_at
from policies.access.actions import Action
from policies.access.fields import FieldClass
from reports.ground import Gathered, Ground, LeftOut, Table, gathered, lacking
from reports.shape import Report
from reports.workbook import ChartKind, Column, Kind, Measure, Row, Tally

KEY = "renewals"
MONEY = ("yearly", "currency")


@dataclass(frozen=True)
class Ending:
    """One lot that ends, whose it is, and how its renewal stands at the instant of the report."""

    lot: Lot
    license: Entitlement
    agreement: Agreement
    ends: Ends
    state: RenewalState

    @property
    def last_day(self) -> date:
        return self.ends.last_day


async def endings_of(ground: Ground) -> list[Ending]:
    """Gather every lot within reach that ends, by its last usable day, as of and as known at the report's instants."""
    known_at = ground.when.known_at
    query = visible_renewals(ground.work, known_at=known_at).add_columns(Entitlement, Agreement)
    found = (await ground.work.session.execute(query.order_by(Lot.last_day, Lot.lot_key))).all()
    rows = [(row[0], row[1], row[2]) for row in found]
    said = await endings(ground.work, [(lot, agreement) for lot, _, agreement in rows], known_at)
    return [
        Ending(lot, license_, agreement, said[lot.lot_key], state_at(said[lot.lot_key], ground.when.as_of))
        for lot, license_, agreement in rows
    ]


async def gather(ground: Ground) -> Table | LeftOut:
    if not ground.may(Action.RENEWAL_READ):
        return lacking(ground, KEY, Action.RENEWAL_READ)
    money = ground.may_read(FieldClass.MONEY)
    rows = tuple(_row(ground, each, money=money) for each in await endings_of(ground))
    words = ground.words
    return Table(
        key=KEY,
        columns=_columns(ground, money=money),
        rows=rows,
        expected=len(rows),
        charts=(_chart(ground),) if rows else (),
        note=words("note.renewals"),
        withheld=() if money else (words("withheld.money", columns=words("renewals.yearly")),),
    )


async def _report(ground: Ground) -> Gathered:
    return gathered(await gather(ground))


REPORT = Report("renewals_calendar", (Action.RENEWAL_READ,), _report)


def _columns(ground: Ground, *, money: bool) -> tuple[Column, ...]:
    words = ground.words
    return (
        Column("quarter", words("renewals.quarter"), width=12),
        Column("last_day", words("renewals.last_day"), Kind.DATE, 14),
        Column("zone", words("renewals.zone"), width=18),
        Column("deadline", words("renewals.deadline"), Kind.DATE, 14),
        Column("state", words("renewals.state"), width=22),
        Column("side", words("renewals.side"), width=14),
        Column("agreement", words("renewals.agreement"), width=20),
        Column("license", words("renewals.license"), width=28),
        Column("order", words("renewals.order"), width=18),
        Column("quantity", words("renewals.quantity"), Kind.INTEGER, 12),
        *(
            (Column("yearly", words("renewals.yearly"), Kind.MONEY, 16), Column("currency", words("renewals.currency")))
            if money
            else ()
        ),
        Column("auto_renews", words("renewals.auto_renews"), width=14),
        Column("notice_given", words("renewals.notice_given"), Kind.DATE, 14),
        Column("followers", words("renewals.followers"), Kind.INTEGER, 12),
        Column("gap", words("renewals.gap"), Kind.INTEGER, 12),
        Column("outcome", words("renewals.outcome"), width=18),
        Column("stage", words("renewals.stage"), width=14),
    )


def _row(ground: Ground, each: Ending, *, money: bool) -> Row:
    words, ends = ground.words, each.ends
    outcome = ends.booked or next(iter(ends.said), None)
    worth: Row = {"yearly": Money(ends.value, each.lot.currency).decimal(), "currency": each.lot.currency}
    return {
        "quarter": f"{ends.last_day.year}-Q{(ends.last_day.month + 2) // 3}",
        "last_day": ends.last_day,
        "zone": ends.zone,
        "deadline": ends.deadline,
        "state": words(f"renewals.state_{each.state.value.lower()}"),
        "side": words(f"renewals.side_{each.agreement.side.value.lower()}"),
        "agreement": each.agreement.number,
        "license": each.license.name,
        "order": each.lot.po_number,
        "quantity": ends.quantity,
        **(worth if money else {}),
        "auto_renews": words("renewals.yes" if ends.auto_renews else "renewals.no"),
        "notice_given": ends.notice_given,
        "followers": len(ends.follows),
        "gap": seam(ends.last_day, ends.follows),
        "outcome": None if outcome is None else words(f"renewals.outcome_{outcome.outcome.value.lower()}"),
        "stage": None if outcome is None else words(f"renewals.stage_{outcome.stage.value.lower()}"),
    }


def _chart(ground: Ground) -> Tally:
    """Draw how many end in each quarter, and of how many something followed."""
    words = ground.words
    return Tally(
        lambda sums: words("renewals.chart", ends=sums[0] + sums[1], followed=sums[1]),
        "quarter",
        (
            Measure(words("renewals.without"), lambda row: Decimal(0 if row["followers"] else 1)),
            Measure(words("renewals.with"), lambda row: Decimal(1 if row["followers"] else 0)),
        ),
        ChartKind.STACKED,
        ordered=True,
    )
