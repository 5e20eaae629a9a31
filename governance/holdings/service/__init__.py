"""What can be done with holdings: read a list in, compare it with what is assigned and used, and settle differences."""

from governance.holdings.service.four_way import Found, FourWay, four_way, four_ways
from governance.holdings.service.reading import NewReading, Observed, read_in
from governance.holdings.service.settling import (
    Planned,
    Settled,
    SettleDifferences,
    SettlePreview,
    preview_settling,
    settle_differences,
)

__all__ = [
    "Found", "FourWay", "NewReading", "Observed", "Planned", "SettleDifferences", "SettlePreview", "Settled",
    "four_way", "four_ways", "preview_settling", "read_in", "settle_differences",
]  # fmt: skip
