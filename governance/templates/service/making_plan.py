"""What a template would make of a license here: read, looked up, priced and shared out, before anything is made."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from governance.agreements import queries as agreements
from governance.agreements.models import Agreement
from governance.catalog.models import Product
from governance.directory import queries as directory
from governance.entitlements.rules import CostBasis
from governance.entitlements.service import (
    NewLine,
)
from governance.kernel import given
from governance.kernel.errors import BadInput, WrongState
from governance.kernel.money import Money, parse_money
from governance.kernel.work import Work
from governance.rulebook.models import PolicyVersion
from governance.rulebook.rules import VersionState
from governance.templates import queries
from governance.templates.rules import REMEDY, UNLIMITED, Why, shared
from governance.templates.service.applying import line_of
from governance.templates.service.seeing import STRICTER, document_of
from policies.access.actions import Action
from policies.access.parties import Ownership
from policies.regions.policy import IndividualUsage, region_policy
from policies.templates.merging import flat

VERB = "template:make"


@dataclass(frozen=True)
class MakeLicense:
    """A license of the live version of a template. `region`: whose variant holds (None: the template's own).

    `overrides` is a partial template: what is otherwise here on purpose. `last_day` None: `months` after the first.
    """

    version_id: UUID
    agreement_id: UUID
    code: str
    name: str
    unit_id: UUID
    first_day: date
    region: str | None = None
    last_day: date | None = None
    owner_id: UUID | None = None
    deputy_id: UUID | None = None
    po_number: str | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    token: str | None = None


@dataclass(frozen=True)
class Made:
    """One thing that would be made: a license, line, purchase, pool, rules or journey, with what is said of it."""

    kind: str
    name: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class NotMade:
    """What the template says and cannot be done here: where, why, and the way out."""

    path: str
    wants: Any
    why: Why

    @property
    def remedy(self) -> str:
        return REMEDY[self.why]


@dataclass(frozen=True)
class MakePreview:
    """All that would be made, what would not, what is overridden, and the token that makes exactly this."""

    version: PolicyVersion
    region: str
    creates: tuple[Made, ...]
    cannot: tuple[NotMade, ...]
    overridden: tuple[str, ...]
    token: str


@dataclass(frozen=True)
class MakePlan:
    version: PolicyVersion
    region: str
    document: Mapping[str, Any]
    agreement: Agreement
    product: Product
    lines: Mapping[str, NewLine]
    lots: Mapping[str, Mapping[str, Any]]
    seats: Mapping[str, int | None]
    units: Mapping[str, UUID]
    cannot: tuple[NotMade, ...]

    def cannot_say(self, path: str) -> bool:
        return any(one.path == path or path.startswith(f"{one.path}.") for one in self.cannot)


async def make_plan(work: Work, command: MakeLicense) -> MakePlan:
    version = await queries.template_version(work, command.version_id)
    if version.state is not VersionState.LIVE:
        raise WrongState("template version", version.state, "make a license")
    region = command.region or version.content.get("region", "001")
    region = given.region(region, work.office.regions)
    document = document_of(work, version, region, command.overrides)
    agreement = await agreements.agreement(work, command.agreement_id)
    product = await _product(work, document)
    unit = await directory.unit(work, command.unit_id)
    people = tuple(one for one in (command.owner_id, command.deputy_id) if one is not None)
    whose = await directory.ownership(work, unit_id=unit.id, region=region, people=people)
    work.permit(Action.ENTITLEMENT_CREATE, whose, f"entitlement {command.code}")
    lines = {code: await _line(work, product, code, line) for code, line in document["lines"].items()}
    lots = {
        code: _lot(code, line["supply"], command, agreement, line["term"] == "PERPETUAL")
        for code, line in document["lines"].items()
        if line.get("supply", {}).get("quantity") is not None or line.get("supply", {}).get("unlimited")
    }
    seats = shared(document["pools"], {code: lot["quantity"] for code, lot in lots.items()})
    units = {code: await _unit(work, code, pool["unit"]) for code, pool in document["pools"].items() if "unit" in pool}
    cannot = tuple(_cannot(work, document, region, lots, seats))
    return MakePlan(version, region, document, agreement, product, lines, lots, seats, units, cannot)


async def _product(work: Work, document: Mapping[str, Any]) -> Product:
    code = document.get("product")
    found = None if code is None else await queries.product_named(work, code)
    if found is None:
        raise BadInput("overrides.product", code or "nothing", "the code of a product in the catalog")
    return found


async def _line(work: Work, product: Product, code: str, line: Mapping[str, Any]) -> NewLine:
    if line.get("tier") is None:
        return line_of(code, line, None)
    tier = await queries.tier_named(work, product.id, line["tier"])
    if tier is None:
        raise BadInput(f"overrides.lines.{code}.tier", line["tier"], f"the code of a tier of {product.code}")
    return line_of(code, line, tier.id)


async def _unit(work: Work, pool: str, code: str) -> UUID:
    unit = await queries.unit_named(work, code)
    if unit is None:
        raise BadInput(f"overrides.pools.{pool}.unit", code, "the code of a unit")
    return unit.id


def _lot(
    code: str, supply: Mapping[str, Any], command: MakeLicense, agreement: Agreement, perpetual: bool
) -> dict[str, Any]:
    currency = supply.get("currency", agreement.currency)
    price = parse_money(supply.get("unit_price", "0"), currency, field=f"overrides.lines.{code}.supply.unit_price")
    last = command.last_day
    if last is None and "months" in supply and not perpetual:
        last = months_after(given.day(command.first_day, "first_day"), supply["months"]) - timedelta(days=1)
    return {
        "quantity": None if supply.get("unlimited") else supply["quantity"], "first_day": command.first_day,
        "last_day": None if perpetual else last, "zone": supply.get("zone", agreement.zone), "currency": currency,
        "unit_price": price.micros, "cost_basis": CostBasis(supply.get("cost_basis", CostBasis.PER_SEAT)),
        "pack_size": supply.get("pack_size", 1), "included": tuple(supply.get("included", ("001",))),
        "excluded": tuple(supply.get("excluded", ())), "po_number": command.po_number,
    }  # fmt: skip


def months_after(day: date, months: int) -> date:
    """Give the same day so many months later, or the last one of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _cannot(
    work: Work, document: Mapping[str, Any], region: str, lots: Mapping[str, Any], seats: Mapping[str, int | None]
) -> list[NotMade]:
    found = []
    for code, pool in document["pools"].items():
        if pool["line"] not in lots and (seats[code] or "percent" in pool):
            found.append(NotMade(f"pools.{code}.seats", pool.get("seats", f"{pool.get('percent')} %"), Why.NO_PURCHASE))
    wanted = document.get("usage", {}).get("individual")
    held = region_policy(region).individual_usage
    if wanted is not None and STRICTER.index(held) < STRICTER.index(IndividualUsage(wanted)):
        found.append(NotMade("usage.individual", wanted, Why.REGION_DECIDES))
    if document.get("journey") and not work.permits(Action.JOURNEY_EDIT, Ownership(work.tenant_id)):
        found.append(NotMade("journey", "", Why.NOT_YOURS))
    return found


def shown_of(plan: MakePlan, command: MakeLicense) -> MakePreview:
    document = plan.document
    about = {"product": plan.product.code, "agreement": plan.agreement.number, "region": plan.region}
    creates = [Made("LICENSE", command.name, about)]
    for code, line in document["lines"].items():
        values = {name: value for name, value in line.items() if name != "supply" and value is not None}
        creates.append(Made("LINE", code, values))
        if (lot := plan.lots.get(code)) is not None:
            told = {name: _told(value) for name, value in lot.items() if value is not None and value != ()}
            price = format(Money(lot["unit_price"], lot["currency"]).decimal().normalize(), "f")
            creates.append(Made("PURCHASE", code, {**told, "quantity": _seats(lot["quantity"]), "unit_price": price}))
    for code, pool in document["pools"].items():
        values = {name: value for name, value in pool.items() if name != "seats"}
        seats = 0 if pool["line"] not in plan.lots else _seats(plan.seats[code])
        creates.append(Made("POOL", code, {**values, "seats": seats}))
    for kind, heads in (("RULES", ("alerts", "ladders", "renewal_basis")), ("JOURNEY", ("journey",))):
        said = flat({head: document[head] for head in heads if head in document})
        if said and not (kind == "JOURNEY" and plan.cannot_say("journey")):
            creates.append(Made(kind, plan.product.code if kind == "JOURNEY" else command.name, said))
    overridden = tuple(sorted(flat(command.overrides)))
    return MakePreview(plan.version, plan.region, tuple(creates), plan.cannot, overridden, "")


def make_diff(shown: MakePreview, command: MakeLicense) -> dict[str, Any]:
    about = ("agreement_id", "code", "name", "unit_id", "owner_id", "deputy_id", "first_day", "last_day", "po_number")
    return {
        "version": str(shown.version.id), "region": shown.region,
        "command": {name: str(getattr(command, name)) for name in about},
        "creates": [[one.kind, one.name, dict(one.values)] for one in shown.creates],
        "cannot": [[one.path, one.why.value] for one in shown.cannot], "overrides": flat(command.overrides),
    }  # fmt: skip


def _seats(quantity: int | None) -> int | str:
    return UNLIMITED if quantity is None else quantity


def _told(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, CostBasis):
        return value.value
    return value.isoformat() if isinstance(value, date) else value
