"""Groups of the invented company, as its identity provider tells of them: made, and brought up to date since."""

from datetime import timedelta
from uuid import UUID

from api.demo.living import Life
from governance.directory.models import Group
from governance.directory.service.groups import GroupFacts, provision_group, reprovision_group
from governance.kernel.work import Work

MADE_BEFORE, CHANGED_BEFORE = timedelta(days=180), timedelta(days=20)
GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Engineering tools", "grp-engineering", ("engineering", "eng-emea", "eng-amer", "eng-apac")),
    ("Contract readers", "grp-contracts", ("finance", "legal")),
    ("Legal", "grp-legal", ("legal",)),
)


def plan_groups(life: Life) -> None:
    """Put on the agenda that the groups are made, and that those who came or left since are told."""
    made: dict[str, UUID] = {}
    for name, key, units in GROUPS:
        _plan(life, made, GroupFacts(name, name.casefold(), key, (), source="entra"), units)


def _plan(life: Life, made: dict[str, UUID], facts: GroupFacts, units: tuple[str, ...]) -> None:
    async def step() -> None:
        async def verb(work: Work) -> Group:
            told = GroupFacts(facts.name, facts.name_key, facts.external_id, _inside(life, units), facts.source)
            if facts.name not in made:
                return await provision_group(work, told)
            return await reprovision_group(work, made[facts.name], told)

        made[facts.name] = (await life.desk.office.perform(life.company.admin, verb)).id

    life.plan(life.until - MADE_BEFORE, step)
    life.plan(life.until - CHANGED_BEFORE, step)


def _inside(life: Life, units: tuple[str, ...]) -> tuple[UUID, ...]:
    """Give who is in these units and has not left yet."""
    today = life.clock.now().date()
    company = life.company
    return tuple(
        company.ids[person.external_id]
        for person in company.people.values()
        if person.unit in units and person.external_id in company.ids and (person.left is None or person.left > today)
    )
