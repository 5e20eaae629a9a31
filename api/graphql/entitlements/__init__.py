"""Entitlements in the graph: what a signature grants, how it is counted, bought, pooled and allocated."""

from api.graphql.entitlements.asking import EntitlementQueries
from api.graphql.entitlements.doing import EntitlementMutations
from api.graphql.entitlements.measured import Consumption, LinePosition, LotUse
from api.graphql.entitlements.previews import PreviewQueries
from api.graphql.entitlements.room import Room
from api.graphql.entitlements.supply import Allocation, Lot, Pool
from api.graphql.entitlements.things import Entitlement, MetricLine

__all__ = [
    "Allocation",
    "Consumption",
    "Entitlement",
    "EntitlementMutations",
    "EntitlementQueries",
    "LinePosition",
    "Lot",
    "LotUse",
    "MetricLine",
    "Pool",
    "PreviewQueries",
    "Room",
]
