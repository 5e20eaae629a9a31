"""The whole graph: what each room lets one ask and do, composed in the order of the story."""

from functools import cache
from pathlib import Path
from typing import Annotated, Any

import strawberry

from api.graphql.activation import ActivationMutations, ActivationQueries
from api.graphql.agenda import ActionQueries, AgendaMutations
from api.graphql.agreements import AgreementMutations, AgreementQueries
from api.graphql.alerts import AlertMutations, AlertQueries
from api.graphql.assignment_rules import AssignmentRuleMutations, AssignmentRuleQueries
from api.graphql.audit import AuditQueries
from api.graphql.boards import BoardMutations, BoardQueries
from api.graphql.catalog import BondMutations, BondQueries, CatalogMutations, CatalogQueries
from api.graphql.compliance import ComplianceMutations, ComplianceQueries
from api.graphql.context import GraphContext, Info
from api.graphql.directory import (
    AccessMutations,
    AccessQueries,
    GroupQueries,
    IdentityMutations,
    IdentityQueries,
    OwnerMutations,
    OwnerQueries,
    PeopleMutations,
    PeopleQueries,
    PlannedMutations,
    PlannedQueries,
    ReorganizationMutations,
    ReorganizationQueries,
    UnitMutations,
    UnitQueries,
    ViewerQueries,
)
from api.graphql.elevations import ElevationMutations, ElevationQueries
from api.graphql.engine import (
    BadNodeId,
    Bounds,
    FieldClass,
    Schema,
    build_schema,
    decode_node_id,
    printed,
    resolved,
)
from api.graphql.entitlements import EntitlementMutations, EntitlementQueries, PreviewQueries
from api.graphql.entitlements.moving import ReallocationMutations, ReallocationQueries
from api.graphql.entitlements.regions import RegionGroupMutations, RegionGroupQueries
from api.graphql.entitlements.rights import LineRightMutations
from api.graphql.fulfillment import FulfillmentMutations, FulfillmentQueries
from api.graphql.holdings import HoldingsMutations, HoldingsQueries
from api.graphql.imports import ImportMutations, ImportQueries
from api.graphql.inventory import InventoryMutations, InventoryQueries
from api.graphql.keys import KeyMutations, KeyQueries
from api.graphql.metrics import (
    CostQueries,
    DefinitionQueries,
    FirstUseQueries,
    FunnelQueries,
    PositionQueries,
    PriceHistoryQueries,
    SeatCostQueries,
)
from api.graphql.nodes import Node, node_kind
from api.graphql.notices import NoticeQueries
from api.graphql.renewals import RenewalMutations, RenewalQueries, RetentionQueries
from api.graphql.reports import ReportMutations, ReportQueries
from api.graphql.requests import RequestMutations, RequestQueries
from api.graphql.reviews import ReviewMutations, ReviewQueries
from api.graphql.rights import RightsQueries
from api.graphql.rulebook import RulebookMutations, RulebookQueries
from api.graphql.runs import RunMutations, RunQueries
from api.graphql.scalars import SCALARS
from api.graphql.seats import (
    ChoiceQueries,
    DeviceSeatMutations,
    DeviceSeatQueries,
    LeaseChoiceMutations,
    LeaseMutations,
    LeaseQueries,
    LineChangeMutations,
    LineChangeQueries,
    OverQueries,
    RetierMutations,
    RetierQueries,
    RevocationMutations,
    RevocationQueries,
    SeatMutations,
    SeatPreviewQueries,
    SeatQueries,
    SpillMutations,
    SpillQueries,
    TransferMutations,
    TransferQueries,
)
from api.graphql.subscriptions import Subscription
from api.graphql.templates import TemplateMutations, TemplateQueries
from api.graphql.usage import UsageQueries

SCHEMA_FILE = Path(__file__).with_name("schema.graphql")


@strawberry.type(description="What can be asked of anything.")
class NodeQueries:
    @resolved("One thing by its id; null where there is none within reach.", FieldClass.PUBLIC)
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="An id as the graph gave it.")]
    ) -> Node | None:
        name, uuid = decode_node_id(id)
        kind = node_kind(info, name)
        if kind is None:
            raise BadNodeId
        return await kind.get(info, uuid)


# In the order of the story, from the ground up: a room's file imports those before it.
QUERIES: tuple[type, ...] = (
    NodeQueries,
    ViewerQueries,
    AuditQueries,
    UnitQueries,
    PlannedQueries,
    ReorganizationQueries,
    PeopleQueries,
    OwnerQueries,
    AccessQueries,
    GroupQueries,
    IdentityQueries,
    RunQueries,
    RightsQueries,
    ElevationQueries,
    RulebookQueries,
    NoticeQueries,
    CatalogQueries,
    BondQueries,
    AgreementQueries,
    EntitlementQueries,
    PreviewQueries,
    ReallocationQueries,
    RegionGroupQueries,
    InventoryQueries,
    UsageQueries,
    SeatQueries,
    RevocationQueries,
    LeaseQueries,
    DeviceSeatQueries,
    SeatPreviewQueries,
    RequestQueries,
    KeyQueries,
    FulfillmentQueries,
    HoldingsQueries,
    AssignmentRuleQueries,
    ChoiceQueries,
    LineChangeQueries,
    OverQueries,
    SpillQueries,
    RetierQueries,
    TransferQueries,
    ActivationQueries,
    TemplateQueries,
    DefinitionQueries,
    PositionQueries,
    FirstUseQueries,
    FunnelQueries,
    CostQueries,
    PriceHistoryQueries,
    SeatCostQueries,
    RenewalQueries,
    RetentionQueries,
    AlertQueries,
    ComplianceQueries,
    ImportQueries,
    ActionQueries,
    BoardQueries,
    ReviewQueries,
    ReportQueries,
)
MUTATIONS: tuple[type, ...] = (
    UnitMutations,
    PlannedMutations,
    ReorganizationMutations,
    PeopleMutations,
    OwnerMutations,
    AccessMutations,
    ElevationMutations,
    IdentityMutations,
    RunMutations,
    RulebookMutations,
    CatalogMutations,
    BondMutations,
    LineRightMutations,
    AgreementMutations,
    EntitlementMutations,
    ReallocationMutations,
    RegionGroupMutations,
    SeatMutations,
    RevocationMutations,
    LineChangeMutations,
    SpillMutations,
    RetierMutations,
    TransferMutations,
    InventoryMutations,
    LeaseMutations,
    LeaseChoiceMutations,
    DeviceSeatMutations,
    RequestMutations,
    KeyMutations,
    FulfillmentMutations,
    HoldingsMutations,
    AssignmentRuleMutations,
    ActivationMutations,
    TemplateMutations,
    RenewalMutations,
    AlertMutations,
    ComplianceMutations,
    ImportMutations,
    AgendaMutations,
    BoardMutations,
    ReviewMutations,
    ReportMutations,
)


def may_read(context: Any, cls: FieldClass, type_name: str) -> bool:
    """Say whether fields of a class are shown: asked once per request and selected field."""
    assert isinstance(context, GraphContext)
    return context.may_read(cls)


@cache
def whole_schema(bounds: Bounds | None = None) -> Schema:
    """Build the graph of all rooms. Building it takes a second: once per process."""
    return build_schema(
        strawberry.type(type("Query", QUERIES, {}), description="What can be asked."),
        mutation=strawberry.type(type("Mutation", MUTATIONS, {}), description="What can be done."),
        subscription=Subscription,
        may_read=may_read,
        bounds=bounds,
        scalars=SCALARS,
    )


if __name__ == "__main__":
    SCHEMA_FILE.write_text(printed(whole_schema()), encoding="utf-8")
