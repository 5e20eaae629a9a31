"""What every figure of the graph carries: scope, both clocks, freshness, and the definition it was told by."""

from datetime import date, datetime
from typing import Any

import strawberry

from api.graphql.engine import FieldClass, field, resolved
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


@strawberry.type(description="A figure with its frame.")
class Framed:
    """The base of every figure: what it was told of, under which rights, how fresh, and what it means."""

    told: strawberry.Private[Any]
    as_of: datetime = field("The instant it speaks of.", FieldClass.PUBLIC)
    known_at: datetime = field("As it was known then.", FieldClass.PUBLIC)
    policy_version: str = field("The version of the rights it was read under.", FieldClass.PUBLIC)

    @resolved("Whose rows it covers.", FieldClass.PUBLIC)
    def scope(self) -> Scope:
        return Scope.of(self.told.scope)

    @resolved("How fresh its sources were.", FieldClass.PUBLIC)
    def freshness(self) -> list[Freshness]:
        return [Freshness.of(fresh) for fresh in self.told.freshness]

    @resolved("What it means.", FieldClass.PUBLIC)
    def definition(self) -> MetricDefinition:
        return MetricDefinition.of(self.told.definition)


def framed(told: Any, *more: str) -> dict[str, Any]:
    """Give what a figure's frame takes from an answer, and the fields of these names beside it."""
    return {"told": told, **{name: getattr(told, name) for name in ("as_of", "known_at", "policy_version", *more)}}
