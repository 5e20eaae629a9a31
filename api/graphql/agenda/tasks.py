"""What a board gave somebody to do: by when, how it stands, and the figure it is to move."""

from datetime import date, datetime
from typing import Any

import strawberry

from api.graphql.context import Info
from api.graphql.directory import Person
from api.graphql.engine import FieldClass, encode_node_id, field, resolved
from api.graphql.nodes import Node, by, person_of, short_list
from governance.kernel.work import Work
from governance.reviews import queries
from governance.reviews.models import ActionItem as ActionRow
from governance.reviews.models import ActionStep as StepRow
from governance.reviews.models import AimVerdict as VerdictRow
from governance.reviews.noise import Verdict
from governance.reviews.rules import AMOUNTS, ActionState, AimMeasure, Direction
from policies.access.parties import Ownership

strawberry.enum(ActionState, name="ActionState", description="OPEN until it is DONE, or DROPPED with the reason why.")
strawberry.enum(AimMeasure, name="AimMeasure", description="What a board can aim at, of its unit and all below it.")
strawberry.enum(Direction, name="AimDirection", description="UP: at least the target. DOWN: at most.")
strawberry.enum(
    Verdict, name="AimVerdictKind", description="CANT_TELL: chance could say as much, or the figure is not there."
)


@strawberry.type(description="A figure as it stood: exact, or with its interval at 95 %.")
class AimFigure:
    value: str | None = field("The figure, as a decimal number.", FieldClass.PUBLIC)
    lower: str | None = field("The lower end of its interval; null of an exact one.", FieldClass.PUBLIC)
    upper: str | None = field("The upper end of its interval; null of an exact one.", FieldClass.PUBLIC)
    exact: bool = field("Whether it was counted, not estimated.", FieldClass.PUBLIC)
    n: int | None = field("Of how many; null where it is the count itself.", FieldClass.PUBLIC)
    currency: str | None = field("The currency of an amount (ISO 4217).", FieldClass.PUBLIC)

    @classmethod
    def of(cls, info: Info, place: tuple[str, str], told: dict[str, Any] | None) -> "AimFigure | None":
        """Give a figure; an amount only to who may read amounts."""
        if told is None or ("currency" in told and not _amounts(info, place)):
            return None
        said = {name: told.get(name) for name in ("value", "lower", "upper", "n", "currency")}
        return cls(**said, exact=told["exact"])


def _amounts(info: Info, place: tuple[str, str]) -> bool:
    """Say whether amounts are told; where not, the field is named among what was withheld."""
    told = info.context.may_read(FieldClass.MONEY)
    if not told:
        info.context.decisions[place] = False
    return told


@strawberry.type(description="What became of an aim on its judge-on day.")
class AimVerdict(Node):
    row: strawberry.Private[VerdictRow]
    visible = queries.visible_verdicts
    key = VerdictRow.id

    @resolved("What can be said.", FieldClass.PUBLIC)
    def verdict(self) -> Verdict:
        return self.row.verdict

    @resolved("The figure at the end of that day; null where it cannot be told.", FieldClass.PUBLIC)
    def now(self, info: Info) -> AimFigure | None:
        return AimFigure.of(info, ("AimVerdict", "now"), self.row.now)

    @resolved("When it was judged.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at


@strawberry.type(description="The figure that an action is to move.")
class Aim:
    row: strawberry.Private[ActionRow]

    @resolved("Which figure.", FieldClass.PUBLIC)
    def measure(self) -> AimMeasure:
        return AimMeasure(self.row.aim_measure or "")

    @resolved(
        "Of what alone: a license's or unit's own id, a check, a step; empty: the whole.",
        FieldClass.PUBLIC,
    )
    def subject(self) -> str:
        return self.row.aim_subject or ""

    @resolved("Whether it is to be at least or at most its target.", FieldClass.PUBLIC)
    def direction(self) -> Direction:
        return self.row.aim_direction or Direction.UP

    @resolved(
        "The target, as a decimal number in the figure's own unit; an amount only for who may read amounts.",
        FieldClass.PUBLIC,
    )
    def target(self, info: Info) -> str | None:
        if self.row.aim_measure in AMOUNTS and not _amounts(info, ("Aim", "target")):
            return None
        return self.row.aim_target or ""

    @resolved("The day after whose end it is judged.", FieldClass.PUBLIC)
    def judge_day(self) -> date | None:
        return self.row.judge_day

    @resolved("The figure when it was decided; null where it could not be told.", FieldClass.PUBLIC)
    def then(self, info: Info) -> AimFigure | None:
        return AimFigure.of(info, ("Aim", "then"), self.row.aim_then)

    @resolved("What became of it; null before it is judged.", FieldClass.PUBLIC)
    async def verdict(self, info: Info) -> AimVerdict | None:
        return await AimVerdict.get(info, self.row.id)


@strawberry.type(description="How an action stood from when on.")
class ActionStep(Node):
    row: strawberry.Private[StepRow]
    visible = queries.visible_action_steps
    key = StepRow.id

    @resolved("The state.", FieldClass.PUBLIC)
    def state(self) -> ActionState:
        return self.row.state

    @resolved("Why, where it was said.", FieldClass.PUBLIC)
    def reason(self) -> str | None:
        return self.row.reason

    @resolved("Who said so, where it was a person within reach.", FieldClass.PUBLIC)
    async def author(self, info: Info) -> Person | None:
        found: Person | None = await person_of(info, self.row.recorded_by)
        return found

    @resolved("When.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at


@strawberry.type(description="Something that a board gave somebody to do.")
class ActionItem(Node):
    row: strawberry.Private[ActionRow]
    visible = queries.visible_actions
    key = ActionRow.id

    async def ownership(self, work: Work) -> Ownership:
        return await queries.action_ownership(work, self.row)

    @resolved("What is to be done.", FieldClass.PUBLIC)
    def what(self) -> str:
        return self.row.what

    @resolved("The id of the review it follows from.", FieldClass.PUBLIC)
    def review_id(self) -> strawberry.ID:
        return encode_node_id("Review", self.row.review_id)

    @resolved("The key of the item it follows from; null: of the review as a whole.", FieldClass.PUBLIC)
    def item(self) -> str | None:
        return self.row.item_key

    @resolved("Who does it; null outside one's reach.", FieldClass.PUBLIC)
    async def owner(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.owner_now)

    @resolved("The last day on which it is in time, in the tenant's zone.", FieldClass.PUBLIC)
    def due_day(self) -> date:
        return self.row.due_day

    @resolved("Its states in order, the one that stands last.", FieldClass.PUBLIC)
    async def steps(self, info: Info) -> list[ActionStep]:
        return await short_list(info, ActionStep, by(StepRow.number, StepRow.id),
                                column=StepRow.action_id, of=self.row.id)  # fmt: skip

    @resolved("How it stands.", FieldClass.PUBLIC)
    async def state(self, info: Info) -> ActionState:
        return await _standing(info, self.row)

    @resolved("Whether its last day is over and it is open: the clock says so.", FieldClass.PUBLIC)
    async def overdue(self, info: Info) -> bool:
        return self.row.overdue(await _standing(info, self.row), info.context.office.clock.now())

    @resolved("The figure it is to move; null where none was named.", FieldClass.PUBLIC)
    def aim(self) -> Aim | None:
        return None if self.row.aim_measure is None else Aim(row=self.row)

    @resolved("When it was given.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at


async def _standing(info: Info, row: ActionRow) -> ActionState:
    steps = await short_list(info, ActionStep, by(StepRow.number, StepRow.id), column=StepRow.action_id, of=row.id)
    last: ActionState = steps[-1].row.state
    return last
