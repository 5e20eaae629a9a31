"""Whose use may be told: a region decides for its people, a role for its reader, and one's own is always told."""

from functools import cache
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from governance.directory.models import Person
from governance.kernel.work import Work
from policies.access.fields import FieldClass
from policies.regions.policy import IndividualUsage, default_policies

PersonOf = InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None]


@cache
def countries(usage: IndividualUsage) -> frozenset[str]:
    """Name the countries whose policy says this of individual usage."""
    policies = default_policies()
    return frozenset(
        code for code in policies.tree.nodes if len(code) == 2 and policies.of(code).individual_usage is usage
    )


def told_of(work: Work, person: PersonOf) -> ColumnElement[bool]:
    """Say which rows may be told one by one: not those of people whose region shows groups only (oneself excepted)."""
    hidden = select(Person.id).where(
        Person.tenant_id == work.tenant_id, Person.country.in_(sorted(countries(IndividualUsage.AGGREGATE_ONLY)))
    )
    return or_(person == work.actor.person_id, person.not_in(hidden))


def named_in(work: Work, person: PersonOf) -> ColumnElement[bool]:
    """Say which rows may be told with their person's name: those of regions that allow it, and one's own."""
    allowed = select(Person.id).where(
        Person.tenant_id == work.tenant_id, Person.country.in_(sorted(countries(IndividualUsage.ALLOWED)))
    )
    return or_(person == work.actor.person_id, person.in_(allowed))


def use_named_in(work: Work, person: PersonOf) -> ColumnElement[bool]:
    """Say which rows may tell, beside their person's name, whether and when that person used something.

    One's own always; others' for readers of usage, where the person's region allows it.
    """
    if work.gate.may_read(work.actor, FieldClass.USAGE):
        return named_in(work, person)
    return person == work.actor.person_id


def named(country: str | None) -> bool:
    """Say whether somebody of this country may be named beside what happened to them; oneself always may."""
    return country in countries(IndividualUsage.ALLOWED)
