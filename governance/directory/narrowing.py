"""Looking at one unit only: a desk whose rights are those of its principal, cut to the unit's subtree."""

from dataclasses import replace
from uuid import UUID

from governance.directory.queries import unit_path
from governance.kernel.work import Work
from policies.access.parties import Grant, ScopeKind


async def within_unit(work: Work, unit_id: UUID) -> Work:
    """Give the same desk with every right cut to what lies in `unit_id` and below, by today's tree.

    A grant over the tenant or a unit above becomes one over this unit, one below it stays. A grant over a region or
    one's own objects has no part of a unit and is left out, so the answer is never wider than the rights behind it.
    """
    above = await unit_path(work, unit_id)
    cut = {grant for held in work.actor.grants if (grant := await _cut(work, held, unit_id, above)) is not None}
    return replace(work, actor=replace(work.actor, grants=frozenset(cut)))


async def _cut(work: Work, held: Grant, unit_id: UUID, above: frozenset[UUID]) -> Grant | None:
    if held.scope is ScopeKind.TENANT or (held.unit_id is not None and held.unit_id in above):
        return Grant(held.role, ScopeKind.UNIT, unit_id=unit_id, group_id=held.group_id)
    if held.unit_id is not None and unit_id in await unit_path(work, held.unit_id):
        return held
    return None
