"""Who used a feature lately, of those who are to lose it: counted, and named as far as the region lets it be."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, func, select

from governance.directory.models import Person, Tenant
from governance.directory.queries import visible_people
from governance.kernel.work import Work
from governance.usage.models import UsageEvent
from policies.access.actions import Action
from policies.regions.policy import IndividualUsage, region_policy

USED_WITHIN = timedelta(days=90)
NAMED_AT_MOST = 100


@dataclass(frozen=True)
class FeatureLost:
    """A feature that the new tier does not grant, and who of its holders used it in the last 90 days.

    `users` is None where there are some, but fewer than the tenant's smallest group; `named` are those whom the actor
    may see by name.
    """

    code: str
    name: str
    users: int | None
    named: tuple[Person, ...]


async def users_of(
    work: Work, holders: Select[UUID], product_id: UUID, feature: str
) -> tuple[int | None, tuple[Person, ...]]:
    """Count the holders who used a feature lately, and name those whom the actor may see: the region decides that."""
    users = (
        select(UsageEvent.person_id)
        .where(
            UsageEvent.tenant_id == work.tenant_id,
            UsageEvent.product_id == product_id,
            UsageEvent.occurred_at > work.now() - USED_WITHIN,
            UsageEvent.data["feature"].as_string() == feature,
            UsageEvent.person_id.in_(holders),
        )
        .distinct()
    )
    count = (await work.session.execute(select(func.count()).select_from(users.subquery()))).scalar_one()
    smallest = (await work.session.get_one(Tenant, work.tenant_id)).small_group
    named: tuple[Person, ...] = ()
    if work.gate.may(work.actor, Action.USAGE_READ):
        people = visible_people(work, Action.USAGE_READ).where(Person.id.in_(users)).order_by(Person.name, Person.id)
        seen = (await work.session.execute(people.limit(NAMED_AT_MOST))).scalars()
        named = tuple(p for p in seen if region_policy(p.country).individual_usage is IndividualUsage.ALLOWED)
    return (count if count == 0 or count >= smallest else None), named
