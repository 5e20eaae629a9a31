"""The words of entitlements, and the pure decisions on dated seats: what is in force, what it costs, what fits."""

from governance.catalog.bands import CostBasis, check_price
from governance.entitlements.rules.checks import check_counting, check_term, check_territory, gap_days
from governance.entitlements.rules.consuming import (
    MEASURED,
    Consumed,
    LinePosition,
    LotUse,
    Reading,
    Stock,
    consumed,
    consumed_in_order,
)
from governance.entitlements.rules.dated import Given, Part, Supply, seats_at, seats_of, within
from governance.entitlements.rules.ending import (
    GRACE_AT_MOST,
    LOSES,
    check_expiry,
    loses_at,
    renewed_from,
    stand_of_lot,
)
from governance.entitlements.rules.metering import Metered, Period, PeriodUse, begins, used_of
from governance.entitlements.rules.overage import check_overage, most_of, since, stops
from governance.entitlements.rules.prices import PricedLot, lot_cost
from governance.entitlements.rules.words import (
    Expiry,
    LicenseModel,
    LotStand,
    Overage,
    OwnDevice,
    RenewalBasis,
    Resets,
    RoomKind,
    Term,
    VmCores,
)

__all__ = [
    "GRACE_AT_MOST",
    "LOSES",
    "MEASURED",
    "Consumed",
    "CostBasis",
    "Expiry",
    "Given",
    "LicenseModel",
    "LinePosition",
    "LotStand",
    "LotUse",
    "Metered",
    "Overage",
    "OwnDevice",
    "Part",
    "Period",
    "PeriodUse",
    "PricedLot",
    "Reading",
    "RenewalBasis",
    "Resets",
    "RoomKind",
    "Stock",
    "Supply",
    "Term",
    "VmCores",
    "begins",
    "check_counting",
    "check_expiry",
    "check_overage",
    "check_price",
    "check_term",
    "check_territory",
    "consumed",
    "consumed_in_order",
    "gap_days",
    "loses_at",
    "lot_cost",
    "most_of",
    "renewed_from",
    "seats_at",
    "seats_of",
    "since",
    "stand_of_lot",
    "stops",
    "used_of",
    "within",
]
