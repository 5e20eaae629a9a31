"""Metrics in the graph: positions, cost by unit, time to first use, each with scope, clocks, freshness, definition."""

import strawberry

from api.graphql.engine import FieldClass, resolved
from api.graphql.metrics.cost import CostQueries
from api.graphql.metrics.first_use import FirstUseQueries
from api.graphql.metrics.frame import MetricDefinition
from api.graphql.metrics.funnel import FunnelQueries
from api.graphql.metrics.position import PositionQueries
from api.graphql.metrics.price_history import PriceHistoryQueries
from api.graphql.metrics.seat_cost import SeatCostQueries
from governance.metrics.definitions import definitions


@strawberry.type(description="What figures mean.")
class DefinitionQueries:
    @resolved("Every figure's definition: formula, version, owner, next review.", FieldClass.PUBLIC)
    def metric_definitions(self) -> list[MetricDefinition]:
        return [MetricDefinition.of(said) for said in definitions().values()]


__all__ = [
    "CostQueries", "DefinitionQueries", "FirstUseQueries", "FunnelQueries", "PositionQueries", "PriceHistoryQueries",
    "SeatCostQueries",
]  # fmt: skip
