"""Members who join or leave a group in part: the verb for that is asked, whatever the size of the group."""

import re
from typing import Any
from uuid import UUID

from scim2_models import PatchOperation, Resource, ResourceType
from scim2_server.conditions import Conditions
from scim2_server.handler import AsyncScimHandler
from scim2_server.requests import ScimRequest

from api.scim.groups import groups_shown, member_of
from api.scim.people import id_of, version_of
from api.scim.shapes import GroupMember
from api.scim.storage import ACT, GROUP, Directory
from governance.directory import provisioned
from governance.directory.service.groups import change_members

ONE_MEMBER = re.compile(r'members\[\s*value\s+eq\s+"([^"\\]+)"\s*\]', re.IGNORECASE)


class Handler(AsyncScimHandler):
    """Serves as the library does; a change of some members of a group does not read the others."""

    def __init__(self, service: Any, storage: Directory, request: ScimRequest | None = None) -> None:
        super().__init__(service, storage)
        self.directory = storage
        self.shows_members = request is not None and bool({"attributes", "excludedAttributes"} & request.query.keys())

    async def patch_resource(
        self, resource_type: ResourceType, resource_id: str, patch_op: Any, conditions: Conditions
    ) -> Resource[Any]:
        moved = members_moved(patch_op) if resource_type.name == GROUP else None
        found = id_of(resource_id)
        if moved is None or found is None or str(found) != resource_id:
            return await super().patch_resource(resource_type, resource_id, patch_op, conditions)
        work = self.directory.work
        row = await provisioned.group(work, found, ACT, lock=True)
        conditions.check(version_of(row.version), "PATCH")
        joining, leaving = moved
        row = await change_members(work, row.id, joining=joining, leaving=leaving)
        return (await groups_shown(work, [row], with_members=self.shows_members))[0]


def members_moved(patch_op: Any) -> tuple[list[UUID], list[UUID]] | None:
    """Give who joins and who leaves, where operations say nothing else; else None. Raises BadInput for a bad id."""
    moved: dict[UUID, bool] = {}
    for operation in patch_op.operations or ():
        found = _members(operation)
        if found is None:
            return None
        joins = operation.op is PatchOperation.Op.add
        for one in found:
            moved.pop(one, None)
            moved[one] = joins
    return [one for one, joins in moved.items() if joins], [one for one, joins in moved.items() if not joins]


def _members(operation: Any) -> list[UUID] | None:
    """Give whom an operation adds or removes by name; None where it does something else."""
    path = str(operation.path or "").rpartition("Group:")[2]
    one = ONE_MEMBER.fullmatch(path)
    if one is not None and operation.op is PatchOperation.Op.remove and operation.value is None:
        member_id = id_of(one[1])
        return [] if member_id is None else [member_id]
    if path.lower() != "members" or operation.op is PatchOperation.Op.replace_:
        return None
    entries = operation.value if isinstance(operation.value, list) else [operation.value]
    if not entries or not all(isinstance(entry, dict) and entry.get("value") for entry in entries):
        return None
    return [member_of(GroupMember.model_validate({"value": str(entry["value"])})) for entry in entries]
