"""What Halden Group bought: agreements of five vendors, their lots, pools and how much each is used."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from governance.entitlements.rules import CostBasis, Expiry, Overage


@dataclass(frozen=True)
class DemoPool:
    """Seats set aside: `share` of each lot's quantity in percent, `wanted` people who want one, from these units."""

    code: str
    name: str
    unit: str
    region: str
    share: int
    wanted: int
    from_units: tuple[str, ...]


@dataclass(frozen=True)
class DemoLot:
    """A purchase, on its license's basis unless it says another one; `bands` by first seat."""

    quantity: int | None
    first_day: date
    last_day: date | None
    unit_price: int
    po_number: str
    basis: CostBasis | None = None
    bands: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class DemoLicense:
    """One entitlement with a NAMED_USER line. `slowness`: median days from seat to first use; `never` in percent.

    `uplift_cap`: by how many percent a renewal may be dearer; `listed`: volume bands of the vendor's list, a seat and
    month.
    """

    code: str
    name: str
    vendor: str
    product: str
    tiers: tuple[str, ...]
    tier: str
    number: str
    owner_unit: str
    currency: str
    zone: str
    overage: Overage
    included: tuple[str, ...]
    lots: tuple[DemoLot, ...]
    pools: tuple[DemoPool, ...]
    slowness: float
    never: int
    needs_acceptance: bool = False
    notice_days: int = 30
    silent_days: int = 0
    basis: CostBasis = CostBasis.PER_SEAT
    percent: str | None = None
    uplift_cap: str | None = None
    listed: tuple[tuple[int, int], ...] = ()
    expiry: Expiry = Expiry.RESTRICT
    grace_days: int = 0


REFERENCE = date(2026, 11, 24)
"""The day on which the dates below are told; the story is moved so that its last day is today, whenever that is."""

_ALL = ("eng-emea", "eng-amer", "eng-apac", "sales-emea", "sales-amer", "sales-apac", "support", "product", "finance")
_EUROPE, _AMERICAS, _ASIA = "150", "019", "142"
_M = 1_000_000


def _terms(first: date, quantities: tuple[int, ...], prices: tuple[float, ...], po: str) -> tuple[DemoLot, ...]:
    """Give yearly lots, one after the other from a first day; prices a seat and year in units of the currency."""
    return tuple(
        DemoLot(
            quantity,
            first.replace(year=first.year + year),
            first.replace(year=first.year + year + 1) - timedelta(days=1),
            round(price * _M),
            f"{po}-{(first.year + year) % 100}",
        )
        for year, (quantity, price) in enumerate(zip(quantities, prices, strict=True))
    )


def _banded(lots: tuple[DemoLot, ...], basis: CostBasis, bands: tuple[tuple[int, int], ...]) -> tuple[DemoLot, ...]:
    """Let the last of some lots be priced by bands: (first seat, units of the currency a seat and year)."""
    told = tuple((first, price * _M) for first, price in bands)
    return (*lots[:-1], replace(lots[-1], unit_price=told[0][1], basis=basis, bands=told))


LICENSES = (
    DemoLicense(
        "m365-e5",
        "Microsoft 365 E5",
        "Microsoft",
        "Microsoft 365",
        ("F3", "E3", "E5"),
        "E5",
        "EA 8104-2291",
        "it",
        "USD",
        "America/New_York",
        Overage.BLOCK,
        ("001",),
        _terms(date(2025, 1, 1), (210, 240), (684, 703), "PO-77120"),
        (
            DemoPool("eng", "Engineering", "engineering", "001", 45, 104, ("eng-emea", "eng-amer", "eng-apac")),
            DemoPool("sales-emea", "Sales, EMEA", "sales-emea", _EUROPE, 25, 70, ("sales-emea",)),
            DemoPool(
                "corporate", "Corporate functions", "halden", "001", 30, 68, ("finance", "security", "legal", "it")
            ),
        ),
        slowness=4,
        never=6,
        uplift_cap="3",
        expiry=Expiry.GRACE,
        grace_days=30,
    ),
    DemoLicense(
        "m365-f3",
        "Microsoft 365 F3",
        "Microsoft",
        "Microsoft 365",
        ("F3", "E3", "E5"),
        "F3",
        "EA 8104-2292",
        "it",
        "USD",
        "America/New_York",
        Overage.ALLOW_AND_FLAG,
        ("001",),
        _terms(date(2025, 1, 1), (60, 56), (96, 98), "PO-77121"),
        (DemoPool("support", "Support", "support", "001", 100, 70, ("support",)),),
        slowness=2,
        never=3,
    ),
    DemoLicense(
        "adobe-cc",
        "Adobe Creative Cloud All Apps",
        "Adobe",
        "Creative Cloud",
        ("Single App", "All Apps"),
        "All Apps",
        "VIP 55-1820",
        "product",
        "EUR",
        "Europe/Zurich",
        Overage.BLOCK,
        ("150", "019"),
        _banded(
            _terms(date(2024, 2, 15), (40, 50, 60), (760, 780, 815), "PO-80034"),
            CostBasis.VOLUME,
            ((1, 845), (50, 815), (75, 640)),
        ),
        (
            DemoPool("product", "Product design", "product", "001", 60, 34, ("product",)),
            DemoPool("sales-amer", "Sales, Americas", "sales-amer", _AMERICAS, 40, 21, ("sales-amer",)),
        ),
        slowness=9,
        never=14,
        needs_acceptance=True,
        uplift_cap="4",
        listed=((1, 74), (50, 70)),
    ),
    DemoLicense(
        "github-ent",
        "GitHub Enterprise",
        "GitHub",
        "GitHub Enterprise",
        ("Team", "Enterprise"),
        "Enterprise",
        "GH-2024-118",
        "engineering",
        "USD",
        "America/Los_Angeles",
        Overage.ALLOW_TO_PERCENT,
        ("001",),
        _banded(
            _terms(date(2024, 4, 1), (180, 200, 215), (252, 252, 264), "PO-81990"),
            CostBasis.GRADUATED,
            ((1, 264), (201, 240)),
        ),
        (
            DemoPool("emea", "Engineering, EMEA", "eng-emea", _EUROPE, 45, 88, ("eng-emea",)),
            DemoPool("amer", "Engineering, Americas", "eng-amer", _AMERICAS, 30, 58, ("eng-amer",)),
            DemoPool("apac", "Engineering, APAC", "eng-apac", _ASIA, 25, 43, ("eng-apac",)),
        ),
        slowness=1.5,
        never=2,
        percent="110",
        uplift_cap="5",
        listed=((1, 23), (201, 21)),
    ),
    DemoLicense(
        "jetbrains",
        "JetBrains All Products Pack",
        "JetBrains",
        "All Products Pack",
        ("All",),
        "All",
        "JB-40071",
        "engineering",
        "EUR",
        "Europe/Prague",
        Overage.BLOCK,
        ("001",),
        _terms(date(2024, 7, 1), (110, 120, 125), (749, 779, 779), "PO-82410"),
        (DemoPool("eng", "Engineering", "engineering", "001", 100, 111, ("eng-emea", "eng-amer", "eng-apac")),),
        slowness=3,
        never=5,
        expiry=Expiry.MAINTAIN,
    ),
    DemoLicense(
        "visio",
        "Visio Plan 2",
        "Microsoft",
        "Visio",
        ("Plan 1", "Plan 2"),
        "Plan 2",
        "EA 8104-2310",
        "product",
        "USD",
        "America/New_York",
        Overage.BLOCK,
        ("001",),
        _terms(date(2025, 1, 1), (90, 90), (180, 180), "PO-83007"),
        (DemoPool("all", "Everybody", "halden", "001", 70, 40, ("product", "finance", "it")),),
        slowness=21,
        never=38,
    ),
    DemoLicense(
        "tableau",
        "Tableau Creator",
        "Salesforce",
        "Tableau",
        ("Viewer", "Explorer", "Creator"),
        "Creator",
        "SF-99213",
        "finance",
        "USD",
        "America/New_York",
        Overage.BLOCK,
        ("001",),
        (
            DemoLot(40, date(2025, 1, 1), date(2025, 12, 31), 900 * _M, "PO-88212-25"),
            DemoLot(40, date(2026, 1, 1), date(2026, 11, 18), 900 * _M, "PO-88213"),
        ),
        (DemoPool("analysts", "Analysts", "finance", "001", 100, 14, ("finance", "product")),),
        slowness=12,
        never=20,
        silent_days=9,
    ),
    DemoLicense(
        "slack-grid",
        "Slack Enterprise Grid",
        "Salesforce",
        "Slack",
        ("Pro", "Business+", "Enterprise Grid"),
        "Enterprise Grid",
        "SF-99107",
        "it",
        "USD",
        "America/Los_Angeles",
        Overage.ALLOW_AND_FLAG,
        ("001",),
        (DemoLot(None, date(2025, 1, 1), None, 180_000 * _M, "PO-84001"),),
        (DemoPool("everyone", "Everybody", "halden", "001", 100, 430, _ALL),),
        basis=CostBasis.FLAT,
        slowness=0.6,
        never=1,
    ),
)


def licenses_until(today: date) -> tuple[DemoLicense, ...]:
    """Give the licenses with all their days moved as far as today lies from the day they were told on."""
    by = today - REFERENCE

    def moved(lot: DemoLot) -> DemoLot:
        return replace(lot, first_day=lot.first_day + by, last_day=None if lot.last_day is None else lot.last_day + by)

    return tuple(replace(each, lots=tuple(moved(lot) for lot in each.lots)) for each in LICENSES)
