"""The words of entitlements, and the pure decisions on dated seats: what is in force, what it costs, what fits."""

from governance.entitlements.rules.checks import check_term, check_territory, gap_days
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
from governance.entitlements.rules.overage import check_overage, most_of, since, stops
from governance.entitlements.rules.prices import check_price, lot_cost
from governance.entitlements.rules.words import (
    CostBasis,
    Expiry,
    LicenseModel,
    LotStand,
    Overage,
    RenewalBasis,
    RoomKind,
    Term,
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
    "Overage",
    "Part",
    "Reading",
    "RenewalBasis",
    "RoomKind",
    "Stock",
    "Supply",
    "Term",
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
    "within",
]
