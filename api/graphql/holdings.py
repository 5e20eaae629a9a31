"""The four-way view in the graph: entitled, assigned here, held there, used; and what settles a difference."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from api.graphql.context import Info
from api.graphql.directory import Person
from api.graphql.engine import (
    Connection,
    FieldClass,
    Paging,
    Refusal,
    encode_node_id,
    field,
    id_of,
    outcome,
    paged,
    resolved,
)
from api.graphql.entitlements import Entitlement
from api.graphql.inputs import AS_OF, GIVEN, KNOWN_AT, NodeId, asked, told, values
from api.graphql.nodes import by
from governance.entitlements.models import Entitlement as EntitlementRow
from governance.holdings.queries import Moment, compared_licenses, lines_of
from governance.holdings.rules import Difference, Remedy
from governance.holdings.service import (
    Found,
    FourWay,
    Planned,
    Settled,
    SettleDifferences,
    four_way,
    four_ways,
    preview_settling,
    settle_differences,
)
from governance.kernel.errors import BadInput
from governance.kernel.page import read_page

MOST = 500
strawberry.enum(Difference, name="HoldingsDifferenceKind", description="What does not fit, the gravest first.")
strawberry.enum(
    Remedy, name="HoldingsRemedy", description="What mends a difference; BUY and MATCH are a person's to do."
)
First = Annotated[int, strawberry.argument(description="How many at most, 500 in all; the gravest come first.")]
Kinds = Annotated[list[Difference] | None, strawberry.argument(description="Only these kinds; all when left out.")]


@strawberry.type(description="A list of holders as it was read in.")
class HoldingsSource:
    source: str = field("What kind of list it is.", FieldClass.PUBLIC)
    instance: str = field("Which of several lists of a kind.", FieldClass.PUBLIC)
    observed_at: datetime = field("When it was so.", FieldClass.PUBLIC)
    complete: bool = field(
        "Whether it is the whole list: who is not on a part of one may still hold a seat.", FieldClass.PUBLIC
    )


@strawberry.type(description="Something that does not fit, of whom, and what mends it.")
class HoldingsDifference:
    key: str = field("Its name in this view, to settle it by.", FieldClass.PUBLIC)
    kind: Difference = field("What does not fit.", FieldClass.PUBLIC)
    remedy: Remedy = field("What mends it.", FieldClass.PUBLIC)
    account: str | None = field("The account there.", FieldClass.PERSONAL)
    used_at: datetime | None = field("The last use known, where the region lets it be told.", FieldClass.USAGE)
    person_id: strawberry.ID | None = field("Of whom; null for an account of nobody.", FieldClass.PUBLIC)
    seat: strawberry.ID | None = field("The seat here; null where none is assigned.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, found: Found) -> "HoldingsDifference":
        four = found.four
        return cls(
            key=found.key, kind=found.difference, remedy=found.remedy, account=four.account, used_at=four.used_at,
            person_id=None if four.person_id is None else encode_node_id("Person", four.person_id),
            seat=None if four.seat is None else encode_node_id("Seat", four.seat.id),
        )  # fmt: skip

    @resolved("The person; null for an account of nobody, and outside one's reach.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        return None if self.person_id is None else await Person.by_id(info, self.person_id)


@strawberry.type(description="What a license entitles to, what is assigned here, held at the vendor, and used.")
class FourWayView:
    entitled: int | None = field("Seats in force; null: no limit.", FieldClass.PUBLIC)
    assigned: int = field("Seats that are taken here.", FieldClass.PUBLIC)
    held: int | None = field("Seats held at the vendor by the latest lists; null: no list tells.", FieldClass.PUBLIC)
    used: int | None = field("People with use within 90 days; null: no use was ever observed.", FieldClass.USAGE)
    complete: bool = field("Whether whole lists say who holds it.", FieldClass.PUBLIC)
    sources: list[HoldingsSource] = field("The lists it rests on.", FieldClass.PUBLIC)
    found: strawberry.Private[tuple[Found, ...]]

    @classmethod
    def of(cls, view: FourWay) -> "FourWayView":
        sources = [
            HoldingsSource(source=r.source, instance=r.instance, observed_at=r.observed_at, complete=r.complete)
            for r in view.readings
        ]
        return cls(
            entitled=view.entitled, assigned=view.assigned, held=view.held, used=view.used, complete=view.complete,
            sources=sources, found=view.found,
        )  # fmt: skip

    @resolved("How many differences there are, of these kinds.", FieldClass.PUBLIC)
    def total(self, kinds: Kinds = None) -> int:
        return len(self._of(kinds))

    @resolved("The differences, the gravest first.", FieldClass.PUBLIC)
    def differences(self, kinds: Kinds = None, first: First = 100) -> list[HoldingsDifference]:
        if not 1 <= first <= MOST:
            raise BadInput("first", str(first), f"a number from 1 to {MOST}")
        return [HoldingsDifference.of(found) for found in self._of(kinds)[:first]]

    def _of(self, kinds: list[Difference] | None) -> list[Found]:
        return [found for found in self.found if kinds is None or found.difference in kinds]


@strawberry.type(description="A license and its four-way view.")
class LicenseFourWay:
    row: strawberry.Private[EntitlementRow]
    view: FourWayView = field("The four, and what does not fit between them.", FieldClass.PUBLIC)

    @resolved("The license.", FieldClass.PUBLIC)
    def license(self) -> Entitlement:
        return Entitlement.of(self.row)


@strawberry.type(description="What would be done about a difference, or was.")
class SettledDifference:
    difference: HoldingsDifference = field("The difference.", FieldClass.PUBLIC)
    name: str = field("Of whom: the person, or the account.", FieldClass.PUBLIC)
    pool: strawberry.ID | None = field("In which pool; null where the license has none open.", FieldClass.PUBLIC)
    why: str | None = field("What stood in the way; null in a preview, and where it was done.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, planned: Planned, why: str | None = None) -> "SettledDifference":
        pool = None if planned.pool is None else encode_node_id("Pool", planned.pool.id)
        return cls(difference=HoldingsDifference.of(planned.found), name=planned.name, pool=pool, why=why or None)

    @classmethod
    def done(cls, settled: Settled) -> "SettledDifference":
        return cls.of(settled.planned, settled.why)


@strawberry.type(description="What would be done about differences, and the token to do exactly that.")
class SettlePreview:
    rows: list[SettledDifference] = field("What would be done.", FieldClass.PUBLIC)
    token: str = field("Good for 15 minutes, while the facts stay.", FieldClass.PUBLIC)


@strawberry.type(description="What became of differences, each by itself.")
class SettledDifferences:
    rows: list[SettledDifference] = field("What became of each.", FieldClass.PUBLIC)


@strawberry.input(description="Differences of a license to settle.")
class SettleDifferencesInput:
    license: strawberry.ID = asked("The license.", of="Entitlement")
    differences: list[str] = asked("The differences, by their keys; 500 at the most.", to="keys")
    token: str | None = asked("The token of previewSettling.", default=None)


SettlePreviewOutcome = Annotated[
    SettlePreview | Refusal, strawberry.union("SettlePreviewOutcome", description="What would be done, or why not.")
]
SettleOutcome = Annotated[
    SettledDifferences | Refusal, strawberry.union("SettleOutcome", description="What became of each, or why not.")
]


@strawberry.type(description="What can be asked of holdings.")
class HoldingsQueries:
    @resolved("The four-way view of a license; null where there is none within reach.", FieldClass.PUBLIC)
    async def four_way_view(
        self,
        info: Info,
        license: NodeId,
        as_of: Annotated[datetime | None, AS_OF] = None,
        known_at: Annotated[datetime | None, KNOWN_AT] = None,
    ) -> FourWayView | None:
        license_id = id_of("Entitlement", license)
        async with info.context.reading() as work:
            now = work.now()
            at = Moment(as_of or now, known_at or now)
            found = await outcome(four_way(work, license_id, at))
        return None if isinstance(found, Refusal) else FourWayView.of(found)

    @paged(
        "The four-way views of licenses within reach that we bought or give out by pools, by code.",
        FieldClass.PUBLIC,
    )
    async def four_way_views(
        self,
        info: Info,
        paging: Paging,
        as_of: Annotated[datetime | None, AS_OF] = None,
        known_at: Annotated[datetime | None, KNOWN_AT] = None,
    ) -> Connection[LicenseFourWay]:
        async with info.context.reading() as work:
            order, now = by(EntitlementRow.code, EntitlementRow.id), work.now()
            page = await read_page(work.session, compared_licenses(work), order, paging.window)
            views = await four_ways(work, await lines_of(work, page.rows), Moment(as_of or now, known_at or now))
        seen = {view.license.id: view for view in views}

        def node(row: Any) -> LicenseFourWay:
            return LicenseFourWay(row=row, view=FourWayView.of(seen[row.id]))

        return paging.connection(page, node=node, total=lambda: info.context.count(compared_licenses))

    @resolved("Say what would be done about differences; nothing is written.", FieldClass.PUBLIC)
    async def preview_settling(
        self, info: Info, input: Annotated[SettleDifferencesInput, GIVEN]
    ) -> SettlePreviewOutcome:
        async def look() -> SettlePreview:
            given, context = _command(info, input), info.context
            shown = await preview_settling(context.desk, context.actor, given, context.request_id)
            return SettlePreview(rows=[SettledDifference.of(one) for one in shown.planned], token=shown.token)

        return told(await outcome(look()))


@strawberry.type(description="What can be done about holdings.")
class HoldingsMutations:
    @resolved(
        "Do what the preview showed: seats here, orders at the vendor; each answers by itself.", FieldClass.PUBLIC
    )
    async def settle_differences(self, info: Info, input: Annotated[SettleDifferencesInput, GIVEN]) -> SettleOutcome:
        async def done() -> SettledDifferences:
            given, context = _command(info, input), info.context
            rows = await settle_differences(context.desk, context.actor, given, context.request_id)
            return SettledDifferences(rows=[SettledDifference.done(one) for one in rows])

        return told(await outcome(done()))


def _command(info: Info, input: SettleDifferencesInput) -> SettleDifferences:
    given = values(info, input)
    return SettleDifferences(given["license_id"], tuple(given["keys"]), given["token"])
