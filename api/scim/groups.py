"""Between groups on the wire and groups in the directory."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from scim2_models import Meta, Reference, Resource

from api.scim.names import folded_group
from api.scim.people import id_of, version_of
from api.scim.shapes import Group, GroupMember
from governance.directory import models, provisioned
from governance.directory.service.groups import GroupFacts
from governance.kernel.errors import BadInput
from governance.kernel.work import Work


def group_facts_of(group: Any) -> GroupFacts:
    """Read a group as facts. Raises BadInput for a member's id that is none."""
    name = (group.display_name or "").strip()
    members = tuple(dict.fromkeys(member_of(entry) for entry in group.members or ()))
    return GroupFacts(name, folded_group(name), group.external_id or None, members)


def member_of(entry: Any) -> UUID:
    """Read the id of a member, from the reference where the id alone is not said. Raises BadInput."""
    said = entry.value or (entry.ref or "").rstrip("/").rpartition("/")[2]
    found = id_of(said)
    if found is None:
        raise BadInput("members.value", said[:80], "the id of a User")
    return found


async def groups_shown(
    work: Work, groups: Collection[models.Group], *, with_members: bool = True
) -> list[Resource[Any]]:
    """Give groups as an identity provider sees them, in their order; members only where they are asked for."""
    members = await provisioned.members_of(work, [group.id for group in groups]) if with_members else {}
    people = {person for inside in members.values() for person in inside}
    names = await provisioned.display_names(work, people)
    return [_group(group, [one for one in members.get(group.id, ()) if one in names], names) for group in groups]


def _group(group: models.Group, members: Collection[UUID], names: dict[UUID, str | None]) -> Resource[Any]:
    return Group(
        id=str(group.id),
        external_id=group.external_id,
        display_name=group.name,
        members=[_member(one, names[one]) for one in members] or None,
        meta=Meta(
            resource_type="Group", created=group.recorded_at, last_modified=group.changed_at,
            version=version_of(group.version),
        ),
    )  # fmt: skip


def _member(person_id: UUID, display: str | None) -> GroupMember:
    return GroupMember(value=str(person_id), ref=Reference(f"Users/{person_id}"), type="User", display=display)
