"""What people give to change entitlements: grants, purchases, corrections, pools and allocations."""

from datetime import date

import strawberry

from api.graphql.catalog.priced import PriceBandInput, bands_given, unit_price_given
from api.graphql.context import Info
from api.graphql.engine import FieldClass
from api.graphql.inputs import asked, command, values
from governance.agreements.rules import ChangeReason
from governance.entitlements.rules import (
    CostBasis,
    Covered,
    Expiry,
    LicenseModel,
    Overage,
    OwnDevice,
    RenewalBasis,
    Resets,
    Term,
    VmCores,
)
from governance.entitlements.service import (
    ChangeAllocation,
    ClosePool,
    CorrectLot,
    NewEntitlement,
    NewLine,
    NewLot,
    NewReading,
    RecordConsumption,
)
from governance.kernel.money import parse_money

_SEALED = "The token of the preview of this very change, where one is needed."
_VERSION = "The version that was read; another one now is a CONFLICT."
_WHY, _TEXT = "Why.", "The reason in words; needed where it is OTHER."


@strawberry.input(description="One way of counting within a new entitlement.")
class NewLineInput:
    code: str = asked("The code, unique in the entitlement.")
    model: LicenseModel = asked("How it is counted.")
    term: Term = asked("How long it is held.")
    tier: strawberry.ID | None = asked("The tier it grants; null: the product as such.", of="Tier", default=None)
    overage: Overage = asked("What a full pool does.", default=Overage.BLOCK)
    overage_percent: str | None = asked(
        "Up to how much of its seats ALLOW_TO_PERCENT grants, a decimal number; 110 is a tenth more.", default=None
    )
    expiry: Expiry = asked("What becomes of holders when all supply has ended.", default=Expiry.RESTRICT)
    grace_days: int = asked("For how many days GRACE lets holders keep their seats.", default=0)
    spill_order: int | None = asked(
        "In which order the lines of a license take over from one that is full; null: not by themselves.", default=None
    )
    needs_acceptance: bool = asked("Whether a holder is invited first and has to accept.", default=False)
    invitation_days: int = asked("For how many days an invitation keeps its seat.", default=14)
    covered: Covered = asked("Whether somebody whom a suite covers already is given a seat.", default=Covered.TELL)
    suspended_occupies: bool = asked("Whether a suspended seat stays taken.", default=True)
    measure: str | None = asked("What a measured line counts, such as GB; null: nobody says.", default=None)
    resets: Resets = asked("When a meter begins anew.", default=Resets.TERM)
    own_device: OwnDevice = asked("How a person with a seat and their own device count.", default=OwnDevice.ONCE)
    least_cores: int = asked("So many cores a host takes at least of a line of cores.", default=0)
    vm_cores: VmCores = asked("Whose cores a virtual machine takes.", default=VmCores.OWN)


@strawberry.input(description="A right to use a product, granted under an agreement.")
class GrantEntitlementInput:
    agreement: strawberry.ID = asked("The agreement.", of="Agreement")
    product: strawberry.ID = asked("The product.", of="Product")
    code: str = asked("The code, unique in the tenant.")
    name: str = asked("The name.")
    unit: strawberry.ID = asked("The unit that owns it.", of="Unit")
    lines: list[NewLineInput] = asked("How it is counted; at least one line.")
    owner: strawberry.ID | None = asked("Who answers for it.", of="Person", default=None)
    deputy: strawberry.ID | None = asked("Who does in the owner's absence.", of="Person", default=None)
    region: str = asked("The region it belongs to; 001 is the world.", default="001")


@strawberry.input(description="What is corrected of an entitlement; what is left out stays.")
class EntitlementChanges:
    name: str | None = asked("The name.", default=strawberry.UNSET)
    owner: strawberry.ID | None = asked("Who answers for it; null: nobody.", of="Person", default=strawberry.UNSET)
    deputy: strawberry.ID | None = asked("Their deputy; null: nobody.", of="Person", default=strawberry.UNSET)


@strawberry.input(description="A correction of an entitlement.")
class CorrectEntitlementInput:
    entitlement: strawberry.ID = asked("The entitlement.", of="Entitlement")
    expected_version: int = asked(_VERSION)
    changes: EntitlementChanges = asked("What changes.")


@strawberry.input(description="A dated purchase for a metric line.")
class BuyLotInput:
    line: strawberry.ID = asked("The metric line.", of="MetricLine")
    quantity: int | None = asked("The seats; null: unlimited.")
    first_day: date | None = asked("The first usable day; null where renewalBasis gives it.", default=None)
    last_day: date | None = asked("The last usable day; null: without end.")
    zone: str = asked("The IANA time zone in which its days count.")
    currency: str = asked("The currency of its price (ISO 4217).")
    included: list[str] | None = asked(
        "The regions in which it may be used; 001 is the world.", default=strawberry.UNSET
    )
    excluded: list[str] | None = asked("The regions within these in which it may not.", default=strawberry.UNSET)
    cost_basis: CostBasis = asked("What the unit price is the price of.", default=CostBasis.PER_SEAT)
    pack_size: int = asked("How many seats a pack has.", default=1)
    unit_price: str | None = asked(
        "The price of one unit, a decimal number such as 57.00; null where bands say it.", cls=FieldClass.MONEY,
        default=None,
    )  # fmt: skip
    bands: list[PriceBandInput] | None = asked(
        "The price of a seat band by band, where the basis is VOLUME or GRADUATED.", cls=FieldClass.MONEY, default=None
    )
    units_before: int = asked(
        "How many units bought before count in the bands already; the bands that are left are kept.", default=0
    )
    po_number: str | None = asked("The number of its purchase order.", default=None)
    renewal_of: strawberry.ID | None = asked("The lot it renews.", of="Lot", to="renewal_of", default=None)
    reason: ChangeReason = asked(_WHY, default=ChangeReason.NEW)
    reason_text: str | None = asked(_TEXT, default=None)
    renewal_basis: RenewalBasis | None = asked("From when a renewal holds, instead of firstDay.", default=None)
    priority: int = asked("Lots of a lower one are consumed first.", default=0)
    carries_allocations: bool = asked("Whether pools get the same seats of it as of the lot it renews.", default=False)


@strawberry.input(description="What is corrected of a lot; what is left out stays.")
class LotChanges:
    quantity: int | None = asked("The seats; null: unlimited.", default=strawberry.UNSET)
    first_day: date | None = asked("The first usable day.", default=strawberry.UNSET)
    last_day: date | None = asked("The last usable day; null: without end.", default=strawberry.UNSET)
    zone: str | None = asked("The time zone in which its days count.", default=strawberry.UNSET)
    included: list[str] | None = asked("The regions in which it may be used.", default=strawberry.UNSET)
    excluded: list[str] | None = asked("The regions in which it may not.", default=strawberry.UNSET)
    currency: str | None = asked("The currency of its price.", default=strawberry.UNSET)
    unit_price: str | None = asked("The price of one unit.", cls=FieldClass.MONEY, default=strawberry.UNSET)
    cost_basis: CostBasis | None = asked("What the price is the price of.", default=strawberry.UNSET)
    pack_size: int | None = asked("How many seats a pack has.", default=strawberry.UNSET)
    bands: list[PriceBandInput] | None = asked(
        "The bands; null or none: it has no bands.", cls=FieldClass.MONEY, default=strawberry.UNSET
    )
    po_number: str | None = asked("The number of its purchase order.", default=strawberry.UNSET)
    priority: int | None = asked("Lots of a lower one are consumed first.", default=strawberry.UNSET)


@strawberry.input(description="A correction of a lot: it supersedes what was recorded.")
class CorrectLotInput:
    lot: strawberry.ID = asked("The lot.", of="Lot", to="lot_key")
    expected: strawberry.ID = asked("The version that was read.", of="LotVersion", to="expected")
    changes: LotChanges = asked("What changes.")
    reason: ChangeReason = asked(_WHY)
    reason_text: str | None = asked(_TEXT, default=None)
    token: str | None = asked(_SEALED, default=None)


@strawberry.input(description="So many units that a subject consumed on some days.")
class ReadingInput:
    quantity: int = asked("The units: consumed within these days of a meter, in use at once of cores and capacity.")
    first_day: date = asked("The first of these days.")
    last_day: date | None = asked("The last of them; null: the first.", default=None)
    subject: str = asked("What consumed them: a host, a cluster, a key; empty: all of it.", default="")


@strawberry.input(description="What a measured line consumed, as a source said it.")
class RecordConsumptionInput:
    line: strawberry.ID = asked("The metric line, METERED, CAPACITY or CORE.", of="MetricLine")
    source: str = asked("Who said it; the same subject and first day said again by the same source is corrected.")
    readings: list[ReadingInput] = asked("What was consumed; at most 1,000 readings.")


@strawberry.input(description="A new pool, empty until seats are allocated to it.")
class OpenPoolInput:
    line: strawberry.ID = asked("The metric line.", of="MetricLine")
    code: str = asked("The code, unique in the line.")
    name: str = asked("The name.")
    unit: strawberry.ID = asked("The unit it is for.", of="Unit")
    region: str = asked("The region it is for; 001 is the world.", default="001")


@strawberry.input(description="A pool to close; its holders keep their seats until somebody releases them.")
class ClosePoolInput:
    pool: strawberry.ID = asked("The pool.", of="Pool")
    expected_version: int = asked(_VERSION)
    reason: ChangeReason = asked(_WHY)
    reason_text: str | None = asked(_TEXT, default=None)
    token: str | None = asked("The token of the preview; a pool is never closed without one.", default=None)


@strawberry.input(description="Seats of a lot for a pool; without days, for as long as the lot holds.")
class AllocateInput:
    lot: strawberry.ID = asked("The lot.", of="Lot", to="lot_key")
    pool: strawberry.ID = asked("The pool, of the same line.", of="Pool")
    quantity: int | None = asked("The seats; null: unlimited.")
    first_day: date | None = asked("The first day, in the lot's zone.", default=None)
    last_day: date | None = asked("The last day, in the lot's zone.", default=None)
    reason: ChangeReason = asked(_WHY, default=ChangeReason.NEW)
    reason_text: str | None = asked(_TEXT, default=None)


@strawberry.input(description="Another quantity for an allocation, from a day on.")
class ChangeAllocationInput:
    allocation: strawberry.ID = asked("The version of the allocation that was read.", of="Allocation")
    quantity: int | None = asked("The seats; null: unlimited.")
    reason: ChangeReason = asked(_WHY)
    from_day: date | None = asked(
        "From this day on, in the lot's zone; null: from its start, a correction.", default=None
    )
    reason_text: str | None = asked(_TEXT, default=None)
    token: str | None = asked(_SEALED, default=None)


def new_entitlement(info: Info, input: GrantEntitlementInput) -> NewEntitlement:
    lines = [NewLine(**values(info, line, path=f"lines.{index}.")) for index, line in enumerate(input.lines)]
    return command(info, NewEntitlement, input, lines=tuple(lines))


def new_consumption(info: Info, input: RecordConsumptionInput) -> RecordConsumption:
    readings = tuple(
        NewReading(**values(info, each, path=f"readings.{index}.")) for index, each in enumerate(input.readings)
    )
    return command(info, RecordConsumption, input, readings=readings)


def new_lot(info: Info, input: BuyLotInput) -> NewLot:
    bands = bands_given(info, input.bands)
    price = unit_price_given(input.unit_price, bands)
    return command(info, NewLot, input, unit_price=price, bands=bands)


def lot_correction(info: Info, input: CorrectLotInput) -> CorrectLot:
    changes = values(info, input.changes, path="changes.")
    if changes.get("unit_price") is not None:
        changes["unit_price"] = parse_money(changes["unit_price"], "", field="changes.unit_price").micros
    if "bands" in changes:
        changes["bands"] = bands_given(info, input.changes.bands or None, "changes.bands")
        if changes["bands"]:
            changes.setdefault("unit_price", changes["bands"][0]["unit_price"])
    return command(info, CorrectLot, input, changes=changes)


def pool_closing(info: Info, input: ClosePoolInput) -> ClosePool:
    return command(info, ClosePool, input)


def allocation_change(info: Info, input: ChangeAllocationInput) -> ChangeAllocation:
    return command(info, ChangeAllocation, input)
