"""Another tier or other rules for a metric line, in the graph: what that does to limits, holders, cost and features."""

from datetime import date
from typing import Annotated, Any

import strawberry

from api.graphql.context import Info
from api.graphql.directory import Person
from api.graphql.engine import FieldClass, Refusal, field, resolved
from api.graphql.entitlements.doing import LineOutcome
from api.graphql.entitlements.things import MetricLine
from api.graphql.inputs import GIVEN, answered, asked, changed, command, values
from api.graphql.nodes import Money
from governance.entitlements.rules import Covered, Expiry, Overage, OwnDevice, Resets, VmCores
from governance.seats.feature_use import FeatureLost as Lost
from governance.seats.service import ChangeLine, LinePreview, change_line, preview_change_line
from governance.seats.service.counting import Counted, Recount


@strawberry.input(description="What changes of a metric line; what is left out stays.")
class LineChanges:
    tier: strawberry.ID | None = asked(
        "The tier it grants; null: the product as such.", of="Tier", default=strawberry.UNSET
    )
    overage: Overage | None = asked("What a full pool does.", default=strawberry.UNSET)
    overage_percent: str | None = asked(
        "Up to how much of its seats ALLOW_TO_PERCENT grants, in percent.", default=strawberry.UNSET
    )
    expiry: Expiry | None = asked("What becomes of holders when all supply has ended.", default=strawberry.UNSET)
    grace_days: int | None = asked("For how many days GRACE lets holders keep their seats.", default=strawberry.UNSET)
    spill_order: int | None = asked(
        "In which order the license's lines take over from one that is full.", default=strawberry.UNSET
    )
    needs_acceptance: bool | None = asked(
        "Whether people are invited to a seat from now on, and take it by accepting.", default=strawberry.UNSET
    )
    covered: Covered | None = asked(
        "Whether somebody whom a suite covers already is given a seat.", default=strawberry.UNSET
    )
    invitation_days: int | None = asked(
        "For how many days an invitation keeps its seat, from now on.", default=strawberry.UNSET
    )
    measure: str | None = asked("What a measured line counts, such as GB.", default=strawberry.UNSET)
    resets: Resets | None = asked("When a meter begins anew.", default=strawberry.UNSET)
    own_device: OwnDevice | None = asked(
        "How a person with a seat and their own device count, from now on.", default=strawberry.UNSET
    )
    least_cores: int | None = asked(
        "So many cores a host takes at least, from when it is assigned anew.", default=strawberry.UNSET
    )
    vm_cores: VmCores | None = asked(
        "Whose cores a virtual machine takes, from when it is assigned anew.", default=strawberry.UNSET
    )


@strawberry.input(description="A metric line that gets another tier, or other rules.")
class ChangeLineInput:
    line: strawberry.ID = asked("The metric line.", of="MetricLine")
    expected_version: int = asked("The version that was read; another one now is a CONFLICT.")
    changes: LineChanges = asked("What changes.")
    token: str | None = asked("The token of the preview; nothing changes without one.", default=None)


@strawberry.type(description="What may be taken of a line, or of one of its pools, before and after.")
class LineLimit:
    name: str = field("What the line or the pool is called.", FieldClass.PUBLIC)
    before: int | None = field("What may be taken now; null: nothing stops.", FieldClass.PUBLIC)
    after: int | None = field("What may be taken after the change; null: nothing stops.", FieldClass.PUBLIC)
    occupied: int = field("The seats that are taken.", FieldClass.PUBLIC)


@strawberry.type(description="A feature that the new tier does not grant.")
class FeatureLost:
    lost: strawberry.Private[Lost]

    @resolved("Its code.", FieldClass.PUBLIC)
    def code(self) -> str:
        return self.lost.code

    @resolved("Its name.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.lost.name

    @resolved("How many holders used it in the last 90 days; null: some, too few to be counted.", FieldClass.USAGE)
    def users(self) -> int | None:
        return self.lost.users

    @resolved("Those of them who may be named, by name; 100 at the most.", FieldClass.USAGE)
    def named(self) -> list[Person]:
        return [Person.of(each) for each in self.lost.named]


@strawberry.type(description="What a line has and what is taken of it, by one way of counting.")
class LineCounted:
    measure: str | None = field("What it counts; null: seats, or nobody said.", FieldClass.PUBLIC)
    since: date | None = field("The day on which its meter began; null: it is none.", FieldClass.PUBLIC)
    entitled: int | None = field("What it has; null: unlimited.", FieldClass.PUBLIC)
    taken: int | None = field("What is taken of it; null: nobody knows.", FieldClass.PUBLIC)
    balance: int | None = field("What is left, signed; null: unlimited, or nobody knows.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, told: Counted) -> "LineCounted":
        has = told.position
        return cls(measure=told.measure, since=told.since, entitled=has.entitled, taken=has.taken, balance=has.balance)


@strawberry.type(description="A device that takes otherwise by the new way of counting.")
class DeviceRecounted:
    code: str = field("The device's code.", FieldClass.PUBLIC)
    before: int = field("How many cores it holds.", FieldClass.PUBLIC)
    after: int = field("How many it takes once it is assigned anew.", FieldClass.PUBLIC)


@strawberry.type(description="Two ways of counting a line, side by side.")
class LineRecount:
    told: strawberry.Private[Recount]

    @resolved("As it is counted now.", FieldClass.PUBLIC)
    def before(self) -> LineCounted:
        return LineCounted.of(self.told.before)

    @resolved("As it would be counted, each device of `devices` assigned anew.", FieldClass.PUBLIC)
    def after(self) -> LineCounted:
        return LineCounted.of(self.told.after)

    @resolved("The devices that would take otherwise.", FieldClass.PUBLIC)
    def devices(self) -> list[DeviceRecounted]:
        return [DeviceRecounted(code=e.code, before=e.before, after=e.after) for e in self.told.devices]


@strawberry.type(description="What a change of a line would do, and for 15 minutes the token that does exactly that.")
class LineChangePreview:
    seen: strawberry.Private[LinePreview]

    @resolved("What may be taken otherwise than now, of the line and its pools.", FieldClass.PUBLIC)
    def limits(self) -> list[LineLimit]:
        return [
            LineLimit(name=each.name, before=each.before, after=each.after, occupied=each.occupied)
            for each in self.seen.limits
        ]

    @resolved("How many holders it concerns; nobody is revoked.", FieldClass.PUBLIC)
    def holders(self) -> int:
        return self.seen.holders

    @resolved("The features that holders would lose, and who uses them.", FieldClass.PUBLIC)
    def features_lost(self) -> list[FeatureLost]:
        return [FeatureLost(lost=each) for each in self.seen.lost]

    @resolved("The codes of the features that holders would gain.", FieldClass.PUBLIC)
    def features_gained(self) -> list[str]:
        return list(self.seen.gained)

    @resolved("What the holders' seats cost a month by the list now; null where nobody knows.", FieldClass.MONEY)
    def monthly_before(self) -> Money | None:
        return self._money("before")

    @resolved("What they would cost a month by the list; null where nobody knows.", FieldClass.MONEY)
    def monthly_after(self) -> Money | None:
        return self._money("after")

    @resolved("What is counted otherwise; null: it is counted as it was.", FieldClass.PUBLIC)
    def counting(self) -> LineRecount | None:
        return None if self.seen.counting is None else LineRecount(told=self.seen.counting)

    @resolved("The token to give with the mutation.", FieldClass.PUBLIC)
    def token(self) -> str:
        return self.seen.token

    def _money(self, which: str) -> Money | None:
        cost = self.seen.cost
        micros = None if cost is None else getattr(cost, which)
        return None if cost is None or micros is None else Money.of(micros, cost.currency)


LineChangePreviewOutcome = Annotated[
    LineChangePreview | Refusal,
    strawberry.union("LineChangePreviewOutcome", description="What a change of a line would do, or why it cannot be."),
]


@strawberry.type(description="What can be looked at before a line changes.")
class LineChangeQueries:
    @resolved("What `changeLine` with this input would do; nothing is written.", FieldClass.PUBLIC)
    async def preview_change_line(
        self, info: Info, input: Annotated[ChangeLineInput, GIVEN]
    ) -> LineChangePreviewOutcome:
        async def look() -> LineChangePreview:
            async with info.context.reading() as work:
                return LineChangePreview(seen=await preview_change_line(work, _change(info, input)))

        return await answered(look())


@strawberry.type(description="What can be done to the tier and the rules of a line.")
class LineChangeMutations:
    @resolved("Give a line another tier or other rules, by the token of the preview.", FieldClass.PUBLIC)
    async def change_line(self, info: Info, input: Annotated[ChangeLineInput, GIVEN]) -> LineOutcome:
        return await changed(info, MetricLine, input, lambda work: change_line(work, _change(info, input)))


def _change(info: Info, input: ChangeLineInput) -> ChangeLine:
    changes: dict[str, Any] = values(info, input.changes, path="changes.")
    return command(info, ChangeLine, input, changes=changes)
