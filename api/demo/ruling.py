"""Standing rules of the invented company: the lawyers get their suite by their group; and keys that go with seats."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from api.demo.living import Life
from governance.assignment_rules.service import ApplyRule, apply_rule, preview_rule
from governance.directory.models import Group
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, LINE_OF_POOL
from governance.kernel.work import Work
from governance.keys.rules import NewKey
from governance.keys.service import AddKeys, add_keys

RULED_BEFORE, KEYED_BEFORE = timedelta(days=160), timedelta(days=90)
GROUP, LICENSE, KEYED = "Legal", "m365-f3", "visio"
KEYS = 24


def plan_rules(life: Life) -> None:
    """Put on the agenda that a group gets its seats by a rule, and that a license's keys are taken in."""
    life.plan(life.until - RULED_BEFORE, partial(_rule, life))
    life.plan(life.until - KEYED_BEFORE, partial(_keys, life))


async def _rule(life: Life) -> None:
    company, office = life.company, life.desk.office

    async def named(work: Work) -> tuple[UUID, UUID, UUID]:
        group = select(Group.id).where(Group.tenant_id == work.tenant_id, Group.name == GROUP)
        line = (
            select(Entitlement.product_id, MetricLine.id)
            .join(MetricLine, ENTITLEMENT_OF_LINE)
            .where(Entitlement.tenant_id == work.tenant_id, Entitlement.code == LICENSE)
            .limit(1)
        )
        product_id, line_id = (await work.session.execute(line)).one()
        return (await work.session.execute(group)).scalar_one(), product_id, line_id

    async with office.reading(company.admin) as work:
        group_id, product_id, line_id = await named(work)
    given = ApplyRule(
        "The legal team works with the office suite, whoever joins it.", code="legal-office", name="Office for Legal",
        product_id=product_id, group_id=group_id, line_id=line_id,
    )  # fmt: skip
    shown = await preview_rule(life.desk, company.admin, given)
    await apply_rule(life.desk, company.admin, replace(given, token=shown.token))


async def _keys(life: Life) -> None:
    company, office = life.company, life.desk.office

    async def verb(work: Work) -> None:
        pools = (
            select(Pool.id)
            .join(MetricLine, LINE_OF_POOL)
            .join(Entitlement, ENTITLEMENT_OF_LINE)
            .where(Pool.tenant_id == work.tenant_id, Entitlement.code == KEYED)
            .order_by(Pool.code)
            .limit(1)
        )
        pool_id = (await work.session.execute(pools)).scalar_one()
        keys = tuple(NewKey(_invented(number), reusable=True) for number in range(KEYS))
        await add_keys(work, AddKeys(pool_id, keys))

    await office.perform(company.admin, verb)


def _invented(number: int) -> str:
    """Give a key that opens nothing, the same on every machine."""
    signs = hashlib.sha256(f"{KEYED} {number}".encode()).hexdigest()[:20].upper()
    return "-".join(signs[at : at + 5] for at in range(0, 20, 5))
