"""What Halden Group grants to others: customers of its own product, and what became of each contract when it ended."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from api.demo.contracts import REFERENCE
from api.demo.living import Life
from governance.agreements.rules import ChangeReason, Payment, Side
from governance.agreements.service import NewAgreement, sign_agreement
from governance.agreements.spoken import CancelReason, Outcome, Stage
from governance.catalog.service import NewProduct, NewVendor, add_product, add_vendor
from governance.directory.models import OrgUnit
from governance.entitlements.models import MetricLine
from governance.entitlements.rules import LicenseModel, Term
from governance.entitlements.service.grant import NewEntitlement, NewLine, grant_entitlement
from governance.entitlements.service.lots import NewLot, buy_lot
from governance.kernel.due import start_of
from governance.kernel.work import Work
from governance.renewals.service import RecordOutcome, record_outcome

PRODUCTS = {"atlas": "Halden Atlas", "relay": "Halden Relay"}
ZONE, NOTICE_DAYS, BOOKED_BEFORE = "Europe/Zurich", 60, timedelta(days=9)
YEAR = timedelta(days=364)  # to the last of 365 days
_M = 1_000_000


@dataclass(frozen=True)
class Customer:
    """One contract of a year. `price` a seat and year in units of `currency`; what follows has `then` seats at
    `then_price`; without an outcome it renews by silence, or has not ended yet.
    """

    name: str
    product: str
    unit: str
    currency: str
    first_day: date
    seats: int
    price: int
    outcome: Outcome | None = None
    then: int = 0
    then_price: int = 0
    reason: CancelReason | None = None
    text: str | None = None


_SALES = {"E": "sales-emea", "A": "sales-amer", "P": "sales-apac"}
_R, _X, _C = Outcome.RENEWED, Outcome.EXPANDED, Outcome.CONTRACTED
CUSTOMERS = (
    Customer("Nordwerk", "atlas", "E", "EUR", date(2025, 1, 13), 120, 240, _R, 120, 240),
    Customer("Castellan Freight", "atlas", "A", "USD", date(2025, 2, 3), 80, 260, _X, 110, 255),
    Customer("Lumen Health", "relay", "A", "USD", date(2025, 2, 17), 45, 410, _R, 45, 425),
    Customer("Odra Foods", "atlas", "E", "EUR", date(2025, 3, 10), 60, 240, Outcome.CANCELLED,
             reason=CancelReason.TOO_EXPENSIVE, text="Asked for half the price; a smaller tier came too late."),
    Customer("Kestrel Marine", "relay", "E", "GBP", date(2025, 4, 7), 30, 330, _X, 52, 330),
    Customer("Aster & Blum", "atlas", "E", "CHF", date(2025, 4, 28), 150, 230, _C, 110, 230),
    Customer("Pacific Grid", "relay", "P", "USD", date(2025, 5, 12), 200, 380, _R, 200, 392),
    Customer("Tamarind Hotels", "atlas", "P", "USD", date(2025, 6, 2), 35, 270, Outcome.CANCELLED,
             reason=CancelReason.UNUSED, text="A third of the seats was never opened."),
    Customer("Vireo Labs", "relay", "A", "USD", date(2025, 6, 23), 25, 420, _R, 25, 420),
    Customer("Quarz Bank", "atlas", "E", "CHF", date(2025, 7, 14), 260, 220),
    Customer("Bellwether Media", "relay", "A", "USD", date(2025, 8, 4), 90, 395, _C, 70, 395),
    Customer("Sakura Rail", "atlas", "P", "USD", date(2025, 9, 1), 140, 250, _X, 175, 245),
    Customer("Fjord Energy", "atlas", "E", "EUR", date(2026, 5, 11), 75, 250),
    Customer("Mesa Robotics", "relay", "A", "USD", date(2026, 6, 15), 40, 430),
)  # fmt: skip


def plan_customers(life: Life) -> None:
    """Put on the agenda when each customer signs, and what is booked shortly before the contract's end."""
    moved = life.until.date() - REFERENCE
    sold: dict[str, UUID] = {}
    for number, customer in enumerate(CUSTOMERS, start=1):
        first = customer.first_day + moved
        life.plan(start_of(first, ZONE), partial(_sign, life, sold, customer, number, first))


async def _sign(life: Life, sold: dict[str, UUID], customer: Customer, number: int, first: date) -> None:
    """Sign, grant and supply for a year; then wait for its end."""
    office, admin = life.desk.office, life.company.admin
    last = first + YEAR
    line_id, lot_key = await office.perform(admin, partial(_contract, life, sold, customer, number, (first, last)))
    if customer.outcome is not None:
        ends = partial(_end, customer=customer, line_id=line_id, lot_key=lot_key, last=last)
        life.plan(start_of(last, ZONE) - BOOKED_BEFORE, partial(office.perform, admin, ends))


async def _contract(
    life: Life, sold: dict[str, UUID], customer: Customer, number: int, days: tuple[date, date], work: Work
) -> tuple[UUID, UUID]:
    vendor_id, product_id = await _product(life, sold, customer, work)
    unit_id = life.company.units[_SALES[customer.unit]]
    region = (await work.session.get_one(OrgUnit, (work.tenant_id, unit_id))).region
    owner_id = life.company.cast["Camille Laurent"]
    agreement = await sign_agreement(
        work,
        NewAgreement(
            f"HG-C{number:03}", customer.name, vendor_id, unit_id, customer.currency, ZONE, *days, side=Side.PROVIDED,
            owner_id=owner_id, region=region, auto_renews=customer.outcome is None, notice_days=NOTICE_DAYS,
            payment=Payment.PAID,
        ),
    )  # fmt: skip
    name = f"{PRODUCTS[customer.product]} for {customer.name}"
    line = NewLine("seats", LicenseModel.NAMED_USER, Term.SUBSCRIPTION)
    granted = await grant_entitlement(
        work,
        NewEntitlement(agreement.id, product_id, f"c{number:03}-{customer.product}", name, unit_id, (line,),
                       owner_id=owner_id, region=region),
    )  # fmt: skip
    found = select(MetricLine.id).where(MetricLine.tenant_id == work.tenant_id, MetricLine.entitlement_id == granted.id)
    line_id = (await work.session.execute(found)).scalar_one()
    lot = NewLot(line_id, customer.seats, *days, ZONE, customer.currency, customer.price * _M)
    return line_id, (await buy_lot(work, lot)).lot_key


async def _product(life: Life, sold: dict[str, UUID], customer: Customer, work: Work) -> tuple[UUID, UUID]:
    """Give what is sold, which the company enters with its first customer as a product of its own."""
    if "vendor" not in sold:
        sold["vendor"] = (await add_vendor(work, NewVendor("Halden Group"))).id
    if customer.product not in sold:
        new = NewProduct(sold["vendor"], f"halden-{customer.product}", PRODUCTS[customer.product])
        sold[customer.product] = (await add_product(work, new)).id
    return sold["vendor"], sold[customer.product]


async def _end(work: Work, customer: Customer, line_id: UUID, lot_key: UUID, last: date) -> None:
    """Book what becomes of the contract, and the year that follows where one does."""
    assert customer.outcome is not None
    first = last + timedelta(days=1)
    if customer.then:
        await buy_lot(
            work,
            NewLot(line_id, customer.then, first, first + YEAR, ZONE, customer.currency, customer.then_price * _M,
                   renewal_of=lot_key, reason=ChangeReason.RENEWAL),
        )  # fmt: skip
    said = RecordOutcome(
        lot_key, Stage.BOOKED, customer.outcome, cancel_reason=customer.reason, reason_text=customer.text
    )
    await record_outcome(work, said)
