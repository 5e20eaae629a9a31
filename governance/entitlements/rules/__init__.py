"""The words of entitlements, and the pure decisions on dated seats: what is in force, what it costs, what fits."""

from governance.entitlements.rules.checks import check_term, check_territory, gap_days
from governance.entitlements.rules.dated import Given, Part, Supply, seats_at, seats_of, within
from governance.entitlements.rules.overage import check_overage, most_of, since, stops
from governance.entitlements.rules.prices import check_price, lot_cost
from governance.entitlements.rules.words import CostBasis, LicenseModel, Overage, RoomKind, Term

__all__ = [
    "CostBasis",
    "Given",
    "LicenseModel",
    "Overage",
    "Part",
    "RoomKind",
    "Supply",
    "Term",
    "check_overage",
    "check_price",
    "check_term",
    "check_territory",
    "gap_days",
    "lot_cost",
    "most_of",
    "seats_at",
    "seats_of",
    "since",
    "stops",
    "within",
]
