"""Which roles hold for whom at an instant: those given to a principal, and those of the groups a person is in."""

from typing import Any

from sqlalchemy import Select, TextualSelect, and_, bindparam, or_, text

from governance.directory.models import GroupGrant, GroupMember, RoleGrant


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


WHAT = "role_grant.role, role_grant.scope, role_grant.unit_id, role_grant.region"
HELD = 'role_grant.start <= :now AND (role_grant."end" IS NULL OR role_grant."end" > :now)'
GIVEN = "SELECT {what}, NULL AS group_id FROM role_grant WHERE tenant_id = :tenant_id AND {whose} = :whose AND {held}"
# SQLite keeps the order of a CROSS JOIN: from the person to their groups to what those hold. Left to itself it may read
# every grant of the tenant, by statistics from when there were few.
BY_GROUPS = """
SELECT {what}, group_grant.group_id FROM group_member CROSS JOIN group_grant CROSS JOIN role_grant
WHERE group_member.tenant_id = :tenant_id AND group_member.person_id = :whose
  AND group_member.start <= :now AND (group_member."end" IS NULL OR group_member."end" > :now)
  AND group_grant.tenant_id = group_member.tenant_id AND group_grant.group_id = group_member.group_id
  AND role_grant.tenant_id = group_grant.tenant_id AND role_grant.id = group_grant.grant_id AND {held}"""


def _read(query: str, **whose: str) -> TextualSelect:
    return (
        text(query.format(what=WHAT, held=HELD, **whose))
        .bindparams(
            bindparam("tenant_id", type_=RoleGrant.tenant_id.type),
            bindparam("whose", type_=RoleGrant.id.type),
            bindparam("now", type_=RoleGrant.start.type),
        )
        .columns(RoleGrant.role, RoleGrant.scope, RoleGrant.unit_id, RoleGrant.region, GroupGrant.group_id)
    )


# Every request asks one of these.
GRANTED_TO_PERSON = _read(f"{GIVEN} UNION ALL {BY_GROUPS}", whose="person_id")
GRANTED_TO_SERVICE = _read(GIVEN, whose="service_account_id")
