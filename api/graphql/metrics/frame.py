"""What every figure of the graph carries: scope, both clocks, freshness, and the definition it was told by."""

from datetime import date, datetime

import strawberry

from api.graphql.engine import FieldClass, field
from governance.metrics.answers import Freshness as FreshnessAnswer
from governance.metrics.answers import Scope as ScopeAnswer
from governance.metrics.definitions import Definition as DefinitionAnswer


@strawberry.type(description="Whose rows a figure covers.")
class Scope:
    everything: bool = field("Whether it covers the whole tenant.", FieldClass.PUBLIC)
    units: list[str] = field("The units whose subtrees it covers.", FieldClass.PUBLIC)
    regions: list[str] = field("The regions it covers.", FieldClass.PUBLIC)
    own: bool = field("Whether it covers one's own.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, scope: ScopeAnswer) -> "Scope":
        return cls(everything=scope.everything, units=list(scope.units), regions=list(scope.regions), own=scope.own)


@strawberry.type(description="How fresh a source of usage was at the instant of an answer.")
class Freshness:
    source: str = field("The source.", FieldClass.PUBLIC)
    last_event_at: datetime = field("When its last event happened.", FieldClass.PUBLIC)
    last_heard_at: datetime = field("When it was last heard.", FieldClass.PUBLIC)
    events: int = field("How many events came from it.", FieldClass.PUBLIC)
    stale: bool = field("Whether it was silent for longer than the tenant allows.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, fresh: FreshnessAnswer) -> "Freshness":
        return cls(**vars(fresh))


@strawberry.type(description="One version of what a figure means.")
class MetricDefinition:
    id: strawberry.ID = field("The figure's name.", FieldClass.PUBLIC)
    version: int = field("The definition's version.", FieldClass.PUBLIC)
    title: str = field("What it is called.", FieldClass.PUBLIC)
    formula: str = field("How it is computed.", FieldClass.PUBLIC)
    terms: list[str] = field("What the formula's words mean.", FieldClass.PUBLIC)
    unit: str = field("Its unit of measure.", FieldClass.PUBLIC)
    owner_role: str = field("The role that owns the definition.", FieldClass.PUBLIC)
    next_review: date = field("When it is to be reviewed next.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, said: DefinitionAnswer) -> "MetricDefinition":
        return cls(
            id=strawberry.ID(said.id), version=said.version, title=said.title, formula=said.formula,
            terms=list(said.terms), unit=said.unit, owner_role=said.owner_role.value, next_review=said.next_review,
        )  # fmt: skip
