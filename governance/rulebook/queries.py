"""Every SELECT of the rulebook: what versions there are, which one is live, whom a change of roles touches."""

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from governance.directory.granted import through_groups
from governance.directory.models import GroupGrant, GroupMember, RoleGrant
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from governance.rulebook.models import PolicyVersion
from governance.rulebook.rules import PolicyKind, VersionState, thresholds_of
from policies.access.actions import Action
from policies.access.parties import Grant
from policies.thresholds.threshold import Thresholds, default_thresholds


def visible_policies(work: Work) -> Select[PolicyVersion]:
    """Give the versions of all policies to whoever may read the tenant's policy, those of templates to buyers too."""
    reach = or_(work.reach(Action.POLICY_READ, Placed()), _template_in_reach(work))
    return select(PolicyVersion).where(PolicyVersion.tenant_id == work.tenant_id, reach)


def visible_templates(work: Work) -> Select[PolicyVersion]:
    """Give the versions of templates within reach: a template is read like the catalog, by whoever makes licenses."""
    return visible_policies(work).where(PolicyVersion.kind == PolicyKind.TEMPLATE)


def _template_in_reach(work: Work) -> ColumnElement[bool]:
    of_kind = PolicyVersion.kind == PolicyKind.TEMPLATE
    return of_kind if work.gate.may(work.actor, Action.ENTITLEMENT_CREATE) else false()


async def policy(work: Work, version_id: UUID, *, lock: bool = False) -> PolicyVersion:
    """Give one version within reach. Raises NotFound."""
    query = visible_policies(work).where(PolicyVersion.id == version_id)
    if lock:
        query = query.with_for_update(key_share=True)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("policy version", str(version_id))
    return row


async def live_policy(work: Work, kind: PolicyKind, subject: str = "") -> PolicyVersion | None:
    """Give the live version of a policy; None while the tenant goes by what Lictor ships."""
    return await live_version(work.session, work.tenant_id, kind, subject)


async def live_version(
    session: AsyncSession, tenant_id: UUID, kind: PolicyKind, subject: str = "", *, lock: bool = False
) -> PolicyVersion | None:
    """Give the live version of a tenant's policy, before any desk is open; None where there is none."""
    query = select(PolicyVersion).where(
        PolicyVersion.tenant_id == tenant_id,
        PolicyVersion.kind == kind,
        PolicyVersion.subject == subject,
        PolicyVersion.state == VersionState.LIVE,
    )
    if lock:
        query = query.with_for_update(key_share=True)
    return (await session.execute(query)).scalar_one_or_none()


async def live_thresholds(work: Work) -> Thresholds:
    """Give the lines that hold for the tenant: the live policy's, else those that Lictor ships."""
    row = await live_policy(work, PolicyKind.THRESHOLDS)
    return default_thresholds() if row is None else thresholds_of(row.content)


async def next_number(work: Work, kind: PolicyKind) -> int:
    """Give the number of the next version of a policy."""
    newest = select(func.max(PolicyVersion.number)).where(
        PolicyVersion.tenant_id == work.tenant_id, PolicyVersion.kind == kind
    )
    return ((await work.session.execute(newest)).scalar_one() or 0) + 1


async def next_edition(work: Work, kind: PolicyKind, subject: str) -> int | None:
    """Give the number of the next version of a template; None for a kind of which there is one policy."""
    if not subject:
        return None
    newest = select(func.max(PolicyVersion.edition)).where(
        PolicyVersion.tenant_id == work.tenant_id, PolicyVersion.kind == kind, PolicyVersion.subject == subject
    )
    return ((await work.session.execute(newest)).scalar_one() or 0) + 1


async def grants_by_principal(work: Work) -> Mapping[str, frozenset[Grant]]:
    """Give the grants that hold now of every principal that has any."""
    now = work.now()
    holding = (
        RoleGrant.tenant_id == work.tenant_id, RoleGrant.start <= now, or_(RoleGrant.end.is_(None), RoleGrant.end > now)
    )  # fmt: skip
    rows = await work.session.execute(select(RoleGrant).where(*holding))
    by_group = through_groups(select(RoleGrant, GroupMember.person_id, GroupGrant.group_id).where(*holding), now)
    held: dict[str, set[Grant]] = defaultdict(set)
    for row in rows.scalars():
        name = f"person:{row.person_id}" if row.person_id is not None else f"service:{row.service_account_id}"
        if row.person_id is not None or row.service_account_id is not None:
            held[name].add(Grant(row.role, row.scope, unit_id=row.unit_id, region=row.region))
    for row, person_id, group_id in await work.session.execute(by_group):
        held[f"person:{person_id}"].add(Grant(row.role, row.scope, row.unit_id, row.region, group_id))
    return {name: frozenset(grants) for name, grants in held.items()}
