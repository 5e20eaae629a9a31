"""Which roles hold for whom at an instant: those given to a principal, and those of the groups a person is in."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, null, or_, select, union_all

from governance.directory.models import GroupGrant, GroupMember, RoleGrant

NOW = bindparam("now", type_=RoleGrant.start.type)


def _held(group_id: Any, *conditions: ColumnElement[bool]) -> Select[Any]:
    return select(RoleGrant.role, RoleGrant.scope, RoleGrant.unit_id, RoleGrant.region, group_id).where(
        RoleGrant.tenant_id == bindparam("tenant_id"),
        RoleGrant.start <= NOW,
        or_(RoleGrant.end.is_(None), RoleGrant.end > NOW),
        *conditions,
    )


def through_groups(query: Select[*tuple[Any, ...]], now: Any) -> Select[Any]:
    """Lead a query of grants on to those who are in the group that holds each, at `now`."""
    return (
        query.select_from(RoleGrant)
        .join(GroupGrant, and_(GroupGrant.tenant_id == RoleGrant.tenant_id, GroupGrant.grant_id == RoleGrant.id))
        .join(
            GroupMember,
            and_(
                GroupMember.tenant_id == GroupGrant.tenant_id,
                GroupMember.group_id == GroupGrant.group_id,
                GroupMember.start <= now,
                or_(GroupMember.end.is_(None), GroupMember.end > now),
            ),
        )
    )


NO_GROUP = null().cast(GroupGrant.group_id.type).label("group_id")
_WHOSE: Any = bindparam("whose", type_=RoleGrant.id.type)
_TENANT: Any = bindparam("tenant_id")
# From the person to their groups to what those hold: as a join, SQLite would begin with every grant of the tenant.
_GROUPS = select(GroupMember.group_id).where(
    GroupMember.tenant_id == _TENANT,
    GroupMember.person_id == _WHOSE,
    GroupMember.start <= NOW,
    or_(GroupMember.end.is_(None), GroupMember.end > NOW),
)
_BY_GROUPS = select(GroupGrant.grant_id).where(GroupGrant.tenant_id == _TENANT, GroupGrant.group_id.in_(_GROUPS))
# Made once: every request asks one of these.
GRANTED_TO_PERSON = union_all(
    _held(NO_GROUP, RoleGrant.person_id == _WHOSE), _held(RoleGrant.group_id, RoleGrant.id.in_(_BY_GROUPS))
)
GRANTED_TO_SERVICE = _held(NO_GROUP, RoleGrant.service_account_id == _WHOSE)
