"""What a template would make, and what another version would change: shown whole, with the token that does it."""

from datetime import date
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, field, resolved
from api.graphql.inputs import asked, command, opened, values
from api.graphql.seats import Seat
from api.graphql.templates.things import TemplateInstance, shown_value
from governance.kernel.errors import BadInput
from governance.kernel.given import shown
from governance.templates.rules import Doing, Step, Why
from governance.templates.service import ApplyPreview, ApplyTemplate, InstancePlan, MakeLicense, MakePreview
from governance.templates.service.making_plan import Made as Creation

strawberry.enum(Doing, name="TemplateDoing", description="What becomes of one path when a version is applied.")
strawberry.enum(Why, name="TemplateWhy", description="Why something of a template cannot be done.")


@strawberry.input(description="A license to be made of the live version of a template.")
class MakeLicenseInput:
    version: strawberry.ID = asked("The live version.", of="TemplateVersion")
    agreement: strawberry.ID = asked("The agreement that grants it.", of="Agreement")
    code: str = asked("Its code, unique in the tenant.")
    name: str = asked("Its name.")
    unit: strawberry.ID = asked("The unit it belongs to.", of="Unit")
    first_day: date = asked("The first day of its purchases.")
    last_day: date | None = asked("Their last day; left out: so many months later as the template says.", default=None)
    region: str | None = asked("Where it is: whose variant holds; left out: the template's own.", default=None)
    owner: strawberry.ID | None = asked("Its owner.", of="Person", default=None)
    deputy: strawberry.ID | None = asked("Its deputy.", of="Person", default=None)
    po_number: str | None = asked("The number of its purchase order.", default=None)
    overrides: JSON | None = asked(
        "What is otherwise here on purpose: a part of a template.", cls=FieldClass.MONEY, default=strawberry.UNSET
    )
    token: str | None = asked("The token of the preview; nothing is made without one.", default=None)


@strawberry.input(description="A version for licenses that were made of its template.")
class ApplyTemplateInput:
    version: strawberry.ID = asked("The version: any that was published.", of="TemplateVersion")
    instances: list[strawberry.ID] = asked("The licenses, as held to the template.", of="TemplateInstance")
    restore: bool = asked("Whether what was changed by hand is taken back.", default=False)
    token: str | None = asked("The token of the preview; nothing changes without one.", default=None)


def making(info: Info, input: MakeLicenseInput) -> MakeLicense:
    """Give the command of an input. Raises BadInput."""
    overrides: Any = {} if input.overrides is strawberry.UNSET or input.overrides is None else input.overrides
    if not isinstance(overrides, dict):
        raise BadInput("overrides", shown(overrides), "an object, shaped as a template")
    return command(info, MakeLicense, input, overrides=overrides)


def applying(info: Info, input: ApplyTemplateInput) -> ApplyTemplate:
    """Give the command of an input. Raises BadInput."""
    given: dict[str, Any] = values(info, input)
    ids = opened("TemplateInstance", input.instances, "instances")
    return ApplyTemplate(given["version_id"], ids, given["restore"], given["token"])


@strawberry.type(description="One thing that would be made.")
class TemplateCreation:
    made: strawberry.Private[Creation]

    @resolved("What: LICENSE, LINE, PURCHASE, POOL, RULES or JOURNEY.", FieldClass.PUBLIC)
    def kind(self) -> str:
        return self.made.kind

    @resolved("What it would be called.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.made.name

    @resolved("What would be said of it.", FieldClass.MONEY)
    def values(self) -> JSON:
        return JSON(dict(self.made.values))


@strawberry.type(description="Something that a template says and that cannot be done here.")
class TemplateObstacle:
    path: str = field("Where the template says it.", FieldClass.PUBLIC)
    wants: str | None = field("What it says.", FieldClass.PUBLIC)
    why: Why = field("Why it cannot be.", FieldClass.PUBLIC)
    remedy: str = field("The way out.", FieldClass.PUBLIC)


@strawberry.type(description="All that a template would make, and for 15 minutes the token that makes exactly this.")
class MakeLicensePreview:
    seen: strawberry.Private[MakePreview]

    @resolved("The region whose variant holds.", FieldClass.PUBLIC)
    def region(self) -> str:
        return self.seen.region

    @resolved("Everything that would be made.", FieldClass.PUBLIC)
    def creates(self) -> list[TemplateCreation]:
        return [TemplateCreation(made=one) for one in self.seen.creates]

    @resolved("What the template says and cannot be made here.", FieldClass.PUBLIC)
    def cannot(self) -> list[TemplateObstacle]:
        return [
            TemplateObstacle(path=one.path, wants=shown_value(one.wants), why=one.why, remedy=one.remedy)
            for one in self.seen.cannot
        ]

    @resolved("The paths that are overridden.", FieldClass.PUBLIC)
    def overridden(self) -> list[str]:
        return list(self.seen.overridden)

    @resolved("The token to give with the mutation.", FieldClass.PUBLIC)
    def token(self) -> str:
        return self.seen.token


@strawberry.type(description="One path of a license, and what becomes of it.")
class TemplateStep:
    step: strawberry.Private[Step]

    @resolved("Where: lines.named.overage, pools.main.seats.", FieldClass.PUBLIC)
    def path(self) -> str:
        return self.step.path

    @resolved("What the license has now; null: nothing.", FieldClass.PUBLIC)
    def now(self) -> str | None:
        return shown_value(self.step.now)

    @resolved("What the version says; null: nothing.", FieldClass.PUBLIC)
    def wants(self) -> str | None:
        return shown_value(self.step.wants)

    @resolved("What becomes of it.", FieldClass.PUBLIC)
    def doing(self) -> Doing:
        return self.step.doing

    @resolved("Why it cannot be applied; null where it can.", FieldClass.PUBLIC)
    def why(self) -> Why | None:
        return self.step.why

    @resolved("The way out where it cannot be applied; empty where it can.", FieldClass.PUBLIC)
    def remedy(self) -> str:
        return self.step.remedy

    @resolved("How many seats it leaves beyond the pool; nobody loses theirs.", FieldClass.PUBLIC)
    def over(self) -> int:
        return self.step.over

    @resolved("The seats to ask back first: never used, then dormant, then the newest.", FieldClass.USAGE)
    async def suggested(self, info: Info) -> list[Seat]:
        seats = [await Seat.get(info, seat_id) for seat_id in self.step.suggested]
        return [seat for seat in seats if seat is not None]


@strawberry.type(description="What a version would change of one license.")
class TemplatePlan:
    plan: strawberry.Private[InstancePlan]

    @resolved("The license, as held to the template.", FieldClass.PUBLIC)
    def instance(self) -> TemplateInstance:
        return TemplateInstance.of(self.plan.instance)

    @resolved("Path by path: what changes, what is kept and why, what cannot be applied.", FieldClass.PUBLIC)
    def steps(self) -> list[TemplateStep]:
        return [TemplateStep(step=one) for one in self.plan.steps]

    @resolved("How many holders the changed lines have.", FieldClass.PUBLIC)
    def holders(self) -> int:
        return self.plan.holders

    @resolved("The codes of features that they would lose.", FieldClass.PUBLIC)
    def features_lost(self) -> list[str]:
        return list(self.plan.lost)

    @resolved("Why nothing of it can be applied here; null where something can.", FieldClass.PUBLIC)
    def blocked(self) -> str | None:
        return self.plan.blocked or None


@strawberry.type(description="What a version would change, and for 15 minutes the token that does exactly this.")
class ApplyTemplatePreview:
    seen: strawberry.Private[ApplyPreview]

    @resolved("License by license.", FieldClass.PUBLIC)
    def plans(self) -> list[TemplatePlan]:
        return [TemplatePlan(plan=one) for one in self.seen.plans]

    @resolved("The token to give with the mutation.", FieldClass.PUBLIC)
    def token(self) -> str:
        return self.seen.token


MakeLicensePreviewOutcome = Annotated[
    MakeLicensePreview | Refusal,
    strawberry.union("MakeLicensePreviewOutcome", description="What a template would make, or why it cannot be."),
]
ApplyTemplatePreviewOutcome = Annotated[
    ApplyTemplatePreview | Refusal,
    strawberry.union("ApplyTemplatePreviewOutcome", description="What a version would change, or why it cannot be."),
]
